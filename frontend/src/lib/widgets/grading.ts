// The items of a rubric with + or -, and the grade ("COV+,ROT-;乙").
import { part, parts } from "./parts";

export function read(question: Element): string {
  const signs = parts<HTMLInputElement>(question, "sign")
    .filter((input) => input.checked)
    .map((input) => `${input.dataset["code"] ?? ""}${input.value}`);
  const grade = part<HTMLSelectElement>(question, "grade")?.value ?? "";
  return signs.length || grade ? `${signs.join(",")};${grade}` : "";
}

export function show(question: Element, value: string): void {
  const [signs = "", grade = ""] = value.split(";");
  const chosen = new Set(signs.split(","));
  for (const input of parts<HTMLInputElement>(question, "sign")) {
    input.checked = chosen.has(`${input.dataset["code"] ?? ""}${input.value}`);
  }
  const field = part<HTMLSelectElement>(question, "grade");
  if (field) field.value = grade;
}
