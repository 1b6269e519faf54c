"""From the submitted quiz to the credit, over HTTP, with everything killed in between."""

import os
import signal
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from courses.enums import EnrolmentState, LessonKind
from courses.models import CourseCompletion, Enrolment, LessonPage, LessonProgress, Offer, PublishedVersion
from courses.selectors import required_lessons
from courses.services import progress as progresses
from courses.services.enrolment import enrol
from courses.services.studying import quiz_context
from credits.models import Entry
from credits.services.verification import verify_ledger
from organisations.models import AuditEvent, Notification, Person
from quizzes.models import Attempt, AttemptOutcome
from quizzes.services import attempts
from tests import live
from tests.factories.courses import CurrentProjectFactory, course_with
from tests.factories.organisations import PersonFactory
from tests.factories.quizzes import right_answers, spend
from tests.flows.visitor import Visitor, field
from tests.quizzes.concurrency import race

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

IN_FLIGHT = 200


def wait_for(what: Callable[[], object], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "this took too long"
        time.sleep(0.2)


def quiz_course() -> tuple[Offer, LessonPage]:
    offer = course_with([LessonKind.QUIZ], project=CurrentProjectFactory())
    return offer, required_lessons(offer)[0]


def started(visitor: Visitor, offer: Offer, lesson: LessonPage) -> tuple[str, list[dict[str, Any]]]:
    """Enrol and spend five minutes in the quiz as a learner does.

    Returns the attempt's address in the API and the right answers as events.
    """
    assert visitor.post_form(f"/zh-hans/learning/offers/{offer.public_id}/enrol/").status_code == 302
    page = visitor.get(lesson.get_url())
    assert page.status_code == 200
    opened = visitor.post_form("/zh-hans/quizzes/attempts/", {"permit": field(page.text, "permit")})
    public_id = opened.headers["Location"].rstrip("/").rpartition("/")[2]
    attempt = Attempt.objects.get(public_id=public_id)
    spend(attempt, minutes=5)
    events = [
        {"client": "tab-0001", "counter": number, "question": item, "value": key}
        for number, (item, key) in enumerate(right_answers(attempt), 1)
    ]
    return f"/api/v1/attempts/{public_id}/", events


def ledger() -> tuple[int, int, int, str]:
    """(outcomes that wait, completions, entries, the enrolment's state)"""
    return (
        AttemptOutcome.unsettled().count(),
        CourseCompletion.objects.count(),
        Entry.objects.count(),
        Enrolment.objects.get().state,
    )


SETTLED_ONCE = (0, 1, 1, EnrolmentState.COMPLETED)


def test_credit_of_a_submitted_quiz_arrives_once_though_everything_was_killed(
    live_site: live.Site, celery_worker: live.Worker, rule_sets: int
) -> None:
    offer, lesson = quiz_course()
    person = PersonFactory()
    with Visitor(live_site.url) as visitor:
        visitor.sign_in(person)
        address, events = started(visitor, offer, lesson)
        result = visitor.post_json(f"{address}submit/", {"events": events})
        assert (result.status_code, result.json()["result"]["is_passed"]) == (200, True)
    live_site.kill()
    # The wake-up call is lost too: only the row in the database knows.
    live.empty_shared_state()
    assert ledger() == (1, 0, 0, EnrolmentState.ACTIVE)

    celery_worker.start()
    wait_for(lambda: not AttemptOutcome.unsettled().exists())
    assert ledger() == SETTLED_ONCE
    celery_worker.kill()
    assert progresses.settle_outcomes() == 0
    assert ledger() == SETTLED_ONCE
    live_site.start()
    with Visitor(live_site.url) as visitor:
        visitor.sign_in(person)
        standing = visitor.get("/api/v1/credits/entries/").json()
    assert [row["public_id"] for row in standing["results"]] == [str(Entry.objects.get().public_id)]


def test_two_hundred_submits_in_flight_give_one_grade_and_one_entry(
    live_site: live.Site, celery_worker: live.Worker, rule_sets: int
) -> None:
    offer, lesson = quiz_course()
    with Visitor(live_site.url) as visitor:
        visitor.sign_in(PersonFactory())
        address, events = started(visitor, offer, lesson)
        answers = race(IN_FLIGHT, lambda: visitor.post_json(f"{address}submit/", {"events": events}))
        bodies = [answer.json() for answer in answers]
        assert sorted({answer.status_code for answer in answers} - {409}) == [200]
        assert {frozenset(body) for body, answer in zip(bodies, answers, strict=True) if answer.status_code == 409} <= {
            frozenset({"code", "message", "params"})
        }
        graded = [body for body, answer in zip(bodies, answers, strict=True) if answer.status_code == 200]
        attempt = Attempt.objects.get()
        assert {(body["id"], body["state"], body["closed_at"], body["result"]["points"]) for body in graded} == {
            (str(attempt.public_id), "submitted", graded[0]["closed_at"], "2.00")
        }
        assert (attempt.points, attempt.version, AttemptOutcome.objects.count()) == (Decimal(2), 2, 1)

        # Settled by the pages of sixteen impatient readers and by the worker, all at once.
        celery_worker.start(wait=False)
        pages = race(16, lambda: visitor.get(lesson.get_url()))
        assert {page.status_code for page in pages} == {200}
    assert ledger() == SETTLED_ONCE
    assert Entry.objects.get().quantity > 0
    assert "Traceback" not in live_site.logged()


def killed_after(statement: int, work: Callable[[], object]) -> bool:
    """Run `work` in a process that is killed after its `statement`-th write; whether it got that far."""
    connection.close()
    child = os.fork()
    if child == 0:
        written = 0

        def die(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            nonlocal written
            result = execute(sql, params, many, context)
            if sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
                written += 1
                if written == statement:
                    os.kill(os.getpid(), signal.SIGKILL)
            return result

        try:
            with connection.execute_wrapper(die):
                work()
        finally:
            os._exit(0)
    _pid, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def submitted(person: Person) -> None:
    """A passed quiz whose outcome waits."""
    offer, lesson = quiz_course()
    enrol(person=person, offer=offer)
    _enrolment, progress = progresses.open_lesson(person=person, lesson=lesson)
    assert progress is not None
    permit = attempts.permit(person=person, quiz=lesson.quiz, context=quiz_context(progress), return_url="/")
    attempt, _new = attempts.open_attempt(person=person, permit=permit)
    spend(attempt, minutes=5)
    events = [
        attempts.protocol.Event(item, key, number, "tab-0001")
        for number, (item, key) in enumerate(right_answers(attempt), 1)
    ]
    attempts.submit(public_id=attempt.public_id, person=person, events=events)


def everything() -> list[Any]:
    """All rows that settling may write."""
    tables = (AttemptOutcome, Enrolment, LessonProgress, CourseCompletion, PublishedVersion, Entry, Notification)
    return [list(table._default_manager.order_by("pk").values()) for table in (*tables, AuditEvent)]


def test_a_kill_at_any_write_of_settling_leaves_nothing_half(committed_db: str, rule_sets: int) -> None:
    submitted(PersonFactory())
    before = everything()
    writes = 1
    while killed_after(writes, progresses.settle_outcomes):
        assert everything() == before
        writes += 1
        assert writes < 100
    # The last child was not killed: it settled.
    assert writes > 5
    assert ledger() == SETTLED_ONCE
    assert progresses.settle_outcomes() == 0
    assert ledger() == SETTLED_ONCE
    assert verify_ledger() == []


def test_a_kill_at_any_write_of_submitting_leaves_the_attempt_open_or_graded(committed_db: str) -> None:
    person = PersonFactory()
    offer, lesson = quiz_course()
    enrol(person=person, offer=offer)
    _enrolment, progress = progresses.open_lesson(person=person, lesson=lesson)
    assert progress is not None
    permit = attempts.permit(person=person, quiz=lesson.quiz, context=quiz_context(progress), return_url="/")
    attempt, _new = attempts.open_attempt(person=person, permit=permit)
    writes = 1
    while killed_after(writes, lambda: attempts.submit(public_id=attempt.public_id, person=person)):
        attempt.refresh_from_db()
        assert (attempt.state, attempt.version, AttemptOutcome.objects.count()) == ("open", 1, 0)
        writes += 1
    attempt.refresh_from_db()
    assert (writes, attempt.state, AttemptOutcome.objects.count()) == (4, "submitted", 1)
