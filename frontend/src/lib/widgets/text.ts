// A few words on one line, written as the server writes them.
import { part } from "./parts";

// eslint-disable-next-line no-control-regex
const UNSEEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;
const LONE_HALF = /[\ud800-\udbff](?![\udc00-\udfff])|(^|[^\ud800-\udbff])[\udc00-\udfff]/g;
const BLANKS = /[\t\n\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g;

export function read(question: Element): string {
  const typed = part<HTMLInputElement>(question, "text")?.value ?? "";
  return typed.replace(LONE_HALF, "$1").replace(UNSEEN, "").replace(BLANKS, " ").trim();
}

export function show(question: Element, value: string): void {
  const field = part<HTMLInputElement>(question, "text");
  if (field) field.value = value;
}
