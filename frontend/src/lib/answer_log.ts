// One tab's view of an attempt: what the server has, what it does not have yet, and which of both is shown.
import { isNewer, type Answer, type AnswerEvent, type AnswerStore } from "./answer_store";

/** The server takes at most 500 events at once; a request that is to outlive its page has room for 64 kB. */
const BATCH = 200;
const BATCH_LETTERS = 15_000;

export type Answers = Record<string, Answer>;

export class AnswerLog {
  private pending = new Map<string, AnswerEvent>();
  private counter = 0;

  constructor(
    private readonly key: string,
    private readonly store: AnswerStore,
    private server: Answers,
    // A new id for every page: a duplicated tab must not sign with its twin's.
    private readonly client: string = newClient(),
  ) {
    this.witness(Object.values(server));
  }

  /** Take over what earlier pages left on this device. */
  async load(): Promise<void> {
    await this.store.keepOnly(this.key.split("/")[0] ?? "");
    for (const event of await this.store.all(this.key)) {
      this.witness([event]);
      if (isNewer(event, this.server[event.question])) this.pending.set(event.question, event);
      else await this.store.remove(this.key, event.question, event);
    }
  }

  /** On the device first; resolves when it is there. */
  async record(question: string, value: string): Promise<void> {
    this.counter += 1;
    const event = { question, value, counter: this.counter, client: this.client, at: new Date().toISOString() };
    this.pending.set(question, event);
    await this.store.put(this.key, event);
  }

  value(question: string): string {
    return (this.pending.get(question) ?? this.server[question])?.value ?? "";
  }

  isPending(question: string): boolean {
    return this.pending.has(question);
  }

  isSaved(question: string): boolean {
    return !this.pending.has(question) && question in this.server;
  }

  get pendingCount(): number {
    return this.pending.size;
  }

  /** What is sent next: as many as fit, one at least, in the order in which they were answered. */
  batch(): AnswerEvent[] {
    const events: AnswerEvent[] = [];
    let letters = 0;
    for (const event of this.pending.values()) {
      letters += event.value.length;
      if (events.length && (letters > BATCH_LETTERS || events.length === BATCH)) break;
      events.push(event);
    }
    return events;
  }

  /**
   * The server's answers after a batch. What it knows, or knows better, is no longer pending.
   * Returns the questions whose shown value was changed elsewhere.
   */
  async settle(answers: Answers): Promise<string[]> {
    const shown = new Map(
      [...Object.keys(answers), ...this.pending.keys()].map((question) => [question, this.value(question)]),
    );
    this.server = answers;
    this.witness(Object.values(answers));
    for (const [question, event] of [...this.pending]) {
      if (!isNewer(event, answers[question])) await this.forget(event);
    }
    return [...shown].filter(([question, value]) => this.value(question) !== value).map(([question]) => question);
  }

  /** The server will never take these: show its own answers again. */
  async refuse(events: AnswerEvent[]): Promise<void> {
    for (const event of events) await this.forget(event);
  }

  private async forget(event: AnswerEvent): Promise<void> {
    if (this.pending.get(event.question) === event) this.pending.delete(event.question);
    await this.store.remove(this.key, event.question, event);
  }

  private witness(answers: Answer[]): void {
    for (const answer of answers) this.counter = Math.max(this.counter, answer.counter);
  }
}

function newClient(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
