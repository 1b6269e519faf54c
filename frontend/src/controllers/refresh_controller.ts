// Brings parts of a page up to date without loading it again: on an action it asks for the page and takes over every
// part that carries an id. Without an answer the page keeps what the server wrote before.
import { Controller } from "@hotwired/stimulus";

export default class RefreshController extends Controller<HTMLElement> {
  static override targets = ["part"];
  declare readonly partTargets: HTMLElement[];

  private abort?: AbortController;

  override disconnect(): void {
    this.abort?.abort();
  }

  async load(): Promise<void> {
    this.abort?.abort();
    this.abort = new AbortController();
    let html: string;
    try {
      const response = await fetch(window.location.href, {
        credentials: "same-origin",
        headers: { Accept: "text/html" },
        signal: this.abort.signal,
      });
      if (!response.ok || response.redirected) return;
      html = await response.text();
    } catch {
      return;
    }
    const parsed = new DOMParser().parseFromString(html, "text/html");
    for (const part of this.partTargets) {
      const found = part.id ? parsed.getElementById(part.id) : null;
      if (found) this.replace(part, found);
    }
    this.dispatch("loaded");
  }

  /** Whoever stands on a link stays on it. */
  private replace(part: HTMLElement, found: HTMLElement): void {
    const address = part.contains(document.activeElement) ? document.activeElement?.getAttribute("href") : null;
    part.replaceChildren(...Array.from(found.childNodes, (node) => document.importNode(node, true)));
    if (!address) return;
    const links = Array.from(part.querySelectorAll<HTMLElement>("a[href]"));
    links.find((link) => link.getAttribute("href") === address)?.focus({ preventScroll: true });
  }
}
