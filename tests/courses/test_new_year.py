"""Courses across New Year: whose year the minutes are, in Shanghai and where clocks change."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from courses.enums import EnrolmentState, LessonKind
from courses.models import CourseCompletion, Enrolment, LessonProgress
from courses.selectors import required_lessons
from courses.services.completion import complete_course
from courses.services.lateness import LATE_WITHIN, settled
from courses.services.progress import settle_outcomes, watched_at
from courses.services.studying import quiz_context
from courses.services.years import by_year
from credits.exports.cells import _pieces
from credits.models import Entry
from credits.selectors import standing
from credits.selectors.judging import fact_of
from media_pipeline.models import PlaySession, WatchBatch, WatchedTime, WatchingOutcome
from quizzes.models import Attempt
from quizzes.protocol import Event
from quizzes.services import attempts
from tests.factories.courses import EnrolmentFactory, course_with
from tests.factories.credits import ProjectFactory, activity
from tests.factories.quizzes import right_answers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]
MIDNIGHT = datetime(2025, 12, 31, 16, tzinfo=UTC)  # in Shanghai


def enrolled(kinds: list[str]) -> Enrolment:
    project = ProjectFactory(begins=date(2025, 1, 1), ends=date(2026, 12, 31))
    offer = course_with(kinds, project=project, begins=date(2025, 1, 1), ends=date(2026, 12, 31))
    return EnrolmentFactory(offer=offer, enrolled_at=MIDNIGHT - timedelta(days=30))


def done(enrolment: Enrolment, number: int, opened: datetime, completed: datetime, minutes: str) -> LessonProgress:
    lesson = required_lessons(enrolment.offer)[number]
    return LessonProgress.objects.create(
        enrolment=enrolment, lesson_key=lesson.translation_key, kind=lesson.kind, opened_at=opened,
        completed_at=completed, minutes=Decimal(minutes), title=lesson.title,
        lecture_id_copy=lesson.lecture.pk if lesson.lecture else None,
    )  # fmt: skip


def played(progress: LessonProgress, opened: datetime, seconds: float, *, received: datetime | None = None) -> None:
    person, lecture = progress.enrolment.person, progress.lecture_id_copy
    session = PlaySession.objects.create(
        person=person, lecture_id=lecture, opened_at=opened, threshold=Decimal("0.9"), max_speed=Decimal(2),
        background_play=True, duration_s=9000,
    )  # fmt: skip
    WatchBatch.objects.create(
        session=session, client_id="a", sequence=0, received_at=received or opened + timedelta(seconds=seconds),
        claimed=[[0, int(seconds * 1000), 0, int(seconds * 1000)]], claimed_s=seconds, credited_s=seconds,
    )  # fmt: skip


def told() -> list[tuple[date, Decimal, date]]:
    return [(row.begins_on, row.quantity, row.ends_on) for row in Entry.objects.order_by("ends_at")]


def test_course_across_new_year_posts_one_entry_a_year() -> None:
    enrolment = enrolled([LessonKind.READING] * 3)
    before = MIDNIGHT - timedelta(days=9)
    done(enrolment, 0, before, MIDNIGHT - timedelta(seconds=1), "60")  # 23:59:59
    done(enrolment, 1, before, MIDNIGHT, "90")  # 00:00:00
    done(enrolment, 2, before, MIDNIGHT + timedelta(days=2), "30.5")
    complete_course(enrolment=enrolment)
    assert told() == [
        (date(2025, 12, 23), Decimal("60.000"), date(2025, 12, 31)),
        (date(2026, 1, 1), Decimal("120.500"), date(2026, 1, 3)),
    ]
    rules = enrolment.offer.rule_set_id
    hours = [standing(person=enrolment.person, rule_set_id=rules, year=year).hours for year in (2025, 2026)]
    assert hours == [Decimal(1), Decimal("2.00")]
    last = Entry.objects.latest("ends_at")
    assert CourseCompletion.objects.get().entry_public_id == last.public_id
    assert Enrolment.objects.get().state == EnrolmentState.COMPLETED
    assert complete_course(enrolment=enrolment) is None


def test_lecture_watched_across_new_year_is_shared_out_by_what_was_watched_when() -> None:
    enrolment = enrolled([LessonKind.LECTURE])
    progress = done(enrolment, 0, MIDNIGHT - timedelta(hours=1), MIDNIGHT + timedelta(hours=1), "50")
    played(progress, MIDNIGHT - timedelta(minutes=20), 1000)
    played(progress, MIDNIGHT + timedelta(minutes=20), 2000)
    complete_course(enrolment=enrolment)
    assert told() == [
        (date(2025, 12, 31), Decimal("16.666"), date(2025, 12, 31)),
        (date(2026, 1, 1), Decimal("33.334"), date(2026, 1, 1)),
    ]


def test_lecture_played_before_midnight_and_sent_after_it_belongs_to_the_old_year() -> None:
    enrolment = enrolled([LessonKind.LECTURE])
    ended = MIDNIGHT - timedelta(minutes=5)
    progress = done(enrolment, 0, MIDNIGHT - timedelta(hours=1), ended, "50")
    played(progress, MIDNIGHT - timedelta(minutes=55), 3000, received=MIDNIGHT + timedelta(hours=9))
    watched = WatchedTime.objects.create(
        person=enrolment.person, lecture_id=progress.lecture_id_copy, completed_at=ended
    )
    WatchingOutcome.objects.create(subject=watched, kind="lecture_watched", created_at=MIDNIGHT + timedelta(hours=9))
    at, flag = watched_at(enrolment.offer, ended, watched)
    assert at == ended
    assert flag == ({"kind": "sent_late", "received_at": "2026-01-01T01:00:00+00:00"},)
    LessonProgress.objects.filter(pk=progress.pk).update(evidence=list(flag))
    complete_course(enrolment=enrolment)
    assert told() == [(date(2025, 12, 31), Decimal("50.000"), date(2025, 12, 31))]
    (line,) = standing(person=enrolment.person, rule_set_id=enrolment.offer.rule_set_id, year=2025).lines
    assert (line.is_sent_late, "sent_late" in (fact_of(line.entry, set()).evidence or ())) == (True, False)
    after = MIDNIGHT + timedelta(minutes=1)
    assert watched_at(enrolment.offer, after, watched) == (after, ())


@pytest.mark.parametrize("name", ["Asia/Shanghai", "Pacific/Auckland", "Europe/London"])
def test_work_belongs_to_the_old_year_until_three_days_after_it(name: str) -> None:
    zone = ZoneInfo(name)  # in Auckland clocks stand an hour forward at New Year
    midnight = datetime(2026, 1, 1, tzinfo=zone)
    last = midnight - timedelta(seconds=1)  # 23:59:59
    second = timedelta(seconds=1)
    for worked, received, at, is_late in (
        (last, last, last, False),
        (last, midnight, last, True),
        (last, last + LATE_WITHIN, last, True),
        (last, last + LATE_WITHIN + second, last + LATE_WITHIN + second, False),
        (midnight, midnight + timedelta(days=1), midnight, False),
        (last - timedelta(days=1), last, last - timedelta(days=1), False),
        (midnight, last, midnight, False),  # watched before, enrolled after New Year
    ):
        utc = received.astimezone(UTC)
        flag = ({"kind": "sent_late", "received_at": utc.isoformat()},) if is_late else ()
        assert settled(worked_until=worked, received=utc, zone=zone) == (utc if at == received else at, flag)


@pytest.mark.parametrize(
    ("answered", "handed_in", "day", "is_late"),
    [
        (-1, 60 * 60 * 9, date(2025, 12, 31), True),
        (0, 60, date(2026, 1, 1), False),
        (-60, -1, date(2025, 12, 31), False),
        (-60, 60 * 60 * 73, date(2026, 1, 4), False),
    ],
)
def test_quiz_answered_before_midnight_and_handed_in_after_it_belongs_to_the_old_year(
    answered: int, handed_in: int, day: date, is_late: bool
) -> None:
    enrolment = enrolled([LessonKind.QUIZ])
    (lesson,) = required_lessons(enrolment.offer)
    progress = LessonProgress.objects.create(
        enrolment=enrolment, lesson_key=lesson.translation_key, kind=lesson.kind, title=lesson.title,
        page_id_copy=lesson.pk, opened_at=MIDNIGHT - timedelta(hours=3),
    )  # fmt: skip
    permit = attempts.permit(person=enrolment.person, quiz=lesson.quiz, context=quiz_context(progress), return_url="/")
    attempt, _new = attempts.open_attempt(person=enrolment.person, permit=permit)
    events = [
        Event(client="c", counter=number, question=item, value=key)
        for number, (item, key) in enumerate(right_answers(attempt), 1)
    ]
    Attempt.objects.filter(pk=attempt.pk).update(opened_at=MIDNIGHT - timedelta(hours=2), deadline_at=None)
    kept = attempts.save_answers(person=enrolment.person, public_id=attempt.public_id, events=events)
    again = attempts.save_answers(person=enrolment.person, public_id=attempt.public_id, events=events)
    assert again.answered_at == kept.answered_at != again.last_seen_at
    attempts.submit(public_id=attempt.public_id, person=enrolment.person)
    moments = {"answered_at": answered, "closed_at": handed_in}
    Attempt.objects.update(**{name: MIDNIGHT + timedelta(seconds=after) for name, after in moments.items()})
    assert settle_outcomes() == 1
    written = Entry.objects.get()
    assert (written.ends_on, any(item["kind"] == "sent_late" for item in written.evidence)) == (day, is_late)
    rules = enrolment.offer.rule_set_id
    (line,) = standing(person=enrolment.person, rule_set_id=rules, year=day.year).lines
    with override("en"):
        text = "Done before New Year and sent after it: it belongs to the old year."
        assert text in line.text if is_late else text not in line.text
    assert _pieces(written) == _pieces_without_flag(written)


def _pieces_without_flag(written: Entry) -> str:
    return _pieces(Entry(evidence=[item for item in written.evidence if item["kind"] != "sent_late"]))


@pytest.mark.parametrize(
    ("instant", "year"),
    [
        # London: midnight is Greenwich's in winter; its summer time moves no year.
        (datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC), 2025),
        (datetime(2026, 1, 1, 0, 0, 0, tzinfo=UTC), 2026),
        (datetime(2026, 6, 30, 23, 30, 0, tzinfo=UTC), 2026),
    ],
)
def test_year_is_that_of_the_rule_sets_zone_where_clocks_change(instant: datetime, year: int) -> None:
    enrolment = enrolled([LessonKind.READING])
    progress = done(enrolment, 0, instant - timedelta(hours=1), instant, "30")
    whole = activity(begins_at=instant - timedelta(hours=1), ends_at=instant)
    (part,) = by_year(enrolment, [progress], whole, "uk-hcpc-cpd")
    assert part.ends_at.astimezone(ZoneInfo("Europe/London")).year == year
    assert (part.quantity, part.occurrence) == (Decimal(30), whole.occurrence)
