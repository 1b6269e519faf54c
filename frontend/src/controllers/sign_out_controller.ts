import { Controller } from "@hotwired/stimulus";

import { forgetAnswers } from "../lib/answer_store";
import { forgetWatching } from "../lib/leftovers";

/** On the sign-out form: the next person at this machine finds no answers and no watched times of the last one. */
export default class SignOutController extends Controller<HTMLFormElement> {
  override connect(): void {
    this.element.addEventListener("submit", forgetAnswers);
    this.element.addEventListener("submit", forgetWatching);
  }

  override disconnect(): void {
    this.element.removeEventListener("submit", forgetAnswers);
    this.element.removeEventListener("submit", forgetWatching);
  }
}
