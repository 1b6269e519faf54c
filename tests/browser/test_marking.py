"""An essay from its learner's keyboard to the result, over two blind markers who disagree and a third."""

from pathlib import Path

import pytest

from quizzes.models import Attempt, Marking
from tests import live
from tests.browser.axe import violations
from tests.browser.conftest import Visit
from tests.browser.visitor import DESK, PHONE, expect
from tests.factories.marking import essay, marker
from tests.factories.organisations import PASSWORD, EmploymentFactory, NodeFactory, PersonFactory
from tests.factories.quizzes import AttemptFactory, QuizFactory

pytestmark = [pytest.mark.very_slow, pytest.mark.timeout(600)]


def test_essay_is_written_marked_by_three_and_read(live_site: live.Site, visit: Visit, tmp_path: Path) -> None:
    place = NodeFactory()
    learner = PersonFactory()
    EmploymentFactory(person=learner, unit=place)
    attempt = AttemptFactory(person=learner, quiz=QuizFactory(questions=[essay()]))
    markers = [marker(place) for _n in range(3)]
    path = f"/zh-hans/quizzes/attempts/{attempt.public_id}/"
    with visit(live_site.url, viewport=PHONE) as visitor:
        page = visitor.sign_in(learner.username, PASSWORD, start=path)
        visitor.open(path)
        page.locator("textarea").focus()
        page.keyboard.type("先停止注射,再评估外渗范围。")
        expect(page.locator(".question__status.is-saved")).to_be_visible()
        assert violations(visitor, "essay") == {}
        page.locator("button[name=do][value=submit]").press("Enter")
        expect(page.locator(".result-head .badge--info")).to_be_visible()
    for number, (person, points) in enumerate(zip(markers, ("2", "8", "7"), strict=True), 1):
        with visit(live_site.url, viewport=PHONE if number == 1 else DESK) as visitor:
            page = visitor.sign_in(person.username, PASSWORD, start="/zh-hans/manage/marking/")
            visitor.open("/zh-hans/manage/marking/")
            if number == 1:
                assert violations(visitor, "queue") == {}
            page.locator("form[action$='/marking/take/'] button").first.press("Enter")
            page.wait_for_url("**/manage/marking/*-*/")
            words = page.content()
            seen = ("再评估外渗范围" in words, learner.name in words, f"评语{number - 1}" in words)
            assert seen == (True, False, False)
            if number == 1:
                assert violations(visitor, "seat") == {}
            page.screenshot(path=tmp_path / f"seat-{number}.png", full_page=True)
            page.fill("input[name=points]", points)
            page.fill("textarea[name=comment]", f"评语{number}")
            page.locator("button[name=do][value=hand-in]").press("Enter")
            page.wait_for_url("**/manage/marking/")
            page.screenshot(path=tmp_path / f"queue-{number}.png", full_page=True)
    assert list(Marking.objects.order_by("round").values_list("marker", "points")) == [
        (person.pk, points) for person, points in zip(markers, (2, 8, 7), strict=True)
    ]
    assert Attempt.objects.get().points == 7.5
    with visit(live_site.url, viewport=PHONE) as visitor:
        page = visitor.sign_in(learner.username, PASSWORD, start=path)
        visitor.open(path)
        words = page.content()
        assert [f"评语{number}" in words for number in (1, 2, 3)] == [True] * 3
        assert violations(visitor, "result") == {}
        page.screenshot(path=tmp_path / "result.png", full_page=True)
