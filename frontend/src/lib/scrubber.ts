// The line that is dragged to seek, with small pictures of where one would come to.

import { clock, fill } from "./timeline";

interface Cue {
  from: number;
  to: number;
  sheet: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

const CUE = /(\d+):(\d+):(\d+\.\d+) --> (\d+):(\d+):(\d+\.\d+)\s+(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)/g;

/** The small pictures that a WebVTT index names; addresses are taken from where the index lies. */
export function readCues(text: string, base: string): Cue[] {
  const cues: Cue[] = [];
  const seconds = (hours?: string, minutes?: string, rest?: string) =>
    Number(hours) * 3600 + Number(minutes) * 60 + Number(rest);
  CUE.lastIndex = 0;
  for (let found = CUE.exec(text); found; found = CUE.exec(text)) {
    const [x, y, width, height] = found.slice(8, 12).map(Number) as [number, number, number, number];
    const sheet = base.replace(/[^/]*$/, "") + found[7];
    const [from, to] = [seconds(found[1], found[2], found[3]), seconds(found[4], found[5], found[6])];
    cues.push({ from, to, sheet, x, y, width, height });
  }
  return cues;
}

export class Scrubber {
  private cues: Cue[] | null = null;
  private isDragging = false;
  private readonly undo: (() => void)[] = [];
  private readonly picture: HTMLElement;
  private readonly time: HTMLElement;

  constructor(
    private readonly slider: HTMLInputElement,
    private readonly preview: HTMLElement,
    private readonly durationS: number,
    private readonly spriteUrl: string,
    private readonly options: { at: string; seek: (toS: number) => void },
  ) {
    this.picture = preview.children[0] as HTMLElement;
    this.time = preview.children[1] as HTMLElement;
    const on = (name: string, act: (event: Event) => void) => {
      slider.addEventListener(name, act);
      this.undo.push(() => slider.removeEventListener(name, act));
    };
    on("input", () => {
      this.isDragging = true;
      this.show(Number(slider.value));
    });
    on("change", () => {
      this.isDragging = false;
      this.hide();
      options.seek(Number(slider.value));
    });
    on("pointermove", (event) => {
      const { clientX, pointerType } = event as PointerEvent;
      if (pointerType === "mouse" && !this.isDragging) this.show(this.secondsAt(clientX));
    });
    on("pointerleave", () => {
      if (!this.isDragging) this.hide();
    });
    on("blur", () => this.hide());
  }

  stop(): void {
    this.undo.forEach((undo) => undo());
    this.hide();
  }

  draw(positionS: number): void {
    if (this.isDragging) return;
    this.slider.value = String(Math.floor(positionS));
    this.say(positionS);
  }

  private say(seconds: number): void {
    const text = fill(this.options.at, { at: clock(seconds), end: clock(this.durationS) });
    if (this.slider.getAttribute("aria-valuetext") !== text) this.slider.setAttribute("aria-valuetext", text);
  }

  private secondsAt(clientX: number): number {
    const box = this.slider.getBoundingClientRect();
    const share = box.width > 0 ? (clientX - box.left) / box.width : 0;
    return Math.max(0, Math.min(1, share)) * this.durationS;
  }

  private show(seconds: number): void {
    const { preview } = this;
    this.time.textContent = clock(seconds);
    this.say(this.isDragging ? seconds : Number(this.slider.value));
    preview.hidden = false;
    const cue = this.cues?.find((each) => each.from <= seconds && seconds < each.to) ?? this.cues?.[this.cues.length - 1];
    if (!this.cues) void this.load().then(() => !preview.hidden && this.cues?.length && this.show(seconds));
    this.picture.hidden = !cue;
    if (cue) {
      const { style } = this.picture;
      style.width = `${cue.width}px`;
      style.height = `${cue.height}px`;
      style.backgroundImage = `url("${cue.sheet}")`;
      style.backgroundPosition = `-${cue.x}px -${cue.y}px`;
    }
    const room = this.slider.clientWidth;
    const half = preview.offsetWidth / 2;
    const place = this.durationS > 0 ? (seconds / this.durationS) * room : 0;
    preview.style.left = `${Math.max(half, Math.min(room - half, place))}px`;
  }

  private hide(): void {
    this.preview.hidden = true;
  }

  /** The index is asked for once, by the first who seeks. */
  private async load(): Promise<void> {
    this.cues = [];
    if (!this.spriteUrl) return;
    try {
      const answer = await fetch(this.spriteUrl, { credentials: "same-origin" });
      if (answer.ok) this.cues = readCues(await answer.text(), this.spriteUrl);
    } catch {
      // Without small pictures the time alone is shown.
    }
  }
}
