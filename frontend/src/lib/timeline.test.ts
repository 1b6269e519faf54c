import { expect, test, vi } from "vitest";

import { clock, draw, fill, MissingList, type Stretch } from "./timeline";

test("times are written as people read them", () => {
  expect([0, 65, 3_600, 3_725.9].map(clock)).toEqual(["0:00", "1:05", "1:00:00", "1:02:05"]);
});

test("texts are filled by name and keep what they do not know", () => {
  expect(fill("{from}–{to} {other}", { from: "0:00", to: "1:00" })).toBe("0:00–1:00 {other}");
});

test("the line shows each watched stretch and the position", () => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  draw(svg, [[0, 60], [300, 600]], 600, 30);
  draw(svg, [[0, 60], [300, 600]], 600, 30);
  const rects = [...svg.children].map((rect) => [rect.getAttribute("class"), rect.getAttribute("x"), rect.getAttribute("width")]);
  expect(rects).toEqual([
    ["timeline__watched", "0.0", "100.0"],
    ["timeline__watched", "500.0", "500.0"],
    ["timeline__position", "48.0", "4.0"],
  ]);
});

function missingList() {
  const list = document.createElement("ul");
  document.body.append(list);
  const pick = vi.fn();
  const missing = new MissingList(list, { item: "Play {from} to {to}", more: "and {number} more" }, pick);
  return { list, pick, show: (...stretches: Stretch[]) => missing.show(stretches), buttons: () => [...list.querySelectorAll("button")] };
}

test("every missing stretch is one button, up to twelve", () => {
  const { list, pick, show, buttons } = missingList();
  show([60, 300], [500, 600]);
  expect(buttons().map((button) => [button.textContent, button.getAttribute("aria-label")])).toEqual([
    ["1:00–5:00", "Play 1:00 to 5:00"],
    ["8:20–10:00", "Play 8:20 to 10:00"],
  ]);
  buttons()[1]!.click();
  show([60, 300], [512, 600]);
  buttons()[1]!.click();
  expect(pick.mock.calls).toEqual([[500], [512]]);
  const many = Array.from({ length: 15 }, (_, at) => [at * 10, at * 10 + 5] as Stretch);
  show(...many);
  show(...many.slice(1));
  expect([buttons().length, list.children.length, list.lastElementChild!.textContent]).toEqual([12, 13, "and 2 more"]);
});

test("a stretch that shrinks keeps its button, and whoever stands on it stays there", () => {
  const { list, show, buttons } = missingList();
  show([0, 50], [60, 300], [500, 600]);
  const [, second, third] = buttons();
  const left = vi.fn();
  list.addEventListener("focusout", left);
  second!.focus();
  // Part of the second is watched in the middle, all of the first; a stretch before it was taken back.
  expect(show([10, 20], [68, 100], [120, 300], [500, 600])).toBe(true);
  expect(buttons().map((button) => button.textContent)).toEqual(["0:10–0:20", "1:08–1:40", "2:00–5:00", "8:20–10:00"]);
  expect([buttons()[1], buttons()[3]]).toEqual([second, third]);
  expect([document.activeElement === second, left.mock.calls.length]).toEqual([true, 0]);
});

test("whoever stands on a stretch that is watched goes on to the next, and is told when there is none", () => {
  const { show, buttons } = missingList();
  show([0, 50], [60, 300], [500, 600]);
  buttons()[1]!.focus();
  expect([show([0, 50], [500, 600]), document.activeElement?.textContent]).toEqual([true, "8:20–10:00"]);
  expect([show([0, 50]), document.activeElement?.textContent]).toEqual([true, "0:00–0:50"]);
  expect([show(), document.activeElement]).toEqual([false, document.body]);
  expect([show(), document.activeElement]).toEqual([true, document.body]);
});
