"""New versions of the rules: uploaded, validated, tried on the book, and published by a second person.

A trial holds for a day, and only as long as no other version came and nothing else was reported: then it has to be
run again. Entries that came since do not end it, since in a running year there are always some; they are counted for
whoever decides, and judged like all others when the version is published.
"""

import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from cms.shared import errors, jobs
from cms.shared.jobs import JobState, LostLease
from credits.models import Book, Entry, RuleSetChange, RuleSetProposal, RuleSetVersion
from credits.rules.validation import BadJson, Problem, ProblemCode, path_of, read, validate
from credits.selectors.problems import problem_text
from credits.selectors.rule_sets import rule_book
from credits.selectors.rule_trials import Trial, changes, ledger_position, rules_stamp, trial_of
from credits.services.judgements import rebuild_books
from credits.services.rule_sets import columns_of, sha256_of
from organisations import audit, notifications
from organisations.deeds import Deed
from organisations.enums import Power, RequestState
from organisations.models import Person
from organisations.selectors import required_scope

MAX_BYTES = 1 << 20
HOLDS_FOR = timedelta(hours=24)
BOOKS_AT_ONCE = 100
_DEEP = 40


class BadDocument(errors.InvalidInput):
    """`problems` are sentences, each beginning with the field."""

    code = "bad_rule_set"
    message = _("This file cannot be a rule set. Correct what is listed and upload it again.")

    def __init__(self, problems: list[str]) -> None:
        super().__init__()
        self.problems = problems


class ReasonMissing(errors.InvalidInput):
    code = "rule_set_reason_missing"
    message = _("Say why; others decide by it and read it later.")


class VersionWaits(errors.Conflict):
    code = "rule_set_version_waits"
    message = _("This version was already uploaded and waits for a decision. Have it taken back first.")


class OwnProposal(errors.OutOfScope):
    code = "own_rule_set"
    message = _("Nobody publishes or refuses a version of their own. Another system administrator has to.")


class AlreadyDecided(errors.Conflict):
    code = "rule_set_already_decided"
    message = _("This version was decided about in the meantime. Load the page again.")


class NotTried(errors.Conflict):
    code = "rule_set_not_tried"
    message = _("The trial on the book is not done. Wait for it, or have it run again.")


class TrialOutdated(errors.Conflict):
    code = "rule_set_trial_outdated"
    message = _(
        "The trial is older than a day, or other rules or reports to the authority came since. Have it run again."
    )


def check(content: bytes) -> tuple[dict[str, Any], list[str]]:
    """The document in an uploaded file and the warnings about it. Raises BadDocument; stores nothing."""
    if len(content) > MAX_BYTES:
        raise BadDocument([_t("The file is larger than 1 MB.")])
    try:
        document = read(content)
    except BadJson as error:
        raise BadDocument([problem_text(error.problem)]) from error
    except ValueError as error:  # a number of thousands of digits
        raise BadDocument([_t("The file holds a number that is too long to be read.")]) from error
    if strange := list(_strange(document, ())):
        raise BadDocument(strange)
    loaded = {
        f"{row.rule_set_id}@{row.version}": row.document
        for row in RuleSetVersion.objects.only("rule_set_id", "version", "document")
    }
    try:
        problems = validate(document, loaded)
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError) as error:
        problems = [Problem("", ProblemCode.UNREADABLE, {"reason": str(error)[:200]})]
    found = [problem_text(problem) for problem in problems if not problem.is_warning]
    key = f"{document.get('id')}@{document.get('version')}"
    if not found and key in loaded:
        found = [_t("version: %(key)s is already there. A changed text needs the next version number.") % {"key": key}]
    if found:
        raise BadDocument(found)
    return document, [problem_text(problem) for problem in problems]


def _strange(value: Any, path: tuple[str | int, ...]) -> Iterator[str]:
    """What JSON can hold and a database cannot, or nothing reads."""
    where = {"path": path_of(path)}
    if len(path) > _DEEP:
        yield _t("%(path)s: This lies too deep.") % where
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _strange(key, path)
            yield from _strange(item, (*path, key))
    elif isinstance(value, list):
        for n, item in enumerate(value):
            yield from _strange(item, (*path, n))
    elif isinstance(value, str) and ("\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value)):
        yield _t("%(path)s: This text holds a character that cannot be stored.") % where
    elif isinstance(value, float) and not math.isfinite(value):
        yield _t("%(path)s: This number is too large.") % where


@transaction.atomic
def propose(*, by: Person, content: bytes, reason: str) -> RuleSetProposal:
    """Store a valid version and have it tried on the book.

    Raises OutOfScope, ReasonMissing, BadDocument, VersionWaits.
    """
    required_scope(by, Power.KEEP_RULES)
    if not reason.strip():
        raise ReasonMissing
    document, warnings = check(content)
    Person.objects.select_for_update().get(pk=by.pk)
    key = {"rule_set_id": document["id"], "rule_set_version": document["version"]}
    if RuleSetProposal.objects.filter(**key, decision=RequestState.WAITING).exists():
        raise VersionWaits
    row = RuleSetProposal.objects.create(
        **key, document=document, document_sha256=sha256_of(document), warnings=warnings, proposed_by=by,
        reason=reason.strip()[:200],
    )  # fmt: skip
    audit.record(by=by, verb=Deed.RULES_PROPOSE, target=row, after={"version": str(row), "sha256": row.document_sha256})
    jobs.wake(RuleSetProposal.task_name, row.pk)
    return row


def run(job_pk: int) -> None:
    """Try the version on the book or, once it is published, judge the book anew. Can be killed and run again."""
    job = RuleSetProposal.claim(job_pk)
    if job is None:
        return
    try:
        if job.version_id is None:
            _try(job)
        else:
            _judge_anew(job)
    except LostLease:
        return
    except Exception as error:  # every fault ends in a state that the administrators see
        job.fail_unexpected(error)


def _try(job: RuleSetProposal) -> None:
    seen, stamp, at = ledger_position(), rules_stamp(), timezone.now()
    trial = trial_of(job.document, job.document_sha256, today=timezone.localdate(at))
    with transaction.atomic():
        job.beat(stage="trying", progress=0)
        RuleSetChange.objects.filter(proposal=job).delete()
    counts: dict[str, int] = {}
    for done, total, found in changes(trial, job):
        with transaction.atomic():
            job.beat(progress=99 * done // total)
            RuleSetChange.objects.bulk_create(found)
        for change in found:
            counts[change.kind] = counts.get(change.kind, 0) + 1
    job.finish(
        ledger_position=seen, rules_stamp=stamp, tried_at=at, counts=counts,
        kept=[one.as_json() for one in trial.kept],
    )  # fmt: skip


def _judge_anew(job: RuleSetProposal) -> None:
    """Some books at a time from where an earlier run came to; judgements by versions that no longer hold go."""
    named = rule_book()
    names = [name for name in named.spans if _rests_on(name, job.rule_set_id)]
    books = Book.objects.filter(pk__in=Entry.objects.filter(rule_set_id__in=names).values("book")).order_by("pk")
    total, done = books.count(), books.filter(pk__lte=job.judged_to).count()
    while chunk := list(books.filter(pk__gt=job.judged_to).values_list("pk", flat=True)[:BOOKS_AT_ONCE]):
        with transaction.atomic():
            job.beat(stage="judging", progress=99 * done // max(total, 1))
            rebuild_books(books=chunk, rule_book=named, rule_sets=names)
            RuleSetProposal.objects.filter(pk=job.pk, lease=job.lease).update(judged_to=chunk[-1])
            job.judged_to = chunk[-1]
        done += len(chunk)
    job.finish()


def _rests_on(name: str, changed: str) -> bool:
    """Whether judging by the rule set `name` can ask for a version of `changed`."""
    book = rule_book()
    seen: set[str] = set()
    wanted = {name}
    while wanted:
        seen |= wanted
        wanted = {book.parents[v.pk] for one in wanted for v in book.of(one)} - seen - {""}
    return changed in seen


def _found(by: Person, public_id: str) -> RuleSetProposal:
    required_scope(by, Power.KEEP_RULES)
    row = RuleSetProposal.objects.filter(public_id=public_id).select_related("proposed_by").first()
    if row is None:
        raise errors.NotFound
    return row


def is_outdated(row: RuleSetProposal) -> bool:
    """Whether the trial says no more what publishing would do."""
    if row.tried_at is None or row.tried_at < timezone.now() - HOLDS_FOR or row.rules_stamp != rules_stamp():
        return True
    trial: Trial = trial_of(row.document, row.document_sha256, today=timezone.localdate())
    return _spans([one.as_json() for one in trial.kept]) != _spans(row.kept)


def _spans(kept: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return sorted({(one["begins"], one["ends"]) for one in kept})


@transaction.atomic
def publish(*, by: Person, public_id: str) -> RuleSetProposal:
    """Put the version in force and have the book judged anew by it.

    Raises OutOfScope, NotFound, OwnProposal, AlreadyDecided, NotTried, TrialOutdated.
    """
    row = _found(by, public_id)
    if row.proposed_by_id == by.pk:
        raise OwnProposal
    # Two versions that are published at once wait here for each other; the later one sees the first.
    list(RuleSetVersion.objects.select_for_update().order_by("pk").values_list("pk"))
    row.refresh_from_db()
    if row.decision != RequestState.WAITING:
        raise AlreadyDecided
    if row.state != JobState.DONE:
        raise NotTried
    if is_outdated(row):
        raise TrialOutdated
    _decide(row, by, RequestState.ACCEPTED, "")
    version = RuleSetVersion.objects.create(
        rule_set_id=row.rule_set_id, version=row.rule_set_version, not_in=[list(span) for span in _spans(row.kept)],
        **columns_of(row.document),
    )  # fmt: skip
    RuleSetProposal.objects.filter(pk=row.pk).update(
        version=version, state=JobState.QUEUED, attempt=0, progress=0, stage="", finished_at=None
    )
    row.refresh_from_db()
    jobs.wake(RuleSetProposal.task_name, row.pk)
    audit.record(by=by, verb=Deed.RULES_PUBLISH, target=row, after={"version": str(row), "counts": row.counts})
    _tell(row, "rule_set_published")
    return row


@transaction.atomic
def refuse(*, by: Person, public_id: str, reason: str) -> RuleSetProposal:
    """Raises OutOfScope, NotFound, OwnProposal, ReasonMissing, AlreadyDecided."""
    row = _found(by, public_id)
    if row.proposed_by_id == by.pk:
        raise OwnProposal
    if not reason.strip():
        raise ReasonMissing
    _decide(row, by, RequestState.REFUSED, reason.strip()[:200])
    row.cancel()
    audit.record(by=by, verb=Deed.RULES_TURN_DOWN, target=row, after={"version": str(row), "reason": reason.strip()})
    _tell(row, "rule_set_refused")
    return row


@transaction.atomic
def withdraw(*, by: Person, public_id: str) -> RuleSetProposal:
    """Whoever uploaded it takes it back. Raises OutOfScope, NotFound, AlreadyDecided."""
    row = _found(by, public_id)
    if row.proposed_by_id != by.pk:
        raise errors.OutOfScope
    _decide(row, by, RequestState.WITHDRAWN, "")
    row.cancel()
    audit.record(by=by, verb=Deed.RULES_TAKE_BACK, target=row, after={"version": str(row)})
    return row


@transaction.atomic
def run_again(*, by: Person, public_id: str) -> RuleSetProposal:
    """A trial once more, or the judging that broke off. No effect while it waits or runs.

    Raises OutOfScope, NotFound, AlreadyDecided for what is refused, taken back, or published and done.
    """
    row = _found(by, public_id)
    if row.decision == RequestState.WAITING:
        RuleSetProposal.objects.filter(pk=row.pk, decision=RequestState.WAITING, state=JobState.DONE).update(
            state=JobState.CANCELLED
        )
    elif row.decision != RequestState.ACCEPTED or row.state == JobState.DONE:
        raise AlreadyDecided
    if row.retry():
        audit.record(by=by, verb=Deed.RULES_TRY, target=row, after={"version": str(row)})
    row.refresh_from_db()
    return row


def _decide(row: RuleSetProposal, by: Person, decision: RequestState, reason: str) -> None:
    taken = RuleSetProposal.objects.filter(pk=row.pk, decision=RequestState.WAITING).update(
        decision=decision, decided_by=by, decided_at=timezone.now(), decision_reason=reason
    )
    if taken != 1:
        raise AlreadyDecided
    row.refresh_from_db()


def _tell(row: RuleSetProposal, kind: str) -> None:
    with translation.override(row.proposed_by.language):
        link = reverse("manage:rule_set_proposal", args=[row.public_id])
    notifications.notify(
        person=row.proposed_by, kind=f"credits.{kind}", key=f"{kind}:{row.public_id}", link=link,
        params={"version": str(row), "reason": row.decision_reason},
    )  # fmt: skip
