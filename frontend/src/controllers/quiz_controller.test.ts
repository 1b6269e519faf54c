import { Application } from "@hotwired/stimulus";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { MemoryStore } from "../lib/answer_store";
import QuizController from "./quiz_controller";

interface Call {
  url: string;
  body: { events: { question: string; value: string; counter: number; client: string }[] };
  token: string;
}

let calls: Call[];
let reply: (call: Call) => { status: number; body?: unknown };
let server: Record<string, { value: string; counter: number; client: string }>;
let store: MemoryStore;
let left: string[];
let application: Application;

function open(extra: Record<string, unknown> = {}): { status: number; body: unknown } {
  return { status: 200, body: { state: "open", ends_at: null, server_now: new Date().toISOString(), answers: server, ...extra } };
}

function accept(call: Call): { status: number; body: unknown } {
  for (const event of call.body.events) server[event.question] = { value: event.value, counter: event.counter, client: event.client };
  return open(call.url === "/submit/" ? { state: "submitted" } : {});
}

function question(id: string, type: "radio" | "checkbox"): string {
  const options = ["A", "B", "C"].map(
    (key) => `<input type="${type}" name="q-${id}" value="${key}">`,
  );
  return `<fieldset id="${id}" data-item="${id}" data-widget="choice">${options.join("")}
    <p class="question__status"></p></fieldset>
    <nav class="question-map"><a href="#${id}"><span></span></a></nav>`;
}

async function page(attributes = ""): Promise<QuizController> {
  document.body.innerHTML = `<form data-controller="quiz" data-action="change->quiz#changed submit->quiz#submitted"
    data-quiz-key-value="p/a" data-quiz-answers-url-value="/answers/" data-quiz-submit-url-value="/submit/"
    data-quiz-advance-url-value="/advance/" data-text-refused="refused {list}" data-text-nothing-yet="nothing yet {n}"
    data-text-section-open="section open {list}"
    data-quiz-page-url-value="/page/" data-quiz-server-now-value="${new Date().toISOString()}"
    data-quiz-answers-value='{}' data-text-saved="saved" data-text-saving="saving" data-text-local="local"
    data-text-all-saved="all saved" data-text-local-count="local {n}" data-text-offline="offline"
    data-text-late="late {n}" data-text-unanswered="open: {list}" data-text-elsewhere="elsewhere: {list}"
    data-text-five-minutes="five" data-text-one-minute="one" data-text-time-over="over" ${attributes}>
    <input type="hidden" name="csrfmiddlewaretoken" value="old">
    <div data-quiz-target="notice" hidden></div><p data-quiz-target="signIn" hidden></p>
    <p data-quiz-target="result" hidden><a href="/page/">Result</a></p>
    ${question("q1", "radio")}${question("q2", "checkbox")}
    <span data-quiz-target="answered"></span><span data-quiz-target="summary"></span>
    <p data-quiz-target="clock" hidden></p>
    <button name="do" value="advance:q1">Next</button><button name="do" value="section:1">Leave</button>
    <button name="do" value="save">Save</button><button name="do" value="submit" data-quiz-target="submit">Submit</button>
    <p data-quiz-target="announcement"></p></form>`;
  application = Application.start();
  application.register("quiz", QuizController);
  await vi.advanceTimersByTimeAsync(0);
  const form = document.querySelector("form")!;
  const controller = application.getControllerForElementAndIdentifier(form, "quiz") as QuizController;
  await controller.ready;
  return controller;
}

function tick(question: string, key: string): void {
  const input = document.querySelector<HTMLInputElement>(`input[name="q-${question}"][value="${key}"]`)!;
  input.checked = input.type === "radio" ? true : !input.checked;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function press(action: string): void {
  document.querySelector<HTMLButtonElement>(`button[value="${action}"]`)!.click();
}

function text(target: string, id = ""): string {
  if (target === "status") return document.querySelector(`#${id} .question__status`)!.textContent!;
  if (target === "jumpState") return document.querySelector(`a[href="#${id}"] span`)!.textContent!;
  return document.querySelector(`[data-quiz-target="${target}"]`)!.textContent!;
}

function pass(ms: number): Promise<unknown> {
  return vi.advanceTimersByTimeAsync(ms);
}

beforeEach(() => {
  vi.useFakeTimers();
  [calls, server, left, store] = [[], {}, [], new MemoryStore()];
  reply = accept;
  QuizController.openStore = async () => Object.assign(store, { isLasting: true });
  QuizController.leave = (url) => void left.push(url);
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    const headers = init.headers as Record<string, string>;
    const call = { url, body: JSON.parse(String(init.body)), token: headers["X-CSRFToken"] ?? "" };
    calls.push(call);
    const { status, body } = reply(call);
    if (status === 0) throw new TypeError("network");
    return new Response(body === undefined ? null : JSON.stringify(body), { status });
  });
});

afterEach(() => {
  application.stop();
  document.body.innerHTML = "";
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("a change is kept on the device, sent after a moment and shown as saved", async () => {
  await page();
  await pass(500);
  calls = [];
  tick("q1", "B");
  await pass(1);
  expect([text("status", "q1"), text("summary"), (await store.all("p/a")).length]).toEqual(["local", "local 1", 1]);
  await pass(400);
  expect(calls.map((call) => [call.url, call.body.events.map((event) => event.value)])).toEqual([["/answers/", ["B"]]]);
  expect([text("status", "q1"), text("summary"), text("answered"), await store.all("p/a")]).toEqual([
    "saved", "all saved", "1", [],
  ]);
});

test("quick changes go in one batch, several options as their letters in order", async () => {
  await page();
  await pass(500);
  calls = [];
  tick("q2", "C");
  tick("q2", "A");
  tick("q1", "A");
  await pass(500);
  expect(calls).toHaveLength(1);
  expect(calls[0]!.body.events.map((event) => [event.question, event.value])).toEqual([["q2", "AC"], ["q1", "A"]]);
});

test("with the server gone it says so calmly, keeps the answers and sends them when it is back", async () => {
  await page();
  reply = () => ({ status: 0 });
  tick("q1", "B");
  await pass(5_000);
  expect([text("notice"), text("status", "q1"), (await store.all("p/a")).length]).toEqual(["offline", "local", 1]);
  const tries = calls.length;
  await pass(60_000);
  expect(calls.length - tries).toBeLessThan(6);
  reply = accept;
  dispatchEvent(new Event("online"));
  await pass(10);
  expect([text("notice"), text("status", "q1"), server["q1"]?.value]).toEqual(["", "saved", "B"]);
});

test("leaving with unsent answers warns, without any it does not", async () => {
  await page();
  await pass(500);
  const before = new Event("beforeunload", { cancelable: true });
  dispatchEvent(before);
  expect(before.defaultPrevented).toBe(false);
  reply = () => ({ status: 503 });
  tick("q1", "B");
  await pass(10);
  const after = new Event("beforeunload", { cancelable: true });
  dispatchEvent(after);
  expect(after.defaultPrevented).toBe(true);
});

test("signed out: it asks to sign in and goes on with the new token", async () => {
  await page();
  reply = () => ({ status: 403, body: { code: "not_signed_in", message: "" } });
  tick("q1", "B");
  await pass(500);
  expect(document.querySelector<HTMLElement>('[data-quiz-target="signIn"]')!.hidden).toBe(false);
  document.cookie = "csrftoken=new";
  reply = accept;
  document.dispatchEvent(new Event("visibilitychange"));
  await pass(10);
  expect([calls[calls.length - 1]!.token, server["q1"]?.value]).toEqual(["new", "B"]);
  expect(document.querySelector<HTMLElement>('[data-quiz-target="signIn"]')!.hidden).toBe(true);
});

test("an answer changed in another tab is taken over and said", async () => {
  await page();
  await pass(500);
  server["q1"] = { value: "C", counter: 5, client: "tab-2" };
  tick("q2", "A");
  await pass(500);
  expect(document.querySelector<HTMLInputElement>('input[name="q-q1"][value="C"]')!.checked).toBe(true);
  expect(text("announcement")).toBe("elsewhere: 1");
  tick("q1", "A");
  await pass(500);
  expect(server["q1"]).toMatchObject({ value: "A", counter: 6 });
});

test("submit asks once for what is open, sends what is pending and leads to the result, once", async () => {
  await page();
  await pass(500);
  calls = [];
  tick("q1", "B");
  press("submit");
  await pass(1);
  expect([text("notice"), calls.length]).toEqual(["open: 2", 0]);
  press("submit");
  press("submit");
  await pass(2_000);
  expect(calls.map((call) => [call.url, call.body.events.length])).toEqual([["/submit/", 1]]);
  expect([left, await store.all("p/a"), server["q1"]?.value]).toEqual([["/page/"], [], "B"]);
});

test("submit waits for the server and happens when it is back", async () => {
  await page();
  tick("q1", "B");
  tick("q2", "A");
  await pass(500);
  reply = () => ({ status: 502 });
  press("submit");
  await pass(8_000);
  expect([text("notice"), left]).toEqual(["offline", []]);
  reply = accept;
  await pass(31_000);
  expect(left).toEqual(["/page/"]);
});

test("a closed attempt names the answers that came too late, and the way to its result waits below", async () => {
  await page();
  reply = () => ({ status: 409, body: { code: "attempt_overdue", message: "Time is over." } });
  tick("q1", "B");
  await pass(500);
  expect([text("notice"), left, await store.all("p/a")]).toEqual(["Time is over. late 1", [], []]);
  const result = document.querySelector<HTMLElement>('[data-quiz-target="result"]')!;
  expect([result.hidden, document.activeElement]).toEqual([false, result.querySelector("a")]);
  await pass(60_000);
  expect(left).toEqual([]);
});

test("a closed attempt with nothing too late leads to its result", async () => {
  await page();
  reply = () => ({ status: 409, body: { code: "attempt_closed", message: "Closed." } });
  await pass(500);
  expect([text("notice"), left]).toEqual(["", ["/page/"]]);
});

test("a refused batch shows why and what the server has", async () => {
  await page();
  reply = (call) => (call.body.events.length ? { status: 400, body: { code: "invalid_answer", message: "No." } } : open());
  tick("q1", "B");
  await pass(500);
  expect([text("notice"), text("status", "q1"), await store.all("p/a")]).toEqual(["No.", "", []]);
  expect(document.querySelectorAll("input:checked")).toHaveLength(0);
});

test("the countdown follows the server, is announced at five and one minute and hands in at the end", async () => {
  const ends = new Date(Date.now() + 302_000).toISOString();
  reply = (call) => {
    const answer = accept(call) as { status: number; body: Record<string, unknown> };
    return { ...answer, body: { ...answer.body, ends_at: ends } };
  };
  await page(`data-quiz-ends-at-value="${ends}"`);
  expect(text("clock")).toBe("5:02");
  await pass(3_000);
  expect(text("announcement")).toBe("five");
  await pass(240_000);
  expect(text("announcement")).toBe("one");
  await pass(60_000);
  expect([text("announcement"), left]).toEqual(["over", ["/page/"]]);
});

test("answers of a killed tab are shown and sent", async () => {
  await store.put("p/a", { question: "q2", value: "AB", counter: 3, client: "tab-0" });
  await page();
  expect([...document.querySelectorAll<HTMLInputElement>("input:checked")].map((input) => input.value)).toEqual(["A", "B"]);
  await pass(10);
  expect(server["q2"]?.value).toBe("AB");
});

test("finishing a question sends its answer with it and loads what opens", async () => {
  await page();
  await pass(500);
  calls = [];
  tick("q1", "B");
  press("advance:q1");
  await pass(10);
  expect(calls.map((call) => [call.url, (call.body as { item?: string }).item, call.body.events.length])).toEqual([
    ["/advance/", "q1", 1],
  ]);
  expect([left, await store.all("p/a")]).toEqual([["/page/?at=2#q2"], []]);
});

test("finishing without an answer asks once, and a later answer asks anew", async () => {
  await page();
  await pass(500);
  calls = [];
  press("advance:q1");
  await pass(10);
  expect([text("notice"), calls]).toEqual(["nothing yet 1", []]);
  tick("q2", "A");
  await pass(500);
  press("advance:q1");
  await pass(10);
  expect(calls.map((call) => call.url)).toEqual(["/answers/"]);
  press("advance:q1");
  await pass(10);
  expect([calls.map((call) => call.url), left]).toEqual([["/answers/", "/advance/"], ["/page/?at=2#q2"]]);
});

test("leaving a section names what has no answer, and its number is sent", async () => {
  await page();
  await pass(500);
  tick("q1", "A");
  await pass(500);
  calls = [];
  press("section:1");
  await pass(10);
  expect([text("notice"), calls.length]).toEqual(["section open 2", 0]);
  press("section:1");
  await pass(10);
  expect(calls.map((call) => [call.url, (call.body as { section?: number }).section])).toEqual([["/advance/", 1]]);
  expect(left).toEqual(["/page/?section=2#section-2"]);
});

test("without a line finishing waits with its answer and is done when the server is back", async () => {
  await page();
  await pass(500);
  reply = () => ({ status: 0 });
  tick("q1", "B");
  press("advance:q1");
  await pass(3_000);
  expect([text("notice"), left]).toEqual(["offline", []]);
  reply = accept;
  await pass(20_000);
  expect([server["q1"]?.value, left]).toEqual(["B", ["/page/?at=2#q2"]]);
});

test("what another device has locked is refused, shown as the server has it and can no longer be changed", async () => {
  await page();
  await pass(500);
  reply = (call) => {
    for (const event of call.body.events.filter((one) => one.question === "q2")) {
      server[event.question] = { value: event.value, counter: event.counter, client: event.client };
    }
    server["q1"] = { value: "A", counter: 1, client: "phone" };
    return open({ refused: [{ question: "q1", reason: "question_locked" }] });
  };
  tick("q1", "B");
  tick("q1", "C");
  tick("q2", "C");
  await pass(500);
  expect([text("notice"), await store.all("p/a")]).toEqual(["refused 1", []]);
  expect([...document.querySelectorAll<HTMLInputElement>("input:checked")].map((input) => input.value)).toEqual(["A", "C"]);
  expect(document.querySelectorAll("#q1 input:not(:disabled)")).toHaveLength(0);
  expect([text("status", "q1"), text("summary")]).toEqual(["saved", "all saved"]);
});
