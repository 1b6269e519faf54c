import { beforeEach, expect, test } from "vitest";

import numbers from "../../../../tests/quizzes/grading/numbers.json";
import * as grading from "./grading";
import * as hotspot from "./hotspot";
import * as match from "./match";
import * as number from "./number";
import * as order from "./order";
import * as text from "./text";

let question: HTMLElement;

function draw(html: string): void {
  document.body.innerHTML = `<fieldset>${html}</fieldset>`;
  question = document.querySelector("fieldset")!;
}

function options(...values: string[]): string {
  return ["", ...values].map((value) => `<option value="${value}">${value || "–"}</option>`).join("");
}

function field(selector: string): HTMLInputElement {
  return question.querySelector<HTMLInputElement>(selector)!;
}

beforeEach(() => draw(""));

test.each(numbers as [string, string | null][])("number %j is written as the server does: %j", (typed, written) => {
  const found = number.readNumber(typed);
  expect(found && !found.rest ? found.number : null).toBe(written);
});

const NUMBER = `<input data-part="number"><p data-part="problem" hidden></p>`;

test("a number takes its unit from the choice, the text behind it or the only one", () => {
  draw(`${NUMBER}<select data-part="unit">${options("kV", "V")}</select>`);
  field("input").value = "１２０";
  expect(number.read(question)).toBe("120");
  field("select").value = "kV";
  expect(number.read(question)).toBe("120 kV");
  field("input").value = "120000v";
  expect(number.read(question)).toBe("120000 V");
  draw(`${NUMBER}<span data-part="unit" data-unit="%"></span>`);
  field("input").value = "0,5";
  expect(number.read(question)).toBe("0.5 %");
  draw(NUMBER);
  field("input").value = "1e2";
  expect(number.read(question)).toBe("100");
});

test("what is no number is no answer and says so, what may become one does not", () => {
  draw(`${NUMBER}<select data-part="unit">${options("kV", "V")}</select>`);
  const problem = question.querySelector<HTMLElement>("p")!;
  for (const [typed, isWrong] of [["viel", true], ["-", false], ["120 mAs", true], [".", false], ["1e", false], ["", false]] as const) {
    field("input").value = typed;
    expect([typed, number.read(question), problem.hidden]).toEqual([typed, "", !isWrong]);
    expect(field("input").hasAttribute("aria-invalid")).toBe(isWrong);
  }
});

test("a shown number fills both fields and clears the complaint", () => {
  draw(`${NUMBER}<select data-part="unit">${options("ml/s", "ml")}</select>`);
  field("input").value = "viel";
  number.read(question);
  number.show(question, "4 ml/s");
  expect([field("input").value, field("select").value, field("p").hidden]).toEqual(["4", "ml/s", true]);
  number.show(question, "");
  expect([field("input").value, field("select").value]).toEqual(["", ""]);
});

test("a text is one line without what cannot be seen", () => {
  draw(`<input data-part="text">`);
  field("input").value = "  CT\u3000\u00a0 值\u0000\ud800 ";
  expect(text.read(question)).toBe("CT 值");
  text.show(question, "HU");
  expect(text.read(question)).toBe("HU");
});

test("an order is read when every option has a place of its own", () => {
  draw(["A", "B", "C"].map((key) => `<select data-part="place" data-key="${key}">${options("1", "2", "3")}</select>`).join(""));
  expect(order.read(question)).toBe("");
  order.show(question, "CAB");
  expect([...question.querySelectorAll("select")].map((select) => select.value)).toEqual(["2", "3", "1"]);
  expect(order.read(question)).toBe("CAB");
  field("select").value = "1";
  expect(order.read(question)).toBe("");
  order.show(question, "");
  expect(field("select").value).toBe("");
});

test("matches are the chosen options in the order of the lines", () => {
  draw(["1", "2", "3"].map((line) => `<select data-part="match" data-number="${line}">${options("A", "B")}</select>`).join(""));
  match.show(question, "1B,3A");
  expect([...question.querySelectorAll("select")].map((select) => select.value)).toEqual(["B", "", "A"]);
  expect(match.read(question)).toBe("1B,3A");
  match.show(question, "");
  expect(match.read(question)).toBe("");
});

test("points are whole numbers within the picture, in order, each once", () => {
  draw(`<input data-part="x"><input data-part="y">`.repeat(4));
  hotspot.show(question, "412,305;7,900");
  expect(hotspot.read(question)).toBe("7,900;412,305");
  const across = [...question.querySelectorAll<HTMLInputElement>('[data-part="x"]')];
  const down = [...question.querySelectorAll<HTMLInputElement>('[data-part="y"]')];
  [across[2]!.value, down[2]!.value] = ["7", "900"];
  [across[3]!.value, down[3]!.value] = ["1001", "1"];
  expect(hotspot.read(question)).toBe("7,900;412,305");
  [across[3]!.value, down[3]!.value] = ["1000", ""];
  expect(hotspot.read(question)).toBe("7,900;412,305");
  hotspot.show(question, "");
  expect(hotspot.read(question)).toBe("");
});

test("a rubric is read item by item with its grade", () => {
  draw(["COV", "ROT"].map((code) => ["+", "-"].map((sign) =>
    `<input type="radio" name="${code}" data-part="sign" data-code="${code}" value="${sign}">`).join("")).join("")
    + `<select data-part="grade">${options("甲", "乙")}</select>`);
  expect(grading.read(question)).toBe("");
  grading.show(question, "COV+,ROT-;乙");
  expect(grading.read(question)).toBe("COV+,ROT-;乙");
  grading.show(question, "ROT+;");
  expect(grading.read(question)).toBe("ROT+;");
  grading.show(question, "");
  expect(grading.read(question)).toBe("");
});
