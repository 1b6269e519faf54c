import { choice } from "./choice";
import type { Widget } from "./widget";

/** By the question's family, which its fieldset names as `data-widget`. */
const WIDGETS: Record<string, Widget> = { choice };

export function widgetOf(fieldset: HTMLElement): Widget {
  return WIDGETS[fieldset.dataset["widget"] ?? ""] ?? choice;
}

export type { Widget };
