import { Application } from "@hotwired/stimulus";
import { afterEach, beforeEach, expect, test } from "vitest";

import { read, show } from "../lib/widgets/order";
import OrderingController from "./ordering_controller";

let application: Application;
let heard: string[];

async function page(attributes = ""): Promise<HTMLElement> {
  const rows = ["A", "B", "C"].map((key) => `<li data-ordering-target="row"><select data-part="place" data-key="${key}" ${attributes}>
    <option value="">–</option><option>1</option><option>2</option><option>3</option></select><span data-part="label">option ${key}</span>
    <span data-ordering-target="moves" hidden><button type="button" class="up" data-action="ordering#up">↑</button>
    <button type="button" class="down" data-action="ordering#down">↓</button></span></li>`);
  document.body.innerHTML = `<fieldset><div data-controller="ordering" data-part="root"
    data-action="widget:shown->ordering#redraw change->ordering#placed" data-ordering-moved-value="{option}: {place}/{count}">
    <ul data-ordering-target="rows">${rows.join("")}</ul><p data-ordering-target="actions" hidden>
    <button type="button" data-action="ordering#take" data-ordering-target="take">Take</button>
    <button type="button" data-action="ordering#clear" data-ordering-target="clear">Clear</button></p>
    <p data-ordering-target="said"></p></div></fieldset>`;
  const question = document.querySelector("fieldset")!;
  heard = [];
  question.addEventListener("change", () => heard.push(read(question)));
  application = Application.start();
  application.register("ordering", OrderingController);
  await Promise.resolve();
  return question;
}

function button(key: string, name: string): HTMLButtonElement {
  return document.querySelector(`[data-key="${key}"]`)!.closest("li")!.querySelector<HTMLButtonElement>(`.${name}`)!;
}

function standing(): string {
  return [...document.querySelectorAll<HTMLElement>("[data-key]")].map((select) => select.dataset["key"]).join("");
}

beforeEach(() => { heard = []; });
afterEach(() => application.stop());

test("buttons move a row, number all of them and say so", async () => {
  await page();
  button("C", "up").click();
  expect([standing(), heard]).toEqual(["ACB", ["ACB"]]);
  expect(document.querySelector('[data-ordering-target="said"]')!.textContent).toBe("option C: 2/3");
  expect(document.activeElement).toBe(button("C", "up"));
  button("C", "up").click();
  expect([standing(), heard[heard.length - 1], button("C", "up").disabled]).toEqual(["CAB", "CAB", true]);
  // The button that just worked cannot work again: the focus goes to its neighbour.
  expect(document.activeElement).toBe(button("C", "down"));
});

test("a chosen place moves the row there", async () => {
  await page();
  const select = document.querySelector<HTMLSelectElement>('[data-key="A"]')!;
  select.value = "3";
  select.dispatchEvent(new Event("change", { bubbles: true }));
  expect([standing(), heard, document.activeElement]).toEqual(["BCA", ["BCA"], select]);
  select.value = "";
  select.dispatchEvent(new Event("change", { bubbles: true }));
  expect(heard[heard.length - 1]).toBe("");
});

test("the order as it stands can be taken, and taken back", async () => {
  await page();
  const [take, clear] = [...document.querySelectorAll<HTMLButtonElement>("p button")];
  expect([take!.hidden, clear!.hidden]).toEqual([false, true]);
  take!.click();
  expect([heard, take!.hidden, document.activeElement]).toEqual([["ABC"], true, clear]);
  clear!.click();
  expect([heard, clear!.hidden]).toEqual([["ABC", ""], true]);
});

test("an answer from elsewhere moves the rows", async () => {
  show(await page(), "BCA");
  expect([standing(), heard]).toEqual(["BCA", []]);
});

test("a locked order stays as it is", async () => {
  await page("disabled");
  expect(document.querySelectorAll("[hidden]").length).toBeGreaterThanOrEqual(4);
});
