import { describe, expect, test } from "vitest";

import { join, toSeconds, Tracker } from "./watch_log";

function playing(tracker: Tracker, from: number, to: number, began: number, rate = 1): number {
  let wall = began;
  for (let at = from; at <= to; at += 250 * rate) {
    tracker.read(at, wall, rate);
    wall += 250;
  }
  return wall - 250;
}

describe("the tracker", () => {
  test("makes one piece of one stretch of play", () => {
    const tracker = new Tracker();
    const ended = playing(tracker, 0, 10_000, 500);
    tracker.stop();
    expect(tracker.take()).toEqual([{ from: 0, to: 10_000, began: 500, ended }]);
    expect(tracker.take()).toEqual([]);
  });

  test("takes without a gap while play goes on", () => {
    const tracker = new Tracker();
    playing(tracker, 0, 5_000, 0);
    const first = tracker.take();
    playing(tracker, 5_250, 8_000, 5_250);
    const second = tracker.take();
    expect(first).toEqual([{ from: 0, to: 5_000, began: 0, ended: 5_000 }]);
    expect(second).toEqual([{ from: 5_000, to: 8_000, began: 5_000, ended: 8_000 }]);
    expect(join(first, second)).toEqual([{ from: 0, to: 8_000, began: 0, ended: 8_000 }]);
  });

  test("begins a new piece where somebody jumps, forwards or back", () => {
    const tracker = new Tracker();
    playing(tracker, 0, 2_000, 0);
    playing(tracker, 60_000, 61_000, 2_250);
    playing(tracker, 1_000, 2_000, 3_500);
    tracker.stop();
    expect(tracker.take().map(({ from, to }) => [from, to])).toEqual([[0, 2_000], [60_000, 61_000], [1_000, 2_000]]);
  });

  test("follows double speed", () => {
    const tracker = new Tracker();
    playing(tracker, 0, 10_000, 0, 2);
    expect(tracker.take()).toEqual([{ from: 0, to: 10_000, began: 0, ended: 5_000 }]);
  });

  test("keeps what a slowed background page played between two rare readings", () => {
    const tracker = new Tracker();
    tracker.read(0, 0, 1);
    tracker.read(60_000, 60_000, 1);
    expect(tracker.take()).toEqual([{ from: 0, to: 60_000, began: 0, ended: 60_000 }]);
  });

  test("claims nothing for a page that slept", () => {
    const tracker = new Tracker();
    tracker.read(0, 0, 1);
    tracker.read(600_000, 600_000, 1);
    expect(tracker.take()).toEqual([]);
  });

  test("drops the noise of seeking", () => {
    const tracker = new Tracker();
    tracker.read(0, 0, 1);
    tracker.read(200, 200, 1);
    tracker.stop();
    expect(tracker.take()).toEqual([]);
  });
});

test("pieces of different speed stay apart", () => {
  const slow = { from: 0, to: 1_000, began: 0, ended: 1_000 };
  const fast = { from: 1_000, to: 3_000, began: 1_000, ended: 2_000 };
  expect(join([slow], [fast])).toEqual([slow, fast]);
});

test("pieces are sent in seconds", () => {
  expect(toSeconds([{ from: 1, to: 2_500, began: 10, ended: 2_510 }])).toEqual([
    { from_s: 0.001, to_s: 2.5, began_s: 0.01, ended_s: 2.51 },
  ]);
});
