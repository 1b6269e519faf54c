import { Controller } from "@hotwired/stimulus";

// A row of links that is wider than the screen begins where one is.
export default class extends Controller<HTMLElement> {
  override connect(): void {
    const current = this.element.querySelector("[aria-current]");
    if (!current) return;
    const [row, link] = [this.element.getBoundingClientRect(), current.getBoundingClientRect()];
    this.element.scrollLeft += link.left - row.left - (row.width - link.width) / 2;
  }
}
