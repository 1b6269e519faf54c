"""Courses across New Year: whose year the minutes are, in Shanghai and where clocks change."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from courses.enums import EnrolmentState, LessonKind
from courses.models import CourseCompletion, Enrolment, LessonProgress
from courses.selectors import required_lessons
from courses.services.completion import complete_course
from courses.services.progress import sent_late
from courses.services.years import by_year
from credits.models import Entry
from credits.selectors import standing
from credits.selectors.judging import fact_of
from media_pipeline.models import PlaySession, WatchBatch, WatchedTime, WatchingOutcome
from tests.factories.courses import EnrolmentFactory, course_with
from tests.factories.credits import ProjectFactory, activity

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
    flag = sent_late(enrolment.offer, ended, watched)
    assert flag == ({"kind": "sent_late", "received_at": "2026-01-01T01:00:00+00:00"},)
    LessonProgress.objects.filter(pk=progress.pk).update(evidence=list(flag))
    complete_course(enrolment=enrolment)
    assert told() == [(date(2025, 12, 31), Decimal("50.000"), date(2025, 12, 31))]
    (line,) = standing(person=enrolment.person, rule_set_id=enrolment.offer.rule_set_id, year=2025).lines
    assert (line.is_sent_late, "sent_late" in (fact_of(line.entry, set()).evidence or ())) == (True, False)
    assert sent_late(enrolment.offer, MIDNIGHT + timedelta(minutes=1), watched) == ()


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
