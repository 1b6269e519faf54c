// A mark that unsent batches lie in this browser's store, so that a page need not load the player to find none.

export const DATABASE = "isocenter-watching";
const MARK = "isocenter-watching";

export function hasLeftovers(): boolean {
  try {
    return localStorage.getItem(MARK) !== null;
  } catch {
    return false;
  }
}

export function markLeftovers(waiting: number): void {
  try {
    if (waiting > 0) localStorage.setItem(MARK, "1");
    else localStorage.removeItem(MARK);
  } catch {
    // Private windows refuse; then nothing is left over either.
  }
}

/** Signing out leaves nothing of a person on a machine that many use. */
export function forgetWatching(): void {
  markLeftovers(0);
  try {
    indexedDB.deleteDatabase(DATABASE);
  } catch {
    // No store, nothing to forget.
  }
}
