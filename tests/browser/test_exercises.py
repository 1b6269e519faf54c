"""Every type beyond those of the examinations, on a phone: by keyboard alone, and without JavaScript."""

import re
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from cms.home.demo import exercises
from organisations.models import Person
from quizzes.models import Attempt, Quiz, QuizQuestion
from quizzes.services import attempts
from tests.browser.axe import violations
from tests.browser.conftest import Visit
from tests.browser.visitor import PHONE, Visitor, expect
from tests.browser.world import World, wait_for
from tests.factories.quizzes import permit_for

ROWS = {row["id"]: row for row in exercises.ROWS if row["type"] not in exercises.BY_PEOPLE}
# Where the crosshair goes from the middle of the picture: steps to the right and down for each point.
STEPS = {"HOT-01": [(-7, 11)], "HOT-02": [(-17, 15), (35, 0)]}
POINTS = {"HOT-01": "360,720", "HOT-02": "160,800;860,800"}


def right_value(row: dict[str, Any]) -> str:
    key = row["answer"]
    if row["type"] == "NUMERIC":
        return f"{key['number']} {key['unit']}"
    if row["type"] == "SHORT_TEXT":
        return str(key["accepted"][0])
    if row["type"] == "HOTSPOT":
        return POINTS[row["id"]]
    if row["type"] == "IMAGE_GRADING":
        return ",".join(f"{code}{'+' if met else '-'}" for code, met in key["met"].items()) + f";{key['grade']}"
    return str(key)


def opened(*codes: str) -> tuple[Attempt, dict[str, str]]:
    """An attempt of the demo's learner at these exercises, and the codes by item."""
    exercise = Quiz.objects.get(title=exercises.TITLE, is_demo=True)
    quiz = Quiz.objects.create(title="题型", attempts_allowed=0)
    placed = QuizQuestion.objects.filter(quiz=exercise, question__code__in=codes).select_related("question")
    for row in placed.order_by("sort_order"):
        QuizQuestion.objects.create(quiz=quiz, question=row.question, sort_order=row.sort_order)
    person = Person.objects.get(username="learner")
    attempt, _new = attempts.open_attempt(person=person, permit=permit_for(person, quiz))
    return attempt, {str(row.question.public_id): row.question.code for row in placed}


def tab_to(page: Page, place: Locator) -> None:
    """Press Tab until `place` has the focus."""
    wanted = place.element_handle()
    for _step in range(160):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement === wanted", wanted):
            return
    raise AssertionError(f"Tab never came to {place}")


def choose(page: Page, select: Locator, value: str) -> None:
    """By the arrow keys, from the empty choice on."""
    tab_to(page, select)
    for _step in range(select.evaluate("(s, v) => [...s.options].findIndex((o) => o.value === v)", value)):
        page.keyboard.press("ArrowDown")
    expect(select).to_have_value(value)


def answer_by_keyboard(page: Page, item: str, row: dict[str, Any]) -> None:
    question, value = page.locator(f"[data-item='{item}']"), right_value(row)
    part = {name: question.locator(f"[data-part='{name}']") for name in ("number", "unit", "text", "grade")}
    match row["type"]:
        case "TRUE_FALSE":
            tab_to(page, question.locator("input[type=radio]").first)
            page.keyboard.press("Space" if value == "A" else "ArrowDown")
        case "NUMERIC":
            tab_to(page, part["number"])
            page.keyboard.type(row["answer"]["number"])
            choose(page, part["unit"], row["answer"]["unit"])
        case "SHORT_TEXT":
            tab_to(page, part["text"])
            page.keyboard.type(value)
        case "ORDERING":
            # From the last place to the first, each option to the top.
            for letter in reversed(value):
                row_of = question.locator(f"li:has([data-key='{letter}'])")
                while question.locator("[data-key]").first.get_attribute("data-key") != letter:
                    tab_to(page, row_of.locator("button").first)
                    page.keyboard.press("Enter")
        case "MATCHING":
            for pair in value.split(","):
                choose(page, question.locator(f"[data-number='{pair[0]}']"), pair[1])
        case "HOTSPOT":
            tab_to(page, question.locator(".hotspot__stage"))
            for across, down in STEPS[row["id"]]:
                for _step in range(abs(across)):
                    page.keyboard.press("ArrowRight" if across > 0 else "ArrowLeft")
                for _step in range(down):
                    page.keyboard.press("ArrowDown")
                page.keyboard.press("Enter")
        case "IMAGE_GRADING":
            for code, met in row["answer"]["met"].items():
                tab_to(page, question.locator(f"[data-code='{code}']").first)
                page.keyboard.press("Space" if met else "ArrowDown")
            choose(page, part["grade"], row["answer"]["grade"])


def answer_in_fields(page: Page, item: str, row: dict[str, Any]) -> None:
    """As somebody does whose browser runs no script."""
    question, value, name = page.locator(f"[data-item='{item}']"), right_value(row), f"q-{item}"
    match row["type"]:
        case "TRUE_FALSE":
            question.locator(f"input[value='{value}']").check()
        case "NUMERIC":
            question.locator(f"[name='{name}.number']").fill(row["answer"]["number"])
            question.locator(f"[name='{name}.unit']").select_option(row["answer"]["unit"])
        case "SHORT_TEXT":
            question.locator(f"[name='{name}']").fill(value)
        case "ORDERING":
            for place, letter in enumerate(value, start=1):
                question.locator(f"[name='{name}.{letter}']").select_option(str(place))
        case "MATCHING":
            for pair in value.split(","):
                question.locator(f"[name='{name}.{pair[0]}']").select_option(pair[1])
        case "HOTSPOT":
            for number, point in enumerate(value.split(";")):
                for axis, place in zip("xy", point.split(","), strict=True):
                    question.locator(f"[name='{name}.{axis}']").nth(number).fill(place)
        case "IMAGE_GRADING":
            for sign in value.partition(";")[0].split(","):
                question.locator(f"[name='{name}.{sign[:-1]}'][value='{sign[-1]}']").check()
            question.locator(f"[name='{name}.grade']").select_option(row["answer"]["grade"])


def path_of(attempt: Attempt) -> str:
    return f"/zh-hans/quizzes/attempts/{attempt.public_id}/"


def saved(attempt: Attempt, codes: dict[str, str]) -> dict[str, str]:
    answers = Attempt.objects.get(pk=attempt.pk).answers
    return {codes[item]: answer["value"] for item, answer in answers.items() if answer["value"]}


def take_by_keyboard(visitor: Visitor, *codes: str, with_axe: bool) -> None:
    attempt, by_item = opened(*codes)
    page = visitor.open(path_of(attempt))
    visitor.settled()
    found = violations(visitor, "exercises, open") if with_axe else {}
    for item, code in by_item.items():
        answer_by_keyboard(page, item, ROWS[code])
    wanted = {code: right_value(ROWS[code]) for code in codes}
    wait_for(lambda: saved(attempt, by_item) == wanted, 120)
    found |= violations(visitor, "exercises, answered") if with_axe else {}
    tab_to(page, page.locator("button[name=do][value=submit]"))
    page.keyboard.press("Enter")
    expect(page.locator(".result-head")).to_be_visible()
    found |= violations(visitor, "exercises, result") if with_axe else {}
    attempt.refresh_from_db()
    assert (attempt.state, attempt.points) == ("submitted", attempt.points_possible)
    assert (found, visitor.complaints, visitor.foreign) == ({}, [], [])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_some_types_are_answered_by_keyboard_on_a_phone(world: World, visit_as: Visit) -> None:
    with visit_as("learner", viewport=PHONE) as visitor:
        take_by_keyboard(visitor, "NUM-01", "ORD-02", "HOT-01", with_axe=False)


@pytest.mark.very_slow
@pytest.mark.timeout(1800)
def test_every_type_is_answered_by_keyboard_on_a_phone_without_barriers(world: World, visit_as: Visit) -> None:
    with visit_as("learner", viewport=PHONE) as visitor:
        take_by_keyboard(visitor, *ROWS, with_axe=True)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_type_is_answered_without_javascript(world: World, visit_as: Visit) -> None:
    attempt, by_item = opened(*ROWS)
    with visit_as("learner", viewport=PHONE, java_script_enabled=False) as visitor:
        page = visitor.open(path_of(attempt))
        for item, code in by_item.items():
            answer_in_fields(page, item, ROWS[code])
        page.locator("button[name=do][value=submit]").click()
        page.wait_for_selector(".result-head")
        expect(page.locator("main")).to_contain_text(re.compile("480"))
    attempt.refresh_from_db()
    assert saved(attempt, by_item) == {code: right_value(row) for code, row in ROWS.items()}
    assert (attempt.points, attempt.points > Decimal(20)) == (attempt.points_possible, True)
