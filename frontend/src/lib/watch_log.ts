// What was played, as pieces that the server can judge: this stretch of the lecture during that stretch of time.
// Times are whole milliseconds; wall time counts from the play session's opening on this page's monotonic clock.

export interface Piece {
  from: number;
  to: number;
  began: number;
  ended: number;
}

export interface SentPiece {
  from_s: number;
  to_s: number;
  began_s: number;
  ended_s: number;
}

/** Shorter pieces are noise of seeking. */
const SHORTEST = 250;
/** A position that moves by this much more than time and speed allow was moved by hand. */
const JUMP = 700;
/** A page that was not run for so long cannot say what was played meanwhile. */
const LONGEST_SILENCE = 90_000;

/** Turns readings of a video's position into pieces. Feed it every quarter of a second or so. */
export class Tracker {
  private open: Piece | null = null;
  private closed: Piece[] = [];

  get isReading(): boolean {
    return this.open !== null;
  }

  /** The video plays and counts; it stands at `position`, now is `wall`, at `rate` times the normal speed. */
  read(position: number, wall: number, rate: number): void {
    const at = Math.round(position);
    const now = Math.round(wall);
    const last = this.open;
    if (last) {
      const passed = now - last.ended;
      const moved = at - last.to;
      if (passed >= 0 && passed <= LONGEST_SILENCE && moved >= 0 && moved <= passed * rate + JUMP) {
        last.to = at;
        last.ended = now;
        return;
      }
      this.stop();
    }
    this.open = { from: at, to: at, began: now, ended: now };
  }

  /** Playing or counting has stopped; what was read up to now stays. */
  stop(): void {
    if (this.open && this.open.to - this.open.from >= SHORTEST) this.closed.push(this.open);
    this.open = null;
  }

  /** Everything that was played since the last taking; playing may go on without a gap. */
  take(): Piece[] {
    const open = this.open;
    if (open && open.to - open.from >= SHORTEST) {
      this.closed.push(open);
      this.open = { from: open.to, to: open.to, began: open.ended, ended: open.ended };
    }
    const taken = this.closed;
    this.closed = [];
    return taken;
  }
}

/** Joins pieces that follow each other without a gap, so that a log of hours offline stays short. */
export function join(pieces: Piece[], more: Piece[]): Piece[] {
  const joined = pieces.map((piece) => ({ ...piece }));
  for (const piece of more) {
    const last = joined[joined.length - 1];
    if (last && last.to === piece.from && last.ended === piece.began && sameRate(last, piece)) {
      last.to = piece.to;
      last.ended = piece.ended;
    } else {
      joined.push({ ...piece });
    }
  }
  return joined;
}

function sameRate(one: Piece, other: Piece): boolean {
  const rate = (piece: Piece) => (piece.to - piece.from) / Math.max(1, piece.ended - piece.began);
  return Math.abs(rate(one) - rate(other)) < 0.1;
}

export function toSeconds(pieces: Piece[]): SentPiece[] {
  return pieces.map((piece) => ({
    from_s: piece.from / 1000,
    to_s: piece.to / 1000,
    began_s: piece.began / 1000,
    ended_s: piece.ended / 1000,
  }));
}
