// Uploads of recordings in the admin, and nowhere else: no public page loads this.
import { Desk } from "./lib/uploads/desk";

for (const root of document.querySelectorAll<HTMLElement>("[data-uploads]")) {
  new Desk(root);
  // The plain form stays for those who want it.
  document.querySelector<HTMLDetailsElement>("details[data-plain-upload]")?.removeAttribute("open");
}
