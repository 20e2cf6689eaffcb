// Conditions as the kernel takes them, and as check boxes have them: the same filter, both ways.

const PART = /(-?)(?:"([^"]*)"|(\S+))/g;
const quoted = (part) => (/[\s"']/.test(part) ? `"${part.replaceAll('"', "")}"` : part);

/** @returns {{types: Set, tags: Set, has: Set, degree: number, rest: string}} */
export function parseQuery(text) {
  const query = { types: new Set(), tags: new Set(), has: new Set(), degree: 0, rest: "" };
  const rest = [];
  for (const [whole, minus, inQuotes, bare] of text.matchAll(PART)) {
    const part = inQuotes ?? bare;
    const [, name, wanted] = /^(type|tag|has):(.+)$/s.exec(part) ?? [];
    const degree = /^degree>=(\d+)$/.exec(part);
    if (minus || (!name && !degree)) rest.push(whole);
    else if (degree) query.degree = Number(degree[1]);
    else if (name === "has") query.has.add(wanted);
    else for (const value of wanted.split("|")) query[name === "type" ? "types" : "tags"].add(value);
  }
  query.rest = rest.join(" ");
  return query;
}

export function writeQuery({ types, tags, has, degree, rest }) {
  const parts = [];
  if (types.size) parts.push(quoted(`type:${[...types].join("|")}`));
  if (tags.size) parts.push(quoted(`tag:${[...tags].join("|")}`));
  for (const name of has) parts.push(quoted(`has:${name}`));
  if (degree) parts.push(`degree>=${degree}`);
  if (rest.trim()) parts.push(rest.trim());
  return parts.join(" ");
}
