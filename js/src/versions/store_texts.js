// What is said of the store: which it is, how well it can be reached, and what waits for it.

/** Which store this is, who we are there, and how well it can be reached. */
export function storeText(status) {
  const parts = [status.backend];
  if (status.identity) parts.push(status.identity.slice(0, 8));
  if (isOffline(status)) parts.push("offline");
  else if (status.state !== "connected") parts.push(status.state);
  else if (status.lag !== null) parts.push(lagOf(status.lag));
  return parts.join(" · ");
}

/** How much waits for the server, and how much for the user; "" where nothing does. */
export function queueTexts({ queued }) {
  return {
    waiting: queued?.open ? `${queued.open.toLocaleString("en")} waiting for the server` : "",
    toDecide: queued?.aside ? `${queued.aside.toLocaleString("en")} for you to decide` : "",
  };
}

/** What to tell those who do not see the change from one status to the next; "" for nothing. */
export function statusNews(before, now) {
  if (!before || !now || now.state === "closed") return "";
  const news = [];
  const back = before.state === "reconnecting" && now.state === "connected";
  if (isOffline(now) && !isOffline(before)) news.push("Offline: the server is away, and what you do is kept for it");
  else if (now.state === "reconnecting" && before.state === "connected") news.push("The server is away");
  else if (back) news.push(isOffline(before) ? "Online again: what was kept is sent" : "The server is back");
  if ((now.queued?.aside ?? 0) > (before.queued?.aside ?? 0)) news.push(queueTexts(now).toDecide);
  return news.join(". ");
}

/** Whether one can go on without the server, which is away. */
function isOffline({ state, queued }) {
  return state === "reconnecting" && Boolean(queued);
}

function lagOf(seconds) {
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
}
