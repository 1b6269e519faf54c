import { Controller } from "@hotwired/stimulus";

import type { Playback, Player, State } from "../lib/player";
import { send } from "../lib/http";
import { hasLeftovers } from "../lib/leftovers";
import type { Watched } from "../lib/outbox";
import { clock, draw, fill, MissingList, type Stretch } from "../lib/timeline";

const SPEEDS = [0.75, 1, 1.25, 1.5, 2];
const TONES: Partial<Record<State, string>> = { counting: "ok", completed: "ok", loading: "info", "": "info" };

/** The lecture's player. Before play it only draws what was watched; all else is loaded with the first press. */
export default class extends Controller<HTMLElement> {
  static override targets = [
    "video", "start", "startLabel", "status", "speeds", "line", "percent", "bar", "missing", "missingBox", "next", "texts",
  ];
  static override values = {
    playUrl: String, settleUrl: String, person: String, lecture: String, language: String,
    duration: Number, position: Number, watched: Array, missing: Array, completed: Boolean,
  };

  declare readonly videoTarget: HTMLVideoElement;
  declare readonly startTarget: HTMLButtonElement;
  declare readonly startLabelTarget: HTMLElement;
  declare readonly statusTarget: HTMLElement;
  declare readonly speedsTarget: HTMLElement;
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
  declare readonly durationValue: number;
  declare readonly positionValue: number;
  declare readonly completedValue: boolean;
  declare watchedValue: Stretch[];
  declare missingValue: Stretch[];

  private player: Player | null = null;
  private missingList!: MissingList;
  private startAt: number | null = null;
  private wasCompleted = false;

  override connect(): void {
    this.wasCompleted = this.completedValue;
    this.startTarget.hidden = false;
    const texts = { item: this.text("gap"), more: this.text("more") };
    this.missingList = new MissingList(this.missingTarget, texts, (from) => this.goTo(from));
    this.drawLine();
    if (this.positionValue > 0) {
      this.startLabelTarget.textContent = fill(this.text("resume"), { at: clock(this.positionValue) });
    }
    void this.sendLeftovers();
  }

  override disconnect(): void {
    this.player?.stop();
    this.player = null;
  }

  /** The big button. Everything that a browser allows only inside a press happens before the first `await`. */
  async start(): Promise<void> {
    if (this.startTarget.disabled) return;
    this.startTarget.disabled = true;
    this.videoTarget.load();
    this.say("loading");
    let started = false;
    try {
      const { Player } = await import("../lib/player");
      this.player?.stop();
      this.player = new Player({
        video: this.videoTarget,
        playUrl: this.playUrlValue,
        person: this.personValue,
        lecture: this.lectureValue,
        captions: { label: this.text("captions"), language: this.languageValue },
        startAt: this.startAt,
        opened: (playback) => this.open(playback),
        watched: (view) => this.show(view),
        say: (state, message) => this.say(state, message),
      });
      started = await this.player.start();
    } catch {
      this.say("offline");
    }
    this.startTarget.disabled = false;
    this.startTarget.hidden = started;
    if (started) this.videoTarget.focus({ preventScroll: true });
  }

  /** A press on the line goes there. */
  jump(event: MouseEvent): void {
    const box = this.lineTarget.getBoundingClientRect();
    if (box.width > 0) this.goTo(((event.clientX - box.left) / box.width) * this.durationValue);
  }

  tick(): void {
    this.drawLine();
  }

  private goTo(seconds: number): void {
    if (this.player && this.startTarget.hidden) {
      this.player.seek(seconds);
    } else {
      this.startAt = seconds;
      void this.start();
    }
    this.element.scrollIntoView({ block: "nearest" });
  }

  private open(playback: Playback): void {
    this.watchedValue = playback.intervals;
    this.missingValue = playback.missing;
    this.percent(playback.share);
    this.drawLine();
    this.offerSpeeds(playback.max_speed);
    if (playback.is_completed) this.complete();
  }

  private show(view: Watched): void {
    this.watchedValue = view.intervals;
    this.missingValue = view.missing;
    this.percent(view.share);
    this.drawLine();
    if (view.is_completed) this.complete();
  }

  private drawLine(): void {
    const position = this.videoTarget.currentTime || this.positionValue;
    draw(this.lineTarget, this.watchedValue, this.durationValue, position);
    const wanted = JSON.stringify(this.missingValue);
    if (this.missingTarget.dataset.shown === wanted) return;
    this.missingTarget.dataset.shown = wanted;
    const hasPlace = this.missingList.show(this.missingValue);
    this.missingBoxTarget.hidden = this.missingValue.length === 0;
    if (!hasPlace) (this.startTarget.hidden ? this.videoTarget : this.startTarget).focus({ preventScroll: true });
  }

  private percent(share: number): void {
    this.percentTarget.textContent = fill(this.text("watched"), { percent: Math.floor(share * 100) });
  }

  private offerSpeeds(greatest: number): void {
    // A session that is opened anew leaves the buttons, and whoever stands on one, in place.
    if (this.speedsTarget.dataset.greatest === String(greatest)) return;
    this.speedsTarget.dataset.greatest = String(greatest);
    this.speedsTarget.textContent = "";
    for (const speed of SPEEDS.filter((each) => each <= greatest)) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button";
      button.textContent = `${speed}×`;
      button.setAttribute("aria-label", fill(this.text("speed"), { speed }));
      button.setAttribute("aria-pressed", String(speed === this.videoTarget.playbackRate));
      button.addEventListener("click", () => {
        this.player?.setSpeed(speed);
        for (const other of Array.from(this.speedsTarget.children)) {
          other.setAttribute("aria-pressed", String(other === button));
        }
      });
      this.speedsTarget.append(button);
    }
    this.speedsTarget.hidden = false;
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
