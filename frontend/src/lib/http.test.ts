import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { csrfToken, load, send } from "./http";

beforeEach(() => {
  document.head.innerHTML = "";
  document.body.innerHTML = "";
});
afterEach(() => vi.unstubAllGlobals());

function answering(status: number, text: string): ReturnType<typeof vi.fn> {
  const fetch = vi.fn(async () => new Response(text || null, { status }));
  vi.stubGlobal("fetch", fetch);
  return fetch;
}

test("the token comes from the page's meta, else from a form, else from the cookie", () => {
  document.cookie = "csrftoken=from-cookie";
  expect(csrfToken()).toBe("from-cookie");
  document.body.innerHTML = '<input name="csrfmiddlewaretoken" value="from-form">';
  expect(csrfToken()).toBe("from-form");
  document.head.innerHTML = '<meta name="csrf-token" content="from-meta">';
  expect(csrfToken()).toBe("from-meta");
});

test("send posts JSON with the token and returns status and parsed body", async () => {
  document.head.innerHTML = '<meta name="csrf-token" content="t1">';
  const fetch = answering(201, '{"id": 5}');
  expect(await send("/api/v1/attempts/", { permit: "p" }, { keepalive: true })).toEqual({ status: 201, body: { id: 5 } });
  const [url, init] = fetch.mock.calls[0] as [string, RequestInit];
  expect(url).toBe("/api/v1/attempts/");
  expect(init).toMatchObject({
    method: "POST",
    body: '{"permit":"p"}',
    credentials: "same-origin",
    keepalive: true,
    headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": "t1" },
  });
});

test("an error keeps its code and message", async () => {
  answering(409, '{"code":"attempt_closed","message":"Already submitted.","params":{}}');
  expect(await send("/x/", {})).toEqual({
    status: 409,
    body: { code: "attempt_closed", message: "Already submitted.", params: {} },
  });
});

test("a page of a proxy instead of JSON is an answer without body", async () => {
  answering(502, "<html>bad gateway</html>");
  expect(await send("/x/", {})).toEqual({ status: 502, body: null });
});

test("a lost line is status 0, not an exception", async () => {
  vi.stubGlobal("fetch", async () => {
    throw new TypeError("network");
  });
  expect(await send("/x/", {})).toEqual({ status: 0, body: null });
});

test("an answer that never comes ends after the timeout", async () => {
  vi.stubGlobal(
    "fetch",
    (_url: string, init: RequestInit) =>
      new Promise((_resolve, reject) => init.signal!.addEventListener("abort", () => reject(new Error("aborted")))),
  );
  expect(await send("/x/", {}, { timeoutMs: 5 })).toEqual({ status: 0, body: null });
});

test("load sends neither body nor token", async () => {
  const fetch = answering(204, "");
  expect(await load("/x/")).toEqual({ status: 204, body: null });
  const [, init] = fetch.mock.calls[0] as [string, RequestInit];
  expect(init.method).toBe("GET");
  expect(init.body).toBeUndefined();
  expect(init.headers).toEqual({ Accept: "application/json" });
});
