import { expect, test, vi } from "vitest";

import { clock, draw, fill, listMissing } from "./timeline";

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

test("every missing stretch is one button, and focus stays in the list", () => {
  const list = document.createElement("ul");
  document.body.append(list);
  const pick = vi.fn();
  const texts = { item: "Play {from} to {to}", more: "and {number} more" };
  listMissing(list, [[60, 300], [500, 600]], texts, pick);
  const buttons = () => [...list.querySelectorAll("button")];
  expect(buttons().map((button) => [button.textContent, button.getAttribute("aria-label")])).toEqual([
    ["1:00–5:00", "Play 1:00 to 5:00"],
    ["8:20–10:00", "Play 8:20 to 10:00"],
  ]);
  buttons()[1]!.focus();
  buttons()[1]!.click();
  expect(pick.mock.calls).toEqual([[500]]);
  listMissing(list, [[60, 300]], texts, pick);
  expect(document.activeElement).toBe(buttons()[0]);
  listMissing(list, Array.from({ length: 15 }, (_, at) => [at * 10, at * 10 + 5] as [number, number]), texts, pick);
  expect([buttons().length, list.lastElementChild!.textContent]).toEqual([12, "and 3 more"]);
});
