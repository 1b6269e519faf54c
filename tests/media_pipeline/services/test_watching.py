import random
import threading
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from cms.shared.errors import InvalidInput, TooLarge
from media_pipeline.models import PlaySession, WatchBatch, WatchClock, WatchedTime, WatchingOutcome
from media_pipeline.selectors import playback, watched
from media_pipeline.services.watching import (
    BatchResult,
    LectureNotReady,
    PlayedPiece,
    PlaySessionOver,
    WatchingRule,
    forget_batches,
    open_session,
    record_batch,
)
from tests.factories.media_pipeline import LectureFactory
from tests.factories.organisations import PersonFactory

RULE = WatchingRule(threshold=Decimal("0.9"), max_speed=Decimal("2"), background_play=True)
START = datetime.fromisoformat("2026-11-20T10:00:00+08:00")


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def play(session: PlaySession, sequence: int, *pieces: tuple[float, float, float, float], **more) -> BatchResult:
    return record_batch(
        session=session,
        client_id="tab",
        sequence=sequence,
        pieces=[PlayedPiece(*piece) for piece in pieces],
        **more,
    )


@pytest.mark.django_db
def test_open_session_freezes_the_rule_and_starts_at_nothing(clock):
    person, lecture = PersonFactory.create(), LectureFactory.create(duration_s=120.0)
    rule = WatchingRule(threshold=Decimal("0.8"), max_speed=Decimal("1.5"), background_play=False)
    session = open_session(person=person, lecture=lecture, rule=rule)
    session.refresh_from_db()
    assert (session.threshold, session.max_speed, session.background_play) == (Decimal("0.8"), Decimal("1.5"), False)
    assert (session.opened_at, session.duration_s) == (START, 120.0)
    view = watched(person=person, lecture=lecture)
    assert (view.covered_s, view.missing, view.is_completed) == (0.0, [[0.0, 120.0]], False)


@pytest.mark.django_db
def test_open_session_refuses_a_lecture_that_is_not_ready():
    with pytest.raises(LectureNotReady):
        open_session(person=PersonFactory.create(), lecture=LectureFactory.create(duration_s=None), rule=RULE)
    assert not PlaySession.objects.exists()


@pytest.mark.django_db
def test_playback_tells_where_to_play_and_where_the_learner_was(clock):
    person, lecture = PersonFactory.create(), LectureFactory.create(captions_key="captions/00/x.vtt")
    session = open_session(person=person, lecture=lecture, rule=RULE)
    clock.shift(30)
    play(session, 1, (0, 20, 0, 10), position_s=19.5)
    found = playback(person=person, lecture=lecture, session=session)
    base = found.master_url.removesuffix("master.m3u8")
    token, public_id = base.removeprefix("/lectures/").rstrip("/").split("/")
    assert public_id == str(lecture.renditions.public_id)
    assert len(token) > 50
    assert (found.mp4_url, found.poster_url, found.captions_url) == (
        base + "lowest.mp4",
        base + "poster.jpg",
        base + "captions.vtt",
    )
    # Four hours and the lecture's ten minutes from 10:00:30, rounded up to the hour.
    assert found.expires_at == START + timedelta(hours=5)
    assert found.batches_url == f"/api/v1/play-sessions/{session.public_id}/batches/"
    assert (found.position_s, found.intervals, found.missing) == (19.5, [[0.0, 20.0]], [[20.0, 600.0]])
    assert (found.share, found.threshold, found.max_speed, found.is_completed) == (0.0333, 0.9, 2.0, False)


@pytest.mark.django_db
def test_position_starts_again_after_the_end(clock):
    person, lecture = PersonFactory.create(), LectureFactory.create(duration_s=60.0)
    session = open_session(person=person, lecture=lecture, rule=RULE)
    clock.shift(60)
    assert play(session, 1, (0, 60, 0, 60)).watched.position_s == 0.0


@pytest.mark.django_db
def test_record_batch_completes_once_and_writes_one_outcome(clock, django_capture_on_commit_callbacks):
    person, lecture = PersonFactory.create(), LectureFactory.create(duration_s=100.0)
    session = open_session(person=person, lecture=lecture, rule=RULE)
    clock.shift(89)
    assert not play(session, 1, (0, 89, 0, 89)).watched.is_completed
    clock.shift(5)
    with django_capture_on_commit_callbacks() as announced:
        result = play(session, 2, (89, 94, 89, 94))
    assert (result.watched.is_completed, result.watched.completed_at) == (True, timezone.now())
    assert len(announced) == 1
    completed_at = timezone.now()
    clock.shift(6)
    with django_capture_on_commit_callbacks() as announced:
        play(session, 3, (94, 100, 94, 100))
    assert announced == []
    row = WatchedTime.objects.get()
    assert (row.completed_at, row.covered_s, row.intervals) == (completed_at, 100.0, [[0.0, 100.0]])
    assert list(WatchingOutcome.objects.values_list("subject", "kind", "revision", "settled_at")) == [
        (row.pk, "lecture_watched", 900, None)
    ]


@pytest.mark.django_db
def test_outcome_of_a_stricter_rule_is_a_second_one(clock):
    person, lecture = PersonFactory.create(), LectureFactory.create(duration_s=100.0)
    session = open_session(person=person, lecture=lecture, rule=RULE)
    clock.shift(100)
    play(session, 1, (0, 90, 0, 90))
    strict = open_session(
        person=person, lecture=lecture, rule=WatchingRule(Decimal("1"), Decimal("2"), background_play=True)
    )
    assert not playback(person=person, lecture=lecture, session=strict).is_completed
    clock.shift(10)
    assert play(strict, 1, (90, 100, 0, 10)).watched.is_completed
    mild = open_session(
        person=person, lecture=lecture, rule=WatchingRule(Decimal("0.5"), Decimal("2"), background_play=True)
    )
    assert playback(person=person, lecture=lecture, session=mild).is_completed
    open_session(person=person, lecture=lecture, rule=RULE)
    assert list(WatchingOutcome.objects.order_by("pk").values_list("revision", flat=True)) == [900, 1000, 500]


@pytest.mark.django_db
def test_ten_tabs_of_ten_lectures_earn_what_one_earns(clock):
    person = PersonFactory.create()
    sessions = [open_session(person=person, lecture=LectureFactory.create(), rule=RULE) for _ in range(10)]
    results = []
    for sequence in range(1, 7):
        clock.shift(10)
        at = 10.0 * (sequence - 1)
        results += [play(session, sequence, (2 * at, 2 * at + 20, at, at + 10)) for session in sessions]
    assert sum(result.credited_s for result in results) == 120.0
    assert {result.reason for result in results} == {"", "spent_elsewhere"}
    assert sum(WatchedTime.objects.values_list("covered_s", flat=True)) == 120.0


@pytest.mark.django_db
def test_ten_tabs_earn_no_more_after_a_morning_with_an_idle_one(clock):
    person = PersonFactory.create()
    open_session(person=person, lecture=LectureFactory.create(), rule=RULE)
    clock.shift(3 * 3600)
    sessions = [open_session(person=person, lecture=LectureFactory.create(), rule=RULE) for _ in range(10)]
    clock.shift(60)
    assert sum(play(session, 1, (0, 120, 0, 60)).credited_s for session in sessions) == 120.0


@pytest.mark.django_db
def test_the_whole_range_at_once_earns_nothing(clock):
    session = open_session(person=PersonFactory.create(), lecture=LectureFactory.create(), rule=RULE)
    clock.shift(1)
    assert play(session, 1, (0, 600, 0, 1)).credited_s == 0.0
    assert play(session, 2, (0, 600, 0, 600)).credited_s == 0.0
    assert play(session, 3, *((float(at), at + 10.0, 0.0, 0.001) for at in range(0, 600, 10))).credited_s == 0.0
    assert play(session, 4, *((float(at), at + 2.0, 0.0, 1.0) for at in range(0, 400, 2))).credited_s == 2.0


@pytest.mark.django_db
def test_time_before_the_opening_earns_nothing(clock):
    session = open_session(person=PersonFactory.create(), lecture=LectureFactory.create(), rule=RULE)
    clock.shift(30)
    result = play(session, 1, (0, 100, -70, 30))
    assert (result.credited_s, result.reason, result.refused) == (0.0, "before_opening", [(0, "before_opening", 100.0)])


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(3))
def test_an_honest_viewer_on_a_bad_line_completes(clock, seed):
    """30 % of the batches are lost, 30 % of the acknowledgements too, and the order is mixed up."""
    chance = random.Random(seed)
    session = open_session(person=PersonFactory.create(), lecture=LectureFactory.create(duration_s=300.0), rule=RULE)
    waiting: dict[int, tuple[float, float, float, float]] = {}
    for sequence in range(1, 31):
        clock.shift(10)
        at = 10.0 * (sequence - 1)
        waiting[sequence] = (at, at + 10, at, at + 10)
        for known in chance.sample(sorted(waiting), len(waiting)):
            if chance.random() < 0.3:
                continue
            result = play(session, known, waiting[known])
            assert (result.credited_s, result.reason) == (10.0, "")
            if chance.random() >= 0.3:
                del waiting[known]
    for known, piece in waiting.items():
        play(session, known, piece)
    row = WatchedTime.objects.get()
    assert (row.intervals, WatchingOutcome.objects.count()) == ([[0.0, 300.0]], 1)


@pytest.mark.django_db
def test_batches_that_come_hours_late_count_up_to_twelve(clock):
    session = open_session(person=PersonFactory.create(), lecture=LectureFactory.create(), rule=RULE)
    clock.shift(12 * 3600)
    assert play(session, 1, (0, 60, 0, 60)).credited_s == 60.0
    clock.shift(120)
    late = play(session, 2, (60, 120, 60, 120))
    assert (late.credited_s, late.reason) == (0.0, "too_late")
    clock.shift(12 * 3600)
    with pytest.raises(PlaySessionOver):
        play(session, 3, (60, 120, 80_000, 80_060))


@pytest.mark.django_db
def test_record_batch_refuses_wrong_input(clock):
    session = open_session(person=PersonFactory.create(), lecture=LectureFactory.create(), rule=RULE)
    with pytest.raises(TooLarge):
        play(session, 1, *[(0.0, 1.0, 0.0, 1.0)] * 201)
    for number in (float("nan"), float("inf"), 1e12):
        with pytest.raises(InvalidInput):
            play(session, 1, (0.0, number, 0.0, 1.0))
        with pytest.raises(InvalidInput):
            play(session, 1, position_s=number)
    assert not WatchBatch.objects.exists()


@pytest.mark.django_db
def test_forget_batches_keeps_180_days_and_all_that_was_credited(clock):
    person, lecture = PersonFactory.create(), LectureFactory.create()
    session = open_session(person=person, lecture=lecture, rule=RULE)
    clock.shift(60)
    play(session, 1, (0, 10, 0, 10))
    clock.shift(timedelta(days=179))
    second = open_session(person=person, lecture=lecture, rule=RULE)
    clock.shift(30)
    play(second, 1, (10, 20, 0, 10))
    assert forget_batches() == 0
    clock.shift(timedelta(days=1))
    assert forget_batches() == 1
    assert WatchedTime.objects.get().intervals == [[0.0, 20.0]]


def test_sixteen_threads_spend_each_second_once(committed_db):
    """Sixteen players of sixteen lectures claim the same ten seconds at the same moment, each twice."""
    person = PersonFactory.create()
    with time_machine.travel(timezone.now() - timedelta(seconds=30), tick=False):
        sessions = [open_session(person=person, lecture=LectureFactory.create(), rule=RULE) for _ in range(16)]
    credited: list[float] = []
    failures: list[BaseException] = []
    together = threading.Barrier(16)

    def claim(session: PlaySession) -> None:
        try:
            together.wait(timeout=120)
            for _repeat in range(2):
                result = play(session, 1, (0, 20, 0, 10))
            credited.append(result.credited_s)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=claim, args=[session]) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert failures == []
    assert sorted(credited) == [0.0] * 15 + [20.0]
    assert sum(WatchedTime.objects.values_list("covered_s", flat=True)) == sum(credited)
    assert WatchBatch.objects.count() == 16
    assert WatchClock.objects.get().revision == 32


def test_sixteen_threads_complete_a_lecture_once(committed_db):
    person, lecture = PersonFactory.create(), LectureFactory.create(duration_s=100.0)
    with time_machine.travel(timezone.now() - timedelta(seconds=100)):
        session = open_session(person=person, lecture=lecture, rule=RULE)
    failures: list[BaseException] = []
    together = threading.Barrier(16)

    def send(sequence: int) -> None:
        try:
            together.wait(timeout=120)
            at = sequence * 6.25
            play(session, sequence, (at, at + 6.25, at, at + 6.25))
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=[sequence]) for sequence in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert failures == []
    row = WatchedTime.objects.get()
    assert (row.intervals, row.covered_s) == ([[0.0, 100.0]], 100.0)
    assert WatchingOutcome.objects.count() == 1
