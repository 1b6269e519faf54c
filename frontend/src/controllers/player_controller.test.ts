import { Application } from "@hotwired/stimulus";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import PlayerController from "./player_controller";
// Loaded with the first press of the button; here it is there already, so that no test waits for it.
import "../lib/player";

const PATIENCE = { timeout: 30_000 };

const TEXTS = [
  "resume", "watched", "captions", "speed", "gap", "more", "next", "loading", "counting", "completed", "hidden", "too-fast",
  "spent-elsewhere", "not-counted", "failed", "offline", "unreachable", "busy", "signed-out", "session-gone",
];
const PARAMS: Record<string, string> = {
  resume: " {at}", watched: " {percent}", speed: " {speed}", gap: " {from} {to}", next: " {title}",
};

const playback = {
  session: "s1", master_url: "/l/master.m3u8", mp4_url: "/l/lowest.mp4", captions_url: "/l/captions.vtt",
  duration_s: 100, position_s: 20, intervals: [[0, 20]], missing: [[20, 100]], share: 0.2, threshold: 0.9, max_speed: 1.5,
  background_play: false, is_completed: false,
};

let application: Application;
let answers: Record<string, () => [number, unknown]>;
let sent: [string, any][];
let wall: number;
let video: HTMLVideoElement;
const playing = { currentTime: 0, paused: true, playbackRate: 1, seeking: false, ended: false, readyState: 4 };

function page(): void {
  document.body.innerHTML = `
    <section data-controller="player" data-player-play-url-value="/play/" data-player-settle-url-value="/settle/"
      data-player-person-value="p1" data-player-lecture-value="l1" data-player-language-value="zh"
      data-player-duration-value="100" data-player-position-value="20" data-player-watched-value="[[0, 20]]"
      data-player-missing-value="[[20, 100]]" data-player-completed-value="false">
      <video data-player-target="video" data-action="timeupdate->player#tick"></video>
      <button data-player-target="start" data-action="player#start" hidden><span data-player-target="startLabel">Play</span></button>
      <p data-player-target="status" hidden></p>
      <p data-player-target="percent"></p><div data-player-target="speeds" hidden></div>
      <svg data-player-target="line" data-action="click->player#jump"></svg>
      <div data-player-target="missingBox" hidden><ul data-player-target="missing"></ul></div>
      <a data-player-target="next" hidden></a>
      <div data-player-target="texts" ${TEXTS.map((name) => `data-${name}="[${name}]${PARAMS[name] ?? ""}"`).join(" ")}></div>
    </section>`;
  video = document.querySelector("video")!;
  for (const name of Object.keys(playing) as (keyof typeof playing)[]) {
    Object.defineProperty(video, name, {
      configurable: true,
      get: () => playing[name],
      set: (value) => Object.assign(playing, { [name]: value }),
    });
  }
  video.load = () => {
    playing.currentTime = 0;
  };
  video.play = async () => {
    playing.paused = false;
  };
  video.pause = () => {
    playing.paused = true;
    video.dispatchEvent(new Event("pause"));
  };
  video.canPlayType = () => "";
}

function find<T extends Element>(name: string): T {
  return document.querySelector<T>(`[data-player-target="${name}"]`)!;
}

const status = () => find<HTMLElement>("status").textContent;

function acknowledge(watched: object = {}, reason = ""): () => [number, unknown] {
  return () => [
    200,
    {
      sequence: 1, credited_s: 8, reason, refused: [],
      watched: { ...playback, intervals: [[0, 28]], missing: [[28, 100]], share: 0.28, ...watched },
    },
  ];
}

/** Let the video run for so many seconds of page time. */
async function run(seconds: number, rate = playing.playbackRate): Promise<void> {
  for (let step = 0; step < seconds * 4; step += 1) {
    wall += 250;
    if (!playing.paused) playing.currentTime += 0.25 * rate;
    await vi.advanceTimersByTimeAsync(250);
  }
}

async function press(): Promise<void> {
  find<HTMLButtonElement>("start").click();
  await vi.waitFor(() => expect(find<HTMLButtonElement>("start").disabled).toBe(false), PATIENCE);
}

function hide(hidden: boolean): void {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] });
  Object.assign(playing, { currentTime: 0, paused: true, playbackRate: 1 });
  wall = 1_000;
  vi.spyOn(performance, "now").mockImplementation(() => wall);
  sent = [];
  answers = {
    "/play/": () => [200, playback],
    "/settle/": () => [200, { is_completed: true, next_url: "/next/", next_title: "Two" }],
    "/api/v1/play-sessions/s1/batches/": acknowledge(),
  };
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    sent.push([url, JSON.parse(String(init.body))]);
    const answer = answers[url]!();
    if (answer[0] === 0) throw new TypeError("network");
    return new Response(JSON.stringify(answer[1]), { status: answer[0] });
  });
  localStorage.clear();
  Element.prototype.scrollIntoView = () => undefined;
  page();
  application = Application.start();
  application.register("player", PlayerController);
  await Promise.resolve();
});

afterEach(async () => {
  // The controller leaves its page before the next one comes.
  document.body.innerHTML = "";
  await Promise.resolve();
  application.stop();
  delete (document as any).hidden;
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("before play it asks nothing of the server and shows what is watched and missing", () => {
  expect(sent).toEqual([]);
  expect(find<HTMLElement>("startLabel").textContent).toBe("[resume] 0:20");
  expect(find<HTMLButtonElement>("start").hidden).toBe(false);
  expect([...find("missing").querySelectorAll("button")].map((button) => button.textContent)).toEqual(["0:20–1:40"]);
});

test("a press opens a session, plays on from where one was, and reports every eight seconds", async () => {
  await press();
  expect(sent).toEqual([["/play/", {}]]);
  expect(video.getAttribute("src")).toBe("/l/lowest.mp4");
  video.dispatchEvent(new Event("loadedmetadata"));
  expect(playing.currentTime).toBe(20);
  expect(find<HTMLButtonElement>("start").hidden).toBe(true);
  await run(8.5);
  expect(status()).toBe("[counting]");
  const [url, body] = sent[1]!;
  expect(url).toBe("/api/v1/play-sessions/s1/batches/");
  expect([body.sequence, body.pieces.length, body.pieces[0].from_s >= 20, body.pieces[0].began_s >= 0]).toEqual([1, 1, true, true]);
  expect(find<HTMLElement>("percent").textContent).toBe("[watched] 28");
  expect([...find("missing").querySelectorAll("button")].map((button) => button.textContent)).toEqual(["0:28–1:40"]);
});

test("speeds stop at the greatest that counts", async () => {
  await press();
  const speeds = [...find("speeds").querySelectorAll("button")];
  expect(speeds.map((button) => button.textContent)).toEqual(["0.75×", "1×", "1.25×", "1.5×"]);
  speeds[3]!.click();
  expect([playing.playbackRate, speeds.map((button) => button.getAttribute("aria-pressed"))]).toEqual([
    1.5, ["false", "false", "false", "true"],
  ]);
});

test("a speed that does not count is said at once and nothing of it is reported", async () => {
  await press();
  playing.playbackRate = 3;
  await run(9);
  expect(status()).toBe("[too-fast]");
  expect(sent).toHaveLength(1);
});

test("a hidden page pauses where the rule wants the page in view, and says so", async () => {
  await press();
  await run(2);
  hide(true);
  expect([playing.paused, status()]).toEqual([true, "[hidden]"]);
  hide(false);
  expect(status()).toBe("[hidden]");
  playing.paused = false;
  await run(1);
  expect(status()).toBe("[counting]");
});

test("no answer is said within ten seconds; what was played is sent when the line is back", async () => {
  await press();
  answers["/api/v1/play-sessions/s1/batches/"] = () => [0, null];
  await run(10);
  expect(status()).toBe("[unreachable]");
  answers["/api/v1/play-sessions/s1/batches/"] = acknowledge();
  window.dispatchEvent(new Event("online"));
  await run(1);
  expect(status()).toBe("[counting]");
});

test("time that counts elsewhere is said within ten seconds", async () => {
  answers["/api/v1/play-sessions/s1/batches/"] = acknowledge({}, "spent_elsewhere");
  await press();
  await run(10);
  expect(status()).toBe("[spent-elsewhere]");
});

test("signed out: it says so and keeps the log", async () => {
  answers["/api/v1/play-sessions/s1/batches/"] = () => [403, { code: "not_signed_in", message: "", params: {} }];
  await press();
  await run(10);
  expect(status()).toBe("[signed-out]");
  expect(localStorage.getItem("isocenter-watching")).toBe("1");
});

test("a session that is gone is opened anew without stopping the picture", async () => {
  answers["/api/v1/play-sessions/s1/batches/"] = () => [410, { code: "play_session_over", message: "", params: {} }];
  answers["/play/"] = () => [200, { ...playback, session: sent.length > 1 ? "s2" : "s1" }];
  answers["/api/v1/play-sessions/s2/batches/"] = acknowledge();
  await press();
  await run(18);
  expect(sent.map(([url]) => url)).toEqual([
    "/play/", "/api/v1/play-sessions/s1/batches/", "/play/", "/api/v1/play-sessions/s2/batches/",
  ]);
  expect([playing.paused, status()]).toEqual([false, "[counting]"]);
});

test("enough watched: it tells the page, settles, and shows the way on", async () => {
  const completed = vi.fn();
  document.addEventListener("player:completed", completed);
  answers["/api/v1/play-sessions/s1/batches/"] = acknowledge({ is_completed: true, share: 0.95 });
  await press();
  await run(17);
  expect(status()).toBe("[completed]");
  expect(completed).toHaveBeenCalledTimes(1);
  expect(sent.filter(([url]) => url === "/settle/")).toHaveLength(1);
  const next = find<HTMLAnchorElement>("next");
  expect([next.hidden, next.getAttribute("href"), next.textContent]).toEqual([false, "/next/", "[next] Two"]);
});

test("a missing stretch starts the player there", async () => {
  find("missing").querySelector("button")!.click();
  await vi.waitFor(() => expect(find<HTMLButtonElement>("start").hidden).toBe(true), PATIENCE);
  video.dispatchEvent(new Event("loadedmetadata"));
  expect(playing.currentTime).toBe(20);
});

test("whoever stands on a missing stretch stays there while it is being watched, and goes to the video at its end", async () => {
  await press();
  const gap = find("missing").querySelector("button")!;
  gap.focus();
  await run(8.5);
  expect([gap.textContent, document.activeElement === gap]).toEqual(["0:28–1:40", true]);
  answers["/api/v1/play-sessions/s1/batches/"] = acknowledge({ intervals: [[0, 100]], missing: [], share: 1 });
  video.tabIndex = 0;
  await run(8.5);
  expect([find<HTMLElement>("missingBox").hidden, document.activeElement === video]).toEqual([true, true]);
});

test("a session that is opened anew leaves whoever stands on a speed in place", async () => {
  await press();
  const speed = find("speeds").querySelectorAll("button")[2]!;
  speed.focus();
  speed.click();
  answers["/api/v1/play-sessions/s1/batches/"] = () => [410, { code: "play_session_over", message: "", params: {} }];
  await run(9);
  expect(sent.filter(([url]) => url === "/play/")).toHaveLength(2);
  expect([document.activeElement === speed, speed.getAttribute("aria-pressed")]).toEqual([true, "true"]);
});

test("a refusal to play is said in the server's words, and one may try again", async () => {
  answers["/play/"] = () => [409, { code: "lecture_not_ready", message: "Still being prepared.", params: {} }];
  await press();
  expect([status(), find<HTMLButtonElement>("start").hidden]).toEqual(["Still being prepared.", false]);
});
