"""Essays and files on a phone: written and sent by keyboard alone, or without JavaScript, and marked at the desk by
keyboard too."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import FilePayload

from organisations.models import Node, Person
from quizzes.models import AnswerFile, Attempt, Marking, MarkingItem, Question, Quiz, QuizQuestion
from quizzes.services import attempts
from tests.browser.axe import violations
from tests.browser.conftest import Visit
from tests.browser.test_exercises import path_of, tab_to
from tests.browser.visitor import PHONE, Visitor, expect
from tests.browser.world import World
from tests.factories.marking import PDF, marker
from tests.factories.organisations import PASSWORD
from tests.factories.quizzes import permit_for

TEXT = "先停止注射，再评估外渗范围。"
FILE: FilePayload = {"name": "质控记录.pdf", "mimeType": "application/pdf", "buffer": PDF}


def opened(*codes: str) -> Attempt:
    quiz = Quiz.objects.create(title="人工评阅", attempts_allowed=0)
    for order, code in enumerate(codes):
        QuizQuestion.objects.create(
            quiz=quiz, question=Question.objects.get(code=code, bank__is_demo=True), sort_order=order
        )
    person = Person.objects.get(username="learner")
    attempt, _new = attempts.open_attempt(person=person, permit=permit_for(person, quiz))
    return attempt


def asked(attempt: Attempt) -> Iterator[tuple[str, str]]:
    """(item, type) in the order of the paper."""
    for group in attempt.paper["groups"]:
        for item in group["items"]:
            yield item["id"], group["type"]


def check_handed_in(attempt: Attempt) -> None:
    attempt.refresh_from_db()
    assert (attempt.state, attempt.points) == ("submitted", None)
    files = {row.item: (row.name, str(row.public_id)) for row in AnswerFile.objects.filter(attempt=attempt)}
    for item, type in asked(attempt):
        value = attempt.answers[item]["value"]
        assert value == TEXT if type == "ESSAY" else files[item] == (FILE["name"], value)
    assert MarkingItem.objects.filter(attempt=attempt, done_at=None).count() == len(list(asked(attempt)))


def hand_in_by_keyboard(visitor: Visitor, attempt: Attempt, *, with_axe: bool) -> dict[str, Any]:
    page = visitor.open(path_of(attempt))
    visitor.settled()
    for item, type in asked(attempt):
        question = page.locator(f"[data-item='{item}']")
        if type == "ESSAY":
            tab_to(page, question.locator("textarea"))
            page.keyboard.type(TEXT)
        else:
            tab_to(page, question.locator("input[type=file]"))
            with page.expect_file_chooser() as chosen:
                page.keyboard.press("Enter")
            chosen.value.set_files(FILE)
            expect(question.locator("[data-file-state]")).to_contain_text(FILE["name"])
        expect(question.locator(".question__status.is-saved")).to_be_visible()
    found = violations(visitor, "by people, answered") if with_axe else {}
    tab_to(page, page.locator("button[name=do][value=submit]"))
    page.keyboard.press("Enter")
    expect(page.locator(".result-head .badge--info")).to_be_visible()
    return found | (violations(visitor, "by people, handed in") if with_axe else {})


def mark_by_keyboard(visitor: Visitor, quiz: Quiz, pieces: int, *, with_axe: bool) -> dict[str, Any]:
    """Every piece of the quiz that the queue offers, four points each."""
    address = f"/zh-hans/manage/marking/?quiz={quiz.pk}"
    page = visitor.open(address)
    found = violations(visitor, "queue") if with_axe else {}
    for piece in range(pieces):
        tab_to(page, page.locator("form:has(input[name=item]) button").first)
        page.keyboard.press("Enter")
        page.wait_for_url("**/manage/marking/*-*/")
        found |= violations(visitor, f"desk, piece {piece + 1}") if with_axe and piece in (0, pieces - 1) else {}
        tab_to(page, page.locator("input[name=points]"))
        page.keyboard.type("4")
        tab_to(page, page.locator("textarea[name=comment]"))
        page.keyboard.type("要点齐全")
        tab_to(page, page.locator("button[name=do][value=hand-in]"))
        page.keyboard.press("Enter")
        page.wait_for_url("**/manage/marking/")
        page = visitor.open(address)
    expect(page.locator("form:has(input[name=item])")).to_have_count(0)
    return found


def mark_by_two(world: World, visit: Visit, attempt: Attempt, *, with_axe: bool = False) -> None:
    pieces = len(list(asked(attempt)))
    for number in range(2):
        person = marker(Node.objects.get(code="D410101"))
        with visit(world.site, viewport=PHONE) as visitor:
            visitor.sign_in(person.username, PASSWORD, start="/zh-hans/manage/marking/")
            assert mark_by_keyboard(visitor, attempt.quiz, pieces, with_axe=with_axe and not number) == {}
    marks = Marking.objects.filter(item__attempt=attempt).values_list("points", "comment")
    assert list(marks) == [(4, "要点齐全")] * (2 * pieces)
    attempt.refresh_from_db()
    assert (attempt.points, attempt.is_passed) == (4 * pieces, True)


@pytest.mark.very_slow
@pytest.mark.timeout(1800)
def test_essays_and_files_are_sent_and_marked_by_keyboard_without_barriers(
    world: World, visit: Visit, visit_as: Visit
) -> None:
    attempt = opened("ESS-01", "ESS-02", "FIL-01", "FIL-02")
    with visit_as("learner", viewport=PHONE) as visitor:
        assert hand_in_by_keyboard(visitor, attempt, with_axe=True) == {}
    check_handed_in(attempt)
    mark_by_two(world, visit, attempt, with_axe=True)
    with visit_as("learner", viewport=PHONE) as visitor:
        page = visitor.open(path_of(attempt))
        expect(page.get_by_text("要点齐全")).to_have_count(8)
        assert violations(visitor, "by people, result") == {}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_essay_and_a_file_are_handed_in_without_javascript(world: World, visit_as: Visit) -> None:
    attempt = opened("ESS-02", "FIL-01")
    with visit_as("learner", viewport=PHONE, java_script_enabled=False) as visitor:
        page = visitor.open(path_of(attempt))
        for item, type in asked(attempt):
            question = page.locator(f"[data-item='{item}']")
            if type == "ESSAY":
                question.locator("textarea").fill(TEXT)
            else:
                question.locator("input[type=file]").set_input_files(FILE)
        page.locator("button[name=do][value=submit]").click()
        page.wait_for_selector(".result-head")
    check_handed_in(attempt)
