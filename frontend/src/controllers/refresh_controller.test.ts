import { Application } from "@hotwired/stimulus";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import RefreshController from "./refresh_controller";

let application: Application;

beforeEach(() => {
  document.body.innerHTML = `
    <div data-controller="refresh" data-action="player:settled->refresh#load">
      <div class="player">playing</div>
      <aside id="standing" data-refresh-target="part"><p>0 of 2</p><a href="/one/">One</a><a href="/two/">Two</a></aside>
    </div>`;
  application = Application.start();
  application.register("refresh", RefreshController);
});

afterEach(() => {
  application.stop();
  vi.unstubAllGlobals();
});

const aside = (): HTMLElement => document.querySelector("aside")!;

async function settled(answer: () => Response): Promise<ReturnType<typeof vi.fn>> {
  const get = vi.fn(async () => answer());
  vi.stubGlobal("fetch", get);
  await vi.waitFor(() => expect(application.controllers.length).toBe(1));
  document.querySelector(".player")!.dispatchEvent(new CustomEvent("player:settled", { bubbles: true }));
  await vi.waitFor(() => expect(get).toHaveBeenCalledTimes(1));
  // The answer's text and its parsing take some turns of the loop.
  await new Promise((resolve) => setTimeout(resolve, 20));
  return get;
}

const NEW = `<div class="player">other</div><aside id="standing"><p>1 of 2</p><a href="/two/">Two</a></aside>`;

test("a part takes what the page says now, and nothing else changes", async () => {
  const get = await settled(() => new Response(NEW));
  expect(get.mock.calls[0]![0]).toBe(window.location.href);
  expect(aside().textContent).toBe("1 of 2Two");
  expect(document.querySelector(".player")!.textContent).toBe("playing");
});

test("whoever stands on a link stays on it", async () => {
  aside().querySelector<HTMLElement>('a[href="/two/"]')!.focus();
  await settled(() => new Response(NEW));
  expect(document.activeElement).toBe(aside().querySelector('a[href="/two/"]'));
});

test("a failing request or a page without the part changes nothing", async () => {
  await settled(() => new Response("", { status: 500 }));
  await settled(() => new Response("<p>Sign in</p>"));
  expect(aside().querySelectorAll("a").length).toBe(2);
});
