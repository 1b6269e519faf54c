// The player after the first press of the button: opens a play session, plays, reports what was played, and says
// within ten seconds when played time is not being counted, and why.

import { send } from "./http";
import { markLeftovers } from "./leftovers";
import { Outbox, type Acknowledgement, type Session, type Trouble, type Watched } from "./outbox";
import { attach, type Addresses, type Failure, type Source } from "./player_source";
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
  | "stalled"
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
  speed: number;
  /** The wished height; null leaves it to the line. */
  quality: number | null;
  /** How it is played is settled, or has changed: the heights on offer, and the one that is shown now. */
  source: (source: Source, shown: number | null) => void;
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
/** A picture that stands so long waits for the line: that is said; and after the second span it is asked for anew. */
const STALL_MS = 3_000;
const STUCK_MS = 20_000;
/** So many new beginnings without the picture going on, though the server answers: then something else is broken. */
const MOST_RECOVERIES = 4;
const RECOVERED_MS = 15_000;
const BACKOFF_MS = [500, 2_000, 4_000, 8_000, 15_000];
const OPEN_TIMEOUT_MS = 10_000;

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
  private isRecovering = false;
  /** Something waits for the learner's answer: enough may be watched, but it is not complete. */
  holdsBack = false;
  /** Why the server or the browser does not let it go on; until play is pressed again. */
  private closed: State = "";
  private isStopped = false;
  private wakeRecovery: () => void = () => undefined;
  /** Since when the picture has stood still, or gone on, by this page's clock. */
  private stoodSince: number | null = null;
  private goesSince: number | null = null;
  private quality: number | null;
  private refusal = "";
  private state: State = "";
  private isOpening = false;
  /** The page was hidden where the rule wants it in view; until play goes on. */
  private wasHidden = false;
  private isCompleted = false;
  private timers: ReturnType<typeof setInterval>[] = [];
  private readonly undo: (() => void)[] = [];

  constructor(private readonly options: PlayerOptions) {
    this.quality = options.quality;
  }

  /** Open a session and play. False if the server refused; its reason was said. */
  async start(): Promise<boolean> {
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
    this.setSpeed(this.options.speed);
    await this.load(this.options.startAt ?? playback.position_s);
    await this.play();
    this.timers.push(setInterval(() => this.read(), READ_MS));
    this.timers.push(setInterval(() => this.report(), REPORT_MS));
    this.timers.push(setInterval(() => void this.renew(), RENEW_MS));
    void this.outbox.flush();
    return true;
  }

  async play(): Promise<void> {
    if (this.closed) {
      this.closed = "";
      this.recoveries = 0;
      void this.recover("media");
    }
    try {
      await this.options.video.play();
    } catch {
      // The browser wants another press: the button for it is there.
      this.show("");
    }
  }

  seek(toS: number): void {
    const { video } = this.options;
    const end = Number.isFinite(video.duration) ? video.duration : (this.playback?.duration_s ?? toS);
    video.currentTime = Math.max(0, Math.min(toS, end));
  }

  /** Another height, or null for the one that the line allows. */
  setQuality(height: number | null): void {
    this.quality = height;
    if (this.source && !this.source.choose(height)) void this.load(this.options.video.currentTime, true);
  }

  setSpeed(rate: number): void {
    this.options.video.playbackRate = rate;
    this.options.video.defaultPlaybackRate = rate;
  }

  stop(): void {
    this.isStopped = true;
    this.wakeRecovery();
    this.timers.forEach((timer) => clearInterval(timer));
    this.undo.forEach((undo) => undo());
    this.report(true);
    this.outbox?.close();
    this.source?.detach();
  }

  /** A new session with new addresses; what was played until then goes to the one before. `later`: whoever asks tries
   * again by himself where only the line is to blame. */
  private async open(later = false): Promise<Playback | null> {
    const { status, body } = await send(this.options.playUrl, {}, { timeoutMs: OPEN_TIMEOUT_MS });
    if (status < 200 || status >= 300 || !body?.session) {
      if (later && (status === 0 || status === 429 || status >= 500)) return null;
      const isSignedOut = status === 401 || (status === 403 && (body?.code === undefined || body.code === "not_signed_in"));
      this.closed = status === 0 ? "offline" : isSignedOut ? "signed_out" : "failed";
      this.show(this.closed, this.closed === "failed" ? body?.message : undefined);
      return null;
    }
    const playback = body as Playback;
    this.tracker.stop();
    this.put();
    this.openedAt = performance.now();
    this.playback = playback;
    this.isCompleted = playback.is_completed;
    this.refusal = "";
    this.closed = "";
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

  /** Load from `startS` on; `goOn`: and play if it played before. */
  private async load(startS: number, goOn = false): Promise<void> {
    const { video } = this.options;
    if (!this.playback) return;
    const played = !video.paused;
    const rate = video.playbackRate;
    this.source?.detach();
    this.aim = startS * 1000;
    this.source = await attach(video, this.playback, {
      startS,
      height: this.quality,
      failed: (failure) => void this.recover(failure),
      shown: (height) => this.source && this.options.source(this.source, height),
    });
    video.playbackRate = rate;
    this.options.source(this.source, null);
    if (goOn && played) await this.play();
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
    on(window, "online", () => {
      void this.outbox.wake();
      this.wakeRecovery();
      this.source?.wake();
    });
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
    this.watchPicture();
    if (this.isPlaying && this.session && this.obstacle === "") {
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

  /** Note whether the picture goes on; one that stands for long is asked for anew. */
  private watchPicture(): void {
    const now = performance.now();
    const stands = !this.options.video.paused && !this.options.video.ended && !this.isPlaying;
    this.stoodSince = stands ? (this.stoodSince ?? now) : null;
    this.goesSince = this.isPlaying ? (this.goesSince ?? now) : null;
    if (this.goesSince !== null && now - this.goesSince > RECOVERED_MS) this.recoveries = 0;
    if (this.stoodSince !== null && now - this.stoodSince > STUCK_MS) {
      this.stoodSince = now;
      void this.recover("line");
    }
  }

  private get isStalled(): boolean {
    return this.stoodSince !== null && performance.now() - this.stoodSince > STALL_MS;
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
      this.put();
    }
    markLeftovers(this.outbox?.waiting ?? 0);
    void this.outbox?.flush(leaving);
    this.review();
  }

  /** What was read up to now becomes part of a batch of the present session. */
  private put(): void {
    const pieces = this.tracker.take();
    const last = pieces[pieces.length - 1];
    if (last && this.session) void this.outbox.add(this.session, pieces, last.to / 1000);
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
    if (this.closed && !this.isPlaying) state = this.closed;
    else if (navigator.onLine === false && (this.isPlaying || this.outbox.waiting > 0)) state = "offline";
    else if (isUnsent) state = trouble as State;
    else if (isLate) state = "unreachable";
    else if (this.isStalled) state = "stalled";
    else if (this.stoodSince !== null && !this.wasHidden) state = this.state;
    else if (this.isPlaying && this.obstacle) state = this.obstacle;
    else if (this.wasHidden) state = "hidden";
    else if (this.isPlaying && this.refusal)
      state = this.refusal === "spent_elsewhere" || this.refusal === "too_fast" ? this.refusal : "not_counted";
    else if (this.isCompleted && !this.holdsBack) state = "completed";
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
    if (this.isOpening || this.isRecovering) return;
    this.isOpening = true;
    const before = this.playback?.master_url;
    const playback = await this.open(true);
    if (playback && playback.master_url !== before) await this.load(this.options.video.currentTime, true);
    this.isOpening = false;
  }

  /** The picture cannot be loaded on. What is loaded plays to its end meanwhile; the server is asked for addresses until
   * it answers, then the picture goes on where it stands. */
  private async recover(failure: Failure): Promise<void> {
    if (this.isRecovering || this.isStopped) return;
    this.isRecovering = true;
    this.recoveries += 1;
    const isHopeless = this.recoveries > MOST_RECOVERIES;
    const before = this.playback?.master_url;
    let playback: Playback | null = null;
    for (let tries = 0; !isHopeless && !playback && !this.isStopped; tries += 1) {
      await this.pause(BACKOFF_MS[Math.min(tries + this.recoveries - 1, BACKOFF_MS.length - 1)] ?? 15_000);
      if (this.isStopped) return;
      playback = await this.open(true);
      if (this.closed) break;
    }
    this.isRecovering = false;
    if (this.isStopped) return;
    if (isHopeless) this.closed = "failed";
    this.review();
    if (!playback) {
      this.options.video.pause();
      return;
    }
    const isSame = playback.master_url === before;
    if (failure === "line" && isSame && this.recoveries === 1 && this.source?.wake()) return;
    await this.load(this.options.video.currentTime, true);
  }

  /** So long, or until the line is back. */
  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wakeRecovery = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
