// Fills the learner's part into a page that is the same for everybody: one request brings a <template data-slot="…"> for
// each slot. Without it (no script, no answer) the page keeps what the server wrote, with links that lead to the same.
import { Controller } from "@hotwired/stimulus";

export default class FragmentController extends Controller<HTMLElement> {
  static override values = { url: String };
  declare readonly urlValue: string;

  private abort?: AbortController;

  override connect(): void {
    if (this.slots().length) void this.fill();
  }

  override disconnect(): void {
    this.abort?.abort();
  }

  private slots(): HTMLElement[] {
    return Array.from(this.element.querySelectorAll<HTMLElement>("[data-slot]"));
  }

  private async fill(): Promise<void> {
    this.abort = new AbortController();
    let html: string;
    try {
      const response = await fetch(this.urlValue, {
        credentials: "same-origin",
        headers: { Accept: "text/html" },
        signal: this.abort.signal,
      });
      if (!response.ok) return;
      html = await response.text();
    } catch {
      return;
    }
    const parsed = new DOMParser().parseFromString(html, "text/html");
    for (const slot of this.slots()) {
      const template = parsed.querySelector<HTMLTemplateElement>(`template[data-slot="${slot.dataset.slot}"]`);
      // Somebody may be using what stands there already.
      if (!template || slot.contains(document.activeElement)) continue;
      slot.textContent = "";
      slot.appendChild(document.importNode(template.content, true));
    }
    this.dispatch("filled");
  }
}
