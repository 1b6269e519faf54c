import { expect, test } from "vitest";

import { ServerClock, clockText } from "./server_clock";

test("the clock follows the server, by the sample with the shortest round trip", () => {
  let local = 1_000_000;
  const clock = new ServerClock(new Date(61_000).toISOString(), () => local);
  expect(clock.now()).toBe(61_000);
  clock.sample(new Date(70_000).toISOString(), 1_000_000, 1_000_400);
  expect(clock.now()).toBe(69_800);
  clock.sample(new Date(99_000).toISOString(), 1_000_000, 1_005_000);
  expect(clock.now()).toBe(69_800);
  local += 5_000;
  expect(clock.now()).toBe(74_800);
});

test("a time that is none changes nothing", () => {
  const clock = new ServerClock("", () => 5);
  clock.sample("never", 0, 1);
  expect(clock.now()).toBe(5);
});

test("time left is read in hours, minutes and seconds", () => {
  expect([clockText(3_909_000), clockText(309_000), clockText(999), clockText(-5)]).toEqual([
    "1:05:09", "5:09", "0:01", "0:00",
  ]);
});
