// What works a player: the bar below the picture, the keyboard, taps. Loaded with the first press of the button.

import type { Player } from "./player";
import { Scrubber } from "./scrubber";
import { clock, fill } from "./timeline";

export interface Parts {
  frame: HTMLElement;
  stage: HTMLElement;
  video: HTMLVideoElement;
  play: HTMLButtonElement;
  time: HTMLElement;
  mute: HTMLButtonElement;
  volume: HTMLInputElement;
  speed: HTMLSelectElement;
  quality: HTMLSelectElement;
  captions: HTMLButtonElement;
  picture: HTMLButtonElement;
  full: HTMLButtonElement;
  slider: HTMLInputElement;
  preview: HTMLElement;
  flash: HTMLElement;
}

type Text = (name: string) => string;

interface WebkitVideo extends HTMLVideoElement {
  webkitEnterFullscreen?(): void;
}
interface WebkitElement extends HTMLElement {
  webkitRequestFullscreen?(): void;
}
interface WebkitDocument extends Document {
  webkitFullscreenElement?: Element | null;
  webkitExitFullscreen?(): void;
}

const STEP_S = 5;
const JUMP_S = 10;
const TWO_TAPS_MS = 300;
const IDLE_MS = 3_000;
const FLASH_MS = 700;

export class Controls {
  private readonly scrubber: Scrubber;
  private readonly undo: (() => void)[] = [];
  private idle: ReturnType<typeof setTimeout> | undefined;
  private flashing: ReturnType<typeof setTimeout> | undefined;
  private tap: { at: number; timer: ReturnType<typeof setTimeout> } | null = null;

  constructor(
    private readonly parts: Parts,
    private readonly player: Player,
    private readonly durationS: number,
    spriteUrl: string,
    private readonly text: Text,
  ) {
    const { video, slider, preview } = parts;
    this.scrubber = new Scrubber(slider, preview, durationS, spriteUrl, {
      at: text("at"),
      seek: (toS) => player.seek(toS),
    });
    this.undo.push(() => this.scrubber.stop());
    for (const name of ["play", "pause", "ended", "volumechange", "ratechange", "timeupdate", "seeked"]) {
      this.on(video, name, () => this.draw());
    }
    this.on(parts.play, "click", () => this.toggle());
    this.on(parts.mute, "click", () => this.toggleSound());
    this.on(parts.volume, "input", () => this.setVolume(Number(parts.volume.value) / 100));
    this.on(parts.speed, "change", () => player.setSpeed(Number(parts.speed.value)));
    this.on(parts.quality, "change", () => player.setQuality(Number(parts.quality.value) || null));
    this.on(parts.captions, "click", () => this.toggleCaptions());
    this.on(parts.picture, "click", () => void this.togglePicture());
    this.on(parts.full, "click", () => this.toggleFull());
    this.on(parts.frame, "keydown", (event) => this.press(event as KeyboardEvent));
    this.on(parts.stage, "pointerup", (event) => this.touch(event as PointerEvent));
    for (const name of ["fullscreenchange", "webkitfullscreenchange"]) {
      this.on(document, name, () => {
        this.draw();
        this.stir();
      });
    }
    for (const name of ["pointermove", "pointerdown", "keydown", "focusin"]) this.on(parts.frame, name, () => this.stir());
    for (const name of ["enterpictureinpicture", "leavepictureinpicture"]) this.on(video, name, () => this.draw());
    parts.captions.hidden = !this.track;
    parts.picture.hidden = !document.pictureInPictureEnabled;
    parts.full.hidden = !this.canBeFull;
    this.draw();
  }

  stop(): void {
    clearTimeout(this.idle);
    clearTimeout(this.flashing);
    this.undo.forEach((undo) => undo());
  }

  private on(target: EventTarget, name: string, act: (event: Event) => void): void {
    target.addEventListener(name, act);
    this.undo.push(() => target.removeEventListener(name, act));
  }

  /** Bring the bar to what the video does, whoever made it do so. */
  private draw(): void {
    const { video, play, time, mute, volume, speed, captions, picture, full, frame } = this.parts;
    const runs = !video.paused && !video.ended;
    this.name(play, runs ? "pause" : "play", runs);
    this.name(mute, video.muted ? "unmute" : "mute", video.muted);
    this.name(full, this.isFull ? "shrink" : "full", this.isFull);
    const shown = `${clock(video.currentTime)} / ${clock(this.durationS)}`;
    if (time.textContent !== shown) time.textContent = shown;
    volume.value = String(video.muted ? 0 : Math.round(video.volume * 100));
    const rate = String(video.playbackRate);
    if (speed.value !== rate) speed.value = rate;
    captions.setAttribute("aria-pressed", String(this.track?.mode === "showing"));
    picture.setAttribute("aria-pressed", String(document.pictureInPictureElement === video));
    frame.classList.toggle("player__frame--full", this.isFull);
    if (!runs) this.stir();
    this.scrubber.draw(video.currentTime);
  }

  private name(button: HTMLButtonElement, text: string, isOn: boolean): void {
    if (button.dataset.on === String(isOn)) return;
    button.dataset.on = String(isOn);
    button.setAttribute("aria-label", this.text(text));
    button.title = this.text(text);
  }

  private get track(): TextTrack | undefined {
    return this.parts.video.textTracks?.[0];
  }

  private toggle(): void {
    const { video } = this.parts;
    if (video.paused || video.ended) void this.player.play();
    else video.pause();
  }

  private toggleSound(): void {
    const { video } = this.parts;
    video.muted = !video.muted;
    if (!video.muted && video.volume === 0) video.volume = 0.5;
  }

  private setVolume(volume: number): void {
    const { video } = this.parts;
    video.volume = Math.max(0, Math.min(1, volume));
    video.muted = video.volume === 0;
  }

  private toggleCaptions(): void {
    const { track } = this;
    if (!track) return;
    track.mode = track.mode === "showing" ? "disabled" : "showing";
    this.draw();
  }

  private async togglePicture(): Promise<void> {
    try {
      if (document.pictureInPictureElement) await document.exitPictureInPicture();
      else await this.parts.video.requestPictureInPicture();
    } catch {
      // The browser does not want to just now; the picture stays where it is.
    }
  }

  private get canBeFull(): boolean {
    const frame = this.parts.frame as WebkitElement;
    const video = this.parts.video as WebkitVideo;
    return !!(frame.requestFullscreen || frame.webkitRequestFullscreen || video.webkitEnterFullscreen);
  }

  private get isFull(): boolean {
    const page = document as WebkitDocument;
    return (page.fullscreenElement ?? page.webkitFullscreenElement ?? null) === this.parts.frame;
  }

  private toggleFull(): void {
    const frame = this.parts.frame as WebkitElement;
    const page = document as WebkitDocument;
    if (this.isFull) {
      if (page.exitFullscreen) void page.exitFullscreen();
      else page.webkitExitFullscreen?.();
    } else if (frame.requestFullscreen) {
      frame.requestFullscreen().catch(() => undefined);
    } else if (frame.webkitRequestFullscreen) {
      frame.webkitRequestFullscreen();
    } else {
      // An iPhone enlarges nothing but the video itself.
      (this.parts.video as WebkitVideo).webkitEnterFullscreen?.();
    }
  }

  /** In full screen the bar goes away while nobody stirs. */
  private stir(): void {
    clearTimeout(this.idle);
    const { frame, video } = this.parts;
    frame.classList.remove("player__frame--idle");
    if (!this.isFull) return;
    this.idle = setTimeout(() => {
      if (this.isFull && !video.paused) frame.classList.add("player__frame--idle");
    }, IDLE_MS);
  }

  private jump(byS: number): void {
    this.player.seek(this.parts.video.currentTime + byS);
    this.flash(`${byS > 0 ? "+" : "−"}${Math.abs(byS)} s`);
  }

  private changeSpeed(by: number): void {
    const { speed } = this.parts;
    const at = Math.max(0, Math.min(speed.options.length - 1, speed.selectedIndex + by));
    speed.selectedIndex = at;
    this.player.setSpeed(Number(speed.value));
    this.flash(fill(this.text("speed"), { speed: speed.value }));
  }

  private flash(text: string): void {
    const { flash } = this.parts;
    flash.textContent = text;
    flash.hidden = false;
    clearTimeout(this.flashing);
    this.flashing = setTimeout(() => (flash.hidden = true), FLASH_MS);
  }

  /** Keys work while something of the player has the focus; what a control does with a key by itself, it keeps. */
  private press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    const target = event.target as HTMLElement;
    if (target.tagName === "SELECT") return;
    if (event.key === " " && target.tagName === "BUTTON") return;
    if (target === this.parts.volume && /^(Arrow|Home|End|Page)/.test(event.key)) return;
    const act = this.deed(event.key);
    if (!act) return;
    event.preventDefault();
    act();
  }

  private deed(key: string): (() => void) | null {
    const { video, captions } = this.parts;
    if (/^[0-9]$/.test(key)) return () => this.player.seek((this.durationS * Number(key)) / 10);
    switch (key.length === 1 ? key.toLowerCase() : key) {
      case " ":
      case "k":
        return () => this.toggle();
      case "ArrowLeft":
        return () => this.jump(-STEP_S);
      case "ArrowRight":
        return () => this.jump(STEP_S);
      case "j":
        return () => this.jump(-JUMP_S);
      case "l":
        return () => this.jump(JUMP_S);
      case "ArrowUp":
        return () => this.setVolume(video.volume + 0.1);
      case "ArrowDown":
        return () => this.setVolume(video.volume - 0.1);
      case "Home":
        return () => this.player.seek(0);
      case "End":
        return () => this.player.seek(this.durationS);
      case "m":
        return () => this.toggleSound();
      case "f":
        return () => this.toggleFull();
      case "c":
        return captions.hidden ? null : () => this.toggleCaptions();
      case "<":
        return () => this.changeSpeed(-1);
      case ">":
        return () => this.changeSpeed(1);
      default:
        return null;
    }
  }

  /** A tap pauses or plays; two on the left or right third jump. A mouse's second click makes it large. */
  private touch(event: PointerEvent): void {
    if (event.button !== 0 || (event.target as Element).closest("button")) return;
    const box = this.parts.stage.getBoundingClientRect();
    const side = box.width > 0 ? (event.clientX - box.left) / box.width : 0.5;
    if (this.tap && event.timeStamp - this.tap.at < TWO_TAPS_MS) {
      clearTimeout(this.tap.timer);
      this.tap = null;
      if (event.pointerType === "mouse") this.toggleFull();
      else if (side < 1 / 3) this.jump(-JUMP_S);
      else if (side > 2 / 3) this.jump(JUMP_S);
      else this.toggle();
      return;
    }
    const timer = setTimeout(() => {
      this.tap = null;
      this.toggle();
    }, TWO_TAPS_MS);
    this.tap = { at: event.timeStamp, timer };
  }
}
