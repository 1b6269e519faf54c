"""How the server counted what was watched: for its learner, and for whoever reviews an objection."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from courses.enums import LessonKind
from courses.models import LessonProgress
from courses.selectors import required_lessons
from courses.services.enrolment import enrol
from courses.services.playing import open_playback
from credits.selectors.evidence import facts_of
from credits.services import awards
from media_pipeline.models import PlaySession, WatchBatch
from media_pipeline.services.watching import PlayedPiece, record_batch
from tests.factories.courses import CurrentProjectFactory, course_with
from tests.factories.credits import HENAN, activity
from tests.factories.organisations import PersonFactory

pytestmark = pytest.mark.django_db
HEARD = "player opened 2026-11-20 10:00:00, last heard of 2026-11-20 10:01:30"
FAST = "it was played faster than the greatest speed that counts"
TWICE = "the same minutes were counted for another player already: time counts once"
START = datetime.fromisoformat("2026-11-20T10:00:00+08:00")


@pytest.fixture
def watched(rule_sets: int):
    """Sixty seconds played, of them ten twice; then thirty in half a second; then, in a second player, time spent."""
    with time_machine.travel(START, tick=False) as clock:
        person, offer = PersonFactory(), course_with([LessonKind.LECTURE], project=CurrentProjectFactory())
        enrol(person=person, offer=offer)
        lesson = required_lessons(offer)[0]

        def send(session: PlaySession, number: int, *piece: float) -> None:
            record_batch(session=session, client_id="tab", sequence=number, pieces=[PlayedPiece(*piece)])

        first, second = (
            PlaySession.objects.get(public_id=open_playback(person=person, lesson_key=lesson.translation_key).session)
            for _ in range(2)
        )
        clock.shift(timedelta(seconds=90))
        send(first, 1, 0, 60, 0, 60)
        send(first, 2, 0, 10, 60, 70)
        send(first, 3, 60, 90, 70, 70.5)
        send(second, 1, 60, 100, 0, 40)
        yield person, offer, lesson


def test_learner_reads_how_it_was_counted_in_plain_words(watched) -> None:
    person, _offer, lesson = watched
    client = Client()
    client.force_login(person)
    address = reverse("courses:watched", args=[lesson.translation_key])
    with override("en"):
        english = reverse("courses:watched", args=[lesson.translation_key])
    response = client.get(english)
    report = response.context["report"]
    assert [(session.played, session.counted) for session in report.sessions] == [(40, 0), (100, 60)]
    text = response.content.decode()
    assert "30 seconds were not counted: it was played faster than the greatest speed that counts." in text
    assert "40 seconds were not counted: the same minutes were counted for another player already" in text
    assert (report.percent, report.pieces, report.missing) == (50, [("0:00", "1:00")], [("1:00", "2:00")])
    colleague = Client()
    colleague.force_login(PersonFactory())
    assert colleague.get(address).status_code == 404


def test_page_asks_the_same_number_of_queries_for_one_session_and_three(watched, django_assert_num_queries) -> None:
    person, _offer, lesson = watched
    client = Client()
    client.force_login(person)
    address = reverse("courses:watched", args=[lesson.translation_key])
    client.get(address)
    with CaptureQueriesContext(connection) as two:
        client.get(address)
    for number in range(3):
        session = PlaySession.objects.first()
        assert session is not None
        copy = PlaySession.objects.create(
            person=person, lecture=session.lecture, threshold=1, max_speed=2, background_play=True, duration_s=120
        )
        WatchBatch.objects.create(session=copy, client_id="x", sequence=number)
    with django_assert_num_queries(len(two)):
        client.get(address)


def test_reviewer_reads_the_same_log_beside_the_entry(watched) -> None:
    person, offer, lesson = watched
    progress = LessonProgress.objects.get(enrolment__person=person)
    progress.lecture_id_copy = lesson.lecture_id
    progress.save(update_fields=["lecture_id_copy"])
    entry = awards.award(
        person=person,
        activity=activity(id=str(progress.enrolment.course_key), occurrence=str(offer.public_id)),
        rule_set_id=HENAN,
        how=awards.GrantMethod.ASSESSMENT,
    )
    with override("en"):
        told = [fact.text for fact in facts_of(entry) if "player opened" in fact.text]
    assert told == [
        f"{HEARD}: 100 s sent, 60 s counted; 30 s not counted: {FAST}",
        f"{HEARD}: 40 s sent, 0 s counted; 40 s not counted: {TWICE}",
    ]


def test_who_never_played_it_finds_no_log(rule_sets: int) -> None:
    person, offer = PersonFactory(), course_with([LessonKind.LECTURE])
    client = Client()
    client.force_login(person)
    lesson = required_lessons(offer)[0]
    assert client.get(reverse("courses:watched", args=[lesson.translation_key])).status_code == 404
