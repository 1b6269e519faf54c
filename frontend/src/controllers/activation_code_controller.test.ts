import { Application } from "@hotwired/stimulus";
import { afterEach, beforeEach, expect, test } from "vitest";

import ActivationCodeController from "./activation_code_controller";

let application: Application;

beforeEach(() => {
  document.body.innerHTML = `
    <form data-controller="activation-code">
      <input name="code" data-activation-code-target="field">
      <input name="password" type="password" data-activation-code-target="next">
    </form>`;
});

afterEach(async () => {
  document.body.innerHTML = "";
  await new Promise((resolve) => setTimeout(resolve));
  application.stop();
  window.history.replaceState(null, "", "/");
});

async function openedAt(address: string): Promise<HTMLInputElement> {
  window.history.replaceState(null, "", address);
  application = Application.start();
  application.register("activation-code", ActivationCodeController);
  await Promise.resolve();
  return document.querySelector<HTMLInputElement>("[name=code]")!;
}

test("the code of a slip fills the field and leaves the address", async () => {
  const field = await openedAt("/en/account/activate/?next=%2Fen%2F#code=7K2M9QXF4TB%2A");
  expect(field.value).toBe("7K2M-9QXF-4TB*");
  expect(window.location.href.replace(window.location.origin, "")).toBe("/en/account/activate/?next=%2Fen%2F");
  expect((document.activeElement as HTMLInputElement).name).toBe("password");
});

test("an address without a code changes nothing", async () => {
  const field = await openedAt("/en/account/activate/#main");
  expect(field.value).toBe("");
  expect(window.location.hash).toBe("#main");
});

test("a second slip scanned into the open page replaces the first", async () => {
  const field = await openedAt("/en/account/activate/#code=000000000000");
  window.history.replaceState(null, "", "/en/account/activate/#code=7K2M9QXF4TBD");
  window.dispatchEvent(new HashChangeEvent("hashchange"));
  expect(field.value).toBe("7K2M-9QXF-4TBD");
});
