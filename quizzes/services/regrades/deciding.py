"""What people do with a regrade: make it, have it counted again, confirm or withdraw it."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared import errors, jobs
from cms.shared.jobs import JobState
from organisations import audit
from organisations.deeds import Deed
from organisations.enums import Power
from organisations.models import Person
from organisations.selectors import required_scope
from quizzes.enums import RegradeCause, RegradeStage
from quizzes.models import Bank, Question, Regrade
from quizzes.selectors import regrades as found

LONGEST = 500


class ReasonMissing(errors.InvalidInput):
    code = "regrade_reason_missing"
    message = _("Say why, in at most 500 characters; every learner whose mark changes reads it.")


class NothingChosen(errors.InvalidInput):
    code = "regrade_nothing_chosen"
    message = _("Choose at least one revision or version that is to be judged anew.")


class BadTarget(errors.InvalidInput):
    code = "regrade_does_not_fit"
    message = _(
        "Answers to one of these revisions cannot be judged by this key. Choose others, or leave the question out."
    )


class OwnRegrade(errors.OutOfScope):
    code = "own_regrade"
    message = _("Nobody confirms a regrade of their own. A second person has to.")


class OwnAttempt(errors.OutOfScope):
    code = "regrade_of_own_attempt"
    message = _("A mark of your own would change by this regrade. Somebody else has to confirm it.")


class NotCounted(errors.Conflict):
    code = "regrade_not_counted"
    message = _("The dry run is not done. Wait for it, then look at it first.")


class Outdated(errors.Conflict):
    code = "regrade_outdated"
    message = _("The dry run was made anew since you looked at it. Look at the new one, then confirm.")


class NothingToApply(errors.Conflict):
    code = "regrade_changes_nothing"
    message = _("No attempt is concerned; there is nothing to apply. Withdraw the regrade.")


class AlreadyDecided(errors.Conflict):
    code = "regrade_already_decided"
    message = _("This regrade was confirmed or withdrawn in the meantime. Load the page again.")


@dataclass(frozen=True)
class Wish:
    """What somebody wants graded again. Of a question: `revisions` by number, judged by the key of its revision
    `target`, or by the verdict of the cause; only `items` if there are any. Of a bank: `scorings`, versions by number,
    replaced by the bank's newest one."""

    cause: RegradeCause
    reason: str
    question: Question | None = None
    target: int | None = None
    revisions: tuple[int, ...] = ()
    items: tuple[str, ...] = ()
    bank: Bank | None = None
    scorings: tuple[int, ...] = ()


@transaction.atomic
def make(*, by: Person, wish: Wish) -> Regrade:
    """Begin a regrade: its dry run is queued. Raises OutOfScope, ReasonMissing, NothingChosen, BadTarget."""
    required_scope(by, Power.REGRADE)
    reason = wish.reason.strip()
    if not reason or len(reason) > LONGEST:
        raise ReasonMissing
    fields = _of_bank(wish) if wish.cause == RegradeCause.SCORING else _of_question(wish)
    made = Regrade.objects.create(cause=wish.cause, reason=reason, made_by=by, **fields)
    told = {"cause": made.cause, "revisions": list(wish.revisions), "scorings": list(wish.scorings)}
    audit.record(by=by, verb=Deed.REGRADE_MAKE, target=made, after=told)
    jobs.wake(Regrade.task_name, made.pk)
    return made


def _of_question(wish: Wish) -> dict[str, Any]:
    question = wish.question
    if question is None:
        raise NothingChosen
    rows = list(question.revisions.filter(number__in=wish.revisions))
    if not rows:
        raise NothingChosen
    known = {item["id"] for row in rows for item in row.items}
    items = [item for item in wish.items if item in known]
    target = None
    if wish.cause == RegradeCause.KEY:
        target = question.revisions.filter(number=wish.target or 0).first()
        fitting = {one.revision.pk for one in found.judged_revisions(question, target) if one.fits} if target else set()
        if target is None or not {row.pk for row in rows} <= fitting:
            raise BadTarget
    return {
        "question": question,
        "bank": question.bank,
        "target": target,
        "revisions": sorted(str(row.public_id) for row in rows),
        "items": items if wish.cause != RegradeCause.KEY else [],
    }


def _of_bank(wish: Wish) -> dict[str, Any]:
    newest = wish.bank.scorings.order_by("-number").first() if wish.bank is not None else None
    if wish.bank is None or newest is None:
        raise NothingChosen
    older = sorted(number for number in set(wish.scorings) if 0 <= number < newest.number)
    if not older:
        raise NothingChosen
    return {"bank": wish.bank, "scoring": newest, "scorings": older}


@transaction.atomic
def confirm(*, by: Person, regrade: Regrade, seen: int) -> Regrade:
    """The second person's word for the dry run with the number `seen`; the application is queued.

    Raises OutOfScope, OwnRegrade, OwnAttempt, NotCounted, Outdated, NothingToApply, AlreadyDecided.
    """
    required_scope(by, Power.REGRADE)
    if found.is_own(regrade, by):
        raise OwnRegrade
    if regrade.regrade_stage == RegradeStage.COUNTING:
        raise NotCounted
    if regrade.regrade_stage != RegradeStage.WAITING:
        raise AlreadyDecided
    if regrade.runs != seen:
        raise Outdated
    if not regrade.lines.exists():
        raise NothingToApply
    if found.touches(regrade, by):
        raise OwnAttempt
    _move(regrade, RegradeStage.APPLYING, confirmed_by=by, confirmed_at=timezone.now(), moved_at=None)
    audit.record(by=by, verb=Deed.REGRADE_CONFIRM, target=regrade, after={"run": seen, "counts": regrade.counts})
    return regrade


@transaction.atomic
def count_again(*, by: Person, regrade: Regrade) -> Regrade:
    """Have the dry run made anew, or a run that a fault stopped gone on with. Raises OutOfScope, AlreadyDecided."""
    required_scope(by, Power.REGRADE)
    if regrade.state == JobState.FAILED and regrade.regrade_stage in (RegradeStage.COUNTING, RegradeStage.APPLYING):
        if not regrade.retry():
            raise AlreadyDecided
    else:
        _move(regrade, RegradeStage.COUNTING)
    audit.record(by=by, verb=Deed.REGRADE_COUNT, target=regrade, before={"run": regrade.runs})
    return regrade


def _move(regrade: Regrade, stage: RegradeStage, **fields: Any) -> None:
    """From WAITING to the next run of the job, for whoever is first."""
    waiting = Regrade.objects.filter(pk=regrade.pk, regrade_stage=RegradeStage.WAITING, runs=regrade.runs)
    queued = {"state": JobState.QUEUED, "attempt": 0, "progress": 0, "stage": "", "finished_at": None}
    if waiting.update(regrade_stage=stage, **queued, **fields) != 1:
        raise AlreadyDecided
    regrade.refresh_from_db()
    jobs.wake(Regrade.task_name, regrade.pk)


@transaction.atomic
def withdraw(*, by: Person, regrade: Regrade) -> Regrade:
    """Before it is confirmed, by whoever made it or by somebody who does not want to confirm it. Nothing was written.

    Raises OutOfScope, AlreadyDecided.
    """
    required_scope(by, Power.REGRADE)
    open_stages = [RegradeStage.COUNTING, RegradeStage.WAITING]
    rows = Regrade.objects.filter(pk=regrade.pk, regrade_stage__in=open_stages)
    if rows.update(regrade_stage=RegradeStage.WITHDRAWN, withdrawn_by=by, withdrawn_at=timezone.now()) != 1:
        raise AlreadyDecided
    regrade.cancel()
    regrade.refresh_from_db()
    audit.record(by=by, verb=Deed.REGRADE_WITHDRAW, target=regrade)
    return regrade
