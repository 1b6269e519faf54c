// Answers that the server has not acknowledged yet, kept on this device: one event per attempt and question.
//
// A shared hospital PC serves many people: rows are keyed by person and attempt, removed once acknowledged, and all
// gone with sign-out or when somebody else opens an attempt.

export interface Answer {
  value: string;
  /** Lamport clock; the greatest (counter, client) wins. */
  counter: number;
  client: string;
  at?: string;
}

export interface AnswerEvent extends Answer {
  question: string;
}

export interface AnswerStore {
  /** False when this browser keeps nothing once the page is closed. */
  readonly isLasting: boolean;
  all(key: string): Promise<AnswerEvent[]>;
  /** Keeps the newer of the stored event and this one. */
  put(key: string, event: AnswerEvent): Promise<void>;
  /** Removes the question's event unless a newer one than `upTo` is stored. */
  remove(key: string, question: string, upTo: Answer): Promise<void>;
  /** Removes the rows of everybody but `person`. */
  keepOnly(person: string): Promise<void>;
}

/** Whether `a` wins over `b`. Clients are compared by code unit, as the server does with their plain letters. */
export function isNewer(a: Answer, b: Answer | undefined): boolean {
  if (!b) return true;
  return a.counter !== b.counter ? a.counter > b.counter : a.client > b.client;
}

export class MemoryStore implements AnswerStore {
  readonly isLasting = false;
  private rows = new Map<string, Map<string, AnswerEvent>>();

  async all(key: string): Promise<AnswerEvent[]> {
    return [...(this.rows.get(key)?.values() ?? [])];
  }

  async put(key: string, event: AnswerEvent): Promise<void> {
    const rows = this.rows.get(key) ?? new Map<string, AnswerEvent>();
    if (isNewer(event, rows.get(event.question))) rows.set(event.question, event);
    this.rows.set(key, rows);
  }

  async remove(key: string, question: string, upTo: Answer): Promise<void> {
    const stored = this.rows.get(key)?.get(question);
    if (stored && !isNewer(stored, upTo)) this.rows.get(key)?.delete(question);
  }

  async keepOnly(person: string): Promise<void> {
    for (const key of [...this.rows.keys()]) if (!key.startsWith(`${person}/`)) this.rows.delete(key);
  }
}

const DATABASE = "isocenter-answers";
const TABLE = "events";

interface Row extends AnswerEvent {
  key: string;
}

export class IndexedDbStore implements AnswerStore {
  readonly isLasting = true;

  private constructor(private readonly database: IDBDatabase) {}

  static open(): Promise<IndexedDbStore> {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(TABLE, { keyPath: ["key", "question"] });
      request.onsuccess = () => {
        const database = request.result;
        // Sign-out in another tab deletes the database: let go of it.
        database.onversionchange = () => database.close();
        resolve(new IndexedDbStore(database));
      };
      request.onerror = () => reject(request.error);
      request.onblocked = () => reject(new Error("blocked"));
    });
  }

  async all(key: string): Promise<AnswerEvent[]> {
    const rows = await this.run<Row[]>("readonly", (table, done) => {
      const request = table.getAll(IDBKeyRange.bound([key, ""], [key, "\uffff"]));
      request.onsuccess = () => done(request.result as Row[]);
    });
    return rows.map(({ key: _key, ...event }) => event);
  }

  put(key: string, event: AnswerEvent): Promise<void> {
    return this.run<void>("readwrite", (table, done) => {
      const request = table.get([key, event.question]);
      request.onsuccess = () => {
        if (isNewer(event, request.result as Row | undefined)) table.put({ ...event, key });
        done();
      };
    });
  }

  remove(key: string, question: string, upTo: Answer): Promise<void> {
    return this.run<void>("readwrite", (table, done) => {
      const request = table.get([key, question]);
      request.onsuccess = () => {
        const stored = request.result as Row | undefined;
        if (stored && !isNewer(stored, upTo)) table.delete([key, question]);
        done();
      };
    });
  }

  keepOnly(person: string): Promise<void> {
    return this.run<void>("readwrite", (table, done) => {
      const request = table.getAllKeys();
      request.onsuccess = () => {
        for (const id of request.result as [string, string][]) {
          if (!id[0].startsWith(`${person}/`)) table.delete(id);
        }
        done();
      };
    });
  }

  /** Resolves when the transaction is complete: what was put is on the disk's way, not only in a request. */
  private run<T>(
    mode: IDBTransactionMode,
    work: (table: IDBObjectStore, done: (value: T) => void) => void,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      let result: T;
      const transaction = this.database.transaction(TABLE, mode);
      transaction.oncomplete = () => resolve(result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
      work(transaction.objectStore(TABLE), (value) => (result = value));
    });
  }
}

/** The device's store; one in memory where the browser has none or refuses it (private windows). */
export async function openStore(): Promise<AnswerStore> {
  try {
    return await IndexedDbStore.open();
  } catch {
    return new MemoryStore();
  }
}

/** Forget every answer on this device. */
export function forgetAnswers(): void {
  try {
    indexedDB.deleteDatabase(DATABASE);
  } catch {
    // No such thing here: nothing was kept.
  }
}
