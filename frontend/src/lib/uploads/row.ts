// One file of the list: its fields, its bar, its buttons, and what becomes of it after it has arrived.
import { send } from "../http";
import type { Desk } from "./desk";
import { duration, filled, Meter, size, titleFrom } from "./figures";
import { Sending, type Ending } from "./sending";
import { deed } from "./stack";

/** An upload as the server tells it. */
export interface Line {
  id: string;
  url: string;
  deed_url: string;
  title: string;
  lecturer: string;
  fingerprint: string;
  size: number;
  offset: number;
  state: string;
  label: string;
  reason: string;
  replaces: string;
  is_over: boolean;
  can_retry: boolean;
  can_make_another: boolean;
  lecture_url: string;
  same_url: string;
  same_title: string;
}

type State = "waiting" | "sending" | "paused" | "broken" | "signed-out" | "refused" | "checking" | "over";

const SHOWN_EVERY_MS = 250;
const AGAIN_AFTER_MS = 30_000;
const ASK_FASTEST_MS = 1500;
const ASK_SLOWEST_MS = 10_000;

export class Row {
  private readonly element: HTMLElement;
  private readonly meter = new Meter();
  private state: State = "waiting";
  private sending: Sending | null = null;
  private sent: number;
  private showing: ReturnType<typeof setTimeout> | undefined;
  private id = "";
  private deedUrl = "";
  private told = "";
  private url = "";
  private again: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly desk: Desk,
    private readonly file: File,
    readonly mark: string,
    line: Line | null,
  ) {
    const template = desk.root.querySelector<HTMLTemplateElement>("template[data-role=row]")!;
    this.element = template.content.firstElementChild!.cloneNode(true) as HTMLElement;
    this.sent = line?.offset ?? 0;
    this.part("name").textContent = `${file.name} (${size(file.size)})`;
    this.field("title").value = line?.title ?? titleFrom(file.name);
    this.field("lecturer").value = line?.lecturer ?? "";
    for (const name of ["title", "lecturer"]) {
      const field = this.field(name);
      field.setAttribute("aria-describedby", (this.part("name").id = `upload-${mark}`.replace(/[^\w-]/g, "-")));
      field.addEventListener("change", () => void this.describe());
    }
    this.part("bar").setAttribute("aria-labelledby", this.part("name").id);
    this.onClick("pause", () => this.pause());
    this.onClick("resume", () => this.resume());
    this.onClick("cancel", () => void this.cancel());
    this.onClick("another", () => void this.decide("another"));
    this.onClick("existing", () => void this.decide("existing"));
    this.onClick("retry", () => void this.decide("retry"));
    desk.root.querySelector("[data-role=rows]")!.append(this.element);
    if (line) this.adopt(line);
    this.show("waiting", line ? filled(desk.text("textGoesOn"), { percent: this.percent }) : desk.text("textWaiting"));
  }

  get isWaiting(): boolean {
    return this.state === "waiting";
  }

  get isSending(): boolean {
    return this.state === "sending";
  }

  /** Whether leaving the page would stop something. */
  get isOnItsWay(): boolean {
    return ["waiting", "sending", "broken"].includes(this.state);
  }

  get isOver(): boolean {
    return this.state === "over" || this.state === "refused";
  }

  private get percent(): number {
    return Math.floor((100 * this.sent) / this.file.size);
  }

  private part(role: string): HTMLElement {
    return this.element.querySelector<HTMLElement>(`[data-role=${role}]`)!;
  }

  private field(role: string): HTMLInputElement {
    return this.part(role) as HTMLInputElement;
  }

  private onClick(role: string, deed: () => void): void {
    this.part(role).addEventListener("click", deed);
  }

  private adopt(line: Line): void {
    this.id = line.id;
    this.url = line.url;
    this.deedUrl = line.deed_url;
    // The line that the page came with says the same.
    document.querySelector(`[data-upload-line="${line.id}"]`)?.remove();
  }

  start(): void {
    clearTimeout(this.again);
    this.sending ??= this.made();
    this.meter.clear();
    this.show("sending", this.desk.text("textSending"));
    this.sending.start();
  }

  private made(): Sending {
    const { root, lecture } = this.desk;
    this.told = this.words();
    return new Sending(this.file, {
      endpoint: root.dataset.endpoint ?? "",
      url: this.url || undefined,
      partBytes: Number(root.dataset.partBytes),
      metadata: {
        filename: this.file.name,
        title: this.field("title").value,
        lecturer: this.field("lecturer").value,
        fingerprint: this.mark,
        ...(lecture ? { lecture } : {}),
      },
      onProgress: (sent) => this.progressed(sent),
      onBegun: (url) => this.begun(url),
      onEnd: (ending) => void this.ended(ending),
    });
  }

  private begun(url: string): void {
    if (this.id) return;
    this.url = url;
    this.id = url.replace(/\/+$/, "").split("/").pop() ?? "";
    this.deedUrl = this.desk.text("deedUrl").replace("00000000-0000-0000-0000-000000000000", this.id);
    // Something may have been typed while the upload was begun.
    if (this.told !== this.words()) void this.describe();
  }

  private words(): string {
    return JSON.stringify([this.field("title").value, this.field("lecturer").value]);
  }

  private progressed(sent: number): void {
    if (this.state !== "sending") return;
    this.sent = sent;
    this.meter.add(sent, performance.now());
    this.showing ??= setTimeout(() => {
      this.showing = undefined;
      this.figures();
    }, SHOWN_EVERY_MS);
  }

  private figures(): void {
    const { desk, file, sent } = this;
    const parts = [filled(desk.text("textFigures"), { percent: this.percent, sent: size(sent), size: size(file.size) })];
    const speed = this.state === "sending" ? this.meter.speed() : null;
    if (speed) {
      const texts = { seconds: desk.text("textSeconds"), minutes: desk.text("textMinutes"), hours: desk.text("textHours") };
      parts.push(filled(desk.text("textSpeed"), { speed: size(speed) }));
      parts.push(filled(desk.text("textLeft"), { time: duration((file.size - sent) / speed, texts) }));
    }
    (this.part("bar") as HTMLProgressElement).value = this.percent;
    this.part("figures").textContent = parts.join(" · ");
  }

  private show(state: State, text: string, error = ""): void {
    const isNew = state !== this.state;
    this.state = state;
    this.element.dataset.state = state;
    this.part("state").textContent = text;
    this.part("error").textContent = error;
    this.part("error").hidden = error === "";
    const shown: Record<string, boolean> = {
      pause: state === "sending" || state === "waiting",
      resume: state === "paused" || state === "broken" || state === "signed-out",
      cancel: state !== "checking" && state !== "over",
    };
    const hadFocus = this.element.contains(document.activeElement) ? document.activeElement : null;
    for (const [role, isShown] of Object.entries(shown)) this.part(role).hidden = !isShown;
    // Pause and Go on stand in one place: the keyboard stays there.
    if (hadFocus instanceof HTMLElement && hadFocus.hidden) {
      this.element.querySelector<HTMLElement>("button:not([hidden]), a:not([hidden])")?.focus();
    }
    this.figures();
    if (isNew && text) this.desk.say(`${this.file.name}: ${text}`);
  }

  pause(): void {
    this.sending?.pause();
    this.show("paused", filled(this.desk.text("textPaused"), { percent: this.percent }));
    this.desk.next();
  }

  resume(): void {
    clearTimeout(this.again);
    this.show("waiting", this.desk.text("textWaiting"));
    this.desk.next();
  }

  /** The line may be back. */
  tryAgain(): void {
    if (this.state === "broken") this.resume();
  }

  private async cancel(): Promise<void> {
    this.sending?.pause();
    clearTimeout(this.again);
    if (this.deedUrl) {
      const answer = await this.deed("discard");
      if (answer.status !== 200 && answer.status !== 404) {
        this.show("paused", this.desk.text("textNotRemoved"));
        this.desk.next();
        return;
      }
    }
    this.element.remove();
    this.desk.say(filled(this.desk.text("textRemoved"), { name: this.file.name }));
    this.desk.drop(this);
  }

  private async ended(ending: Ending): Promise<void> {
    const { desk } = this;
    if (ending.kind === "arrived") {
      this.sent = this.file.size;
      this.show("checking", desk.text("textArrived"));
      desk.next();
      await this.follow();
      return;
    }
    if (ending.kind === "broken") {
      this.show("broken", desk.text("textBroken"));
      this.again = setTimeout(() => this.tryAgain(), AGAIN_AFTER_MS);
    } else if (ending.kind === "signed-out") {
      this.show("signed-out", "", desk.text("textSignedOut"));
    } else {
      this.show("refused", "", ending.message || desk.text(ending.isGone ? "textGone" : "textRefused"));
    }
    desk.next();
  }

  /** Ask until the worker has looked at it. */
  private async follow(): Promise<void> {
    for (let wait = ASK_FASTEST_MS; ; wait = Math.min(ASK_SLOWEST_MS, wait * 1.3)) {
      const url = `${this.desk.text("statesUrl")}?id=${encodeURIComponent(this.id)}`;
      const answer = await send(url, undefined, { method: "GET" });
      const line: Line | undefined = answer.status === 200 && answer.body ? answer.body.uploads[0] : undefined;
      if (answer.status === 200 && line === undefined) {
        this.show("refused", "", this.desk.text("textGone"));
        return;
      }
      if (line?.is_over) {
        this.settled(line);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  private settled(line: Line): void {
    const { desk } = this;
    const link = this.part("lecture") as HTMLAnchorElement;
    if (line.state === "done") {
      link.href = line.lecture_url;
      link.hidden = false;
      this.show("over", desk.text(desk.lecture ? "textReplaced" : "textDone"));
    } else if (line.state === "known") {
      const title = line.same_title;
      this.show("over", filled(desk.text(line.can_make_another ? "textKnown" : "textUnchanged"), { title }));
    } else {
      this.show("over", "", line.reason || line.label);
    }
    this.part("another").hidden = line.state !== "known" || !line.can_make_another;
    this.part("existing").hidden = line.state !== "known";
    this.part("retry").hidden = !line.can_retry;
    this.part("cancel").hidden = line.state === "done";
    for (const name of ["title", "lecturer"]) this.field(name).disabled = line.state === "done";
  }

  private async describe(): Promise<void> {
    if (!this.deedUrl || this.desk.lecture) return;
    const said = { title: this.field("title").value, lecturer: this.field("lecturer").value };
    const answer = await this.deed("describe", said);
    if (answer.status !== 200 && answer.body?.message) this.desk.say(String(answer.body.message));
  }

  private async decide(name: "another" | "existing" | "retry"): Promise<void> {
    const answer = await this.deed(name);
    if (answer.status === 200 && name === "retry") {
      this.part("retry").hidden = true;
      this.show("checking", this.desk.text("textArrived"));
      await this.follow();
    } else if (answer.status === 200) {
      location.assign(answer.body.location);
    } else {
      this.show("over", "", answer.body?.message ?? this.desk.text("textRefused"));
    }
  }

  private deed(name: string, more: Record<string, string> = {}): ReturnType<typeof deed> {
    return deed(this.deedUrl, { do: name, ...more });
  }
}
