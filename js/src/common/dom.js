// Elements with attributes, handlers and children; text goes in as text, never as HTML.

const NAMESPACES = { svg: "http://www.w3.org/2000/svg", path: "http://www.w3.org/2000/svg" };

/** h("button.nerv-x", {title: "…", onclick: …}, "text", child): a new element. */
export function h(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const element = NAMESPACES[tag]
    ? document.createElementNS(NAMESPACES[tag], tag)
    : document.createElement(tag);
  if (classes.length) element.setAttribute("class", classes.join(" "));
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** A name that may go on in the next line after a sign, rather than in the midst of a word. */
export function breakable(name) {
  return name.split(/(?<=[_.:/-])(?=.)/).flatMap((part, i) => (i ? [h("wbr"), part] : [part]));
}

const ICONS = {
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  arrange: "M12 4v4M12 16v4M4 12h4M16 12h4M12 12h.01M7 7l2 2M15 15l2 2M17 7l-2 2M9 15l-2 2",
  close: "M6 6l12 12M18 6L6 18",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M15.5 15.5L20 20",
  back: "M9 6l-6 6 6 6M3 12h18",
  branch: "M7 5v14M7 15c8 0 10-3 10-6M7 5m-2 0a2 2 0 1 0 4 0 2 2 0 1 0-4 0M7 19m-2 0a2 2 0 1 0 4 0 2 2 0 1 0-4 0M17 7m-2 0a2 2 0 1 0 4 0 2 2 0 1 0-4 0",
  play: "M8 5l11 7-11 7z",
  pause: "M8 5v14M16 5v14",
  hold: "M9 4h6l-1 6 3 3H7l3-3zM12 13v7",
  range: "M4 5v14M20 5v14M8 12h8M8 12l2-2M8 12l2 2M16 12l-2-2M16 12l-2 2",
  pencil: "M4 20l1-5L16 4l4 4L9 19zM13 7l4 4",
  clock: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 8v4l3 2",
  table: "M4 5h16v14H4zM4 10h16M4 15h16M10 5v14",
  box: "M5 5h3M11 5h3M17 5h2v2M19 10v3M19 16v3h-3M13 19h-3M7 19H5v-2M5 14v-3M5 8V5",
  lasso: "M12 5c5 0 8 2 8 5s-3 5-8 5-8-2-8-5 3-5 8-5M8 14.5c-2 1-2 4 0 4s3-2 1.5-4M8 18.5c0 1.5-1 2.5-2 2.500",
  pin: "M9 4h6l-1 6 3 3H7l3-3zM12 13v7",
  sliders: "M4 7h9M17 7h3M15 4.500v5M4 16h3M11 16h9M9 13.500v5",
  follow: "M4 6l7 6-7 6M13 6l7 6-7 6",
};

export function icon(name) {
  const path = h("path", { d: ICONS[name] });
  return h("svg.nerv-icon", { viewBox: "0 0 24 24", "aria-hidden": "true" }, path);
}

export function iconButton(name, title, onclick) {
  const attributes = { type: "button", title, "aria-label": title, onclick };
  return h("button.nerv-icon-button", attributes, icon(name));
}

/** What has the focus in the tree of an element, which may be a shadow tree. */
export function focusedIn(element) {
  return element.getRootNode().activeElement ?? null;
}

/** "1 node", "2 nodes", "12,345 nodes". */
export function counted(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

const SPANS = [["day", 86400], ["hour", 3600], ["minute", 60]];

/** "3 minutes ago", or a date where it is longer ago than a week. Takes microseconds. */
export function ago(micros, now = Date.now()) {
  const seconds = Math.max(0, now / 1000 - micros / 1e6);
  if (seconds > 7 * 86400) return new Date(micros / 1000).toLocaleDateString();
  for (const [name, length] of SPANS) {
    const count = Math.floor(seconds / length);
    if (count) return `${counted(count, name)} ago`;
  }
  return "just now";
}

export function fullTime(micros) {
  return new Date(micros / 1000).toLocaleString();
}
