// A number and its unit ("120 kV"), written exactly as the server writes it, so that neither corrects the other.
import { part } from "./parts";

const MAX_DIGITS = 12;
const VALUE = /^([+-]?) ?([0-9]+(?:[,.][0-9]*)*|[,.][0-9]+)(?:[eE]([+-]?[0-9]{1,2}))?(.*)$/;
const GROUPS = /^[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?$/;

/** What has been typed so far may still become a number. */
const BEGINNING = /^[+-]? ?[.,]?$|[0-9.,][eE][+-]?$/;

function plainly(typed: string): string {
  return typed.normalize("NFKC").replace(/[\u2212\u2013]/g, "-").replace(/\u3002/g, ".").trim();
}

/** The number in its one written form, and the text after it; null if there is none. No arithmetic: figures move. */
export function readNumber(typed: string): { number: string; rest: string } | null {
  const match = VALUE.exec(plainly(typed));
  if (!match) return null;
  const [, sign = "", written = "", power = "0", rest = ""] = match;
  if (written.length > 2 * MAX_DIGITS) return null;
  const digits = GROUPS.test(written) ? written.replace(/,/g, "") : written.replace(/,/g, ".");
  const [whole = "", fraction = "", more] = digits.split(".");
  if (more !== undefined) return null;
  const moved = shift(whole, fraction, Number(power));
  if (moved === null) return null;
  return { number: moved === "0" ? "0" : `${sign === "-" ? "-" : ""}${moved}`, rest: rest.trim() };
}

/** `whole`.`fraction` × 10 to the power, without zeros that say nothing; null if too long. */
function shift(whole: string, fraction: string, power: number): string | null {
  const figures = whole + fraction;
  const point = whole.length + power;
  const before = (point > 0 ? figures.slice(0, point).padEnd(point, "0") : "").replace(/^0+/, "");
  const after = (point >= 0 ? figures.slice(point) : figures.padStart(figures.length - point, "0")).replace(/0+$/, "");
  const written = after ? `${before || "0"}.${after}` : before || "0";
  return before.length > MAX_DIGITS || written.length > 2 * MAX_DIGITS ? null : written;
}

/** The unit among those offered that was typed after the number; null if it is none of them. */
function offered(typed: string, units: string[]): string | null {
  const wanted = plainly(typed);
  const alike = units.filter((unit) => plainly(unit).toLowerCase() === wanted.toLowerCase());
  return units.find((unit) => plainly(unit) === wanted) ?? (alike.length === 1 ? alike[0]! : null);
}

export function read(question: Element): string {
  const field = part<HTMLInputElement>(question, "number");
  if (!field) return "";
  const unit = part<HTMLElement>(question, "unit");
  const units = unit instanceof HTMLSelectElement
    ? [...unit.options].map((option) => option.value).filter(Boolean)
    : unit?.dataset["unit"] ? [unit.dataset["unit"]] : [];
  const chosen = unit instanceof HTMLSelectElement ? unit.value : units[0] ?? "";
  const found = field.value.trim() ? readNumber(field.value) : null;
  const typedUnit = found?.rest ? offered(found.rest, units) : chosen;
  const isUnreadable = field.value.trim() !== "" && (found === null || typedUnit === null);
  complain(question, field, isUnreadable && !BEGINNING.test(plainly(field.value)));
  if (found === null || typedUnit === null) return "";
  return typedUnit ? `${found.number} ${typedUnit}` : found.number;
}

export function show(question: Element, value: string): void {
  const field = part<HTMLInputElement>(question, "number");
  if (!field) return;
  const [number = "", ...unit] = value.split(" ");
  field.value = number;
  const chooser = part<HTMLElement>(question, "unit");
  if (chooser instanceof HTMLSelectElement) chooser.value = unit.join(" ");
  complain(question, field, false);
}

function complain(question: Element, field: HTMLInputElement, isUnreadable: boolean): void {
  const problem = part(question, "problem");
  if (isUnreadable) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
  if (problem && problem.hidden === isUnreadable) problem.hidden = !isUnreadable;
}
