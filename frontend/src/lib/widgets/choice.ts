import type { Widget } from "./widget";

function inputs(fieldset: HTMLElement): HTMLInputElement[] {
  return [...fieldset.querySelectorAll<HTMLInputElement>('input[type="radio"], input[type="checkbox"]')];
}

/** One or several options: their letters in order. */
export const choice: Widget = {
  read: (fieldset) => inputs(fieldset).filter((input) => input.checked).map((input) => input.value).sort().join(""),
  show: (fieldset, value) => {
    for (const input of inputs(fieldset)) input.checked = value.includes(input.value);
  },
};
