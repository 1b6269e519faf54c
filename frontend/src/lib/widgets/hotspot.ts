// Points of a picture in thousandths of its width and height ("100,900;412,305"). The number fields hold them.
import { announceShown, parts } from "./parts";

export type Point = readonly [x: number, y: number];

const SIDE = 1000;

function place(typed: string): number | null {
  return /^[0-9]{1,4}$/.test(typed) && Number(typed) <= SIDE ? Number(typed) : null;
}

/** The points set, each once, in the server's order. Half a point, or one beside the picture, is none. */
export function points(question: Element): Point[] {
  const down = parts<HTMLInputElement>(question, "y");
  const found = new Map<string, Point>();
  parts<HTMLInputElement>(question, "x").forEach((field, index) => {
    const [x, y] = [place(field.value.trim()), place(down[index]?.value.trim() ?? "")];
    if (x !== null && y !== null) found.set(`${x},${y}`, [x, y]);
  });
  return [...found.values()].sort((one, other) => one[0] - other[0] || one[1] - other[1]);
}

export function write(question: Element, found: readonly Point[]): void {
  for (const [index, name] of ["x", "y"].entries()) {
    parts<HTMLInputElement>(question, name).forEach((field, number) => {
      field.value = String(found[number]?.[index] ?? "");
    });
  }
}

export function read(question: Element): string {
  return points(question).map(([x, y]) => `${x},${y}`).join(";");
}

export function show(question: Element, value: string): void {
  const found = value.split(";").filter(Boolean).map((point): Point => {
    const [x = 0, y = 0] = point.split(",").map(Number);
    return [x, y];
  });
  write(question, found);
  announceShown(question);
}
