// The part of a page that uploads recordings: a list of files, one of them on its way at a time. All words come from the
// template's data attributes.
import { send } from "../http";
import { fingerprint } from "./digest";
import { filled, size } from "./figures";
import { Row, type Line } from "./row";

const ENDLESS = Number.MAX_SAFE_INTEGER;

export class Desk {
  private readonly rows: Row[] = [];
  private readonly input: HTMLInputElement;
  private wake: { release(): Promise<void> } | null = null;

  constructor(readonly root: HTMLElement) {
    this.input = root.querySelector<HTMLInputElement>("[data-role=files]")!;
    this.input.addEventListener("change", () => {
      void this.take([...(this.input.files ?? [])]);
      this.input.value = "";
    });
    this.listenForDrops();
    addEventListener("beforeunload", (event) => {
      if (this.rows.some((row) => row.isOnItsWay)) event.preventDefault();
    });
    addEventListener("online", () => this.rows.forEach((row) => row.tryAgain()));
    document.addEventListener("visibilitychange", () => void this.keepAwake());
    root.hidden = false;
  }

  text(name: string): string {
    return this.root.dataset[name] ?? "";
  }

  get lecture(): string {
    return this.root.dataset.lecture ?? "";
  }

  /** Said to those who hear the page. */
  say(text: string): void {
    this.root.querySelector<HTMLElement>("[data-role=said]")!.textContent = text;
  }

  private complain(text: string): void {
    const place = this.root.querySelector<HTMLElement>("[data-role=complaint]")!;
    place.textContent = text;
    place.hidden = text === "";
  }

  private listenForDrops(): void {
    const zone = this.root.querySelector<HTMLElement>("[data-role=drop]")!;
    for (const name of ["dragenter", "dragover"]) {
      zone.addEventListener(name, (event) => {
        event.preventDefault();
        zone.dataset.over = "true";
      });
    }
    for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => delete zone.dataset.over);
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      void this.take([...((event as DragEvent).dataTransfer?.files ?? [])]);
    });
  }

  /** Put chosen files on the list; those of which a part lies on the server already go on from there. */
  async take(chosen: File[]): Promise<void> {
    this.complain("");
    const files = this.lecture ? chosen.slice(0, 1) : chosen;
    const complaints = files.map((file) => this.refusal(file)).filter((text) => text !== "");
    const good = files.filter((file) => this.refusal(file) === "");
    const begun = good.length > 0 ? await this.begun() : [];
    for (const file of good) {
      const mark = await fingerprint(file);
      if (this.rows.some((row) => row.mark === mark && !row.isOver)) {
        complaints.push(filled(this.text("textTwice"), { name: file.name }));
        continue;
      }
      const line = begun.find((one) => one.fingerprint === mark && one.size === file.size);
      this.rows.push(new Row(this, file, mark, line ?? null));
    }
    this.complain(complaints.join(" "));
    this.next();
  }

  private refusal(file: File): string {
    const most = Number(this.root.dataset.mostBytes ?? ENDLESS);
    const ending = `.${file.name.split(".").pop()?.toLowerCase() ?? ""}`;
    if (!this.text("endings").split(",").includes(ending)) return filled(this.text("textEnding"), { name: file.name });
    if (file.size === 0) return filled(this.text("textEmpty"), { name: file.name });
    if (file.size > most) return filled(this.text("textLarge"), { name: file.name, most: size(most) });
    return "";
  }

  private async begun(): Promise<Line[]> {
    const answer = await send(this.text("statesUrl"), undefined, { method: "GET" });
    const lines: Line[] = answer.status === 200 && answer.body ? answer.body.uploads : [];
    return lines.filter((line) => line.state === "receiving" && line.replaces === this.lecture);
  }

  /** Whose turn it is. A file that is paused or waits for its line lets the others pass. */
  next(): void {
    if (!this.rows.some((row) => row.isSending)) this.rows.find((row) => row.isWaiting)?.start();
    void this.keepAwake();
  }

  drop(row: Row): void {
    this.rows.splice(this.rows.indexOf(row), 1);
    this.input.focus();
    this.next();
  }

  /** A phone that goes dark stops sending. */
  private async keepAwake(): Promise<void> {
    const lock = (navigator as { wakeLock?: { request(kind: string): Promise<{ release(): Promise<void> }> } }).wakeLock;
    // Browsers take the lock away when the page is put aside.
    if (document.hidden) this.wake = null;
    const isNeeded = !document.hidden && this.rows.some((row) => row.isSending);
    if (!lock || isNeeded === (this.wake !== null)) return;
    try {
      await this.wake?.release();
      this.wake = isNeeded ? await lock.request("screen") : null;
    } catch {
      this.wake = null;
    }
  }
}
