// The fields of a question's widget, found by what they are, not by their names.

/** The elements of a question that play this part in its widget. */
export function parts<Kind extends HTMLElement>(question: Element, name: string): Kind[] {
  return [...question.querySelectorAll<Kind>(`[data-part="${name}"]`)];
}

export function part<Kind extends HTMLElement>(question: Element, name: string): Kind | null {
  return question.querySelector<Kind>(`[data-part="${name}"]`);
}

/** Tell the widget's own controller that the fields were filled from outside. */
export function announceShown(question: Element): void {
  part(question, "root")?.dispatchEvent(new CustomEvent("widget:shown"));
}
