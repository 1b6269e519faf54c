import { Application } from "@hotwired/stimulus";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import PlayerController from "./player_controller";
// Loaded with the first press of the button; here it is there already, so that no test waits for it.
import "../lib/attention";
import "../lib/controls";
import "../lib/player";

const PATIENCE = { timeout: 30_000 };

const TEXTS = [
  "resume", "watched", "captions", "speed", "gap", "more", "next", "loading", "counting", "completed", "hidden", "too-fast",
  "spent-elsewhere", "not-counted", "failed", "offline", "unreachable", "busy", "signed-out", "session-gone",
  "stalled", "automatic", "at", "play", "pause", "mute", "unmute", "full", "shrink",
];
const PARAMS: Record<string, string> = {
  resume: " {at}", watched: " {percent}", speed: " {speed}", gap: " {from} {to}", next: " {title}",
  automatic: " {height}", at: " {at} {end}",
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
const playing = {
  currentTime: 0, paused: true, playbackRate: 1, seeking: false, ended: false, readyState: 4, volume: 1, muted: false,
};

function page(): void {
  document.body.innerHTML = `
    <section data-controller="player" data-player-play-url-value="/play/" data-player-settle-url-value="/settle/"
      data-player-person-value="p1" data-player-lecture-value="l1" data-player-language-value="zh"
      data-player-duration-value="100" data-player-position-value="20" data-player-watched-value="[[0, 20]]"
      data-player-missing-value="[[20, 100]]" data-player-completed-value="false">
      <div data-player-target="frame">
      <div data-player-target="stage"><video data-player-target="video" data-action="timeupdate->player#tick"></video>
      <p data-player-target="flash" hidden></p>
      <button data-player-target="start" data-action="player#start" hidden><span data-player-target="startLabel">Play</span></button></div>
      <div data-player-target="bar" hidden><svg data-player-target="line"></svg>
      <input type="range" min="0" max="100" step="1" value="20" data-player-target="slider" data-action="change->player#jump">
      <div data-player-target="preview" hidden><span></span><span></span></div>
      <button data-player-target="play" data-action="player#press"></button><span data-player-target="time"></span>
      <button data-player-target="mute"></button><input type="range" min="0" max="100" data-player-target="volume">
      <select data-player-target="speed"><option>0.5</option><option selected>1</option><option>1.5</option><option>2</option></select>
      <select data-player-target="quality"><option value="">Automatic</option><option value="720">720p</option><option value="360">360p</option></select>
      <button data-player-target="captions"></button><button data-player-target="picture"></button><button data-player-target="full"></button></div>
      <p data-player-target="status" hidden></p></div>
      <p data-player-target="percent"></p>
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
  Object.assign(playing, { currentTime: 0, paused: true, playbackRate: 1, readyState: 4, volume: 1, muted: false });
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

test("the speed chosen before play and after it is the one that is played", async () => {
  const speed = find<HTMLSelectElement>("speed");
  speed.value = "1.5";
  await press();
  expect(playing.playbackRate).toBe(1.5);
  speed.value = "0.5";
  speed.dispatchEvent(new Event("change"));
  expect(playing.playbackRate).toBe(0.5);
});

test("where one file is all there is, its quality is shown and nothing is to be chosen", async () => {
  await press();
  const quality = find<HTMLSelectElement>("quality");
  expect([quality.value, quality.disabled]).toEqual(["360", true]);
});

/** Press a key on the player's button of play; false if nobody took it. */
function key(name: string, on: Element = find("play")): boolean {
  return !on.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
}

test("keys do what people expect, and what a control does with a key by itself is left to it", async () => {
  await press();
  playing.currentTime = 50;
  const at: number[] = [];
  for (const name of ["ArrowLeft", "ArrowRight", "j", "L", "3", "Home", "End"]) {
    key(name);
    at.push(playing.currentTime);
  }
  expect(at).toEqual([45, 50, 40, 50, 30, 0, 100]);
  key("ArrowDown");
  expect(playing.volume).toBeCloseTo(0.9);
  key("m");
  expect(playing.muted).toBe(true);
  key(">");
  expect([playing.playbackRate, find("flash").textContent]).toEqual([1.5, "[speed] 1.5"]);
  key("<");
  expect(playing.playbackRate).toBe(1);
  key("k");
  expect(playing.paused).toBe(true);
  expect([key(" "), key(" ", find("frame")), key("x"), key("ArrowRight", find("speed"))]).toEqual([false, true, false, false]);
  expect(playing.paused).toBe(false);
});

test("the bar shows what the video does, whoever made it do so", async () => {
  await press();
  await run(1);
  video.dispatchEvent(new Event("play"));
  expect(find("play").getAttribute("aria-label")).toBe("[pause]");
  find<HTMLButtonElement>("play").click();
  expect([playing.paused, find("play").getAttribute("aria-label")]).toEqual([true, "[play]"]);
  video.dispatchEvent(new Event("loadedmetadata"));
  video.dispatchEvent(new Event("seeked"));
  const slider = find<HTMLInputElement>("slider");
  expect([find("time").textContent, slider.value, slider.getAttribute("aria-valuetext")]).toEqual([
    "0:20 / 1:40", "20", "[at] 0:20 1:40",
  ]);
});

test("the line is dragged to seek, and begins there before play", async () => {
  const slider = find<HTMLInputElement>("slider");
  slider.value = "70";
  slider.dispatchEvent(new Event("change"));
  await vi.waitFor(() => expect(find<HTMLButtonElement>("start").hidden).toBe(true), PATIENCE);
  video.dispatchEvent(new Event("loadedmetadata"));
  expect(playing.currentTime).toBe(70);
  slider.value = "80";
  slider.dispatchEvent(new Event("input"));
  expect([playing.currentTime, find<HTMLElement>("preview").hidden]).toEqual([70, false]);
  slider.dispatchEvent(new Event("change"));
  expect([playing.currentTime, find<HTMLElement>("preview").hidden]).toEqual([80, true]);
});

function tap(x: number, at: number): void {
  const event = new Event("pointerup", { bubbles: true });
  Object.assign(event, { button: 0, clientX: x, pointerType: "touch" });
  Object.defineProperty(event, "timeStamp", { value: at });
  video.dispatchEvent(event);
}

test("one tap pauses, two on a side jump", async () => {
  await press();
  find("stage").getBoundingClientRect = () => ({ left: 0, width: 300 }) as DOMRect;
  playing.currentTime = 50;
  tap(290, 1_000);
  tap(290, 1_200);
  expect([playing.currentTime, playing.paused, find("flash").textContent]).toEqual([60, false, "+10 s"]);
  tap(10, 5_000);
  tap(10, 5_100);
  expect(playing.currentTime).toBe(50);
  tap(150, 9_000);
  await run(0.5);
  expect(playing.paused).toBe(true);
});

test("a picture that stands is said, and the server is asked anew until it answers", async () => {
  await press();
  await run(1);
  playing.readyState = 1;
  await run(4);
  expect(status()).toBe("[stalled]");
  answers["/play/"] = () => [0, null];
  await run(60);
  const tries = sent.filter(([url]) => url === "/play/").length;
  expect(tries).toBeGreaterThan(3);
  answers["/play/"] = () => [200, { ...playback, mp4_url: "/l/new.mp4" }];
  await run(20);
  expect(video.getAttribute("src")).toBe("/l/new.mp4");
  playing.readyState = 4;
  await run(9);
  expect(status()).toBe("[counting]");
});

test("new addresses are fetched before the old ones end; what was played until then is not lost", async () => {
  await press();
  await run(5);
  answers["/play/"] = () => [200, { ...playback, session: "s2", master_url: "/l2/master.m3u8", mp4_url: "/l2/lowest.mp4" }];
  answers["/api/v1/play-sessions/s2/batches/"] = acknowledge();
  await vi.advanceTimersByTimeAsync(3 * 60 * 60 * 1000);
  expect([video.getAttribute("src"), playing.paused]).toEqual(["/l2/lowest.mp4", false]);
  expect(sent.filter(([url]) => url.includes("/s1/")).flatMap(([, body]) => body.pieces).length).toBeGreaterThan(0);
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

test("whoever stands on a missing stretch stays there while it is being watched, and goes to the button at its end", async () => {
  await press();
  const gap = find("missing").querySelector("button")!;
  gap.focus();
  await run(8.5);
  expect([gap.textContent, document.activeElement === gap]).toEqual(["0:28–1:40", true]);
  answers["/api/v1/play-sessions/s1/batches/"] = acknowledge({ intervals: [[0, 100]], missing: [], share: 1 });
  await run(8.5);
  expect([find<HTMLElement>("missingBox").hidden, document.activeElement === find("play")]).toEqual([true, true]);
});

/** The page of an offer that asks whether one is there. */
function withQuestions(): void {
  const form = document.createElement("form");
  form.hidden = true;
  form.dataset.playerTarget = "attention";
  form.dataset.action = "submit->player#answer";
  form.innerHTML = '<p data-player-target="question"></p><button type="submit"></button>';
  find("frame").append(form);
  const element = document.querySelector<HTMLElement>("[data-controller]")!;
  element.dataset.playerAttentionUrlValue = "/attention/";
  find("texts").setAttribute("data-asked", "[asked]");
  find("texts").setAttribute("data-missed", "[missed]");
}

const stand = (more: object) => () => [200, { asked: null, missed: [], held: [], look_after_s: 60, ...more }] as [number, unknown];

test("a question is shown when the server asks it; unanswered, it is not complete; answered, it is", async () => {
  withQuestions();
  answers["/attention/"] = stand({});
  answers["/api/v1/play-sessions/s1/batches/"] = acknowledge({ is_completed: true, intervals: [[0, 95]], share: 0.95 });
  await press();
  expect(find<HTMLElement>("attention").hidden).toBe(true);
  answers["/attention/"] = stand({ asked: "q1" });
  answers["/settle/"] = () => [200, { is_completed: false, next_url: "", next_title: "" }];
  await run(9);
  expect([find<HTMLElement>("attention").hidden, find("question").textContent, status()]).toEqual([
    false, "[asked]", "[counting]",
  ]);
  answers["/attention/"] = stand({ missed: ["q1"], held: [[0, 60]] });
  await run(130);
  expect(find("question").textContent).toBe("[missed] 0:00–1:00");
  expect(find<HTMLElement>("percent").textContent).toBe("[watched] 35");
  answers["/attention/"] = stand({ look_after_s: null });
  answers["/settle/"] = () => [200, { is_completed: true, next_url: "/next/", next_title: "Two" }];
  find("attention").querySelector("button")!.focus();
  find("attention").querySelector("button")!.click();
  await run(1);
  expect(sent.filter(([url]) => url === "/attention/").pop()![1]).toEqual({ answers: ["q1"] });
  expect([find<HTMLElement>("attention").hidden, document.activeElement === find("play")]).toEqual([true, true]);
  await run(9);
  expect([status(), find<HTMLAnchorElement>("next").getAttribute("href")]).toEqual(["[completed]", "/next/"]);
});

test("a refusal to play is said in the server's words, and one may try again", async () => {
  answers["/play/"] = () => [409, { code: "lecture_not_ready", message: "Still being prepared.", params: {} }];
  await press();
  expect([status(), find<HTMLButtonElement>("start").hidden]).toEqual(["Still being prepared.", false]);
});
