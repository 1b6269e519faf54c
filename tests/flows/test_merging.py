"""Two accounts of one learner become one: what was watched, studied and credited stands once, and nothing is lost."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from courses.enums import EnrolmentState, LessonKind
from courses.models import CourseCompletion, Enrolment, LessonPage, LessonProgress
from courses.selectors import required_lessons
from courses.services import progress as progresses
from courses.services.enrolment import enrol
from credits.enums import GrantMethod, OfficialState
from credits.models import Book, Entry, ExportJob
from credits.selectors import standing
from credits.services import awards, exports, statuses
from credits.services.verification import verify_judgements, verify_ledger
from media_pipeline.models import PlaySession, WatchClock, WatchedTime, WatchingOutcome
from organisations.models import Person
from organisations.services import merging
from quizzes.models import Attempt
from tests.credits.test_export_files import rows_of
from tests.factories.courses import CurrentProjectFactory, course_with
from tests.factories.credits import HENAN, activity, entry
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory
from tests.factories.quizzes import AttemptFactory, QuizFactory

pytestmark = pytest.mark.usefixtures("rule_sets")
DAY = date(2026, 5, 20)


class Pair:
    def __init__(self) -> None:
        self.hospital = NodeFactory()
        self.kept: Person = PersonFactory(name="王伟")
        self.merged: Person = PersonFactory(name="王伟")
        for person in (self.kept, self.merged):
            EmploymentFactory(person=person, unit=self.hospital)
        self.administrator: Person = RoleGrantFactory(node=self.hospital).person

    def merge(self) -> dict[str, int]:
        row = merging.merge(by=self.administrator, kept=self.kept, merged=self.merged, reason="同一人")
        self.kept.refresh_from_db()
        self.merged.refresh_from_db()
        return row.moved


def sound() -> bool:
    return (verify_ledger(), verify_judgements()) == ([], [])


def test_books_go_over_and_one_activity_counts_once() -> None:
    pair, done = Pair(), activity(on=DAY, minutes=1080)
    for person in (pair.kept, pair.merged):
        awards.award(person=person, activity=done, rule_set_id=HENAN, how=GrantMethod.ASSESSMENT)
    entry(person=pair.merged, on=date(2026, 6, 1), minutes=540)
    before = list(Entry.objects.order_by("pk").values())
    assert pair.merge()["credits.Entry"] == 2
    assert list(Entry.objects.order_by("pk").values()) == before
    assert list(Book.objects.order_by("pk").values_list("owner", "is_primary")) == [
        (pair.kept.pk, True),
        (pair.kept.pk, False),
    ]
    found = standing(person=pair.kept, rule_set_id=HENAN, year=2026)
    assert (found.credits, found.hours) == (Decimal(9), Decimal(27))
    assert [(line.state, line.reason) for line in found.lines] == [
        ("counted", "counted"),
        ("not_counted", "doubled"),
        ("counted", "counted"),
    ]
    assert standing(person=pair.merged, rule_set_id=HENAN, year=2026).credits == 0
    assert sound()


def test_registered_record_counts_before_an_earlier_one() -> None:
    pair, done = Pair(), activity(on=DAY, minutes=1080)
    first, second = (
        awards.award(person=person, activity=done, rule_set_id=HENAN, how=GrantMethod.ASSESSMENT)
        for person in (pair.kept, pair.merged)
    )
    statuses.set_status(by=pair.administrator, entry=second, state=OfficialState.REGISTERED, on=DAY, reference="1")
    pair.merge()
    found = standing(person=pair.kept, rule_set_id=HENAN, year=2026)
    assert [(line.entry.pk, line.state) for line in found.lines] == [
        (first.pk, "not_counted"),
        (second.pk, "counted"),
    ]
    assert found.credits == found.credits_registered == Decimal(6)


def test_same_session_under_another_name_counts_once_unless_taken_back() -> None:
    pair = Pair()
    when = {"begins_at": timezone.now() - timedelta(days=3), "ends_at": timezone.now() - timedelta(days=3, hours=-2)}
    year = when["ends_at"].year
    mine = entry(person=pair.kept, title="胸部 CT 讲座", **when)
    entry(person=pair.merged, title="胸部CT讲座", **when)
    pair.merge()
    assert [line.reason for line in standing(person=pair.kept, rule_set_id=HENAN, year=year).lines] == [
        "counted",
        "doubled",
    ]
    awards.reverse(entry=mine, by=pair.administrator, reason="登记错误")
    lines = standing(person=pair.kept, rule_set_id=HENAN, year=year).lines
    assert [line.reason for line in lines] == ["reversed", "reversal", "counted"]
    assert sound()


def test_export_shows_one_person_with_one_total() -> None:
    pair, done = Pair(), activity(on=DAY, minutes=1080)
    for person in (pair.kept, pair.merged):
        awards.award(person=person, activity=done, rule_set_id=HENAN, how=GrantMethod.ASSESSMENT)
    pair.merge()
    wish = {"node": pair.hospital, "rule_set_id": HENAN, "year": 2026, "file_format": "csv"}
    job = exports.request_export(by=pair.administrator, reason="年报", **wish)
    exports.run_export(job.pk)
    rows = [(row["name"], row["credits"]) for row in rows_of(ExportJob.objects.get(pk=job.pk))]
    assert rows == [("王伟", "6")]


def test_new_entries_go_to_the_book_of_the_account_that_stays() -> None:
    pair = Pair()
    entry(person=pair.merged, on=DAY)
    pair.merge()
    assert list(Book.objects.values_list("owner", "is_primary")) == [(pair.kept.pk, True)]
    late = entry(person=pair.merged, on=date(2026, 6, 2))
    assert (late.book.owner, late.position) == (pair.kept, 2)
    assert sound()


def watched(person: Person, lesson: LessonPage, *spans: tuple[float, float]) -> WatchedTime:
    PlaySession.objects.create(
        person=person, lecture=lesson.lecture, threshold="0.9", max_speed=2, background_play=True, duration_s=120
    )
    WatchClock.objects.create(person=person, spent_ms=[[int(spans[0][0]), int(spans[0][1])]])
    return WatchedTime.objects.create(
        person=person,
        lecture=lesson.lecture,
        intervals=[list(span) for span in spans],
        covered_s=sum(end - begin for begin, end in spans),
    )


def test_halves_watched_under_two_accounts_complete_the_course_once() -> None:
    pair = Pair()
    offer = course_with([LessonKind.LECTURE, LessonKind.READING], project=CurrentProjectFactory())
    lecture, reading = required_lessons(offer)
    for person in (pair.kept, pair.merged):
        enrol(person=person, offer=offer)
    watched(pair.kept, lecture, (0, 60))
    watched(pair.merged, lecture, (50, 120))
    progresses.open_lesson(person=pair.merged, lesson=reading)
    LessonProgress.objects.filter(lesson_key=reading.translation_key).update(
        completed_at=timezone.now(), minutes=10, title=reading.title, page_id_copy=reading.pk
    )
    moved = pair.merge()
    assert moved["courses.LessonProgress"] == 1
    united = WatchedTime.objects.get(person=pair.kept)
    assert (united.intervals, united.covered_s) == ([[0, 120]], 120)
    assert WatchedTime.objects.get(person=pair.merged).intervals == [[50, 120]]
    assert list(WatchClock.objects.values_list("person", "spent_ms")) == [(pair.kept.pk, [[0, 120]])]
    assert list(WatchingOutcome.objects.values_list("subject", "revision")) == [(united.pk, 900)]
    assert WatchingOutcome.unsettled().count() == 0
    assert list(Enrolment.objects.order_by("pk").values_list("person", "state")) == [
        (pair.kept.pk, EnrolmentState.COMPLETED),
        (pair.merged.pk, EnrolmentState.WITHDRAWN),
    ]
    assert (CourseCompletion.objects.count(), Entry.objects.get().book.owner) == (1, pair.kept)
    assert sound()


@pytest.mark.parametrize("kept_completed", [False, True])
def test_earlier_completion_is_the_one_that_is_kept(kept_completed: bool) -> None:
    pair = Pair()
    offer = course_with([LessonKind.READING], project=CurrentProjectFactory())
    [lesson] = required_lessons(offer)
    people = [pair.merged, pair.kept] if kept_completed else [pair.merged]
    enrolments = {person.pk: enrol(person=person, offer=offer) for person in (pair.kept, pair.merged)}
    for person in people:
        _enrolment, progress = progresses.open_lesson(person=person, lesson=lesson)
        assert progress is not None
        LessonProgress.objects.filter(pk=progress.pk).update(opened_at=timezone.now() - timedelta(hours=1))
        progresses.confirm_reading(person=person, lesson=lesson)
    pair.merge()
    theirs, mine = (
        Enrolment.objects.get(pk=enrolments[pair.merged.pk].pk),
        Enrolment.objects.get(pk=enrolments[pair.kept.pk].pk),
    )
    assert (theirs.person, theirs.state) == (pair.kept, EnrolmentState.COMPLETED)
    assert (mine.person, mine.state) == (
        pair.merged, EnrolmentState.COMPLETED if kept_completed else EnrolmentState.WITHDRAWN,
    )  # fmt: skip
    found = standing(person=pair.kept, rule_set_id=HENAN, year=timezone.localdate().year)
    assert [line.reason for line in found.lines if line.credits] == ["counted"]
    assert sound()


def test_attempts_go_over_but_never_under_a_taken_number() -> None:
    pair, quiz = Pair(), QuizFactory(questions=1)
    mine = AttemptFactory(person=pair.kept, quiz=quiz, context_kind="quiz", context_id="1", number=1)
    same = AttemptFactory(person=pair.merged, quiz=quiz, context_kind="quiz", context_id="1", number=1)
    other = AttemptFactory(person=pair.merged, quiz=quiz, context_kind="quiz", context_id="2", number=1)
    pair.merge()
    assert list(Attempt.objects.order_by("pk").values_list("pk", "person")) == [
        (mine.pk, pair.kept.pk),
        (same.pk, pair.merged.pk),
        (other.pk, pair.kept.pk),
    ]


def test_a_person_with_two_books_costs_one_query_more(django_assert_num_queries: Any) -> None:
    from credits.selectors import standings

    people = []
    for _number in range(3):
        pair = Pair()
        for person in (pair.kept, pair.merged):
            entry(person=person, on=DAY)
        pair.merge()
        people.append(pair.kept)
    standings(people=people, rule_set_id=HENAN, year=2026)
    for some in (people[:1], people):
        with django_assert_num_queries(7):
            standings(people=some, rule_set_id=HENAN, year=2026)
