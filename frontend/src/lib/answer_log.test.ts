import { beforeEach, expect, test } from "vitest";

import { AnswerLog, type Answers } from "./answer_log";
import { MemoryStore, isNewer } from "./answer_store";

const KEY = "person/attempt";
let store: MemoryStore;

beforeEach(() => {
  store = new MemoryStore();
});

function merged(answers: Answers, events: ReturnType<AnswerLog["batch"]>): Answers {
  const result = { ...answers };
  for (const { question, ...answer } of events) if (isNewer(answer, result[question])) result[question] = answer;
  return result;
}

test("a change is on the device before anything is sent, and leaves it once acknowledged", async () => {
  const log = new AnswerLog(KEY, store, {}, "tab-1");
  await log.record("q1", "B");
  expect(await store.all(KEY)).toMatchObject([{ question: "q1", value: "B", counter: 1, client: "tab-1" }]);
  expect([log.isPending("q1"), log.isSaved("q1"), log.value("q1")]).toEqual([true, false, "B"]);
  expect(await log.settle(merged({}, log.batch()))).toEqual([]);
  expect(await store.all(KEY)).toEqual([]);
  expect([log.isPending("q1"), log.isSaved("q1"), log.value("q1")]).toEqual([false, true, "B"]);
});

test("what a killed tab left behind is sent by the next one", async () => {
  await new AnswerLog(KEY, store, {}, "tab-1").record("q1", "C");
  const next = new AnswerLog(KEY, store, { q1: { value: "A", counter: 0, client: "form" } }, "tab-2");
  await next.load();
  expect(next.batch()).toMatchObject([{ question: "q1", value: "C", counter: 1, client: "tab-1" }]);
  await next.record("q1", "D");
  expect(next.batch()).toMatchObject([{ question: "q1", value: "D", counter: 2, client: "tab-2" }]);
});

test("an old local answer gives way to a newer one of the server", async () => {
  await new AnswerLog(KEY, store, {}, "tab-1").record("q1", "C");
  const next = new AnswerLog(KEY, store, { q1: { value: "A", counter: 9, client: "phone" } }, "tab-2");
  await next.load();
  expect([next.pendingCount, next.value("q1"), await store.all(KEY)]).toEqual([0, "A", []]);
});

test("a change made while the batch was under way stays pending", async () => {
  const log = new AnswerLog(KEY, store, {}, "tab-1");
  await log.record("q1", "A");
  const batch = log.batch();
  await log.record("q1", "B");
  await log.settle(merged({}, batch));
  expect([log.isPending("q1"), log.value("q1")]).toEqual([true, "B"]);
  expect(await store.all(KEY)).toMatchObject([{ value: "B", counter: 2 }]);
});

test("two tabs end with the same answers whatever the order of their batches", async () => {
  const one = new AnswerLog(KEY, store, {}, "tab-1");
  const two = new AnswerLog(KEY, new MemoryStore(), {}, "tab-2");
  await one.record("q1", "A");
  await two.record("q1", "B");
  await two.record("q2", "C");
  const [first, second] = [one.batch(), two.batch()];
  const server = merged(merged({}, second), first);
  expect(server).toEqual(merged(merged({}, first), second));
  expect(await one.settle(server)).toEqual(["q1", "q2"]);
  expect(await two.settle(server)).toEqual([]);
  expect([one.value("q1"), two.value("q1"), one.value("q2")]).toEqual(["B", "B", "C"]);
  // Lamport: the next change of the losing tab wins over all it has seen.
  await one.record("q1", "D");
  expect(isNewer(one.batch()[0]!, server["q1"])).toBe(true);
});

test("nobody finds the answers of the last person at this machine", async () => {
  await new AnswerLog("other/attempt", store, {}, "tab-1").record("q1", "A");
  await new AnswerLog(KEY, store, {}, "tab-2").load();
  expect(await store.all("other/attempt")).toEqual([]);
});

test("refused events are dropped and the server's answer shows again", async () => {
  const log = new AnswerLog(KEY, store, { q1: { value: "A", counter: 1, client: "form" } }, "tab-1");
  await log.record("q1", "E");
  await log.refuse(log.batch());
  expect([log.value("q1"), log.pendingCount, await store.all(KEY)]).toEqual(["A", 0, []]);
});

test("a batch holds what a leaving page may still send: long texts go one after another", async () => {
  const log = new AnswerLog(KEY, store, {}, "tab-1");
  await log.record("q1", "长".repeat(20_000));
  await log.record("q2", "A");
  await log.record("q3", "短".repeat(14_000));
  await log.record("q4", "文".repeat(2_000));
  expect(log.batch().map((event) => event.question)).toEqual(["q1"]);
  await log.settle(merged({}, log.batch()));
  expect(log.batch().map((event) => event.question)).toEqual(["q2", "q3"]);
});
