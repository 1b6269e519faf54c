import { afterEach, expect, test, vi } from "vitest";

import { DATABASE, forgetWatching, hasLeftovers, markLeftovers } from "./leftovers";

afterEach(() => vi.unstubAllGlobals());

test("unsent batches leave a mark until all are acknowledged", () => {
  markLeftovers(2);
  expect(hasLeftovers()).toBe(true);
  markLeftovers(0);
  expect(hasLeftovers()).toBe(false);
});

test("signing out forgets the store and its mark", () => {
  const deleteDatabase = vi.fn();
  vi.stubGlobal("indexedDB", { deleteDatabase });
  markLeftovers(1);
  forgetWatching();
  expect([hasLeftovers(), deleteDatabase.mock.calls]).toEqual([false, [[DATABASE]]]);
});
