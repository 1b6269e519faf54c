// The server's clock as seen from here. A sample's error is at most half its round trip: the shortest trip wins.

export class ServerClock {
  private offsetMs: number;
  private tripMs = Infinity;

  /** `serverNow` is the time printed into the page, a first guess. */
  constructor(serverNow: string, private readonly local: () => number = Date.now) {
    const printed = Date.parse(serverNow);
    this.offsetMs = Number.isNaN(printed) ? 0 : printed - this.local();
  }

  now(): number {
    return this.local() + this.offsetMs;
  }

  sample(serverNow: string, sentAt: number, receivedAt: number): void {
    const server = Date.parse(serverNow);
    const trip = receivedAt - sentAt;
    if (Number.isNaN(server) || trip < 0 || trip > this.tripMs) return;
    this.tripMs = trip;
    this.offsetMs = server - (sentAt + trip / 2);
  }
}

/** "1:05:09" or "5:09"; never negative. */
export function clockText(leftMs: number): string {
  const seconds = Math.max(0, Math.ceil(leftMs / 1000));
  const two = (n: number): string => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
