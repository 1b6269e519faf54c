from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from cms.shared.errors import NotFound, OutOfScope
from courses.enums import EnrolmentState, LessonKind
from courses.models import CourseCompletion, Enrolment, LessonPage, LessonProgress, Offer, Recognition
from courses.selectors import required_lessons
from courses.services import progress as progresses
from courses.services.enrolment import enrol
from courses.services.errors import (
    DayOutOfRange,
    MinutesOutOfRange,
    NotEnrolled,
    NotOpened,
    OfferClosed,
    OwnSignOff,
    WrongKind,
)
from courses.services.studying import quiz_context
from credits.models import Entry, Project
from credits.selectors import standing
from credits.services import following
from media_pipeline.models import WatchedTime, WatchingOutcome
from organisations.enums import Role
from organisations.models import AuditEvent, Notification, Person
from organisations.notifications import message
from quizzes.enums import AttemptState
from quizzes.models import Attempt, AttemptOutcome
from tests.factories.courses import (
    CoursePageFactory,
    CurrentProjectFactory,
    EnrolmentFactory,
    LessonPageFactory,
    OfferFactory,
    course_with,
    lecture_of,
)
from tests.factories.credits import entry as book_entry
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory
from tests.factories.quizzes import QuizFactory

pytestmark = pytest.mark.django_db


def opened(person: Person, lesson: LessonPage, *, minutes_ago: float) -> LessonProgress:
    """The lesson, opened some minutes ago."""
    _enrolment, progress = progresses.open_lesson(person=person, lesson=lesson)
    assert progress is not None
    progress.opened_at = timezone.now() - timedelta(minutes=minutes_ago)
    progress.save(update_fields=["opened_at"])
    return progress


def watched(person: Person, lesson: LessonPage, *, seconds: float, completed: bool = True) -> WatchingOutcome | None:
    """As the engine leaves it: the row, and the outcome if the share was reached."""
    row, _ = WatchedTime.objects.update_or_create(
        person=person,
        lecture=lesson.lecture,
        defaults={
            "intervals": [[0, seconds]],
            "covered_s": seconds,
            "completed_at": timezone.now() if completed else None,
        },
    )
    return WatchingOutcome.objects.create(subject=row, kind="lecture_watched") if completed else None


def graded(progress: LessonProgress, lesson: LessonPage, *, passed: bool, minutes: float = 5) -> AttemptOutcome:
    """As the engine leaves it: a closed attempt with its outcome."""
    context, now = quiz_context(progress), timezone.now()
    attempt = Attempt.objects.create(
        person=progress.enrolment.person,
        quiz=lesson.quiz,
        context_kind=context.kind,
        context_id=context.id,
        number=Attempt.objects.filter(context_id=context.id).count() + 1,
        state=AttemptState.SUBMITTED,
        opened_at=now - timedelta(minutes=minutes),
        closed_at=now,
        pass_share="0.6",
        points_possible=5,
        points=5 if passed else 1,
        is_passed=passed,
    )
    return AttemptOutcome.objects.create(subject=attempt, kind="attempt_graded")


def lesson_of(offer: Offer, kind: str) -> LessonPage:
    return next(lesson for lesson in required_lessons(offer) if lesson.kind == kind)


# Opening and reading


def test_open_lesson_keeps_the_first_opening() -> None:
    offer = course_with([LessonKind.READING])
    person = PersonFactory()
    enrol(person=person, offer=offer)
    first = opened(person, required_lessons(offer)[0], minutes_ago=5)
    _enrolment, again = progresses.open_lesson(person=person, lesson=required_lessons(offer)[0])
    assert again == first
    assert again.opened_at == first.opened_at


def test_open_lesson_refuses_who_is_not_enrolled() -> None:
    offer = course_with([LessonKind.READING])
    with pytest.raises(NotEnrolled):
        progresses.open_lesson(person=PersonFactory(), lesson=required_lessons(offer)[0])


@pytest.mark.parametrize(("ago", "counted"), [(4, 4), (600, 10)])
def test_confirm_reading_counts_the_servers_minutes_up_to_the_plan(ago: float, counted: int) -> None:
    offer = course_with([LessonKind.READING, LessonKind.READING])
    person = PersonFactory()
    enrol(person=person, offer=offer)
    lesson = required_lessons(offer)[0]
    opened(person, lesson, minutes_ago=ago)
    progress = progresses.confirm_reading(person=person, lesson=lesson)
    assert round(progress.minutes) == counted
    assert (progress.title, len(progress.content_sha256)) == (lesson.title, 64)


def test_confirm_reading_of_lessons_open_side_by_side_counts_the_time_once() -> None:
    offer = course_with([LessonKind.READING] * 3)
    person = PersonFactory()
    enrol(person=person, offer=offer)
    for lesson in required_lessons(offer):
        opened(person, lesson, minutes_ago=8)
    for lesson in required_lessons(offer):
        progresses.confirm_reading(person=person, lesson=lesson)
    assert round(sum(row.minutes for row in LessonProgress.objects.all())) == 8


def test_confirm_reading_again_changes_nothing() -> None:
    offer = course_with([LessonKind.READING, LessonKind.READING])
    person = PersonFactory()
    enrol(person=person, offer=offer)
    lesson = required_lessons(offer)[0]
    opened(person, lesson, minutes_ago=3)
    first = progresses.confirm_reading(person=person, lesson=lesson)
    second = progresses.confirm_reading(person=person, lesson=lesson)
    assert (second.completed_at, second.minutes) == (first.completed_at, first.minutes)


def test_confirm_reading_refuses_an_unopened_lesson_and_another_kind() -> None:
    offer = course_with([LessonKind.READING, LessonKind.ON_SITE])
    person = PersonFactory()
    enrol(person=person, offer=offer)
    with pytest.raises(NotOpened):
        progresses.confirm_reading(person=person, lesson=lesson_of(offer, LessonKind.READING))
    with pytest.raises(WrongKind):
        progresses.confirm_reading(person=person, lesson=lesson_of(offer, LessonKind.ON_SITE))


def test_confirm_reading_after_the_offer_counts_nothing() -> None:
    offer = course_with([LessonKind.READING])
    person = PersonFactory()
    enrol(person=person, offer=offer)
    lesson = required_lessons(offer)[0]
    opened(person, lesson, minutes_ago=3)
    Offer.objects.update(ends=timezone.localdate() - timedelta(days=1))
    with pytest.raises(OfferClosed):
        progresses.confirm_reading(person=person, lesson=lesson)
    assert Enrolment.objects.get().state == EnrolmentState.ACTIVE


# Completion


def test_the_last_lesson_completes_a_course_without_credit_and_tells_its_learner() -> None:
    offer = course_with([LessonKind.READING])
    person = PersonFactory()
    enrolment = enrol(person=person, offer=offer)
    lesson = required_lessons(offer)[0]
    opened(person, lesson, minutes_ago=6)
    progress = progresses.confirm_reading(person=person, lesson=lesson)
    completion = CourseCompletion.objects.get()
    assert (completion.enrolment, completion.minutes, completion.entry_public_id) == (enrolment, progress.minutes, None)
    assert completion.lessons == [
        {
            "key": str(lesson.translation_key),
            "title": lesson.title,
            "kind": "reading",
            "minutes": str(progress.minutes),
            "sha256": progress.content_sha256,
        }
    ]
    assert Enrolment.objects.get().completed_at == progress.completed_at
    assert Entry.objects.count() == 0
    assert [(row.kind, row.params["without_credit"]) for row in Notification.objects.all()] == [
        ("courses.course_completed", True)
    ]


def test_a_course_with_a_project_brings_one_entry_of_the_real_minutes(rule_sets) -> None:
    project = CurrentProjectFactory()
    offer = course_with([LessonKind.LECTURE, LessonKind.QUIZ], project=project)
    person = PersonFactory()
    enrolment = enrol(person=person, offer=offer)
    watched(person, lesson_of(offer, LessonKind.LECTURE), seconds=114)
    quiz = lesson_of(offer, LessonKind.QUIZ)
    graded(opened(person, quiz, minutes_ago=5), quiz, passed=True, minutes=5)
    assert progresses.settle_outcomes() == 2
    entry = Entry.objects.get()
    completion = CourseCompletion.objects.get()
    assert (entry.quantity, entry.unit, entry.project, entry.granted_how) == (
        Decimal("6.900"),
        "minute",
        project,
        "assessment",
    )
    assert completion.entry_public_id == entry.public_id
    assert (entry.activity_id, entry.occurrence) == (str(enrolment.course_key), str(offer.public_id))
    assert [item["kind"] for item in entry.evidence] == [
        "course",
        "lesson:lecture",
        "lesson:quiz",
        "watched",
        "attempt",
    ]
    assert progresses.settle_outcomes() == 0
    assert Entry.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "told", "words"),
    [
        ({"quota": 1}, "is_project_full", "all places of the project P-1 were taken. Your hours are recorded"),
        ({"closed_on": date(2026, 1, 1)}, "is_outside_project", "it lies outside the days of the project P-1."),
    ],
)
def test_course_is_complete_without_credit_where_its_project_grants_none(rule_sets, changes, told, words) -> None:
    project = CurrentProjectFactory(number="P-1", quota=2)
    book_entry(on=timezone.localdate(), project=project)
    offer = course_with([LessonKind.READING], project=project)
    person = PersonFactory()
    enrol(person=person, offer=offer)
    lesson = lesson_of(offer, LessonKind.READING)
    opened(person, lesson, minutes_ago=20)
    Project.objects.filter(pk=project.pk).update(**changes)
    progresses.confirm_reading(person=person, lesson=lesson)
    completion = CourseCompletion.objects.get()
    assert (completion.entry_public_id, Entry.objects.count()) == (None, 1)
    note = Notification.objects.get(person=person, kind="courses.course_completed")
    assert note.params[told] is True
    with translation.override("en"):
        assert words in " ".join(message(note).text.split())
    assert AuditEvent.objects.filter(verb="credits.project_refused", target_id=str(person.public_id)).count() == 1


def test_settle_outcomes_leaves_a_quiz_that_was_not_passed_open() -> None:
    offer = course_with([LessonKind.QUIZ])
    person = PersonFactory()
    enrol(person=person, offer=offer)
    lesson = required_lessons(offer)[0]
    outcome = graded(opened(person, lesson, minutes_ago=5), lesson, passed=False)
    assert progresses.settle_outcomes() == 1
    outcome.refresh_from_db()
    assert outcome.settled_at is not None
    assert Enrolment.objects.get().state == EnrolmentState.ACTIVE


def test_settle_outcomes_of_one_person_leaves_the_others() -> None:
    offer = course_with([LessonKind.LECTURE])
    lesson = required_lessons(offer)[0]
    people = [PersonFactory(), PersonFactory()]
    for person in people:
        enrol(person=person, offer=offer)
        watched(person, lesson, seconds=120)
    assert progresses.settle_outcomes(person=people[0]) == 1
    assert [row.state for row in Enrolment.objects.order_by("pk")] == [EnrolmentState.COMPLETED, EnrolmentState.ACTIVE]


def test_settle_outcomes_goes_on_after_one_that_fails() -> None:
    offer = course_with(
        [LessonKind.LECTURE], project=CurrentProjectFactory()
    )  # no rule set is loaded: no entry can be made
    free = course_with([LessonKind.LECTURE])
    person = PersonFactory()
    for each in (offer, free):
        enrol(person=person, offer=each)
        watched(person, required_lessons(each)[0], seconds=120)
    assert progresses.settle_outcomes() == 1
    assert [row.state for row in Enrolment.objects.order_by("pk")] == [EnrolmentState.ACTIVE, EnrolmentState.COMPLETED]
    assert WatchingOutcome.unsettled().count() == 1


def test_a_lecture_watched_below_the_offers_share_is_not_complete() -> None:
    offer = course_with([LessonKind.LECTURE], watch_threshold=Decimal("0.95"))
    person = PersonFactory()
    enrol(person=person, offer=offer)
    watched(person, required_lessons(offer)[0], seconds=110)
    assert progresses.settle_outcomes() == 1
    assert Enrolment.objects.get().state == EnrolmentState.ACTIVE


def test_a_lecture_watched_before_enrolling_completes_its_lesson_when_opened() -> None:
    offer = course_with([LessonKind.LECTURE, LessonKind.READING])
    person = PersonFactory()
    lesson = lesson_of(offer, LessonKind.LECTURE)
    watched(person, lesson, seconds=120)
    progresses.settle_outcomes()
    enrol(person=person, offer=offer)
    _enrolment, progress = progresses.open_lesson(person=person, lesson=lesson)
    assert progress is not None
    assert (progress.completed_at is not None, progress.minutes) == (True, Decimal(2))


def test_a_lecture_in_two_courses_counts_its_minutes_once(rule_sets) -> None:
    lecture = lecture_of()
    project = CurrentProjectFactory()
    offers = []
    for _ in range(2):
        course = CoursePageFactory()
        LessonPageFactory(course=course, lecture=lecture)
        offers.append(OfferFactory(course=course, project=project))
    person = PersonFactory()
    for offer in offers:
        enrol(person=person, offer=offer)
    watched(person, required_lessons(offers[0])[0], seconds=120)
    progresses.settle_outcomes()
    assert [row.minutes for row in LessonProgress.objects.order_by("pk")] == [Decimal(2), Decimal(0)]
    assert [row.state for row in Enrolment.objects.all()] == [EnrolmentState.COMPLETED] * 2
    assert Entry.objects.count() == 1


def test_a_withdrawn_enrolment_is_not_completed() -> None:
    offer = course_with([LessonKind.LECTURE])
    enrolment = EnrolmentFactory(offer=offer, state=EnrolmentState.WITHDRAWN)
    watched(enrolment.person, required_lessons(offer)[0], seconds=120)
    progresses.settle_outcomes()
    assert CourseCompletion.objects.count() == 0


def test_demo_time_is_scaled_in_the_entry_and_flagged(rule_sets) -> None:
    offer = course_with([LessonKind.LECTURE], project=CurrentProjectFactory(), is_demo=True, time_scale=30)
    person = PersonFactory()
    enrol(person=person, offer=offer)
    watched(person, required_lessons(offer)[0], seconds=120)
    progresses.settle_outcomes()
    entry = Entry.objects.get()
    assert (entry.quantity, entry.time_scale, entry.is_demo) == (Decimal(2), 30, True)


# Sign-off


def on_site() -> tuple[LessonProgress, Person]:
    """An on-site part that waits, and somebody who may sign it off."""
    unit = NodeFactory()
    learner = EmploymentFactory(unit=unit).person
    offer = course_with([LessonKind.ON_SITE])
    enrol(person=learner, offer=offer)
    lecturer = RoleGrantFactory(role=Role.LECTURER, node=unit).person
    return LessonProgress.objects.get(), lecturer


def test_sign_off_completes_with_the_minutes_really_taught() -> None:
    progress, lecturer = on_site()
    signed = progresses.sign_off(by=lecturer, progress_id=progress.public_id, minutes=Decimal(7))
    assert (signed.minutes, signed.signed_off_by) == (Decimal(7), lecturer)
    assert Enrolment.objects.get().state == EnrolmentState.COMPLETED
    event = AuditEvent.objects.get(verb="courses.sign_off")
    assert (event.actor_id_copy, event.after["minutes"]) == (lecturer.pk, "7")


@pytest.mark.parametrize("minutes", [Decimal(0), Decimal("10.001"), Decimal(-1)])
def test_sign_off_refuses_minutes_outside_of_the_plan(minutes: Decimal) -> None:
    progress, lecturer = on_site()
    with pytest.raises(MinutesOutOfRange):
        progresses.sign_off(by=lecturer, progress_id=progress.public_id, minutes=minutes)


@pytest.mark.parametrize("days", [-1, 1])
def test_sign_off_refuses_a_day_before_enrolling_or_to_come(days: int) -> None:
    progress, lecturer = on_site()
    day = timezone.localdate() + timedelta(days=days)
    with pytest.raises(DayOutOfRange):
        progresses.sign_off(by=lecturer, progress_id=progress.public_id, minutes=Decimal(1), taught_on=day)


def test_sign_off_refuses_who_has_no_role_there() -> None:
    progress, _lecturer = on_site()
    outsider = RoleGrantFactory(role=Role.LECTURER).person
    with pytest.raises(OutOfScope):
        progresses.sign_off(by=outsider, progress_id=progress.public_id, minutes=Decimal(1))


def test_sign_off_refuses_a_role_that_does_not_teach() -> None:
    progress, _lecturer = on_site()
    unit = progress.enrolment.person.employments.get().unit
    judge = RoleGrantFactory(role=Role.JUDGE, node=unit).person
    with pytest.raises(OutOfScope):
        progresses.sign_off(by=judge, progress_id=progress.public_id, minutes=Decimal(1))


def test_sign_off_refuses_ones_own_part() -> None:
    progress, _lecturer = on_site()
    learner = progress.enrolment.person
    RoleGrantFactory(role=Role.LECTURER, node=learner.employments.get().unit, person=learner)
    with pytest.raises(OwnSignOff):
        progresses.sign_off(by=learner, progress_id=progress.public_id, minutes=Decimal(1))


def test_sign_off_does_not_know_a_made_up_part() -> None:
    with pytest.raises(NotFound):
        progresses.sign_off(by=PersonFactory(), progress_id=QuizFactory().public_id, minutes=Decimal(1))


# Further recognitions


def test_one_course_feeds_the_year_here_and_the_biennium_of_who_follows_it(rule_sets) -> None:
    offer = course_with([LessonKind.READING], project=CurrentProjectFactory())
    Recognition.objects.create(
        offer=offer,
        rule_set_id="us-arrt-ce",
        activity_type="rceem",
        approval_scheme="RCEEM",
        approval_reference="DEMO-2026-1",
    )
    both, here = PersonFactory(), PersonFactory()
    following.follow(
        by=both, rule_set_id="us-arrt-ce", begins=date(2024, 1, 1), birth_month=5, biennium_start_year=2023
    )
    lesson = required_lessons(offer)[0]
    for person in (both, here):
        enrol(person=person, offer=offer)
        opened(person, lesson, minutes_ago=6)
        progresses.confirm_reading(person=person, lesson=lesson)
    own = Entry.objects.filter(book__owner=both).order_by("rule_set_id")
    assert [(row.rule_set_id, row.activity_type) for row in own] == [
        ("cn-henan-cme", offer.activity_type),
        ("us-arrt-ce", "rceem"),
    ]
    assert {row.quantity for row in own} == {CourseCompletion.objects.get(enrolment__person=both).minutes}
    assert [item["reference"] for item in own[1].evidence if item["kind"] == "approval"] == ["DEMO-2026-1"]
    assert [item for item in own[0].evidence if item["kind"] == "approval"] == []
    year = timezone.localdate().year
    states = [standing(person=both, rule_set_id=row.rule_set_id, year=year).lines[0].state.value for row in own]
    assert states == ["counted", "counted"]
    assert list(Entry.objects.filter(book__owner=here).values_list("rule_set_id", flat=True)) == ["cn-henan-cme"]


def test_approval_for_the_offers_own_rules_stands_in_its_entry(rule_sets) -> None:
    offer = course_with(
        [LessonKind.READING], project=CurrentProjectFactory(), rule_set_id="us-arrt-ce", activity_type="rceem"
    )
    Recognition.objects.create(
        offer=offer, rule_set_id="us-arrt-ce", activity_type="rceem", approval_scheme="RCEEM", approval_reference="R-1"
    )
    person = PersonFactory()
    enrol(person=person, offer=offer)
    lesson = required_lessons(offer)[0]
    opened(person, lesson, minutes_ago=6)
    progresses.confirm_reading(person=person, lesson=lesson)
    evidence = Entry.objects.get().evidence
    assert [item["reference"] for item in evidence if item["kind"] == "approval"] == ["R-1"]
