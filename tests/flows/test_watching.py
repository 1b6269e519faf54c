"""Ten real tabs on the real server, by the real clock."""

import time
from typing import Any

import pytest

from courses.enums import LessonKind
from courses.selectors import required_lessons
from courses.services.enrolment import enrol
from media_pipeline.models import WatchedTime, WatchingOutcome
from tests import live
from tests.factories.courses import CurrentProjectFactory, course_with
from tests.factories.organisations import PersonFactory
from tests.flows.visitor import Visitor
from tests.quizzes.concurrency import race

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

TABS = 10
SECONDS = 5.0


def batch(number: int, *piece: float) -> dict[str, Any]:
    names = ("from_s", "to_s", "began_s", "ended_s")
    return {"client_id": "tab", "sequence": number, "pieces": [dict(zip(names, piece, strict=True))]}


def test_ten_tabs_for_five_seconds_earn_what_one_earns(live_site: live.Site, rule_sets: int) -> None:
    offer = course_with([LessonKind.LECTURE] * TABS, project=CurrentProjectFactory())
    person = PersonFactory()
    enrol(person=person, offer=offer)
    with Visitor(live_site.url) as visitor:
        visitor.sign_in(person)
        began = time.monotonic()
        opened = [
            visitor.post_json(f"/api/v1/lessons/{lesson.translation_key}/play/").json()
            for lesson in required_lessons(offer)
        ]
        sessions = [f"/api/v1/play-sessions/{playback['session']}/batches/" for playback in opened]

        def credited(number: int, *piece: float) -> list[float]:
            """What the claim earns in each tab, all sent at once."""
            waiting = list(sessions)
            answers = race(TABS, lambda: visitor.post_json(waiting.pop(), batch(number, *piece)))
            assert {answer.status_code for answer in answers} == {200}, answers[0].text
            return [answer.json()["credited_s"] for answer in answers]

        # The whole lecture at once; time before the opening; time to come.
        assert credited(1, 0, 120, 0, 0.5) == [0.0] * TABS
        assert credited(2, 0, 60, -60, 0) == [0.0] * TABS
        assert credited(3, 0, 120, 3540, 3600) == [0.0] * TABS
        time.sleep(SECONDS)
        earned = sum(credited(4, 0, 2 * SECONDS, 0, SECONDS))
        passed = time.monotonic() - began
        assert 2 * SECONDS <= earned <= 2 * passed
        assert sum(credited(4, 0, 2 * SECONDS, 0, SECONDS)) == pytest.approx(
            earned
        )  # sent again: the same answer, nothing more
    assert sum(WatchedTime.objects.values_list("covered_s", flat=True)) == pytest.approx(earned)
    assert WatchingOutcome.objects.count() == 0
