import { Application } from "@hotwired/stimulus";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import FragmentController from "./fragment_controller";

let application: Application;

beforeEach(() => {
  application = Application.start();
  document.body.innerHTML = `
    <div data-controller="fragment" data-fragment-url-value="/en/learner-fragment/?course=1">
      <div data-slot="account"><a href="/login">Sign in</a></div>
      <div data-slot="course">links</div>
    </div>`;
});

afterEach(() => {
  application.stop();
  vi.unstubAllGlobals();
});

function slot(name: string): HTMLElement {
  return document.querySelector<HTMLElement>(`[data-slot="${name}"]`)!;
}

function answering(answer: () => Response): ReturnType<typeof vi.fn> {
  const get = vi.fn(async () => answer());
  vi.stubGlobal("fetch", get);
  application.register("fragment", FragmentController);
  return get;
}

async function fill(html: string): Promise<ReturnType<typeof vi.fn>> {
  const filled = new Promise((resolve) => document.addEventListener("fragment:filled", resolve, { once: true }));
  const get = answering(() => new Response(html));
  await filled;
  return get;
}

test("every slot takes its template, in one request", async () => {
  const html = '<template data-slot="account">Wang</template><template data-slot="course"><form></form></template>';
  const get = await fill(html);
  expect(get).toHaveBeenCalledTimes(1);
  expect(slot("account").textContent).toBe("Wang");
  expect(slot("course").querySelectorAll("form").length).toBe(1);
});

test("a slot without a template keeps what the server wrote", async () => {
  await fill('<template data-slot="account">Wang</template>');
  expect(slot("course").textContent).toBe("links");
});

test("a slot that somebody uses is left alone", async () => {
  slot("account").querySelector("a")!.focus();
  await fill('<template data-slot="account">Wang</template>');
  expect(slot("account").textContent).toBe("Sign in");
});

test("a failing request changes nothing", async () => {
  const get = answering(() => new Response("", { status: 500 }));
  await vi.waitFor(() => expect(get).toHaveBeenCalledTimes(1), { timeout: 30_000 });
  // All that follows the answer is done before the next turn of the loop.
  await new Promise((resolve) => setTimeout(resolve));
  expect(slot("account").textContent).toBe("Sign in");
});
