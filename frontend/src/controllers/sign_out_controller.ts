import { Controller } from "@hotwired/stimulus";

import { forgetAnswers } from "../lib/answer_store";

/** On the sign-out form: the next person at this machine finds no answers of the last one. */
export default class SignOutController extends Controller<HTMLFormElement> {
  override connect(): void {
    this.element.addEventListener("submit", forgetAnswers);
  }

  override disconnect(): void {
    this.element.removeEventListener("submit", forgetAnswers);
  }
}
