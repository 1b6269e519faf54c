// The player after the first press of the button: opens a play session, plays, reports what was played, and says
// within ten seconds when played time is not being counted, and why.

import { send } from "./http";
import { markLeftovers } from "./leftovers";
import { Outbox, type Acknowledgement, type Session, type Trouble, type Watched } from "./outbox";
import { attach, type Addresses, type Source } from "./player_source";
import { Tracker } from "./watch_log";
import { openStore, type Batch } from "./watch_store";

export interface Playback extends Addresses {
  session: string;
  batches_url?: string;
  captions_url: string;
  duration_s: number;
  position_s: number;
  intervals: [number, number][];
  missing: [number, number][];
  share: number;
  threshold: number;
  max_speed: number;
  background_play: boolean;
  is_completed: boolean;
}

/** What the learner is told; the page holds a text for each. "" is silence. */
export type State =
  | ""
  | "loading"
  | "counting"
  | "completed"
  | "hidden"
  | "too_fast"
  | "spent_elsewhere"
  | "not_counted"
  | "failed"
  | Exclude<Trouble, "rejected">;

export interface PlayerOptions {
  video: HTMLVideoElement;
  playUrl: string;
  person: string;
  lecture: string;
  captions: { label: string; language: string };
  /** Seconds into the lecture to begin at; null continues where the learner was. */
  startAt: number | null;
  opened: (playback: Playback) => void;
  watched: (view: Watched) => void;
  say: (state: State, message?: string) => void;
}

const READ_MS = 250;
/** Shorter than ten seconds, so that a refusal is known within them. */
const REPORT_MS = 8_000;
/** The first reading of a stretch may come so late. */
const LATE_MS = 1_000;
const SILENCE_MS = 9_500;
/** Signed addresses are good for at least four hours. */
const RENEW_MS = 3 * 60 * 60 * 1000;
const MOST_RECOVERIES = 4;

/** Send what earlier pages of `person` left, without playing anything. */
export async function sendLeftovers(
  person: string,
  acknowledged: (batch: Batch, answer: Acknowledgement) => void,
): Promise<void> {
  const outbox = new Outbox({ store: await openStore(), send, acknowledged, troubled: () => undefined });
  await outbox.restore(person);
  await outbox.flush();
  outbox.close();
  markLeftovers(outbox.waiting);
}

export class Player {
  private readonly tracker = new Tracker();
  private readonly client = Math.random().toString(36).slice(2, 10) + Date.now().toString(36);
  private outbox!: Outbox;
  private playback: Playback | null = null;
  private session: Session | null = null;
  private openedAt = 0;
  /** Where play was last told to begin, in milliseconds of the lecture. */
  private aim = 0;
  private source: Source | null = null;
  private recoveries = 0;
  private refusal = "";
  private state: State = "";
  private isOpening = false;
  /** The page was hidden where the rule wants it in view; until play goes on. */
  private wasHidden = false;
  private isCompleted = false;
  private timers: ReturnType<typeof setInterval>[] = [];
  private readonly undo: (() => void)[] = [];

  constructor(private readonly options: PlayerOptions) {}

  /** Open a session and play. False if the server refused; its reason was said. */
  async start(): Promise<boolean> {
    const { video } = this.options;
    this.show("loading");
    this.outbox = new Outbox({
      store: await openStore(),
      send,
      acknowledged: (batch, answer) => this.acknowledge(batch, answer),
      troubled: () => this.review(),
    });
    await this.outbox.restore(this.options.person);
    const playback = await this.open();
    if (!playback) return false;
    this.listen();
    this.addCaptions(playback);
    await this.load(this.options.startAt ?? playback.position_s);
    video.controls = true;
    await this.play();
    this.timers.push(setInterval(() => this.read(), READ_MS));
    this.timers.push(setInterval(() => this.report(), REPORT_MS));
    this.timers.push(setInterval(() => void this.renew(), RENEW_MS));
    void this.outbox.flush();
    return true;
  }

  async play(): Promise<void> {
    try {
      await this.options.video.play();
    } catch {
      // The browser wants another press: its own controls are there for it.
      this.show("");
    }
  }

  seek(toS: number): void {
    this.options.video.currentTime = toS;
    if (this.options.video.paused) void this.play();
  }

  setSpeed(rate: number): void {
    this.options.video.playbackRate = rate;
    this.options.video.defaultPlaybackRate = rate;
  }

  stop(): void {
    this.timers.forEach((timer) => clearInterval(timer));
    this.undo.forEach((undo) => undo());
    this.report(true);
    this.outbox?.close();
    this.source?.detach();
  }

  private async open(): Promise<Playback | null> {
    const { status, body } = await send(this.options.playUrl, {});
    if (status < 200 || status >= 300 || !body?.session) {
      if (status === 0) this.show("offline");
      else if (status === 403 && body?.code !== undefined && body.code !== "not_signed_in") this.show("failed", body.message);
      else if (status === 401 || status === 403) this.show("signed_out");
      else this.show("failed", body?.message);
      return null;
    }
    const playback = body as Playback;
    this.openedAt = performance.now();
    this.playback = playback;
    this.isCompleted = playback.is_completed;
    this.refusal = "";
    this.session = {
      person: this.options.person,
      lecture: this.options.lecture,
      id: playback.session,
      url: playback.batches_url ?? `/api/v1/play-sessions/${playback.session}/batches/`,
      client: this.client,
    };
    this.options.opened(playback);
    return playback;
  }

  private async load(startS: number): Promise<void> {
    this.source?.detach();
    this.aim = startS * 1000;
    if (this.playback) this.source = await attach(this.options.video, this.playback, startS, () => void this.recover());
  }

  private addCaptions(playback: Playback): void {
    if (!playback.captions_url) return;
    const track = document.createElement("track");
    track.kind = "captions";
    track.src = playback.captions_url;
    track.label = this.options.captions.label;
    track.srclang = this.options.captions.language;
    this.options.video.append(track);
  }

  private listen(): void {
    const { video } = this.options;
    const on = (target: EventTarget, name: string, act: () => void) => {
      target.addEventListener(name, act);
      this.undo.push(() => target.removeEventListener(name, act));
    };
    on(video, "timeupdate", () => this.read());
    on(video, "playing", () => this.read());
    for (const name of ["pause", "ended"]) on(video, name, () => this.rest());
    on(video, "seeking", () => {
      this.tracker.stop();
      this.aim = video.currentTime * 1000;
    });
    on(video, "seeked", () => this.read());
    for (const name of ["waiting", "emptied"]) on(video, name, () => this.tracker.stop());
    on(video, "ratechange", () => this.read());
    on(document, "visibilitychange", () => this.turn());
    on(window, "pagehide", () => this.report(true));
    on(window, "online", () => void this.outbox.wake());
    on(window, "offline", () => this.review());
  }

  private get isPlaying(): boolean {
    const { video } = this.options;
    return !video.paused && !video.ended && !video.seeking && video.readyState >= 2;
  }

  /** Why the time that is played just now will not count; "" if it will. */
  private get obstacle(): "" | "hidden" | "too_fast" {
    if (!this.playback) return "";
    if (document.hidden && !this.playback.background_play) return "hidden";
    return this.options.video.playbackRate > this.playback.max_speed + 0.001 ? "too_fast" : "";
  }

  private read(): void {
    const { video } = this.options;
    if (this.isPlaying && this.session && this.obstacle === "" && !this.isOpening) {
      const position = video.currentTime * 1000;
      const wall = performance.now() - this.openedAt;
      const late = position - this.aim;
      // Play began where somebody aimed; a busy phone tells of it a little later.
      if (!this.tracker.isReading && late > 0 && late <= LATE_MS && wall * video.playbackRate > late) {
        this.tracker.read(this.aim, wall - late / video.playbackRate, video.playbackRate);
      }
      this.tracker.read(position, wall, video.playbackRate);
    } else {
      this.tracker.stop();
    }
    this.review();
  }

  /** Paused or at the end: report at once, so that a completed lecture is known as one. */
  private rest(): void {
    this.tracker.stop();
    this.report();
  }

  private turn(): void {
    if (document.hidden) {
      if (this.obstacle === "hidden" && !this.options.video.paused) {
        this.wasHidden = true;
        this.options.video.pause();
      }
      this.report(true);
    } else {
      void this.outbox.wake();
    }
  }

  private report(leaving = false): void {
    if (this.session) {
      this.read();
      const pieces = this.tracker.take();
      const last = pieces[pieces.length - 1];
      if (last) void this.outbox.add(this.session, pieces, last.to / 1000);
    }
    markLeftovers(this.outbox?.waiting ?? 0);
    void this.outbox?.flush(leaving);
    this.review();
  }

  private acknowledge(batch: Batch, answer: Acknowledgement): void {
    markLeftovers(this.outbox.waiting);
    if (batch.lecture !== this.options.lecture) return;
    if (batch.session === this.session?.id) this.refusal = answer.reason;
    this.isCompleted = this.isCompleted || answer.watched.is_completed;
    this.options.watched(answer.watched);
    this.review();
  }

  /** Say how things stand, if that has changed. */
  private review(): void {
    if (!this.playback) return;
    const { trouble, waitingSince } = this.outbox;
    if (this.isPlaying && !document.hidden) this.wasHidden = false;
    if (trouble === "session_gone" && !this.isOpening) void this.reopen();
    const isUnsent = this.outbox.waiting > 0 && trouble !== "" && trouble !== "rejected";
    const isLate = waitingSince !== null && Date.now() - waitingSince > SILENCE_MS;
    let state: State = "";
    if (this.state === "failed") state = this.isPlaying ? "counting" : "failed";
    else if (navigator.onLine === false && (this.isPlaying || this.outbox.waiting > 0)) state = "offline";
    else if (isUnsent) state = trouble as State;
    else if (isLate) state = "unreachable";
    else if (this.isPlaying && this.obstacle) state = this.obstacle;
    else if (this.wasHidden) state = "hidden";
    else if (this.isPlaying && this.refusal)
      state = this.refusal === "spent_elsewhere" || this.refusal === "too_fast" ? this.refusal : "not_counted";
    else if (this.isCompleted) state = "completed";
    else if (this.isPlaying) state = "counting";
    this.show(state);
  }

  private show(state: State, message?: string): void {
    if (state === this.state && message === undefined) return;
    this.state = state;
    this.options.say(state, message);
  }

  /** The session is over (a day old, or gone): go on in a new one, the picture stays. */
  private async reopen(): Promise<void> {
    this.isOpening = true;
    this.tracker.stop();
    this.tracker.take();
    this.session = null;
    const playback = await this.open();
    this.outbox.trouble = "";
    this.isOpening = false;
    if (!playback) this.options.video.pause();
  }

  /** New addresses before the old ones end. */
  private async renew(): Promise<void> {
    const { video } = this.options;
    this.rest();
    this.isOpening = true;
    const wasPaused = video.paused;
    const position = video.currentTime;
    const rate = video.playbackRate;
    const playback = await this.open();
    if (playback) {
      await this.load(position);
      video.playbackRate = rate;
      if (!wasPaused) await this.play();
    }
    this.isOpening = false;
  }

  /** The video cannot be loaded on: perhaps its address has ended, perhaps the line. */
  private async recover(): Promise<void> {
    if (this.isOpening) return;
    this.recoveries += 1;
    if (this.recoveries > MOST_RECOVERIES) {
      this.show("failed");
      return;
    }
    this.isOpening = true;
    await new Promise((resolve) => setTimeout(resolve, 1_000 * this.recoveries ** 2));
    await this.renew();
  }
}
