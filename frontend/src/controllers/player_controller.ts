import { Controller } from "@hotwired/stimulus";

import type { Attention } from "../lib/attention";
import type { Controls } from "../lib/controls";
import type { Playback, Player, State } from "../lib/player";
import { send } from "../lib/http";
import { hasLeftovers } from "../lib/leftovers";
import type { Watched } from "../lib/outbox";
import type { Source } from "../lib/player_source";
import { clock, draw, fill, MissingList, type Stretch } from "../lib/timeline";

const TONES: Partial<Record<State, string>> = { counting: "ok", completed: "ok", loading: "info", "": "info" };

const length = (stretches: Stretch[]) => stretches.reduce((sum, [from, to]) => sum + to - from, 0);

/** The lecture's player. Before play it only draws what was watched; all else is loaded with the first press. */
export default class extends Controller<HTMLElement> {
  static override targets = [
    "frame", "stage", "video", "start", "startLabel", "flash", "status", "bar", "line", "slider", "preview", "play", "time",
    "mute", "volume", "speed", "quality", "captions", "picture", "full", "percent", "missing", "missingBox", "next", "texts", "attention",
    "question",
  ];
  static override values = {
    playUrl: String, settleUrl: String, person: String, lecture: String, language: String, sprite: String, attentionUrl: String,
    duration: Number, position: Number, watched: Array, missing: Array, completed: Boolean,
  };

  declare readonly frameTarget: HTMLElement;
  declare readonly stageTarget: HTMLElement;
  declare readonly flashTarget: HTMLElement;
  declare readonly barTarget: HTMLElement;
  declare readonly sliderTarget: HTMLInputElement;
  declare readonly previewTarget: HTMLElement;
  declare readonly playTarget: HTMLButtonElement;
  declare readonly timeTarget: HTMLElement;
  declare readonly muteTarget: HTMLButtonElement;
  declare readonly volumeTarget: HTMLInputElement;
  declare readonly speedTarget: HTMLSelectElement;
  declare readonly qualityTarget: HTMLSelectElement;
  declare readonly captionsTarget: HTMLButtonElement;
  declare readonly pictureTarget: HTMLButtonElement;
  declare readonly fullTarget: HTMLButtonElement;
  declare readonly videoTarget: HTMLVideoElement;
  declare readonly startTarget: HTMLButtonElement;
  declare readonly startLabelTarget: HTMLElement;
  declare readonly statusTarget: HTMLElement;
  declare readonly lineTarget: SVGElement;
  declare readonly percentTarget: HTMLElement;
  declare readonly missingTarget: HTMLElement;
  declare readonly missingBoxTarget: HTMLElement;
  declare readonly nextTarget: HTMLAnchorElement;
  declare readonly textsTarget: HTMLElement;
  declare readonly hasNextTarget: boolean;
  declare readonly playUrlValue: string;
  declare readonly settleUrlValue: string;
  declare readonly personValue: string;
  declare readonly lectureValue: string;
  declare readonly languageValue: string;
  declare readonly spriteValue: string;
  declare readonly attentionUrlValue: string;
  declare readonly attentionTarget: HTMLFormElement;
  declare readonly questionTarget: HTMLElement;
  declare readonly durationValue: number;
  declare readonly positionValue: number;
  declare readonly completedValue: boolean;
  declare watchedValue: Stretch[];
  declare missingValue: Stretch[];

  private player: Player | null = null;
  private controls: Controls | null = null;
  private attention: Attention | null = null;
  private missingList!: MissingList;
  private startAt: number | null = null;
  private latest: Watched | null = null;
  private without: ((these: Stretch[], those: Stretch[]) => Stretch[]) | null = null;
  private plainAutomatic: string | undefined;
  private wasCompleted = false;

  override connect(): void {
    this.wasCompleted = this.completedValue;
    this.startTarget.hidden = false;
    this.barTarget.hidden = false;
    const texts = { item: this.text("gap"), more: this.text("more") };
    this.missingList = new MissingList(this.missingTarget, texts, (from) => this.goTo(from));
    this.drawLine();
    if (this.positionValue > 0) {
      this.startLabelTarget.textContent = fill(this.text("resume"), { at: clock(this.positionValue) });
    }
    void this.sendLeftovers();
  }

  override disconnect(): void {
    this.controls?.stop();
    this.attention?.stop();
    this.player?.stop();
    this.controls = this.attention = this.player = null;
  }

  /** The big button. Everything that a browser allows only inside a press happens before the first `await`. */
  async start(): Promise<void> {
    if (this.startTarget.disabled) return;
    this.startTarget.disabled = true;
    this.videoTarget.load();
    this.say("loading");
    let started = false;
    try {
      const [{ Player }, { Controls }] = await Promise.all([import("../lib/player"), import("../lib/controls")]);
      this.player?.stop();
      const player = new Player({
        video: this.videoTarget,
        playUrl: this.playUrlValue,
        person: this.personValue,
        lecture: this.lectureValue,
        captions: { label: this.text("captions"), language: this.languageValue },
        startAt: this.startAt,
        speed: Number(this.speedTarget.value),
        quality: Number(this.qualityTarget.value) || null,
        source: (source, shown) => this.showQuality(source, shown),
        opened: (playback) => this.open(playback),
        watched: (view) => this.show(view),
        say: (state, message) => this.say(state, message),
      });
      this.player = player;
      started = await player.start();
      if (started) {
        const text = (name: string) => this.text(name);
        this.controls = new Controls(this.parts, player, this.durationValue, this.spriteValue, text);
        if (this.attentionUrlValue) await this.attend();
      }
    } catch {
      this.say("offline");
    }
    this.startTarget.disabled = false;
    this.startTarget.hidden = started;
    if (started) this.playTarget.focus({ preventScroll: true });
  }

  /** The small button and the line, before anything is played; afterwards the controls see to them. */
  press(): void {
    if (!this.controls) void this.start();
  }

  jump(): void {
    if (!this.controls) this.goTo(Number(this.sliderTarget.value));
  }

  tick(): void {
    this.drawLine();
  }

  /** The answer of whoever is there; without a player the form is sent as any other. */
  answer(event: Event): void {
    if (!this.attention) return;
    event.preventDefault();
    void this.attention.answer();
  }

  private async attend(): Promise<void> {
    const { Attention, without } = await import("../lib/attention");
    this.without = without;
    const texts = { asked: this.text("asked"), missed: this.text("missed") };
    const parts = { form: this.attentionTarget, question: this.questionTarget, then: this.playTarget, texts };
    this.attention = new Attention(this.attentionUrlValue, this.videoTarget, parts, () => {
      if (this.player) this.player.holdsBack = this.attention?.isWaiting ?? false;
      if (this.latest) this.show(this.latest);
    });
    await this.attention.look();
  }

  private goTo(seconds: number): void {
    if (this.player && this.startTarget.hidden) {
      this.player.seek(seconds);
      if (this.videoTarget.paused) void this.player.play();
    } else {
      this.startAt = seconds;
      void this.start();
    }
    this.element.scrollIntoView({ block: "nearest" });
  }

  private open(playback: Playback): void {
    this.show({ ...playback, covered_s: length(playback.intervals) });
  }

  private show(view: Watched): void {
    this.latest = view;
    const held = this.attention?.held ?? [];
    const counted = held.length && this.without ? this.without(view.intervals, held) : view.intervals;
    const lost = length(view.intervals) - length(counted);
    this.watchedValue = counted;
    this.missingValue = view.missing;
    this.percent(Math.max(0, view.share - lost / Math.max(1, this.durationValue)));
    this.drawLine();
    if (view.is_completed && !this.attention?.isWaiting) this.complete();
  }

  private drawLine(): void {
    const position = this.videoTarget.currentTime || this.positionValue;
    draw(this.lineTarget, this.watchedValue, this.durationValue, position);
    const wanted = JSON.stringify(this.missingValue);
    if (this.missingTarget.dataset.shown === wanted) return;
    this.missingTarget.dataset.shown = wanted;
    const hasPlace = this.missingList.show(this.missingValue);
    this.missingBoxTarget.hidden = this.missingValue.length === 0;
    if (!hasPlace) (this.startTarget.hidden ? this.playTarget : this.startTarget).focus({ preventScroll: true });
  }

  private percent(share: number): void {
    this.percentTarget.textContent = fill(this.text("watched"), { percent: Math.floor(share * 100) });
  }

  private get parts() {
    return {
      frame: this.frameTarget,
      stage: this.stageTarget,
      video: this.videoTarget,
      play: this.playTarget,
      time: this.timeTarget,
      mute: this.muteTarget,
      volume: this.volumeTarget,
      speed: this.speedTarget,
      quality: this.qualityTarget,
      captions: this.captionsTarget,
      picture: this.pictureTarget,
      full: this.fullTarget,
      slider: this.sliderTarget,
      preview: this.previewTarget,
      flash: this.flashTarget,
    };
  }

  /** Say what the line gives just now; where only one file is played, there is nothing to choose. */
  private showQuality(source: Source, shown: number | null): void {
    const select = this.qualityTarget;
    const automatic = select.options[0];
    if (!automatic) return;
    if (source.kind === "mp4") {
      select.selectedIndex = select.options.length - 1;
      select.disabled = true;
    }
    if (shown === null) return;
    this.plainAutomatic ??= automatic.textContent ?? "";
    automatic.textContent = select.value ? this.plainAutomatic : fill(this.text("automatic"), { height: shown });
    select.dataset.shown = String(shown);
  }

  private say(state: State, message?: string): void {
    const text = message ?? (state === "" ? "" : this.text(state));
    this.statusTarget.textContent = text;
    this.statusTarget.hidden = text === "";
    this.statusTarget.dataset.tone = TONES[state] ?? "warn";
    this.statusTarget.dataset.state = state;
  }

  /** Enough is watched: tell the page, settle it, and show the way on. */
  private complete(): void {
    if (this.wasCompleted) return;
    this.wasCompleted = true;
    this.dispatch("completed", { detail: { lecture: this.lectureValue } });
    void this.settle();
  }

  private async settle(): Promise<void> {
    if (!this.settleUrlValue) return;
    const { status, body } = await send(this.settleUrlValue, {});
    if (status < 200 || status >= 300 || !this.hasNextTarget) return;
    if (body?.is_completed === false && this.attention) {
      // The server has a question before it is complete.
      if (!this.attention.isWaiting) await this.attention.look();
      this.wasCompleted = !this.attention.isWaiting;
      return;
    }
    if (body?.next_url) {
      this.nextTarget.href = body.next_url;
      this.nextTarget.textContent = fill(this.text("next"), { title: body.next_title ?? "" });
    }
    this.nextTarget.hidden = !this.nextTarget.getAttribute("href");
    this.dispatch("settled", { detail: body });
  }

  private async sendLeftovers(): Promise<void> {
    if (!hasLeftovers()) return;
    const { sendLeftovers } = await import("../lib/player");
    await sendLeftovers(this.personValue, (batch, answer) => {
      if (batch.lecture === this.lectureValue) this.show(answer.watched);
    });
  }

  private text(name: string): string {
    return this.textsTarget.getAttribute(`data-${name.replace(/_/g, "-")}`) ?? "";
  }
}
