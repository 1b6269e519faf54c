import { Application } from "@hotwired/stimulus";
import { afterEach, expect, test, vi } from "vitest";

import TabsController from "./tabs_controller";

let application: Application;

function box(left: number, width: number): DOMRect {
  return { left, width } as DOMRect;
}

async function started(html: string): Promise<HTMLElement> {
  document.body.innerHTML = html;
  const row = document.querySelector<HTMLElement>("nav")!;
  row.getBoundingClientRect = () => box(10, 100);
  row.querySelectorAll("a").forEach((link, n) => {
    link.getBoundingClientRect = () => box(10 + 80 * n, 80);
  });
  application = Application.start();
  application.register("tabs", TabsController);
  await vi.waitFor(() => expect(application.controllers.length).toBe(1));
  return row;
}

afterEach(() => application.stop());

test("the row is moved until the current link stands in its middle", async () => {
  const row = await started(
    `<nav data-controller="tabs"><a href="/1/">1</a><a href="/2/">2</a><a href="/3/" aria-current="page">3</a></nav>`,
  );
  expect(row.scrollLeft).toBe(150);
});

test("a row without a current link stays where it is", async () => {
  const row = await started(`<nav data-controller="tabs"><a href="/1/">1</a><a href="/2/">2</a></nav>`);
  expect(row.scrollLeft).toBe(0);
});
