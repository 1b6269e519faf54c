"""Whether one is there: asked at most so often, un-counting at most what was watched since, answered now or later."""

import itertools
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses.enums import LessonKind
from courses.models import AttentionCheck, LessonPage, LessonProgress
from courses.selectors import required_lessons
from courses.services import progress as progresses
from courses.services.attention import ANSWER_WITHIN
from courses.services.enrolment import enrol
from courses.services.errors import WrongKind
from courses.services.playing import attend, open_playback
from media_pipeline.models import Lecture, PlaySession, RenditionSet, WatchedTime
from media_pipeline.services.watching import PlayedPiece, record_batch
from organisations.models import Person
from tests.factories.courses import CurrentProjectFactory, course_with
from tests.factories.organisations import PersonFactory

pytestmark = pytest.mark.django_db
START = datetime.fromisoformat("2026-11-20T09:00:00+08:00")
MINUTE = 60


class Viewer:
    """Somebody who watches an hour's lecture minute by minute, with a question at most every 15 minutes."""

    def __init__(self, clock: time_machine.Traveller, *, every: int = 15, speed: str = "2") -> None:
        self.clock, self.sequence = clock, 0
        self.person: Person = PersonFactory()
        self.offer = course_with([LessonKind.LECTURE], project=CurrentProjectFactory())
        type(self.offer).objects.filter(pk=self.offer.pk).update(attention_minutes=every, max_speed=Decimal(speed))
        self.offer.refresh_from_db()
        self.enrolment = enrol(person=self.person, offer=self.offer)
        self.lesson: LessonPage = required_lessons(self.offer)[0]
        lecture: Lecture = self.lesson.lecture
        RenditionSet.objects.filter(pk=lecture.renditions_id).update(duration_s=3600.0)
        self.open()

    def open(self) -> None:
        playback = open_playback(person=self.person, lesson_key=self.lesson.translation_key)
        self.session = PlaySession.objects.get(public_id=playback.session)
        self.at = 0.0

    def watch(self, begin: int, end: int) -> None:
        """From minute `begin` to minute `end`, at normal speed."""
        seconds = (end - begin) * MINUTE
        self.clock.shift(timedelta(seconds=seconds))
        self.sequence += 1
        piece = PlayedPiece(begin * MINUTE, end * MINUTE, self.at, self.at + seconds)
        record_batch(session=self.session, client_id="tab", sequence=self.sequence, pieces=[piece])
        self.at += seconds

    def attend(self, *answers):
        self.clock.shift(timedelta(seconds=1))
        self.at += 1
        return attend(person=self.person, lesson_key=self.lesson.translation_key, answers=answers)

    def wait(self, time: timedelta) -> None:
        self.clock.shift(time)
        self.at += time.total_seconds()

    @property
    def is_complete(self) -> bool:
        progresses.settle_outcomes(person=self.person)
        return LessonProgress.objects.get(enrolment=self.enrolment).completed_at is not None


@pytest.fixture
def viewer(rule_sets: int):
    with time_machine.travel(START, tick=False) as clock:
        yield Viewer(clock)


def test_question_is_due_after_the_offers_minutes_and_not_before(viewer) -> None:
    viewer.watch(0, 14)
    early = viewer.attend()
    assert (early.asked, early.missed, early.held) == (None, (), [])
    assert 0 < early.look_after_s <= 60
    viewer.watch(14, 16)
    due = viewer.attend()
    check = AttentionCheck.objects.get()
    assert (due.asked, check.intervals, due.held) == (check.public_id, [[0.0, 960.0]], [])
    assert viewer.attend().asked == due.asked  # asked once, however often one looks
    assert AttentionCheck.objects.count() == 1


def test_missed_question_takes_the_minutes_since_the_last_and_a_late_answer_gives_them_back(viewer) -> None:
    viewer.watch(0, 16)
    first = viewer.attend().asked
    viewer.attend(first)
    viewer.watch(16, 32)
    second = viewer.attend().asked
    viewer.wait(ANSWER_WITHIN)
    missed = viewer.attend()
    assert (missed.asked, missed.missed, missed.held) == (None, (second,), [[960.0, 1920.0]])
    viewer.wait(timedelta(days=3))
    answered = viewer.attend(second)
    assert (answered.missed, answered.held) == ((), [])
    once = AttentionCheck.objects.get(public_id=second).answered_at
    viewer.attend(second)  # again: nothing changes
    assert AttentionCheck.objects.get(public_id=second).answered_at == once


def test_lecture_is_complete_only_when_what_was_asked_is_answered(viewer) -> None:
    viewer.watch(0, 16)
    viewer.attend()
    viewer.watch(16, 60)
    assert viewer.is_complete is False
    stand = viewer.attend()
    assert len(stand.waiting) == 2  # the second was put by the server itself when it was to be settled
    viewer.attend(*stand.waiting)
    assert viewer.is_complete is True
    progress = LessonProgress.objects.get()
    assert progress.completed_at == AttentionCheck.objects.order_by("answered_at").last().answered_at
    assert viewer.attend().waiting == []


def test_player_that_never_looks_is_asked_all_the_same(viewer) -> None:
    viewer.watch(0, 60)
    assert viewer.is_complete is False
    assert AttentionCheck.objects.get().intervals == [[0.0, 3600.0]]


def test_question_in_time_leaves_the_time_of_completion_alone(viewer) -> None:
    for begin in range(0, 56, 8):
        viewer.watch(begin, begin + 8)
        stand = viewer.attend()
        viewer.attend(*stand.waiting)
    assert viewer.is_complete is True
    assert LessonProgress.objects.get().completed_at == WatchedTime.objects.get().completed_at


def test_what_was_watched_before_is_asked_about_by_nobody(rule_sets: int) -> None:
    with time_machine.travel(START, tick=False) as clock:
        viewer = Viewer(clock, every=0)
        viewer.watch(0, 50)
        LessonProgress.objects.all().delete()
        type(viewer.offer).objects.update(attention_minutes=15)
        viewer.open()
        stand = viewer.attend()
        assert (stand.waiting, list(AttentionCheck.objects.values_list("number", flat=True))) == ([], [0])
        viewer.watch(50, 60)
        assert viewer.is_complete is True


def test_offer_without_questions_asks_none(rule_sets: int) -> None:
    with time_machine.travel(START, tick=False) as clock:
        viewer = Viewer(clock, every=0)
        viewer.watch(0, 60)
        with pytest.raises(WrongKind):
            viewer.attend()
        assert viewer.is_complete is True


def test_offer_cannot_ask_more_often_than_every_quarter_of_an_hour() -> None:
    offer = course_with([LessonKind.READING])
    with pytest.raises(IntegrityError), transaction.atomic():
        type(offer).objects.filter(pk=offer.pk).update(attention_minutes=14)


@given(
    steps=st.lists(st.tuples(st.integers(1, 12), st.sampled_from(["look", "answer", "miss", "leave"])), max_size=8),
)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_behaviour_is_asked_at_most_every_quarter_and_loses_nothing_for_good(rule_sets: int, steps) -> None:
    with time_machine.travel(START, tick=False) as clock, transaction.atomic():
        viewer, minute = Viewer(clock), 0
        for minutes, deed in steps:
            if minute + minutes > 60:
                break
            viewer.watch(minute, minute + minutes)
            minute += minutes
            if deed != "leave":
                stand = viewer.attend()
                if deed == "answer":
                    viewer.attend(*stand.waiting)
                elif deed == "miss":
                    viewer.wait(ANSWER_WITHIN)
        asked = list(AttentionCheck.objects.order_by("asked_at").values_list("asked_at", flat=True))
        assert all(later - earlier >= timedelta(minutes=15) for earlier, later in itertools.pairwise(asked))
        held = viewer.attend().held
        assert sum(end - begin for begin, end in held) <= WatchedTime.objects.get().covered_s
        stand = viewer.attend(*viewer.attend().waiting)
        assert (stand.held, stand.waiting) == ([], [])
        transaction.set_rollback(True)


def test_missed_question_is_answered_on_the_lessons_page_without_javascript(viewer) -> None:
    viewer.watch(0, 16)
    viewer.attend()
    viewer.wait(ANSWER_WITHIN)
    client = Client()
    client.force_login(viewer.person)
    with override("en"):
        page = client.get(viewer.lesson.url)
        text = page.content.decode()
        assert page.context["study"].attention.pieces == [("0:00", "16:00")]
        assert "0:00–16:00" in text
        assert page.context["study"].player.watched.covered_s == 0
        address = reverse("courses:attend", args=[viewer.lesson.translation_key])
    waiting = " ".join(str(check) for check in page.context["study"].attention.waiting)
    answer = client.post(address, {"checks": waiting})
    assert (answer.status_code, answer.url) == (302, viewer.lesson.url)
    assert AttentionCheck.objects.filter(answered_at=None).count() == 0
    assert client.get(viewer.lesson.url).context["study"].player.watched.covered_s == 960


def test_strangers_cannot_answer(viewer) -> None:
    viewer.watch(0, 16)
    asked = viewer.attend().asked
    stranger = Client()
    stranger.force_login(PersonFactory())
    address = reverse("courses_api:attention", kwargs={"key": viewer.lesson.translation_key})
    refused = stranger.post(address, {"answers": [str(asked)]}, content_type="application/json")
    assert refused.status_code == 403
    mine = Client()
    mine.force_login(viewer.person)
    nobody = mine.post(address, {"answers": [str(uuid4())]}, content_type="application/json")
    assert (nobody.status_code, nobody.json()["asked"]) == (200, str(asked))
    assert AttentionCheck.objects.get().answered_at is None
