import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Answer } from "./http";
import { Outbox, type Trouble } from "./outbox";
import type { Piece } from "./watch_log";
import { MemoryStore } from "./watch_store";

const SESSION = { person: "p1", lecture: "l1", id: "s1", url: "/api/v1/play-sessions/s1/batches/", client: "c1" };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function piece(begin: number, end: number): Piece {
  return { from: begin, to: end, began: begin, ended: end };
}

/** A server that answers with `statuses` in turn, then always 200, and keeps what it was sent. */
function setUp(statuses: number[] = [], store = new MemoryStore()) {
  const sent: { url: string; body: any; keepalive: boolean }[] = [];
  const acknowledged: number[] = [];
  const troubles: Trouble[] = [];
  const outbox = new Outbox({
    store,
    send: async (url, body, options): Promise<Answer> => {
      sent.push({ url, body, keepalive: options.keepalive ?? false });
      const status = statuses.shift() ?? 200;
      return { status, body: status === 200 ? { sequence: (body as any).sequence } : null };
    },
    acknowledged: (_batch, answer) => acknowledged.push(answer.sequence),
    troubled: (trouble) => troubles.push(trouble),
  });
  return { outbox, store, sent, acknowledged, troubles };
}

test("a batch goes out and is forgotten once acknowledged", async () => {
  const { outbox, store, sent, acknowledged } = setUp();
  await outbox.add(SESSION, [piece(0, 8_000)], 8);
  expect(await store.all()).toHaveLength(1);
  await outbox.flush();
  expect(sent).toEqual([
    {
      url: SESSION.url,
      keepalive: false,
      body: {
        client_id: "c1",
        sequence: 1,
        position_s: 8,
        pieces: [{ from_s: 0, to_s: 8, began_s: 0, ended_s: 8 }],
      },
    },
  ]);
  expect(acknowledged).toEqual([1]);
  expect(await store.all()).toEqual([]);
});

test("a lost batch is sent again unchanged, what came later under a number of its own", async () => {
  const { outbox, sent, acknowledged, troubles } = setUp([0, 503]);
  await outbox.add(SESSION, [piece(0, 8_000)], 8);
  await outbox.flush();
  await outbox.add(SESSION, [piece(8_000, 16_000)], 16);
  await outbox.add(SESSION, [piece(16_000, 24_000)], 24);
  await outbox.flush();
  expect(sent).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent.map(({ body }) => [body.sequence, body.pieces])).toEqual([
    [1, [{ from_s: 0, to_s: 8, began_s: 0, ended_s: 8 }]],
    [1, [{ from_s: 0, to_s: 8, began_s: 0, ended_s: 8 }]],
    [1, [{ from_s: 0, to_s: 8, began_s: 0, ended_s: 8 }]],
    [2, [{ from_s: 8, to_s: 24, began_s: 8, ended_s: 24 }]],
  ]);
  expect(acknowledged).toEqual([1, 2]);
  expect(troubles).toEqual(["unreachable", ""]);
});

test("the line's return does not wait for the next turn", async () => {
  const { outbox, acknowledged } = setUp([0, 0, 0]);
  await outbox.add(SESSION, [piece(0, 8_000)], 8);
  await outbox.flush();
  await outbox.wake();
  await outbox.wake();
  expect(acknowledged).toEqual([]);
  await outbox.wake();
  expect(acknowledged).toEqual([1]);
});

test("signed out: the log stays, and goes out after the next sign-in", async () => {
  const { outbox, store, troubles, acknowledged } = setUp([403, 403]);
  await outbox.add(SESSION, [piece(0, 8_000)], 8);
  await outbox.flush();
  expect([troubles, (await store.all()).length]).toEqual([["signed_out"], 1]);
  await vi.advanceTimersByTimeAsync(20_000);
  expect([troubles, acknowledged]).toEqual([["signed_out", ""], [1]]);
});

test("a session that is gone takes its batches along, not those of others", async () => {
  const { outbox, store, acknowledged, troubles } = setUp([404]);
  await outbox.add(SESSION, [piece(0, 8_000)], 8);
  await outbox.add({ ...SESSION, id: "s2", url: "/2/" }, [piece(0, 8_000)], 8);
  await outbox.add(SESSION, [piece(8_000, 9_000)], 9);
  await outbox.flush();
  expect(troubles).toEqual(["session_gone", ""]);
  expect(acknowledged).toEqual([2]);
  expect(await store.all()).toEqual([]);
});

test("a batch that the server cannot read is not sent for ever", async () => {
  const { outbox, sent, acknowledged } = setUp([400]);
  await outbox.add(SESSION, [piece(0, 8_000)], 8);
  await outbox.flush();
  await outbox.add(SESSION, [piece(8_000, 16_000)], 16);
  await outbox.flush();
  expect([sent.length, acknowledged]).toEqual([2, [2]]);
});

test("leaving sends at once with a request that outlives the page", async () => {
  const { outbox, sent } = setUp();
  void outbox.add(SESSION, [piece(0, 8_000)], 8);
  void outbox.flush(true);
  expect(sent.map(({ keepalive }) => keepalive)).toEqual([true]);
});

test("a new page sends what an earlier one left, of the same person only, and drops what is too old", async () => {
  const store = new MemoryStore();
  const earlier = setUp([0], store);
  await earlier.outbox.add(SESSION, [piece(0, 8_000)], 8);
  await earlier.outbox.add({ ...SESSION, person: "p2", id: "s9", url: "/9/" }, [piece(0, 8_000)], 8);
  await earlier.outbox.flush();
  earlier.outbox.close();

  const later = setUp([], store);
  await later.outbox.restore("p1");
  await later.outbox.flush();
  expect(later.sent.map(({ url }) => url)).toEqual([SESSION.url]);
  expect((await store.all()).map(({ person }) => person)).toEqual(["p2"]);

  vi.setSystemTime(Date.now() + 13 * 3_600_000);
  await setUp([], store).outbox.restore("p1");
  expect(await store.all()).toEqual([]);
});

test("hours offline stay within what one request may hold", async () => {
  const { outbox, sent } = setUp();
  // Every second piece is skipped, so that nothing can be joined.
  for (let at = 0; at < 400; at += 1) await outbox.add(SESSION, [piece(at * 2_000, at * 2_000 + 1_000)], at);
  await outbox.flush();
  expect(sent.map(({ body }) => body.pieces.length)).toEqual([150, 150, 100]);
});
