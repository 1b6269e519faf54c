import { Controller } from "@hotwired/stimulus";
import { load } from "../lib/http";

// Follows a job: asks after 2 s, then ever more slowly up to 10 s, and loads the page anew when it is over.
export default class extends Controller<HTMLElement> {
  static override targets = ["bar"];
  static override values = { url: String };
  declare readonly hasBarTarget: boolean;
  declare readonly barTarget: HTMLProgressElement;
  declare readonly urlValue: string;
  private timer = 0;
  private wait = 2000;

  override connect(): void {
    this.schedule();
  }

  override disconnect(): void {
    window.clearTimeout(this.timer);
  }

  /** Replaced in tests: jsdom cannot navigate. */
  reload(): void {
    window.location.reload();
  }

  private schedule(): void {
    this.timer = window.setTimeout(() => void this.ask(), this.wait);
    this.wait = Math.min(10_000, this.wait * 1.3);
  }

  private async ask(): Promise<void> {
    const answer = await load(this.urlValue);
    if (answer.status === 200 && answer.body?.is_over) {
      this.reload();
      return;
    }
    if (answer.status === 200 && this.hasBarTarget && answer.body.progress > 0) {
      this.barTarget.value = answer.body.progress;
    }
    if (answer.status !== 403 && answer.status !== 404) this.schedule();
  }
}
