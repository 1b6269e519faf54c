// Speed over the last seconds, and figures in the words of the page.

const WINDOW_MS = 10_000;

export class Meter {
  private readonly seen: [at: number, bytes: number][] = [];

  add(bytes: number, now: number): void {
    const last = this.seen[this.seen.length - 1];
    // A part that was sent again begins before where it was.
    if (last && bytes < last[1]) this.seen.length = 0;
    this.seen.push([now, bytes]);
    while (this.seen.length > 2 && now - this.seen[0]![0] > WINDOW_MS) this.seen.shift();
  }

  /** Bytes a second; null until there is something to say. */
  speed(): number | null {
    const first = this.seen[0];
    const last = this.seen[this.seen.length - 1];
    if (!first || !last || last[0] - first[0] < 1000 || last[1] <= first[1]) return null;
    return (1000 * (last[1] - first[1])) / (last[0] - first[0]);
  }

  clear(): void {
    this.seen.length = 0;
  }
}

const UNITS = ["B", "KB", "MB", "GB", "TB"];

export function size(bytes: number): string {
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** "{name}" in `text` filled with `values`. */
export function filled(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** Seconds in the page's words: `texts` are those for seconds, minutes and hours, each with {n}. */
export function duration(seconds: number, texts: { seconds: string; minutes: string; hours: string }): string {
  if (seconds < 60) return filled(texts.seconds, { n: Math.max(1, Math.ceil(seconds)) });
  if (seconds < 5400) return filled(texts.minutes, { n: Math.ceil(seconds / 60) });
  return filled(texts.hours, { n: (seconds / 3600).toFixed(1) });
}

/** A title out of a file's name, as the server would make it. */
export function titleFrom(name: string): string {
  const stem = name.replace(/\.[^.]*$/, "") || name;
  return stem.replace(/_/g, " ").replace(/\s+/g, " ").trim().slice(0, 200);
}
