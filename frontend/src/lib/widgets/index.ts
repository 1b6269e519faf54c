import { choice } from "./choice";
import { essay } from "./essay";
import { file } from "./file";
import * as grading from "./grading";
import * as hotspot from "./hotspot";
import * as match from "./match";
import * as number from "./number";
import * as order from "./order";
import * as text from "./text";
import type { Widget } from "./widget";

/** By the question's family, which its fieldset names as `data-widget`. */
const WIDGETS: Record<string, Widget> = { choice, essay, file, grading, hotspot, match, number, order, text };

export function widgetOf(fieldset: HTMLElement): Widget {
  return WIDGETS[fieldset.dataset["widget"] ?? ""] ?? choice;
}

export type { Widget };
