/** How the fields of a question make its value, and how a value is put into them. */
export interface Widget {
  /** The value in its one written form, "" for no answer. */
  read(fieldset: HTMLElement): string;
  show(fieldset: HTMLElement, value: string): void;
}
