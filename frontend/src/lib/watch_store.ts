// Where unacknowledged batches wait: IndexedDB, so that a closed page or a dead battery loses nothing; plain memory
// where the browser refuses one (private windows). A batch holds ids and times, nothing else of a person.

import { DATABASE } from "./leftovers";
import type { Piece } from "./watch_log";

export interface Batch {
  key: string;
  person: string;
  session: string;
  lecture: string;
  url: string;
  client: string;
  sequence: number;
  pieces: Piece[];
  position: number;
  /** Was sent at least once: the server may have it, so it must not change any more. */
  sent: boolean;
  savedAt: number;
}

export interface BatchStore {
  put(batch: Batch): Promise<void>;
  remove(key: string): Promise<void>;
  all(): Promise<Batch[]>;
}

const TABLE = "batches";

export class MemoryStore implements BatchStore {
  private readonly rows = new Map<string, Batch>();

  async put(batch: Batch): Promise<void> {
    this.rows.set(batch.key, { ...batch });
  }

  async remove(key: string): Promise<void> {
    this.rows.delete(key);
  }

  async all(): Promise<Batch[]> {
    return [...this.rows.values()];
  }
}

/** A full disk or a closed store must not keep a batch from being sent. */
const forgo = () => undefined;

class IndexedStore implements BatchStore {
  constructor(private readonly database: IDBDatabase) {}

  async put(batch: Batch): Promise<void> {
    await this.run("readwrite", (table) => table.put(batch)).catch(forgo);
  }

  async remove(key: string): Promise<void> {
    await this.run("readwrite", (table) => table.delete(key)).catch(forgo);
  }

  async all(): Promise<Batch[]> {
    return this.run("readonly", (table) => table.getAll() as IDBRequest<Batch[]>);
  }

  private run<T>(mode: IDBTransactionMode, work: (table: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const request = work(this.database.transaction(TABLE, mode).objectStore(TABLE));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }
}

export async function openStore(): Promise<BatchStore> {
  try {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(TABLE, { keyPath: "key" });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
      request.onblocked = () => reject(new Error("blocked"));
    });
    // Signing out deletes the database; an open page must not stand in its way.
    database.onversionchange = () => database.close();
    return new IndexedStore(database);
  } catch {
    return new MemoryStore();
  }
}
