// Questions during a lecture whether somebody is there. The server asks and decides; this shows what it says.

import { send } from "./http";
import { clock, type Stretch } from "./timeline";

export interface Stand {
  asked: string | null;
  missed: string[];
  held: Stretch[];
  look_after_s: number | null;
}

export interface AttentionParts {
  form: HTMLFormElement;
  question: HTMLElement;
  /** Where whoever has answered goes on. */
  then: HTMLElement;
  texts: { asked: string; missed: string };
}

/** Without an answer from the server it is asked again so late. */
const AGAIN_MS = 30_000;
const TICK_MS = 5_000;
/** A question that nobody answers is a missed one by then. */
const MISSED_MS = 125_000;

export class Attention {
  private stand: Stand = { asked: null, missed: [], held: [], look_after_s: 0 };
  private lookAt = 0;
  private isAsking = false;
  private readonly timer: ReturnType<typeof setInterval>;

  /** `changed` is called when the server has said how things stand. */
  constructor(
    private readonly url: string,
    private readonly video: HTMLVideoElement,
    private readonly parts: AttentionParts,
    private readonly changed: (stand: Stand) => void,
  ) {
    this.timer = setInterval(() => {
      if (performance.now() >= this.lookAt && (!this.video.paused || this.stand.asked)) void this.look();
    }, TICK_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Something waits for an answer: the lecture is not complete, however much of it was watched. */
  get isWaiting(): boolean {
    return this.stand.asked !== null || this.stand.missed.length > 0;
  }

  get held(): Stretch[] {
    return this.stand.held;
  }

  look(): Promise<void> {
    return this.ask([]);
  }

  answer(): Promise<void> {
    const { missed, asked } = this.stand;
    return this.ask(asked ? [...missed, asked] : missed);
  }

  private async ask(answers: string[]): Promise<void> {
    if (this.isAsking) return;
    this.isAsking = true;
    const { status, body } = await send(this.url, { answers });
    this.isAsking = false;
    this.lookAt = performance.now() + AGAIN_MS;
    if (status < 200 || status >= 300 || !body) return;
    this.stand = body as Stand;
    const wait = this.stand.asked ? MISSED_MS : (this.stand.look_after_s ?? Infinity) * 1000;
    this.lookAt = performance.now() + wait;
    this.show();
    this.changed(this.stand);
  }

  private show(): void {
    const { form, question, texts } = this.parts;
    const { asked, missed, held } = this.stand;
    const stretches = held.map(([from, to]) => `${clock(from)}–${clock(to)}`).join(", ");
    const text = missed.length ? `${texts.missed} ${stretches}` : asked ? texts.asked : "";
    // Said again only when it says something else.
    if (question.textContent !== text) question.textContent = text;
    const stood = form.contains(document.activeElement);
    form.hidden = text === "";
    if (stood && form.hidden) this.parts.then.focus({ preventScroll: true });
  }
}

/** What of `these` does not lie in `those`; both in order. */
export function without(these: Stretch[], those: Stretch[]): Stretch[] {
  let left = these;
  for (const [from, to] of those) {
    left = left.flatMap(([begin, end]): Stretch[] => {
      const parts: Stretch[] = [
        [begin, Math.min(end, from)],
        [Math.max(begin, to), end],
      ];
      return end <= from || to <= begin ? [[begin, end]] : parts.filter(([first, last]) => first < last);
    });
  }
  return left;
}
