"""The job of a regrade: the dry run, and the application, which goes on where a killed worker left it."""

from collections.abc import Callable
from decimal import Decimal
from itertools import chain
from typing import Any

from django.db import transaction
from django.db.models import Count, Max
from django.urls import reverse
from django.utils import timezone, translation

from cms.shared.errors import Conflict
from cms.shared.jobs import LostLease
from organisations import audit, notifications
from organisations.deeds import Deed
from organisations.models import Person
from quizzes import selectors
from quizzes.enums import Consequence, GradeCause, LineState, RegradeStage
from quizzes.models import Attempt, AttemptGrade, Regrade, RegradeLine
from quizzes.selectors import regrades as found
from quizzes.services import grades
from quizzes.services.regrades import consequences
from quizzes.services.regrades.judging import Judge, print_of


def run_regrade(job_pk: int) -> None:
    """Do the run that regrade `job_pk` waits for, if it still waits."""
    job = Regrade.claim(job_pk)
    if job is None:
        return
    try:
        RUNS[RegradeStage(job.regrade_stage)](job)
    except LostLease:
        job.give_up()
    except Exception as error:  # every fault ends in a state that those who wait see
        job.fail_unexpected(error)


def _count(job: Regrade, **changes: Any) -> None:
    """The dry run: a line for every attempt concerned. Nothing of an attempt is written."""
    job.beat(stage="counting")
    with transaction.atomic():
        job.lines.all().delete()
    judge, every = Judge(job), Attempt.objects.aggregate(last=Max("pk"))["last"] or 1
    for attempts in judge.attempts():
        lines = [judge.line(attempt)[0] for attempt in attempts]
        tell_consequences(lines)
        with transaction.atomic():
            job.beat(progress=100 * attempts[-1].pk // every)
            RegradeLine.objects.bulk_create(lines)
    with transaction.atomic():
        # Not for who was withdrawn meanwhile.
        job.beat()
        done = {"regrade_stage": RegradeStage.WAITING, "counts": counts_of(job), "counted_at": timezone.now()}
        job.finish(**{**done, "runs": job.runs + 1, **changes})
        _tell_deciders(job)


def tell_consequences(lines: list[RegradeLine]) -> None:
    """Ask the owners of the contexts what follows where a pass comes or goes."""
    flips = [
        consequences.Flip(line.attempt, bool(line.new_passed))
        for line in lines
        if line.state == LineState.CHANGES and bool(line.old_passed) != bool(line.new_passed)
    ]
    told = consequences.compose(flips) if flips else {}
    for line in lines:
        if line.attempt_id in told:
            line.consequence = told[line.attempt_id].consequence
            line.facts = dict(told[line.attempt_id].facts)


def counts_of(job: Regrade) -> dict[str, int]:
    """How many attempts: of every state, of every consequence, and of what becomes of the points and the pass."""
    lines = job.lines.order_by()
    counted = {str(row["state"]): row["n"] for row in lines.values("state").annotate(n=Count("pk"))}
    followed = {str(row["consequence"]): row["n"] for row in lines.values("consequence").annotate(n=Count("pk"))}
    changes = lines.filter(state=LineState.CHANGES)
    further = changes.aggregate(
        passes_won=Count("pk", filter=found.WON),
        passes_lost=Count("pk", filter=found.LOST),
        up=Count("pk", filter=found.UP),
        down=Count("pk", filter=found.DOWN),
    )
    states = {state.value: counted.get(state.value, 0) for state in LineState}
    follows = {one.value: followed.get(one.value, 0) for one in Consequence if one != Consequence.NONE}
    return {**states, **follows, **further}


def _tell_deciders(job: Regrade) -> None:
    """Whoever may confirm is told once a dry run is there; who made it, that it is done."""
    for person in found.deciders():
        kind = "quizzes.regrade_counted" if person.pk == job.made_by_id else "quizzes.regrade_waits"
        _tell(person, kind, job, f"{kind}:{job.public_id}:{job.runs}")


def _tell(person: Person, kind: str, job: Regrade, key: str) -> None:
    with translation.override(person.language):
        link = reverse("manage:regrade", args=[job.public_id])
    notifications.notify(person=person, kind=kind, params={"what": str(job), "reason": job.reason}, key=key, link=link)


def _apply(job: Regrade) -> None:
    """Every attempt in a transaction of its own: what was done before a worker was killed is not done again."""
    judge = Judge(job)
    if job.verified_at is None:
        job.beat(stage="verifying")
        if _has_moved(job, judge):
            job.confirmed_by, job.confirmed_at = None, None
            _count(job, confirmed_by=None, confirmed_at=None, moved_at=timezone.now())
            return
        job.verified_at = timezone.now()
        Regrade.objects.filter(pk=job.pk, lease=job.lease).update(verified_at=job.verified_at)
    job.beat(stage="applying")
    total = max(1, job.lines.count())
    # Passes that come are written first: who loses one by one attempt and gains one by another is never without.
    won = job.lines.filter(new_passed=True, applied_at__isnull=True).exclude(old_passed=True).order_by("attempt")
    first = list(won.values_list("attempt", flat=True))
    rest = (attempt.pk for attempts in judge.attempts() for attempt in attempts)
    for done, pk in enumerate(chain(first, rest)):
        apply_to(job, judge, pk, progress=min(99, 100 * done // total))
    with transaction.atomic():
        # Of attempts that came to the same by another way meanwhile.
        job.lines.filter(applied_at__isnull=True).update(applied_at=timezone.now())
        job.finish(regrade_stage=RegradeStage.APPLIED, applied_at=timezone.now(), counts=counts_of(job))
        audit.record(by=job.confirmed_by, verb=Deed.REGRADE_APPLIED, target=job, after={"attempts": job.lines.count()})
        for person in {job.made_by, job.confirmed_by}:
            if person is not None and person.is_active:
                _tell(person, "quizzes.regrade_applied", job, f"quizzes.regrade_applied:{job.public_id}")


def _has_moved(job: Regrade, judge: Judge) -> bool:
    """Whether the dry run is not true any more: an attempt was handed in, marked or graded since. That others were
    opened, or go on, moves nothing: their points are not known yet."""
    seen = dict(job.lines.values_list("attempt", "seen"))
    for attempts in judge.attempts():
        job.beat()
        for attempt in attempts:
            before, now = seen.pop(attempt.pk, "open"), print_of(attempt)
            if before != now:
                return True
    # What the dry run counted and nothing is left to do for.
    return bool(seen)


def apply_to(job: Regrade, judge: Judge, pk: int, *, progress: int = 0) -> None:
    """Write what the regrade says of one attempt, once: rulings, the next grade with its outcome, and the line."""
    with transaction.atomic():
        attempt = Attempt.objects.select_for_update(of=("self",)).select_related("person", "quiz").get(pk=pk)
        job.beat(progress=progress)
        known = RegradeLine.objects.filter(regrade=job, attempt=attempt).first()
        if (known is not None and known.applied_at is not None) or judge.rulings(attempt) is None:
            return
        line, rulings, grade = judge.line(attempt)
        line.is_later = known is None or known.seen != line.seen
        if line.is_later:
            tell_consequences([line])
        elif known is not None:
            line.consequence, line.facts = known.consequence, known.facts
        line.pk = known.pk if known is not None else None
        if grade is None or line.state == LineState.SAME:
            _rule(attempt, rulings)
        else:
            last = attempt.grades.aggregate(last=Max("revision"))["last"] or 0
            line.grade = grades.write(
                attempt=attempt, grade=grade, revision=last + 1, cause=GradeCause.REGRADE, rulings=rulings
            )
        line.applied_at = timezone.now()
        line.save()
        if line.grade is not None:
            _graded_again(job, line)


def _rule(attempt: Attempt, rulings: Any) -> None:
    """Only what is said over the paper: the grade stays, or comes when the attempt is handed in."""
    rows = Attempt.objects.filter(pk=attempt.pk, version=attempt.version)
    if rows.update(version=attempt.version + 1, rulings=rulings) != 1:
        raise Conflict


def _graded_again(job: Regrade, line: RegradeLine) -> None:
    grade, attempt = line.grade, line.attempt
    assert isinstance(grade, AttemptGrade)  # noqa: S101 - the caller asks for that
    audit.record(
        by=job.confirmed_by,
        verb=Deed.ATTEMPT_REGRADED,
        target=attempt,
        before={"points": line.old_points, "possible": line.old_possible, "is_passed": line.old_passed},
        after={
            "points": line.new_points,
            "possible": line.new_possible,
            "is_passed": line.new_passed,
            "revision": grade.revision,
            "regrade": job.public_id,
        },
    )
    with translation.override(attempt.person.language):
        link = reverse("quizzes:attempt", args=[attempt.public_id])
    # The reason may name what is right, which a message must not tell before the quiz does.
    tells_why, _from = selectors.reviewable([attempt])[attempt.pk]
    notifications.notify(
        person=attempt.person,
        kind="quizzes.attempt_regraded",
        params={
            "quiz": attempt.quiz.title,
            "reason": job.reason if tells_why else "",
            "old": _plain(line.old_points),
            "old_possible": _plain(line.old_possible),
            "new": _plain(line.new_points),
            "new_possible": _plain(line.new_possible),
            "is_passed": bool(line.new_passed),
            "has_turned": bool(line.old_passed) != bool(line.new_passed),
        },
        key=f"quizzes.attempt_regraded:{attempt.public_id}:{grade.revision}",
        link=link,
    )


def _plain(points: Decimal | None) -> str:
    return "" if points is None else f"{points.normalize():f}"


RUNS: dict[RegradeStage, Callable[[Regrade], None]] = {RegradeStage.COUNTING: _count, RegradeStage.APPLYING: _apply}
