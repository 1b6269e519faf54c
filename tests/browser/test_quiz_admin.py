"""The question bank and the quizzes as their authors meet them: without barriers, drawn by hand and by keys."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page

from cms.home.demo.people import PASSWORD
from organisations.models import Person
from quizzes.enums import QuestionType
from quizzes.models import Attempt, Bank, Question, Quiz, QuizDraw, QuizQuestion
from quizzes.services import attempts
from tests.browser.axe import violations
from tests.browser.conftest import Visit
from tests.browser.test_exercises import tab_to
from tests.browser.visitor import DESK, expect
from tests.browser.world import World
from tests.factories.quizzes import permit_for

# Wagtail's own furniture, which is not ours to mend.
WAGTAIL = ("form[role='search'][action='/admin/pages/search/']", "#w-minimap-toggle")


def snippet(model: str, view: str, *args: int) -> str:
    return reverse(f"wagtailsnippets_quizzes_{model}:{view}", args=args)


def first(type: str) -> Question:
    question = Question.objects.filter(current__type=type, bank__is_demo=True).order_by("pk").first()
    assert question is not None
    return question


def short_quiz() -> Quiz:
    """A quiz of every type whose draws want more than there is."""
    quiz = Quiz.objects.create(title="样卷")
    for order, type in enumerate(QuestionType):
        QuizQuestion.objects.create(quiz=quiz, question=first(type), sort_order=order)
    for order, difficulty in enumerate((None, 1)):
        QuizDraw.objects.create(
            quiz=quiz, bank=Bank.objects.get(is_demo=True), count=150, difficulty=difficulty, sort_order=order
        )
    return quiz


def editors_pages() -> dict[str, str]:
    full = Quiz.objects.filter(is_demo=True).order_by("pk")[0]
    pages = {
        "quizzes": snippet("quiz", "list"),
        "new quiz": snippet("quiz", "add"),
        "quiz that is short": snippet("quiz", "edit", short_quiz().pk),
        "sample paper": snippet("quiz", "sample", full.pk) + "?seed=7",
        "copy of a quiz": snippet("quiz", "duplicate", full.pk),
        "questions": snippet("question", "list"),
        "types": snippet("question", "add"),
        "question's record": snippet("question", "record", first("A4").pk),
        "copy of a question": snippet("question", "duplicate", first("A4").pk),
        "banks": snippet("bank", "list"),
        "new bank": snippet("bank", "add"),
        "bank": snippet("bank", "edit", Bank.objects.get(is_demo=True).pk),
        "scoring": snippet("bank", "scoring", Bank.objects.get(is_demo=True).pk),
        "marking": reverse("manage:marking_progress"),
    }
    # One question of each form.
    for type in ("A2", "A4", "B1", "CASE", "NUMERIC", "ORDERING", "MATCHING", "HOTSPOT", "IMAGE_GRADING", "ESSAY"):
        pages[f"question {type}"] = snippet("question", "edit", first(type).pk)
    return pages


def handed_in_essay() -> Attempt:
    """So that the progress of marking has something to show; queue and seat are looked at in test_marking."""
    quiz, learner = Quiz.objects.create(title="论述"), Person.objects.get(username="learner")
    QuizQuestion.objects.create(quiz=quiz, question=first("ESSAY"))
    attempt, _new = attempts.open_attempt(person=learner, permit=permit_for(learner, quiz))
    return attempts.submit(public_id=attempt.public_id, person=learner)


@pytest.mark.very_slow
@pytest.mark.timeout(1800)
def test_pages_of_authors_are_accessible_and_narrow_enough(world: World, visit: Visit) -> None:
    handed_in_essay()
    found: dict[str, Any] = {}
    with visit(world.site, viewport=DESK) as visitor:
        visitor.sign_in("editor", PASSWORD)
        for name, path in editors_pages().items():
            visitor.open(path)
            visitor.settled()
            found |= violations(visitor, name, without=WAGTAIL)
    assert found == {}


def sizes(region: Locator) -> list[float]:
    return [float(field.input_value()) for field in region.locator("input[type=number]").all()]


def drag(page: Page, box: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    """With the pointer, from share to share of the picture's width and height."""
    places = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in (start, end)]
    page.mouse.move(*places[0])
    page.mouse.down()
    page.mouse.move(*places[1], steps=5)
    page.mouse.up()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_regions_are_drawn_by_pointer_and_by_keyboard(world: World, visit: Visit) -> None:
    question = first("HOTSPOT")
    with visit(world.site, viewport=DESK) as visitor:
        visitor.sign_in("editor", PASSWORD)
        page = visitor.open(snippet("question", "edit", question.pk))
        stage, rows = page.locator("[data-regions-stage]"), page.locator("[data-region]")
        regions = [rows.nth(number) for number in range(2)]

        # An ellipse, dragged from corner to corner.
        regions[0].locator("select").select_option("ellipse")
        regions[0].locator("[data-region-draw]").click()
        stage.scroll_into_view_if_needed()
        drag(page, stage.bounding_box(), (0.2, 0.3), (0.4, 0.7))
        assert [round(size, -1) for size in sizes(regions[0])] == [300, 500, 100, 200]

        # The same by keyboard alone: into the picture by its button, ten steps right, two wider, and out again.
        button = regions[0].locator("[data-region-draw]")
        expect(button).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("Escape")
        expect(button).to_be_focused()
        expect(button).to_have_attribute("aria-pressed", "false")
        before = sizes(regions[0])
        page.keyboard.press("Enter")
        expect(stage).to_be_focused()
        for key, times in (("ArrowRight", 10), ("ArrowUp", 3), ("Shift+ArrowRight", 2), ("Shift+ArrowUp", 1)):
            for _step in range(times):
                page.keyboard.press(key)
        assert [a - b for a, b in zip(sizes(regions[0]), before, strict=True)] == [100, -30, 20, 10]
        page.keyboard.press("Escape")
        expect(button).to_be_focused()

        # A polygon by clicks, then one more corner by keyboard and another taken back.
        regions[1].locator("select").select_option("polygon")
        regions[1].locator("input[type=text]").fill("")
        regions[1].locator("[data-region-draw]").click()
        stage.scroll_into_view_if_needed()
        box = stage.bounding_box()
        assert box is not None
        for x, y in ((0.6, 0.6), (0.8, 0.6)):
            page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
        tab_to_stage(page, stage)
        for key in ("ArrowDown", "ArrowDown", "Shift+ArrowLeft", "Enter", "ArrowLeft", "Enter", "Backspace"):
            page.keyboard.press(key)
        corners = [corner.split(",") for corner in regions[1].locator("input[type=text]").input_value().split()]
        assert [[round(int(part), -1) for part in corner] for corner in corners] == [[600, 600], [800, 600], [500, 510]]
        assert corners[2] == ["499", "510"]
        expect(stage.locator("svg ellipse")).to_have_count(1)
        expect(stage.locator("svg polygon")).to_have_count(1)

        page.locator("input[name='items-0-points_allowed']").fill("2")
        page.locator("form:has([data-question-form]) button[type=submit]:not([name])").first.click()
        page.wait_for_load_state("networkidle")
    question = Question.objects.select_related("current").get(pk=question.pk)
    assert question.current is not None
    drawn = question.current.items[0]["key"]["regions"]
    assert [region["shape"] for region in drawn] == ["ellipse", "polygon"]
    assert drawn[1]["points"][2] == ["499", "510"]


def tab_to_stage(page: Page, stage: Locator) -> None:
    """From the button before it; clicks on the picture have taken the focus there already where the browser does so."""
    if not stage.evaluate("(stage) => stage === document.activeElement"):
        tab_to(page, stage)
