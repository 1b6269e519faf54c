// Options in an order ("CABD"): complete, or no answer.
import { announceShown, parts } from "./parts";

export function read(question: Element): string {
  const placed = parts<HTMLSelectElement>(question, "place")
    .map((select) => ({ key: select.dataset["key"] ?? "", place: Number(select.value) }))
    .sort((one, other) => one.place - other.place);
  const isComplete = placed.every(({ place }, index) => place === index + 1);
  return isComplete ? placed.map(({ key }) => key).join("") : "";
}

export function show(question: Element, value: string): void {
  for (const select of parts<HTMLSelectElement>(question, "place")) {
    const place = value.indexOf(select.dataset["key"] ?? "");
    select.value = value && place >= 0 ? String(place + 1) : "";
  }
  announceShown(question);
}
