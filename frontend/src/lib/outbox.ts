// Sends batches until the server acknowledges them: in order, each under its own number, so that a repeat earns once.

import type { Answer, SendOptions } from "./http";
import { join, toSeconds, type Piece } from "./watch_log";
import type { Batch, BatchStore } from "./watch_store";

export interface Watched {
  duration_s: number;
  position_s: number;
  covered_s: number;
  share: number;
  intervals: [number, number][];
  missing: [number, number][];
  is_completed: boolean;
}

export interface Acknowledgement {
  sequence: number;
  credited_s: number;
  reason: string;
  refused: { index: number; reason: string; missed_s: number }[];
  watched: Watched;
}

export type Trouble = "" | "offline" | "unreachable" | "signed_out" | "session_gone" | "busy" | "rejected";

export interface Session {
  person: string;
  lecture: string;
  id: string;
  url: string;
  client: string;
}

type Send = (url: string, body: unknown, options: SendOptions) => Promise<Answer>;

export interface OutboxOptions {
  store: BatchStore;
  send: Send;
  acknowledged: (batch: Batch, answer: Acknowledgement) => void;
  /** The trouble has changed; "" when the server answers again. */
  troubled: (trouble: Trouble) => void;
  now?: () => number;
}

/** The server takes 200; some are left for what is joined later. */
const MOST_PIECES = 150;
/** Time older than twelve hours does not count any more. */
const KEPT_MS = 12 * 60 * 60 * 1000;
const TIMEOUT_MS = 8_000;
const BACKOFF_MS = [2_000, 4_000, 8_000, 15_000, 30_000, 60_000];

export class Outbox {
  trouble: Trouble = "";
  private queue: Batch[] = [];
  private sequence = 0;
  private sending: Promise<void> | null = null;
  private failures = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private readonly now: () => number;

  constructor(private readonly options: OutboxOptions) {
    this.now = options.now ?? Date.now;
  }

  /** Take up what earlier pages of `person` left, and drop what can no longer count, whoever left it. */
  async restore(person: string): Promise<void> {
    for (const batch of await this.options.store.all()) {
      if (batch.savedAt < this.now() - KEPT_MS) await this.options.store.remove(batch.key);
      else if (batch.person === person) this.queue.push(batch);
    }
    this.queue.sort((one, other) => one.savedAt - other.savedAt || one.sequence - other.sequence);
  }

  /** How many batches wait for their acknowledgement. */
  get waiting(): number {
    return this.queue.length;
  }

  /** When the oldest waiting batch was saved; null if none waits. */
  get waitingSince(): number | null {
    return this.queue[0]?.savedAt ?? null;
  }

  async add(session: Session, pieces: Piece[], position: number): Promise<void> {
    if (pieces.length === 0) return;
    let rest = pieces;
    const last = this.queue[this.queue.length - 1];
    if (last && !last.sent && last.session === session.id && last.client === session.client) {
      const joined = join(last.pieces, rest);
      if (joined.length <= MOST_PIECES) {
        last.pieces = joined;
        last.position = position;
        await this.options.store.put(last);
        return;
      }
    }
    while (rest.length > 0) {
      const batch = this.batch(session, rest.slice(0, MOST_PIECES), position);
      rest = rest.slice(MOST_PIECES);
      this.queue.push(batch);
      await this.options.store.put(batch);
    }
  }

  /** Send what waits. `leaving`: the page is going away, so the request must outlive it. */
  flush(leaving = false): Promise<void> {
    if (leaving) return this.sendOnce(true);
    this.sending ??= this.sendAll().finally(() => {
      this.sending = null;
    });
    return this.sending;
  }

  /** The line or the sign-in may be back: try at once. */
  wake(): Promise<void> {
    this.failures = 0;
    clearTimeout(this.retry);
    this.retry = undefined;
    return this.flush();
  }

  close(): void {
    clearTimeout(this.retry);
  }

  private batch(session: Session, pieces: Piece[], position: number): Batch {
    this.sequence += 1;
    return {
      key: `${session.person}/${session.id}/${session.client}/${this.sequence}`,
      person: session.person,
      session: session.id,
      lecture: session.lecture,
      url: session.url,
      client: session.client,
      sequence: this.sequence,
      pieces,
      position,
      sent: false,
      savedAt: this.now(),
    };
  }

  private async sendAll(): Promise<void> {
    if (this.retry !== undefined) return;
    while (this.queue.length > 0) {
      const before = this.queue.length;
      await this.sendOnce(false);
      if (this.queue.length >= before) return;
    }
  }

  private async sendOnce(leaving: boolean): Promise<void> {
    const batch = this.queue[0];
    if (!batch) return;
    if (!batch.sent) {
      batch.sent = true;
      const saved = this.options.store.put(batch);
      if (!leaving) await saved;
    }
    const body = {
      client_id: batch.client,
      sequence: batch.sequence,
      pieces: toSeconds(batch.pieces),
      position_s: batch.position,
    };
    const { status, body: answer } = await this.options.send(batch.url, body, {
      keepalive: leaving,
      timeoutMs: TIMEOUT_MS,
    });
    if (status >= 200 && status < 300 && answer) {
      await this.drop(batch);
      this.settle("");
      this.options.acknowledged(batch, answer as Acknowledgement);
    } else if (status === 404 || status === 410) {
      // The session belongs to nobody here or is over: nothing of it can be counted any more.
      for (const lost of this.queue.filter((other) => other.session === batch.session)) await this.drop(lost);
      this.settle("session_gone");
    } else if (status === 400 || status === 413) {
      await this.drop(batch);
      this.settle("rejected");
    } else if (status === 401 || status === 403) {
      this.settle("signed_out");
      this.again(10_000);
    } else {
      this.settle(status === 0 && navigator.onLine === false ? "offline" : status === 429 ? "busy" : "unreachable");
      this.again(BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length - 1)] ?? 60_000);
      this.failures += 1;
    }
  }

  private async drop(batch: Batch): Promise<void> {
    this.queue = this.queue.filter((other) => other !== batch);
    await this.options.store.remove(batch.key);
  }

  private settle(trouble: Trouble): void {
    if (trouble === "" || trouble === "session_gone" || trouble === "rejected") this.failures = 0;
    if (trouble === this.trouble) return;
    this.trouble = trouble;
    this.options.troubled(trouble);
  }

  private again(delayMs: number): void {
    if (this.retry !== undefined) return;
    this.retry = setTimeout(() => {
      this.retry = undefined;
      void this.flush();
    }, delayMs);
  }
}
