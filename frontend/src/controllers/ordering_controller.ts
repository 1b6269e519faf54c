import { Controller } from "@hotwired/stimulus";

/**
 * Options to put in order. The place selects hold the answer and work without this; with it they, and the buttons
 * beside them, move the rows, so that every option always has a place of its own.
 */
export default class OrderingController extends Controller<HTMLElement> {
  static override targets = ["rows", "row", "moves", "actions", "take", "clear", "said"];
  static override values = { moved: String };

  declare readonly rowsTarget: HTMLElement;
  declare readonly rowTargets: HTMLElement[];
  declare readonly movesTargets: HTMLElement[];
  declare readonly actionsTarget: HTMLElement;
  declare readonly takeTarget: HTMLButtonElement;
  declare readonly clearTarget: HTMLButtonElement;
  declare readonly saidTarget: HTMLElement;
  declare readonly movedValue: string;

  override connect(): void {
    const isLocked = this.rowTargets.some((row) => this.select(row).disabled);
    for (const moves of this.movesTargets) moves.hidden = isLocked;
    this.actionsTarget.hidden = isLocked;
    this.redraw();
  }

  up(event: Event): void {
    this.move(event, -1);
  }

  down(event: Event): void {
    this.move(event, 1);
  }

  take(): void {
    this.number(this.rowTargets);
    this.clearTarget.focus();
    this.tell();
  }

  clear(): void {
    for (const row of this.rowTargets) this.select(row).value = "";
    this.redraw();
    this.takeTarget.focus();
    this.tell();
  }

  /** A place was chosen: the row goes there, the others close up. No place at all takes the answer back. */
  placed(event: Event): void {
    const row = this.rowTargets.find((candidate) => this.select(candidate) === event.target);
    if (!row) return;
    const place = Number(this.select(row).value);
    if (!place) {
      for (const other of this.rowTargets) this.select(other).value = "";
      this.redraw();
      return;
    }
    this.put(row, place - 1);
    this.select(row).focus();
  }

  /** The fields were filled: the rows stand in their order. */
  redraw(): void {
    const rows = [...this.rowTargets];
    const isPlaced = rows.every((row) => this.select(row).value);
    if (isPlaced) {
      rows.sort((one, other) => Number(this.select(one).value) - Number(this.select(other).value));
      if (rows.some((row, index) => row !== this.rowTargets[index])) this.rowsTarget.append(...rows);
    }
    this.takeTarget.hidden = isPlaced;
    this.clearTarget.hidden = !isPlaced;
    rows.forEach((row, index) => {
      const [up, down] = row.querySelectorAll("button");
      if (up) up.disabled = index === 0;
      if (down) down.disabled = index === rows.length - 1;
    });
  }

  private move(event: Event, by: number): void {
    const button = event.currentTarget as HTMLButtonElement;
    const row = button.closest<HTMLElement>("li");
    if (!row) return;
    this.put(row, this.rowTargets.indexOf(row) + by);
    // Moving a row took the focus; at the end of the list the other button has it.
    const other = [...row.querySelectorAll("button")].find((candidate) => candidate !== button);
    (button.disabled ? other : button)?.focus();
    this.tell();
  }

  private put(row: HTMLElement, index: number): void {
    const rows = this.rowTargets.filter((candidate) => candidate !== row);
    rows.splice(index, 0, row);
    this.number(rows);
    const said = { option: row.querySelector('[data-part="label"]')?.textContent ?? "", place: index + 1, count: rows.length };
    this.saidTarget.textContent = Object.entries(said).reduce(
      (text, [name, value]) => text.replace(`{${name}}`, String(value)), this.movedValue,
    );
  }

  private number(rows: HTMLElement[]): void {
    rows.forEach((row, index) => {
      this.select(row).value = String(index + 1);
    });
    this.redraw();
  }

  private select(row: HTMLElement): HTMLSelectElement {
    return row.querySelector<HTMLSelectElement>("select")!;
  }

  /** The page hears of a change as if a field had been used. */
  private tell(): void {
    this.rowsTarget.dispatchEvent(new Event("change", { bubbles: true }));
  }
}
