import { Controller } from "@hotwired/stimulus";

/** Takes the code of a scanned slip out of the address (`#code=…`, which no server sees) into the field. */
export default class ActivationCodeController extends Controller<HTMLElement> {
  static override targets = ["field", "next"];
  declare readonly fieldTarget: HTMLInputElement;
  declare readonly hasNextTarget: boolean;
  declare readonly nextTarget: HTMLInputElement;

  override connect(): void {
    window.addEventListener("hashchange", this.take);
    this.take();
  }

  override disconnect(): void {
    window.removeEventListener("hashchange", this.take);
  }

  private readonly take = (): void => {
    const code = new URLSearchParams(window.location.hash.slice(1)).get("code");
    if (!code) return;
    this.fieldTarget.value = code.replace(/(.{4})(?=.)/g, "$1-");
    // Neither the history of a shared phone nor a picture of the screen's address shall keep it.
    window.history.replaceState(window.history.state, "", window.location.pathname + window.location.search);
    if (this.hasNextTarget) this.nextTarget.focus();
  };
}
