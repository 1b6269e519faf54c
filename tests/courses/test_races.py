"""What happens at once, and what happens after a kill. These really commit, on both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from courses.enums import EnrolmentState, LessonKind
from courses.models import CourseCompletion, Enrolment
from courses.selectors import required_lessons
from courses.services import progress as progresses
from courses.services.enrolment import enrol
from courses.services.studying import quiz_context
from credits.models import Entry, Feed
from credits.services.verification import verify_judgements, verify_ledger
from media_pipeline.models import WatchingOutcome
from quizzes.models import AttemptOutcome
from quizzes.protocol import Event
from quizzes.services import attempts
from tests.courses.test_progress import opened, watched
from tests.factories.courses import CurrentProjectFactory, course_with
from tests.factories.organisations import PersonFactory
from tests.factories.quizzes import right_answers, spend

THREADS = 16


def at_once(work) -> list[BaseException]:
    """Run `work` in sixteen threads that start together; the errors they ended with."""
    gate, errors = threading.Barrier(THREADS), []

    def run() -> None:
        try:
            gate.wait(timeout=120)
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


@pytest.mark.slow
def test_sixteen_settlers_make_one_completion_and_one_entry(committed_db, rule_sets) -> None:
    offer = course_with([LessonKind.LECTURE], project=CurrentProjectFactory())
    person = PersonFactory()
    enrol(person=person, offer=offer)
    watched(person, required_lessons(offer)[0], seconds=120)
    assert at_once(progresses.settle_outcomes) == []
    assert (CourseCompletion.objects.count(), Entry.objects.count()) == (1, 1)
    assert Enrolment.objects.get().state == EnrolmentState.COMPLETED
    assert WatchingOutcome.unsettled().count() == 0


@pytest.mark.slow
def test_the_last_lessons_completed_at_once_complete_the_course(committed_db, rule_sets) -> None:
    offer = course_with([LessonKind.READING] * 2, project=CurrentProjectFactory())
    person = PersonFactory()
    enrol(person=person, offer=offer)
    lessons = required_lessons(offer)
    for lesson in lessons:
        opened(person, lesson, minutes_ago=5)
    turn = iter(lessons * THREADS)
    lock = threading.Lock()

    def confirm() -> None:
        with lock:
            lesson = next(turn)
        progresses.confirm_reading(person=person, lesson=lesson)

    assert at_once(confirm) == []
    assert (CourseCompletion.objects.count(), Entry.objects.count()) == (1, 1)


def rush(jobs: list) -> list:
    """Run `jobs` on 40 connections that start together, so that 40 are under way at any moment; their results."""
    gate = threading.Barrier(40)

    def run(mine: list) -> list:
        gate.wait(timeout=120)
        try:
            return [job() for job in mine]
        finally:
            connection.close()

    with ThreadPoolExecutor(40) as pool:
        parts = pool.map(run, [jobs[first::40] for first in range(40)])
        return [result for part in parts for result in part]


@pytest.mark.slow
@pytest.mark.postgres
def test_two_hundred_completions_by_one_learner_make_one_award(committed_db, rule_sets) -> None:
    offer = course_with([LessonKind.READING], project=CurrentProjectFactory())
    person = PersonFactory()
    enrol(person=person, offer=offer)
    (lesson,) = required_lessons(offer)
    opened(person, lesson, minutes_ago=5)
    found = rush([lambda: progresses.confirm_reading(person=person, lesson=lesson).pk] * 200)
    assert (len(found), len(set(found))) == (200, 1)
    assert (CourseCompletion.objects.count(), Entry.objects.count(), Feed.objects.count()) == (1, 1, 1)
    assert (verify_ledger(), verify_judgements()) == ([], [])


@pytest.mark.slow
@pytest.mark.postgres
def test_fifty_learners_completing_four_times_make_fifty_awards(committed_db, rule_sets) -> None:
    offer = course_with([LessonKind.READING], project=CurrentProjectFactory())
    people = [PersonFactory() for _ in range(50)]
    (lesson,) = required_lessons(offer)
    for person in people:
        enrol(person=person, offer=offer)
        opened(person, lesson, minutes_ago=5)
    rush([lambda person=person: progresses.confirm_reading(person=person, lesson=lesson).pk for person in people * 4])
    owners = list(Entry.objects.order_by("book__owner").values_list("book__owner", flat=True))
    assert owners == sorted(person.pk for person in people)
    assert list(Feed.objects.order_by("position").values_list("position", flat=True)) == list(range(1, 51))
    assert (CourseCompletion.objects.count(), verify_ledger(), verify_judgements()) == (50, [], [])


@pytest.mark.slow
def test_sixteen_enrolments_are_one(committed_db) -> None:
    offer = course_with([LessonKind.ON_SITE])
    person = PersonFactory()
    assert at_once(lambda: enrol(person=person, offer=offer)) == []
    assert Enrolment.objects.count() == 1


@pytest.mark.slow
def test_a_submitted_quiz_whose_settling_was_killed_is_settled_by_the_sweep(committed_db, rule_sets) -> None:
    offer = course_with([LessonKind.QUIZ], project=CurrentProjectFactory())
    person, lesson = PersonFactory(), required_lessons(offer)[0]
    enrol(person=person, offer=offer)
    progress = opened(person, lesson, minutes_ago=5)
    permit = attempts.permit(person=person, quiz=lesson.quiz, context=quiz_context(progress), return_url="/")
    attempt, _new = attempts.open_attempt(person=person, permit=permit)
    spend(attempt, minutes=5)
    events = [
        Event(client="c", counter=1 + number, question=item, value=key)
        for number, (item, key) in enumerate(right_answers(attempt))
    ]
    attempts.save_answers(person=person, public_id=attempt.public_id, events=events)
    attempts.submit(public_id=attempt.public_id, person=person)
    assert (AttemptOutcome.unsettled().count(), Entry.objects.count()) == (1, 0)
    assert progresses.settle_outcomes() == 1
    assert (progresses.settle_outcomes(), Entry.objects.count()) == (0, 1)
