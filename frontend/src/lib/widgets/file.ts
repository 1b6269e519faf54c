import { csrfToken } from "../http";
import type { Widget } from "./widget";

interface Parts {
  box: HTMLElement;
  value: HTMLInputElement;
  chooser: HTMLInputElement;
  state: HTMLElement;
}

function parts(fieldset: HTMLElement): Parts | null {
  const box = fieldset.querySelector<HTMLElement>(".file-field");
  const value = box?.querySelector<HTMLInputElement>('input[type="hidden"]');
  const chooser = box?.querySelector<HTMLInputElement>('input[type="file"]');
  const state = box?.querySelector<HTMLElement>("[data-file-state]");
  return box && value && chooser && state ? { box, value, chooser, state } : null;
}

function say({ box, state }: Parts, name: string, parameters: Record<string, string> = {}): void {
  const key = `text${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  state.textContent = Object.entries(parameters).reduce(
    (text, [parameter, value]) => text.replace(`{${parameter}}`, value),
    box.dataset[key] ?? "",
  );
}

/** What is shown of the file before no longer holds. */
function forget({ box }: Parts): void {
  for (const shown of box.querySelectorAll<HTMLElement>("[data-file-present]")) shown.hidden = true;
  const remove = box.querySelector<HTMLInputElement>('input[type="checkbox"]');
  if (remove) remove.checked = false;
}

async function sendFile(found: Parts): Promise<void> {
  const { box, value, chooser } = found;
  const file = chooser.files?.[0];
  const url = box.dataset["fileUrl"];
  if (!file || !url || "sending" in box.dataset) return;
  box.dataset["sending"] = "";
  say(found, "sending");
  const body = new FormData();
  body.append("file", file);
  try {
    const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
    const response = await fetch(url, { method: "POST", headers, body, credentials: "same-origin" });
    const answer = await response.json();
    if (response.status === 201) {
      forget(found);
      value.value = answer.id;
      chooser.value = "";
      say(found, "sent", { name: answer.name });
      value.dispatchEvent(new Event("change", { bubbles: true }));
    } else {
      found.state.textContent = answer.message ?? box.dataset["textFailed"] ?? "";
      // What the server refused it refuses again: another file has to be chosen.
      if (response.status === 400 || response.status === 413) chooser.value = "";
    }
  } catch {
    say(found, "failed");
  }
  delete box.dataset["sending"];
}

function wire(fieldset: HTMLElement, found: Parts): void {
  const { box, chooser } = found;
  box.dataset["wired"] = "";
  const send = (): void => void sendFile(found);
  const isUnsent = (): boolean => box.isConnected && Boolean(chooser.files?.length);
  chooser.addEventListener("change", send);
  box.querySelector("[data-file-send]")?.addEventListener("click", (event) => {
    event.preventDefault();
    send();
  });
  // Nothing is handed in while a chosen file is still on its way.
  fieldset.closest("form")?.addEventListener(
    "submit",
    (event) => {
      if (!isUnsent()) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      chooser.focus();
      if (!("sending" in box.dataset)) send();
    },
    true,
  );
  addEventListener("beforeunload", (event) => {
    if (!isUnsent()) return;
    event.preventDefault();
    event.returnValue = "";
  });
}

/** A file: sent as soon as it is chosen; its id is the answer. */
export const file: Widget = {
  read: (fieldset) => {
    const remove = fieldset.querySelector<HTMLInputElement>('.file-field input[type="checkbox"]');
    return remove?.checked ? "" : (fieldset.querySelector<HTMLInputElement>('input[type="hidden"][name^="q-"]')?.value ?? "");
  },
  show: (fieldset, value) => {
    const found = parts(fieldset);
    if (!found) return;
    if (!("wired" in found.box.dataset)) wire(fieldset, found);
    if (file.read(fieldset) === value) return;
    forget(found);
    found.value.value = value;
    say(found, value ? "elsewhere" : "none");
  },
};
