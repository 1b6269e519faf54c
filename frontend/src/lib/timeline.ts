// A lecture as a line: what is watched, what is missing, where one is.

export type Stretch = [number, number];

const SVG = "http://www.w3.org/2000/svg";

/** "3:05" or "1:02:03". */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number: number) => String(number).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** Fill `{name}` in a text of the page. */
export function fill(text: string, params: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in params ? String(params[name]) : whole));
}

/** Draw the watched stretches into `svg`, whose view box is 1000 × 10. */
export function draw(svg: Element, watched: Stretch[], durationS: number, positionS: number): void {
  const scale = durationS > 0 ? 1000 / durationS : 0;
  const rects = watched.map(([from, to]) => rect("timeline__watched", from * scale, Math.max(1, (to - from) * scale)));
  rects.push(rect("timeline__position", Math.min(996, Math.max(0, positionS * scale - 2)), 4));
  replace(svg, rects);
}

// Safari 13 has no replaceChildren().
function replace(parent: Element, children: Element[]): void {
  parent.textContent = "";
  parent.append(...children);
}

function rect(name: string, x: number, width: number): Element {
  const element = document.createElementNS(SVG, "rect");
  const attributes = { class: name, x: x.toFixed(1), y: "0", width: width.toFixed(1), height: "10" };
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** One button per missing stretch, the first `most`; `pick` gets its first second. */
export function listMissing(
  list: Element,
  missing: Stretch[],
  texts: { item: string; more: string },
  pick: (from: number) => void,
  most = 12,
): void {
  const focused = Array.from(list.children).findIndex((item) => item.contains(document.activeElement));
  const items = missing.slice(0, most).map(([from, to]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button player__gap";
    button.textContent = `${clock(from)}–${clock(to)}`;
    button.setAttribute("aria-label", fill(texts.item, { from: clock(from), to: clock(to) }));
    button.addEventListener("click", () => pick(from));
    const item = document.createElement("li");
    item.append(button);
    return item;
  });
  if (missing.length > most) {
    const item = document.createElement("li");
    item.textContent = fill(texts.more, { number: missing.length - most });
    items.push(item);
  }
  replace(list, items);
  // Whoever stood on a button stays in the list when it is drawn anew.
  if (focused >= 0) items[Math.min(focused, items.length - 1)]?.querySelector("button")?.focus();
}
