// Titles of groups: what the nodes of a disc have in common, and how many of them are shown.

const AWAY = 5; // pixels between a group and its title
const MOST = 60;

export class Titles {
  /** @param scene A Scene; what is hidden in it counts for nothing. */
  constructor(scene) {
    Object.assign(this, { scene, print: "", groups: [] });
  }

  /**
   * The groups there are, the largest first: {text, left, right, low, top}, in coordinates of the
   * graph, as wide as the places are of their nodes that nobody has moved, and `rim`, the largest radius.
   * @param grouping {group: number by id, titles: text by number}
   * @param standing Ids of nodes that stand for many, and have titles of their own.
   */
  of({ group, titles }, standing) {
    const { scene } = this;
    const { graph } = scene.store;
    const print = `${graph.moves} ${scene.revision} ${titles.size}`;
    if (print === this.print) return this.groups;
    this.print = print;
    const found = new Map();
    const { ids, place } = graph.nodes;
    for (const list of [scene.lists.nodes, scene.lists.front]) {
      for (const slot of list.view) {
        const number = group.get(ids[slot]);
        if (!titles.has(number) || standing.has(ids[slot])) continue;
        let known = found.get(number);
        if (!known) found.set(number, (known = { count: 0, left: Infinity, right: -Infinity, low: Infinity, top: -Infinity, rim: 0 }));
        known.count++;
        if (graph.isPinned(slot)) continue;
        known.rim = Math.max(known.rim, scene.radius(slot));
        const [x, y] = [place[2 * slot], place[2 * slot + 1]];
        if (x < known.left) known.left = x;
        if (x > known.right) known.right = x;
        if (y < known.low) known.low = y;
        if (y > known.top) known.top = y;
      }
    }
    this.groups = [...found].filter(([, { left, right }]) => left <= right)
      .map(([number, box]) => ({ ...box, text: `${titles.get(number)} (${box.count.toLocaleString("en")})` }))
      .sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1)).slice(0, MOST);
    return this.groups;
  }
}

/**
 * Where the title of a group may be: above it, below it, beside it, or over it; the best first. While
 * some of the group is in sight its title is, too.
 * @param box {left, right, top, low} of the group in pixels, y downwards.
 */
export function placesOf({ left, right, top, low }, width, height, sight) {
  const middle = (left + right - width) / 2;
  const seen = right > 0 && left < sight.width && low > 0 && top < sight.height;
  const x = seen ? Math.min(Math.max(middle, AWAY), sight.width - width - AWAY) : middle;
  const above = top - AWAY - height;
  const y = seen ? Math.max(above, AWAY) : above;
  const aside = width / 4;
  const level = (top + low - height) / 2;
  return [
    { x, y }, { x: x - aside, y }, { x: x + aside, y }, { x, y: low + AWAY },
    { x: left - AWAY - width, y: level }, { x: right + AWAY, y: level }, { x: middle, y: level },
  ].map((spot) => ({ ...spot, width, height }));
}

const meets = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/**
 * Find a place for a title, and take it: where nothing is, or over the nodes of its own group.
 * @param drawn Boxes of the titles that are there, to which this one's is added.
 * @returns The box, or null where a title that comes first is in the way.
 */
export function titled(taken, drawn, options) {
  const free = options.find((box) => taken.isFree(box));
  const box = free ?? [options.at(-1), options[0]].find((over) => !drawn.some((other) => meets(over, other)));
  if (!box) return null;
  taken.take(box);
  drawn.push(box);
  return box;
}
