import { afterEach, expect, test, vi } from "vitest";
import type { HttpRequest, HttpResponse, HttpStack } from "tus-js-client";

import { base64, bytesOf, fingerprint, sha256 } from "./digest";
import { duration, filled, Meter, size, titleFrom } from "./figures";
import { endingOf, passes, Sending, type Ending } from "./sending";
import { checkedStack } from "./stack";

afterEach(() => vi.unstubAllGlobals());

const answer = (status: number, headers: Record<string, string> = {}, body = ""): HttpResponse => ({
  getStatus: () => status,
  getHeader: (name) => headers[name],
  getBody: () => body,
  getUnderlyingObject: () => null,
});

const failure = (status: number, body: object | null = null): Error =>
  Object.assign(new Error("x"), { originalResponse: status ? answer(status, {}, JSON.stringify(body)) : null });

/** A server of one upload in memory; `fail` says what is answered instead of the n-th request. */
class Server implements HttpStack {
  kept = new Uint8Array();
  said: [string, Record<string, string>][] = [];

  constructor(private readonly fail: Record<number, number> = {}) {}

  getName = (): string => "Server";

  createRequest(method: string, url: string): HttpRequest {
    const headers: Record<string, string> = {};
    return {
      getMethod: () => method,
      getURL: () => url,
      setHeader: (name, value) => void (headers[name] = value),
      getHeader: (name) => headers[name],
      setProgressHandler: () => undefined,
      abort: async () => undefined,
      getUnderlyingObject: () => null,
      send: async (body: Blob | null) => {
        const meant = headers["X-HTTP-Method-Override"] ?? method;
        this.said.push([meant, headers]);
        const failed = this.fail[this.said.length];
        if (failed === 0) throw new Error("cut");
        if (failed) return answer(failed, {}, "{}");
        if (meant === "POST") return answer(201, { Location: "/tus/1/" });
        if (body) {
          const more = new Uint8Array(await bytesOf(body));
          this.kept = new Uint8Array([...this.kept, ...more]);
        }
        return answer(meant === "HEAD" ? 200 : 204, { "Upload-Offset": String(this.kept.length), "Upload-Length": "10" });
      },
    };
  }
}

function sent(server: Server, url?: string): Promise<Ending> {
  return new Promise((resolve) => {
    new Sending(new File([new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])], "a.mp4"), {
      endpoint: "/tus/",
      url,
      partBytes: 4,
      metadata: { filename: "a.mp4" },
      onProgress: () => undefined,
      onBegun: () => undefined,
      onEnd: resolve,
      stack: checkedStack(server),
      retryDelays: [0, 0, 0],
    }).start();
  });
}

test("a file arrives in parts, each with its checksum and the token that holds now", async () => {
  document.cookie = "csrftoken=now";
  const server = new Server();
  expect(await sent(server)).toEqual({ kind: "arrived" });
  expect([...server.kept]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(server.said.map(([method]) => method)).toEqual(["POST", "PATCH", "PATCH", "PATCH"]);
  const first = server.said[1]![1];
  const digest = await sha256(new Blob([new Uint8Array([0, 1, 2, 3])]));
  expect(first["Upload-Checksum"]).toBe(`sha256 ${base64(digest!)}`);
  expect([first["X-CSRFToken"], first.Accept]).toEqual(["now", "application/json"]);
});

test("a cut line, a damaged part and a server that starts again are gone on from where the server stands", async () => {
  const server = new Server({ 2: 0, 4: 460, 6: 503 });
  expect(await sent(server)).toEqual({ kind: "arrived" });
  expect([...server.kept]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("an upload that is gone is not begun again behind the person's back", async () => {
  const server = new Server({ 1: 410 });
  expect(await sent(server, "/tus/1/")).toEqual({ kind: "refused", message: "", isGone: true });
  expect(server.said.length).toBe(1);
});

test("what passes by itself is tried again, what the server refuses with a reason is not", () => {
  const passing = [0, 423, 460, 500, 502, 503].map((status) => passes(failure(status)));
  expect(passing).toEqual(Array(6).fill(true));
  expect(passes(failure(409, { code: "wrong_offset" }))).toBe(true);
  expect(passes(failure(400, { code: "part_interrupted" }))).toBe(true);
  expect([400, 403, 404, 410, 413, 507].map((status) => passes(failure(status)))).toEqual(Array(6).fill(false));
  expect(passes(failure(409, { code: "lecture_busy" }))).toBe(false);
  expect(endingOf(failure(0))).toEqual({ kind: "broken" });
  expect(endingOf(failure(403, {}))).toEqual({ kind: "signed-out" });
  const full = endingOf(failure(507, { code: "no_room", message: "Too little disk." }));
  expect(full).toEqual({ kind: "refused", message: "Too little disk.", isGone: false });
});

test("without secure digests parts go without checksum and files are known by name", async () => {
  vi.stubGlobal("crypto", {});
  const server = new Server();
  expect(await sent(server)).toEqual({ kind: "arrived" });
  expect(server.said[1]![1]["Upload-Checksum"]).toBeUndefined();
  const file = new File(["abc"], "a.mp4", { lastModified: 5 });
  expect(await fingerprint(file)).toBe("name 3 5 a.mp4");
});

test("a file is known again after it was copied, another one of the same size is not", async () => {
  const one = await fingerprint(new File(["abc"], "a.mp4", { lastModified: 1 }));
  expect(await fingerprint(new File(["abc"], "copy.mp4", { lastModified: 2 }))).toBe(one);
  expect(await fingerprint(new File(["abd"], "a.mp4", { lastModified: 1 }))).not.toBe(one);
  expect(one.length).toBeLessThanOrEqual(100);
});

test("speed is that of the last seconds, and begins anew after a step back", () => {
  const meter = new Meter();
  meter.add(0, 0);
  expect(meter.speed()).toBeNull();
  meter.add(1000, 1000);
  meter.add(4000, 2000);
  expect(meter.speed()).toBe(2000);
  for (let second = 3; second <= 20; second += 1) meter.add(4000 + 100 * (second - 2), second * 1000);
  expect(meter.speed()).toBe(100);
  meter.add(10, 21_000);
  expect(meter.speed()).toBeNull();
});

test("figures read well", () => {
  expect([0, 1023, 1024, 8 * 1024 ** 2, 3.25 * 1024 ** 3].map(size)).toEqual(["0 B", "1023 B", "1.0 KB", "8.0 MB", "3.3 GB"]);
  const texts = { seconds: "{n} s", minutes: "{n} min", hours: "{n} h" };
  expect([0.2, 59, 61, 5399, 5400].map((seconds) => duration(seconds, texts))).toEqual([
    "1 s", "59 s", "2 min", "90 min", "1.5 h",
  ]); // prettier-ignore
  expect(filled("{a} of {b} {c}", { a: 1, b: "x" })).toBe("1 of x {c}");
  expect(["CT_检查  1.MP4", ".mp4", "a.b.mov"].map(titleFrom)).toEqual(["CT 检查 1", ".mp4", "a.b"]);
});
