import type { Widget } from "./widget";

const CHINESE = /[\u3400-\u9fff\uf900-\ufaff]/g;
const WORD = /[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu;

function area(fieldset: HTMLElement): HTMLTextAreaElement | null {
  return fieldset.querySelector("textarea");
}

/** Chinese counts by character, other scripts by word, as word processors do. */
export function words(text: string): number {
  return (text.match(CHINESE)?.length ?? 0) + (text.replace(CHINESE, " ").match(WORD)?.length ?? 0);
}

function count(fieldset: HTMLElement): void {
  const field = area(fieldset);
  const place = fieldset.querySelector<HTMLElement>("[data-essay-count]");
  if (!field || !place) return;
  const text = field.value.trim();
  place.textContent = (place.dataset["textCount"] ?? "")
    .replace("{words}", String(words(text)))
    .replace("{characters}", String([...text].length))
    .replace("{most}", String(field.maxLength));
}

/** A text of one's own. What is being typed stays under the cursor: it is only put in where it says something else. */
export const essay: Widget = {
  read: (fieldset) => (area(fieldset)?.value ?? "").replace(/\r\n?/g, "\n").trim(),
  show: (fieldset, value) => {
    const field = area(fieldset);
    if (!field) return;
    if (essay.read(fieldset) !== value) field.value = value;
    if (!("counted" in field.dataset)) {
      field.dataset["counted"] = "";
      field.addEventListener("input", () => count(fieldset));
    }
    count(fieldset);
  },
};
