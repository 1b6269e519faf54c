import { Application } from "@hotwired/stimulus";
import { afterEach, expect, test } from "vitest";

import { read, show } from "../lib/widgets/hotspot";
import HotspotController from "./hotspot_controller";

let application: Application;
let heard: string[];

async function page(most = 2, attributes = ""): Promise<HTMLElement> {
  document.body.innerHTML = `<fieldset><div data-controller="hotspot" data-part="root"
    data-action="widget:shown->hotspot#redraw change->hotspot#redraw" data-hotspot-most-value="${most}"
    data-hotspot-at-value="at {x},{y}" data-hotspot-set-value="set {x},{y} {n}/{most}" data-hotspot-gone-value="gone {n}/{most}"
    data-hotspot-stage-value="Picture"><div data-hotspot-target="stage"
    data-action="click->hotspot#tap keydown->hotspot#key focus->hotspot#aim blur->hotspot#rest"><img alt="">
    <svg viewBox="0 0 400 200" data-hotspot-target="marks"></svg></div><p id="h1" data-hotspot-target="help" hidden></p>
    <p data-hotspot-target="said"></p><ul data-hotspot-target="points" hidden></ul><template data-hotspot-target="entry"><li>
    <span>{x} {y}</span><button type="button" data-action="hotspot#remove" aria-label="remove {x} {y}">x</button></li></template>
    <details data-hotspot-target="fields" open>${`<input data-part="x" ${attributes}><input data-part="y" ${attributes}>`.repeat(most)}</details>
    </div></fieldset>`;
  const svg = document.querySelector("svg")!;
  // jsdom draws nothing: the frame of the picture and of its drawing are given.
  Object.defineProperty(svg, "viewBox", { value: { baseVal: { width: 400, height: 200 } } });
  stage().getBoundingClientRect = () => ({ left: 100, top: 50, width: 200, height: 100 }) as DOMRect;
  const question = document.querySelector("fieldset")!;
  heard = [];
  question.addEventListener("change", () => heard.push(read(question)));
  application = Application.start();
  application.register("hotspot", HotspotController);
  await Promise.resolve();
  return question;
}

function stage(): HTMLElement {
  return document.querySelector('[data-hotspot-target="stage"]')!;
}

function said(): string {
  return document.querySelector('[data-hotspot-target="said"]')!.textContent!;
}

function press(key: string, shiftKey = false): boolean {
  return stage().dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey, bubbles: true, cancelable: true }));
}

function tap(clientX: number, clientY: number): void {
  stage().dispatchEvent(new MouseEvent("click", { clientX, clientY, bubbles: true }));
}

afterEach(() => application.stop());

test("a tap sets a point where it falls, in thousandths", async () => {
  await page();
  tap(150, 75);
  expect([heard, said()]).toEqual([["250,250"], "set 250,250 1/2"]);
  tap(400, 10);
  expect([heard[heard.length - 1], said()]).toEqual(["250,250;1000,0", "set 1000,0 2/2"]);
  expect([...document.querySelectorAll("circle")].map((mark) => [mark.getAttribute("cx"), mark.getAttribute("cy")])).toEqual([
    ["100", "50"], ["400", "0"],
  ]);
});

test("when all points are set the nearest one moves", async () => {
  await page();
  tap(150, 75);
  tap(300, 150);
  tap(160, 80);
  expect(heard[heard.length - 1]).toBe("300,300;1000,1000");
});

test("arrow keys move the crosshair aloud, Enter sets the point, Delete takes it away", async () => {
  await page(1);
  expect([stage().tabIndex, stage().getAttribute("role"), stage().getAttribute("aria-label")]).toEqual([0, "application", "Picture"]);
  stage().focus();
  expect(said()).toBe("at 500,500");
  expect([press("ArrowRight"), press("ArrowUp"), press("ArrowLeft", true), said()]).toEqual([false, false, false, "at 519,480"]);
  press("Enter");
  expect([heard, said()]).toEqual([["519,480"], "set 519,480 1/1"]);
  press("ArrowDown");
  press(" ");
  expect(heard[heard.length - 1]).toBe("519,500");
  press("Delete");
  expect([heard[heard.length - 1], said()]).toEqual(["", "gone 0/1"]);
  for (let step = 0; step < 60; step += 1) press("ArrowLeft");
  expect(said()).toBe("at 0,500");
  // Tab leads on.
  expect(press("Tab")).toBe(true);
});

test("points are listed and can be taken away one by one", async () => {
  await page();
  tap(150, 75);
  tap(300, 150);
  await Promise.resolve();
  const buttons = [...document.querySelectorAll<HTMLButtonElement>("li button")];
  expect(buttons.map((button) => button.getAttribute("aria-label"))).toEqual(["remove 250 250", "remove 1000 1000"]);
  buttons[0]!.click();
  expect([heard[heard.length - 1], document.querySelectorAll("li").length, document.activeElement]).toEqual(["1000,1000", 1, stage()]);
});

test("an answer from elsewhere is drawn, and the fields stay within reach", async () => {
  const question = await page();
  show(question, "500,500");
  expect([document.querySelectorAll("circle").length, heard]).toEqual([1, []]);
  const details = document.querySelector("details")!;
  expect([details.open, document.querySelectorAll("li").length]).toEqual([false, 1]);
});

test("a locked picture takes no points", async () => {
  await page(1, "disabled");
  tap(150, 75);
  press("Enter");
  expect([heard, stage().hasAttribute("tabindex")]).toEqual([[], false]);
});
