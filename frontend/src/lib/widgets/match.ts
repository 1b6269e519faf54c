// Prompts with the option of each ("1C,2A").
import { parts } from "./parts";

export function read(question: Element): string {
  return parts<HTMLSelectElement>(question, "match")
    .filter((select) => select.value)
    .map((select) => `${select.dataset["number"] ?? ""}${select.value}`)
    .join(",");
}

export function show(question: Element, value: string): void {
  const chosen = new Map(value.split(",").map((pair) => [pair.slice(0, -1), pair.slice(-1)]));
  for (const select of parts<HTMLSelectElement>(question, "match")) {
    select.value = chosen.get(select.dataset["number"] ?? "") ?? "";
  }
}
