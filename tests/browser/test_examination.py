"""All questions of the examinations' types in the demonstration, in one sitting: by keyboard alone on a phone, and
without JavaScript. Cases open part by part; each answer is scored as its key says."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page

from organisations.models import Person
from quizzes.models import Attempt, Question, Quiz, QuizQuestion
from quizzes.services import attempts
from tests.browser.axe import violations
from tests.browser.conftest import Visit
from tests.browser.test_exercises import path_of, tab_to
from tests.browser.visitor import PHONE, Visitor, expect
from tests.browser.world import World, wait_for
from tests.factories.quizzes import permit_for, right_answers

TYPES = ("A1", "A2", "A3", "A4", "B1", "X", "CASE")


def opened(*, each: int | None = None) -> Attempt:
    """An attempt of the demo's learner at its questions of these types, `each` of every type, in their order."""
    quiz = Quiz.objects.create(title="考试题型", attempts_allowed=0)
    for order, type in enumerate(TYPES):
        found = Question.objects.filter(bank__is_demo=True, current__type=type).order_by("pk")[:each]
        for question in found:
            QuizQuestion.objects.create(quiz=quiz, question=question, sort_order=order)
    person = Person.objects.get(username="learner")
    attempt, _new = attempts.open_attempt(person=person, permit=permit_for(person, quiz))
    return attempt


def answer_by_keyboard(page: Page, item: str, key: str) -> None:
    question = page.locator(f"[data-item='{item}']")
    options = question.locator("input:not([type=hidden])")
    if options.first.get_attribute("type") == "radio":
        tab_to(page, options.first)
        page.keyboard.press("Space")
        for _step in range(options.evaluate_all("(all, key) => all.findIndex((one) => one.value === key)", key)):
            page.keyboard.press("ArrowDown")
    else:
        for letter in key:
            tab_to(page, question.locator(f"input[value='{letter}']"))
            page.keyboard.press("Space")
    expect(question.locator("input:checked")).to_have_count(len(key))


def stored(attempt: Attempt) -> dict[str, str]:
    return {item: answer["value"] for item, answer in Attempt.objects.get(pk=attempt.pk).answers.items()}


def check_result(attempt: Attempt) -> None:
    attempt.refresh_from_db()
    assert stored(attempt) == dict(right_answers(attempt))
    assert (attempt.state, attempt.points, attempt.is_passed) == ("submitted", attempt.points_possible, True)


def sit_by_keyboard(visitor: Visitor, attempt: Attempt, *, with_axe: bool) -> dict[str, Any]:
    page = visitor.open(path_of(attempt))
    visitor.settled()
    found = violations(visitor, "examination, open") if with_axe else {}
    for item, key in right_answers(attempt):
        answer_by_keyboard(page, item, key)
        onward = page.locator(f"button[value='advance:{item}']")
        if onward.count():
            tab_to(page, onward)
            page.keyboard.press("Enter")
            # The page comes anew, with the next part and the one before it locked.
            expect(page.locator(f"[data-item='{item}'][data-locked]")).to_have_count(1)
            visitor.settled()
    wait_for(lambda: stored(attempt) == dict(right_answers(attempt)), 120)
    found |= violations(visitor, "examination, answered") if with_axe else {}
    tab_to(page, page.locator("button[name=do][value=submit]"))
    page.keyboard.press("Enter")
    expect(page.locator(".result-head")).to_be_visible()
    return found | (violations(visitor, "examination, result") if with_axe else {})


def sit_without_javascript(page: Page, attempt: Attempt) -> None:
    for item, key in right_answers(attempt):
        for letter in key:
            page.locator(f"[data-item='{item}'] input[value='{letter}']").check()
        onward = page.locator(f"button[value='advance:{item}']")
        if onward.count():
            with page.expect_navigation():
                onward.click()
            expect(page.locator(f"[data-item='{item}'][data-locked]")).to_have_count(1)
    page.locator("button[name=do][value=submit]").click()
    page.wait_for_selector(".result-head")
    expect(page.locator("main")).to_contain_text(re.compile("100%"))


@pytest.mark.very_slow
@pytest.mark.timeout(1800)
def test_every_question_of_the_examinations_is_answered_by_keyboard_on_a_phone(world: World, visit_as: Visit) -> None:
    attempt = opened()
    assert len(right_answers(attempt)) >= 59
    with visit_as("learner", viewport=PHONE) as visitor:
        assert sit_by_keyboard(visitor, attempt, with_axe=True) == {}
    check_result(attempt)


@pytest.mark.very_slow
@pytest.mark.timeout(1800)
def test_every_question_of_the_examinations_is_answered_without_javascript(world: World, visit_as: Visit) -> None:
    attempt = opened()
    with visit_as("learner", viewport=PHONE, java_script_enabled=False) as visitor:
        sit_without_javascript(visitor.open(path_of(attempt)), attempt)
    check_result(attempt)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_one_question_of_each_examination_type_is_answered_without_javascript(world: World, visit_as: Visit) -> None:
    attempt = opened(each=1)
    with visit_as("learner", viewport=PHONE, java_script_enabled=False) as visitor:
        sit_without_javascript(visitor.open(path_of(attempt)), attempt)
    check_result(attempt)
