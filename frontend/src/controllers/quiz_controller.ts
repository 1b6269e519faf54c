import { Controller } from "@hotwired/stimulus";

import { AnswerLog, type Answers } from "../lib/answer_log";
import { openStore, type AnswerStore } from "../lib/answer_store";
import { send, type Answer } from "../lib/http";
import { ServerClock, clockText } from "../lib/server_clock";
import { widgetOf } from "../lib/widgets";

const DEBOUNCE_MS = 400;
const HEARTBEAT_MS = 60_000;
const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

/**
 * An open attempt. Every change goes to the device first and then, in batches that may be repeated, to the server,
 * whose clock and whose answers decide. Without this the page is a plain form.
 */
export default class QuizController extends Controller<HTMLFormElement> {
  static override targets = [
    "summary", "answered", "notice", "signIn", "clock", "submit", "announcement", "result",
  ];
  static override values = {
    key: String, answers: Object, answersUrl: String, advanceUrl: String, submitUrl: String, pageUrl: String,
    serverNow: String, endsAt: String,
  };

  declare readonly summaryTarget: HTMLElement;
  declare readonly answeredTarget: HTMLElement;
  declare readonly noticeTarget: HTMLElement;
  declare readonly signInTarget: HTMLElement;
  declare readonly resultTarget: HTMLElement;
  declare readonly submitTarget: HTMLButtonElement;
  declare readonly announcementTarget: HTMLElement;
  declare readonly clockTarget: HTMLElement;
  declare readonly hasClockTarget: boolean;
  declare readonly keyValue: string;
  declare readonly answersValue: Answers;
  declare readonly answersUrlValue: string;
  declare readonly advanceUrlValue: string;
  declare readonly submitUrlValue: string;
  declare readonly pageUrlValue: string;
  declare readonly serverNowValue: string;
  declare endsAtValue: string;

  /** Tests put their own here. */
  static openStore: () => Promise<AnswerStore> = openStore;
  static leave: (url: string) => void = (url) => location.replace(url);

  ready: Promise<void> = Promise.resolve();
  private log?: AnswerLog;
  private clock!: ServerClock;
  private sendTimer = 0;
  private ticker = 0;
  private sending = false;
  private failures = 0;
  private wantsSubmit = false;
  private isConfirmed = false;
  /** What is to be finished for good: "advance:<item>" or "section:<number>". */
  private onward = "";
  private confirmedOnward = "";
  private isLeaving = false;
  private pressed = "";
  private announced = new Set<number>();

  override connect(): void {
    this.clock = new ServerClock(this.serverNowValue);
    this.isLeaving = false;
    addEventListener("online", this.wake);
    addEventListener("beforeunload", this.warn);
    addEventListener("pagehide", this.sendLast);
    document.addEventListener("visibilitychange", this.wake);
    this.element.addEventListener("click", this.notePressed, true);
    this.ready = this.start();
  }

  override disconnect(): void {
    removeEventListener("online", this.wake);
    removeEventListener("beforeunload", this.warn);
    removeEventListener("pagehide", this.sendLast);
    document.removeEventListener("visibilitychange", this.wake);
    this.element.removeEventListener("click", this.notePressed, true);
    clearTimeout(this.sendTimer);
    clearInterval(this.ticker);
    this.log = undefined;
  }

  private async start(): Promise<void> {
    const store = await QuizController.openStore();
    const log = new AnswerLog(this.keyValue, store, this.answersValue);
    await log.load();
    this.log = log;
    for (const question of this.questions()) {
      // What was ticked while the store was opening is a change like any other.
      const ticked = this.read(question);
      const rendered = this.element.querySelector<HTMLInputElement>(`input[name="was-${question}"]`)?.value ?? "";
      if (ticked !== rendered && !this.isLocked(question) && !log.isPending(question) && ticked !== log.value(question)) {
        await log.record(question, ticked);
      }
      this.show(question);
    }
    if (!store.isLasting) this.say(this.text("memoryOnly"));
    this.render();
    this.tick();
    this.ticker = window.setInterval(() => this.tick(), 1000);
    // Also with nothing to send: it measures the server's clock and brings what other tabs have saved.
    this.schedule(log.pendingCount ? 0 : DEBOUNCE_MS);
  }

  async changed(event: Event): Promise<void> {
    const question = (event.target as HTMLElement).closest<HTMLElement>("[data-item]")?.dataset["item"];
    if (!question || this.isLocked(question)) return;
    await this.ready;
    // A field says both that it is being typed in and that it was changed.
    if (!this.log || this.read(question) === this.log.value(question)) return;
    this.isConfirmed = false;
    this.confirmedOnward = "";
    try {
      await this.log.record(question, this.read(question));
    } catch {
      // The device's disk is full or was emptied: the answer is in memory and on its way to the server.
    }
    this.render();
    // What was pressed meanwhile is not put off.
    this.schedule(this.onward || this.wantsSubmit ? 0 : DEBOUNCE_MS);
  }

  async submitted(event: Event): Promise<void> {
    event.preventDefault();
    const pressed = this.pressed;
    this.pressed = "";
    await this.ready;
    if (pressed === "save") {
      this.schedule(0);
      return;
    }
    if (pressed.startsWith("advance:") || pressed.startsWith("section:")) {
      this.goOn(pressed);
      return;
    }
    const open = this.unanswered();
    if (open.length && !this.isConfirmed) {
      this.isConfirmed = true;
      this.say(this.text("unanswered", { list: open.join(", ") }));
      return;
    }
    this.handIn();
  }

  /** Finish an item of a case or a section: asks once where something in it has no answer. */
  private goOn(pressed: string): void {
    const [what, id = ""] = pressed.split(":");
    const open = what === "advance" ? this.numbers([id].filter((item) => !this.log?.value(item))) : this.unanswered();
    if (open.length && this.confirmedOnward !== pressed) {
      this.confirmedOnward = pressed;
      const text = what === "advance" ? "nothingYet" : "sectionOpen";
      this.say(this.text(text, { n: open[0] ?? 0, list: open.join(", ") }));
      return;
    }
    this.onward = pressed;
    this.schedule(0);
  }

  // Sending

  private schedule(delay: number): void {
    clearTimeout(this.sendTimer);
    this.sendTimer = window.setTimeout(() => void this.exchange(), delay);
  }

  /** One exchange with the server: the pending batch, or the submission once nothing is pending. */
  async exchange(): Promise<void> {
    if (this.sending || this.isLeaving || !this.log) return;
    this.sending = true;
    const log = this.log;
    const events = log.batch();
    const submits = this.wantsSubmit && log.pendingCount <= events.length;
    this.render();
    this.freshenToken();
    const sentAt = Date.now();
    const onward = submits || log.pendingCount > events.length ? "" : this.onward;
    const [what, id] = onward.split(":");
    const finished = what === "section" ? { section: Number(id) } : what ? { item: id } : {};
    const url = submits ? this.submitUrlValue : onward ? this.advanceUrlValue : this.answersUrlValue;
    const answer = await send(url, { events, ...finished });
    this.sending = false;
    if (!this.log) return;
    if (answer.status === 200) {
      this.clock.sample(answer.body.server_now, sentAt, Date.now());
      await this.taken(log, answer, { events, submits, onward });
    } else if (answer.status === 409) await this.closed(log, answer);
    else if (answer.status === 403) this.lockedOut();
    else if (answer.status >= 400 && answer.status < 429 && answer.status !== 408) {
      await this.refused(log, answer, events);
    } else this.unreachable();
    this.render();
  }

  private async taken(
    log: AnswerLog,
    answer: Answer,
    sent: { events: ReturnType<AnswerLog["batch"]>; submits: boolean; onward: string },
  ): Promise<void> {
    const troubled = this.failures > 0;
    this.failures = 0;
    const locked = ((answer.body.refused ?? []) as { question: string }[]).map((refused) => refused.question);
    await log.refuse(sent.events.filter((event) => locked.includes(event.question)));
    const elsewhere = await log.settle(answer.body.answers);
    if (sent.submits || answer.body.state !== "open") {
      await log.refuse(log.batch());
      this.go();
      return;
    }
    if (sent.onward) {
      this.go(this.placeAfter(sent.onward));
      return;
    }
    this.endsAtValue = answer.body.ends_at ?? "";
    this.signInTarget.hidden = true;
    if (troubled) this.say("");
    for (const question of [...elsewhere, ...locked]) this.show(question);
    if (locked.length) this.lock(locked);
    if (elsewhere.length) {
      this.announce(this.text("elsewhere", { list: this.numbers(elsewhere).join(", ") }));
    }
    this.schedule(log.pendingCount || this.wantsSubmit || this.onward ? 0 : HEARTBEAT_MS);
  }

  private async closed(log: AnswerLog, answer: Answer): Promise<void> {
    const late = log.pendingCount;
    while (log.pendingCount) await log.refuse(log.batch());
    if (!late) {
      this.go();
      return;
    }
    // What came too late is read at one's own pace; the way on stands below it.
    this.say(`${answer.body?.message ?? ""} ${this.text("late", { n: late })}`);
    this.isLeaving = true;
    this.resultTarget.hidden = false;
    this.resultTarget.querySelector("a")?.focus({ preventScroll: true });
  }

  private lockedOut(): void {
    this.failures += 1;
    this.signInTarget.hidden = false;
    this.schedule(HEARTBEAT_MS);
  }

  private async refused(log: AnswerLog, answer: Answer, events: ReturnType<AnswerLog["batch"]>): Promise<void> {
    await log.refuse(events);
    this.wantsSubmit = false;
    this.onward = "";
    for (const question of this.questions()) this.show(question);
    this.say(answer.body?.message ?? this.text("offline"));
  }

  private unreachable(): void {
    const delay = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)] ?? 30_000;
    this.failures += 1;
    // A single hiccup is not worth a word.
    if (this.failures > 1 || !navigator.onLine) this.say(this.text("offline"));
    this.schedule(delay);
  }

  private handIn(): void {
    this.wantsSubmit = true;
    this.schedule(0);
  }

  private go(place = ""): void {
    this.isLeaving = true;
    QuizController.leave(this.pageUrlValue + place);
  }

  /** Where the page goes on: it is loaded anew, because what opens was not in it. */
  private placeAfter(onward: string): string {
    const [what, id = ""] = onward.split(":");
    const next = (what === "section" ? Number(id) : (this.numbers([id])[0] ?? 0)) + 1;
    return what === "section" ? `?section=${next}#section-${next}` : `?at=${next}#q${next}`;
  }

  /** Another tab or device has locked these. */
  private lock(questions: string[]): void {
    for (const question of questions) {
      const fieldset = this.fieldset(question);
      if (!fieldset) continue;
      fieldset.dataset["locked"] = "";
      for (const field of fieldset.querySelectorAll<HTMLInputElement>("input, select, textarea, button")) {
        field.disabled = true;
      }
    }
    this.say(this.text("refused", { list: this.numbers(questions).join(", ") }));
  }

  private wake = (): void => {
    if (document.visibilityState !== "hidden") this.schedule(0);
    else if (this.log?.pendingCount) this.sendLast();
  };

  /** The page goes away: one last try that outlives it. What is lost is still on the device. */
  private sendLast = (): void => {
    if (this.log?.pendingCount && !this.isLeaving) {
      void send(this.answersUrlValue, { events: this.log.batch() }, { keepalive: true });
    }
  };

  private warn = (event: BeforeUnloadEvent): void => {
    if (!this.log?.pendingCount || this.isLeaving) return;
    event.preventDefault();
    event.returnValue = "";
  };

  private notePressed = (event: Event): void => {
    const button = (event.target as HTMLElement).closest<HTMLButtonElement>('button[name="do"]');
    if (!button) return;
    this.pressed = button.value;
    if (button.value === "submit-anyway") this.isConfirmed = true;
  };

  /** Signing in again in another tab changes the token; the cookie has the new one. */
  private freshenToken(): void {
    const cookie = /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1];
    const field = this.element.querySelector<HTMLInputElement>('input[name="csrfmiddlewaretoken"]');
    if (cookie && field && this.failures) field.value = decodeURIComponent(cookie);
  }

  // Showing

  private fieldsets(): HTMLElement[] {
    return [...this.element.querySelectorAll<HTMLElement>("[data-item]")];
  }

  private fieldset(question: string): HTMLElement | null {
    return this.element.querySelector<HTMLElement>(`[data-item="${question}"]`);
  }

  private questions(): string[] {
    return this.fieldsets().map((fieldset) => fieldset.dataset["item"] ?? "");
  }

  /** The numbers that the page prints before these questions: its fieldsets are called q1, q2, … */
  private numbers(questions: string[]): number[] {
    return this.fieldsets()
      .filter((fieldset) => questions.includes(fieldset.dataset["item"] ?? ""))
      .map((fieldset) => Number(fieldset.id.slice(1)));
  }

  private unanswered(): number[] {
    return this.numbers(this.questions().filter((question) => !this.isLocked(question) && !this.log?.value(question)));
  }

  private isLocked(question: string): boolean {
    return "locked" in (this.fieldset(question)?.dataset ?? {});
  }

  private read(question: string): string {
    const fieldset = this.fieldset(question);
    return fieldset ? widgetOf(fieldset).read(fieldset) : "";
  }

  private show(question: string): void {
    const fieldset = this.fieldset(question);
    if (fieldset) widgetOf(fieldset).show(fieldset, this.log?.value(question) ?? "");
  }

  private render(): void {
    const log = this.log;
    if (!log) return;
    const links = this.element.querySelectorAll<HTMLAnchorElement>(".question-map a");
    const jumps = new Map([...links].map((link) => [link.hash.slice(1), link]));
    for (const fieldset of this.fieldsets()) {
      const question = fieldset.dataset["item"] ?? "";
      const local = log.isPending(question);
      const status = fieldset.querySelector(".question__status");
      if (status) {
        const text = local
          ? this.text(this.sending && !this.failures ? "saving" : "local")
          : log.isSaved(question) ? this.text("saved") : "";
        if (status.textContent !== text) status.textContent = text;
        status.classList.toggle("is-local", local);
        status.classList.toggle("is-saved", !local && log.isSaved(question));
      }
      const jump = jumps.get(fieldset.id);
      if (!jump) continue;
      jump.classList.toggle("is-answered", Boolean(log.value(question)));
      jump.classList.toggle("is-local", local);
      const state = jump.querySelector("span");
      if (state) state.textContent = ` ${this.text(log.value(question) ? "answered" : "open")}`;
    }
    this.answeredTarget.textContent = String(this.questions().filter((question) => log.value(question)).length);
    const local = log.pendingCount;
    const summary = this.wantsSubmit && !this.failures
      ? this.text("submitting")
      : local ? this.text("localCount", { n: local }) : this.text("allSaved");
    // Only a new text is read aloud.
    if (this.summaryTarget.textContent !== summary) this.summaryTarget.textContent = summary;
    this.summaryTarget.classList.toggle("is-local", local > 0);
    this.submitTarget.disabled = this.wantsSubmit || this.isLeaving;
  }

  private tick(): void {
    if (!this.hasClockTarget || !this.endsAtValue || this.isLeaving) return;
    const left = Date.parse(this.endsAtValue) - this.clock.now();
    this.clockTarget.hidden = false;
    this.clockTarget.textContent = clockText(left);
    this.clockTarget.classList.toggle("is-short", left < 60_000);
    for (const [seconds, text] of [[300, "fiveMinutes"], [60, "oneMinute"]] as const) {
      const passed = left <= seconds * 1000;
      if (passed && !this.announced.has(seconds) && left > (seconds - 10) * 1000) this.announce(this.text(text));
      if (passed) this.announced.add(seconds);
    }
    // Two seconds early, so that the last answers arrive in time.
    if (left <= 2000 && !this.wantsSubmit) {
      this.announce(this.text("timeOver"));
      this.handIn();
    }
  }

  private say(text: string): void {
    this.noticeTarget.hidden = !text;
    if (this.noticeTarget.textContent !== text) this.noticeTarget.textContent = text;
    if (text && typeof this.noticeTarget.scrollIntoView === "function") {
      this.noticeTarget.scrollIntoView({ block: "nearest" });
    }
  }

  private announce(text: string): void {
    this.announcementTarget.textContent = text;
  }

  private text(name: string, parameters: Record<string, string | number> = {}): string {
    const key = `text${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    return Object.entries(parameters).reduce(
      (text, [parameter, value]) => text.replace(`{${parameter}}`, String(value)),
      this.element.dataset[key] ?? "",
    );
  }
}
