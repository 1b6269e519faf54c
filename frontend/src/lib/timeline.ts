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

/** A list of buttons, one per missing stretch. A stretch that shrinks keeps its button, and with it who stands there. */
export class MissingList {
  private shown: { stretch: Stretch; button: HTMLButtonElement }[] = [];

  /** `pick` gets the first second of the stretch that was pressed; at most `most` are listed, the rest is a number. */
  constructor(
    private readonly list: Element,
    private readonly texts: { item: string; more: string },
    private readonly pick: (from: number) => void,
    private readonly most = 12,
  ) {}

  /** List these. False if whoever stood on a button finds none left to stand on. */
  show(missing: Stretch[]): boolean {
    const stood = this.shown.findIndex(({ button }) => button === document.activeElement);
    const before = [...this.shown];
    this.shown = missing.slice(0, this.most).map((stretch) => {
      // What is missing shrinks: the first part of a stretch takes its button over.
      const at = before.findIndex(({ stretch: [from, to] }) => from < stretch[1] && stretch[0] < to);
      const [kept] = at < 0 ? [] : before.splice(at, 1);
      const button = kept?.button ?? this.button();
      this.label(button, stretch);
      return { stretch, button };
    });
    this.place(missing.length - this.shown.length);
    if (stood < 0) return true;
    const stays = this.shown.some(({ button }) => button === document.activeElement);
    const next = this.shown[Math.min(stood, this.shown.length - 1)];
    if (!stays) next?.button.focus({ preventScroll: true });
    return next !== undefined;
  }

  private button(): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button player__gap";
    button.addEventListener("click", () => {
      const stretch = this.shown.find((each) => each.button === button)?.stretch;
      if (stretch) this.pick(stretch[0]);
    });
    return button;
  }

  private label(button: HTMLButtonElement, [from, to]: Stretch): void {
    button.textContent = `${clock(from)}–${clock(to)}`;
    button.setAttribute("aria-label", fill(this.texts.item, { from: clock(from), to: clock(to) }));
  }

  /** Bring the list in order without moving what stands in its place: an element that is moved loses the focus. */
  private place(unlisted: number): void {
    const buttons = this.shown.map(({ button }) => button);
    for (const item of Array.from(this.list.children)) {
      const button = item.querySelector("button");
      if (!button || buttons.indexOf(button) < 0) item.remove();
    }
    buttons.forEach((button, at) => {
      const item = button.parentElement ?? document.createElement("li");
      if (!button.parentElement) item.append(button);
      if (this.list.children[at] !== item) this.list.insertBefore(item, this.list.children[at] ?? null);
    });
    if (unlisted > 0) {
      const item = document.createElement("li");
      item.textContent = fill(this.texts.more, { number: unlisted });
      this.list.append(item);
    }
  }
}
