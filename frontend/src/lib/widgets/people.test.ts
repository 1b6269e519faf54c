import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { essay, words } from "./essay";
import { file } from "./file";

function fieldset(html: string): HTMLElement {
  document.body.innerHTML = `<form><fieldset data-item="i">${html}</fieldset></form>`;
  return document.querySelector("fieldset") as HTMLElement;
}

test("an essay is read without blanks around it and with plain line ends", () => {
  const set = fieldset("<textarea></textarea>");
  (set.querySelector("textarea") as HTMLTextAreaElement).value = "  一\r\n二  ";
  expect(essay.read(set)).toBe("一\n二");
});

test("an essay that says the same is not put in again", () => {
  const set = fieldset("<textarea></textarea>");
  const area = set.querySelector("textarea") as HTMLTextAreaElement;
  area.value = "正在写 ";
  essay.show(set, "正在写");
  expect(area.value).toBe("正在写 ");
  essay.show(set, "别处写的");
  expect(area.value).toBe("别处写的");
});

test("an essay's length is told while it is typed", () => {
  const set = fieldset('<textarea maxlength="50"></textarea><p data-essay-count data-text-count="{words}/{characters}/{most}"></p>');
  const area = set.querySelector("textarea") as HTMLTextAreaElement;
  essay.show(set, "");
  area.value = "CT 值 −20 HU 偏低";
  area.dispatchEvent(new Event("input"));
  expect(set.querySelector("p")?.textContent).toBe("6/14/50");
});

test.each([["", 0], ["螺旋CT", 3], ["it's a low-dose scan", 4], ["120 kV。", 2]])("words of %s", (text, number) => {
  expect(words(text)).toBe(number);
});

const FILE =
  '<div class="file-field" data-file-url="/up/" data-text-sent="has {name}" data-text-failed="failed" data-text-sending="…" data-text-none="none" data-text-elsewhere="elsewhere">' +
  '<input type="hidden" name="q-i" value="old"><p data-file-state></p><label data-file-present><input type="checkbox" name="q-i.remove"></label>' +
  '<input type="file"><button name="do" value="save" data-file-send>send</button></div>';

function choose(set: HTMLElement): void {
  const chooser = set.querySelector('input[type="file"]') as HTMLInputElement;
  let files: File[] = [new File(["x"], "a.pdf")];
  Object.defineProperty(chooser, "files", { get: () => files, configurable: true });
  Object.defineProperty(chooser, "value", { set: () => { files = []; }, get: () => "", configurable: true });
  chooser.dispatchEvent(new Event("change", { bubbles: true }));
}

const settled = (): Promise<void> => new Promise((done) => setTimeout(done));
const state = (set: HTMLElement): string => set.querySelector("[data-file-state]")?.textContent ?? "";

beforeEach(() => vi.stubGlobal("fetch", vi.fn()));
afterEach(() => vi.unstubAllGlobals());

function answer(status: number, body: unknown): void {
  vi.mocked(fetch).mockResolvedValue(new Response(JSON.stringify(body), { status }));
}

test("a chosen file is sent and its id becomes the answer", async () => {
  const set = fieldset(FILE);
  file.show(set, "old");
  answer(201, { id: "new", name: "a.pdf" });
  const changed = vi.fn();
  set.addEventListener("change", (event) => changed((event.target as HTMLInputElement).type));
  choose(set);
  await settled();
  expect([file.read(set), state(set), changed.mock.calls.flat()]).toEqual(["new", "has a.pdf", ["file", "hidden"]]);
});

test("a refused file says why and leaves the answer as it was", async () => {
  const set = fieldset(FILE);
  file.show(set, "old");
  answer(400, { message: "no such type" });
  choose(set);
  await settled();
  expect([file.read(set), state(set)]).toEqual(["old", "no such type"]);
});

test("a file that could not be sent stays chosen, holds the form back and is sent by the button", async () => {
  const set = fieldset(FILE);
  file.show(set, "old");
  vi.mocked(fetch).mockRejectedValue(new TypeError("offline"));
  choose(set);
  await settled();
  expect(state(set)).toBe("failed");
  answer(201, { id: "new", name: "a.pdf" });
  const handedIn = vi.fn((event: Event) => event.preventDefault());
  const form = set.closest("form") as HTMLFormElement;
  form.addEventListener("submit", handedIn);
  form.dispatchEvent(new Event("submit", { cancelable: true }));
  expect(handedIn).not.toHaveBeenCalled();
  await settled();
  expect(file.read(set)).toBe("new");
  form.dispatchEvent(new Event("submit", { cancelable: true }));
  expect(handedIn).toHaveBeenCalledTimes(1);
});

test("taking the file back and a file from elsewhere", () => {
  const set = fieldset(FILE);
  file.show(set, "old");
  (set.querySelector('input[type="checkbox"]') as HTMLInputElement).checked = true;
  expect(file.read(set)).toBe("");
  file.show(set, "other");
  expect([file.read(set), state(set)]).toEqual(["other", "elsewhere"]);
});
