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

async function fill(answer: () => Response): Promise<ReturnType<typeof vi.fn>> {
  const get = vi.fn(async () => answer());
  vi.stubGlobal("fetch", get);
  application.register("fragment", FragmentController);
  await new Promise((resolve) => setTimeout(resolve, 30));
  return get;
}

test("every slot takes its template, in one request", async () => {
  const html = '<template data-slot="account">Wang</template><template data-slot="course"><form></form></template>';
  const get = await fill(() => new Response(html));
  expect(get).toHaveBeenCalledTimes(1);
  expect(slot("account").textContent).toBe("Wang");
  expect(slot("course").querySelectorAll("form").length).toBe(1);
});

test("a slot without a template keeps what the server wrote", async () => {
  await fill(() => new Response('<template data-slot="account">Wang</template>'));
  expect(slot("course").textContent).toBe("links");
});

test("a slot that somebody uses is left alone", async () => {
  slot("account").querySelector("a")!.focus();
  await fill(() => new Response('<template data-slot="account">Wang</template>'));
  expect(slot("account").textContent).toBe("Sign in");
});

test("a failing request changes nothing", async () => {
  await fill(() => new Response("", { status: 500 }));
  expect(slot("account").textContent).toBe("Sign in");
});
