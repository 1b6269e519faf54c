import { Controller } from "@hotwired/stimulus";

import { points, write, type Point } from "../lib/widgets/hotspot";

const SIDE = 1000;
const STEP = 20;
const FINE = 1;
const ARROWS: Record<string, Point> = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
};
const SVG = "http://www.w3.org/2000/svg";

/** Pointing at a picture by mouse, finger or arrow keys. The number fields hold the points and work without this. */
export default class HotspotController extends Controller<HTMLElement> {
  static override targets = ["stage", "marks", "help", "said", "points", "entry", "fields"];
  static override values = { most: Number, at: String, set: String, gone: String, stage: String };

  declare readonly stageTarget: HTMLElement;
  declare readonly hasStageTarget: boolean;
  declare readonly marksTarget: SVGSVGElement;
  declare readonly helpTarget: HTMLElement;
  declare readonly saidTarget: HTMLElement;
  declare readonly pointsTarget: HTMLElement;
  declare readonly entryTarget: HTMLTemplateElement;
  declare readonly fieldsTarget: HTMLDetailsElement;
  declare readonly mostValue: number;
  declare readonly atValue: string;
  declare readonly setValue: string;
  declare readonly goneValue: string;
  declare readonly stageValue: string;

  private crosshair: Point = [SIDE / 2, SIDE / 2];
  private isAiming = false;

  override connect(): void {
    if (!this.hasStageTarget) return;
    this.fieldsTarget.open = false;
    if (!this.isLocked) {
      this.helpTarget.hidden = false;
      this.stageTarget.tabIndex = 0;
      this.stageTarget.setAttribute("role", "application");
      this.stageTarget.setAttribute("aria-label", this.stageValue);
      this.stageTarget.setAttribute("aria-describedby", this.helpTarget.id);
    }
    this.redraw();
  }

  /** Also another tab may lock a question that was open. */
  private get isLocked(): boolean {
    return this.element.querySelector("input")?.disabled ?? false;
  }

  tap(event: MouseEvent): void {
    if (this.isLocked) return;
    const frame = this.stageTarget.getBoundingClientRect();
    if (!frame.width || !frame.height) return;
    this.crosshair = [
      within(Math.round(((event.clientX - frame.left) / frame.width) * SIDE)),
      within(Math.round(((event.clientY - frame.top) / frame.height) * SIDE)),
    ];
    this.place();
  }

  key(event: KeyboardEvent): void {
    if (this.isLocked || event.altKey || event.ctrlKey || event.metaKey) return;
    const arrow = ARROWS[event.key];
    if (arrow) {
      const step = event.shiftKey ? FINE : STEP;
      this.crosshair = [within(this.crosshair[0] + arrow[0] * step), within(this.crosshair[1] + arrow[1] * step)];
      this.say(this.atValue, this.crosshair);
      this.redraw();
    } else if (event.key === "Enter" || event.key === " ") this.place();
    else if (event.key === "Delete" || event.key === "Backspace") this.drop();
    else return;
    event.preventDefault();
  }

  aim(): void {
    if (this.isLocked) return;
    this.isAiming = true;
    this.say(this.atValue, this.crosshair);
    this.redraw();
  }

  rest(): void {
    this.isAiming = false;
    this.redraw();
  }

  remove(event: Event): void {
    const row = (event.currentTarget as HTMLElement).closest("li");
    const index = [...this.pointsTarget.children].indexOf(row as Element);
    this.store(points(this.element).filter((_point, number) => number !== index), this.goneValue);
    this.stageTarget.focus();
  }

  /** The picture shows what the fields hold. */
  redraw(): void {
    if (!this.hasStageTarget) return;
    const found = points(this.element);
    const { width, height } = this.marksTarget.viewBox.baseVal;
    const radius = Math.max(width / 40, 6);
    const at = ([x, y]: Point): Point => [(x * width) / SIDE, (y * height) / SIDE];
    const marks = found.flatMap((point, index) => {
      const [left, top] = at(point);
      const number = shape("text", "hotspot__number", { x: left, y: top, dy: "0.35em", "font-size": radius });
      number.textContent = String(index + 1);
      return [shape("circle", "hotspot__mark", { cx: left, cy: top, r: radius }), number];
    });
    if (this.isAiming) {
      const [left, top] = at(this.crosshair);
      marks.push(
        shape("line", "hotspot__hair", { x1: left, x2: left, y1: 0, y2: height }),
        shape("line", "hotspot__hair", { x1: 0, x2: width, y1: top, y2: top }),
      );
    }
    empty(this.marksTarget);
    this.marksTarget.append(...marks);
    this.list(found);
  }

  private list(found: Point[]): void {
    this.pointsTarget.hidden = !found.length || this.isLocked;
    empty(this.pointsTarget);
    for (const point of found) {
      const row = this.entryTarget.content.cloneNode(true) as DocumentFragment;
      const [text, button] = [row.querySelector("span"), row.querySelector("button")];
      if (text) text.textContent = this.filled(text.textContent ?? "", point);
      button?.setAttribute("aria-label", this.filled(button.getAttribute("aria-label") ?? "", point));
      this.pointsTarget.append(row);
    }
  }

  /** A point at the crosshair; when there are as many as may be, the nearest one moves there. */
  private place(): void {
    const found = points(this.element);
    if (found.length >= this.mostValue) {
      const far = ([x, y]: Point): number => (x - this.crosshair[0]) ** 2 + (y - this.crosshair[1]) ** 2;
      const nearest = found.reduce((best, point) => (far(point) < far(best) ? point : best));
      found.splice(found.indexOf(nearest), 1);
    }
    this.store([...found, this.crosshair], this.setValue);
  }

  private drop(): void {
    const found = points(this.element);
    if (!found.length) return;
    const here = found.findIndex(([x, y]) => x === this.crosshair[0] && y === this.crosshair[1]);
    found.splice(here < 0 ? found.length - 1 : here, 1);
    this.store(found, this.goneValue);
  }

  private store(found: Point[], text: string): void {
    write(this.element, [...found].sort((one, other) => one[0] - other[0] || one[1] - other[1]));
    this.redraw();
    this.say(text, this.crosshair);
    // The page hears of a change as if a field had been used.
    this.element.querySelector("input")?.dispatchEvent(new Event("change", { bubbles: true }));
  }

  private say(text: string, point: Point): void {
    this.saidTarget.textContent = this.filled(text, point);
  }

  private filled(text: string, [x, y]: Point): string {
    const values = { x, y, n: points(this.element).length, most: this.mostValue };
    return Object.entries(values).reduce((filled, [name, value]) => filled.replace(`{${name}}`, String(value)), text);
  }
}

function within(place: number): number {
  return Math.min(Math.max(place, 0), SIDE);
}

function empty(element: Element): void {
  while (element.firstChild) element.firstChild.remove();
}

function shape(name: string, style: string, attributes: Record<string, string | number>): SVGElement {
  const element = document.createElementNS(SVG, name);
  element.setAttribute("class", style);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, String(value));
  return element;
}
