"""Exports with full ID numbers: one person asks and says why, another one agrees, and after seven days all is gone."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from cms.shared import errors, jobs
from cms.shared.storage import private_storage
from credits.models import Disclosure, ExportJob
from credits.selectors.disclosures import approvers_of
from credits.services.exports import Wish, check_wish
from organisations import audit, notifications
from organisations.deeds import Deed
from organisations.enums import Power, RequestState
from organisations.models import Person
from organisations.selectors import required_scope, scope_for

VALID_FOR = timedelta(days=7)


class ReasonMissing(errors.InvalidInput):
    code = "disclosure_without_reason"
    message = _("Say what the full numbers are needed for; a second person decides by it.")


class DecisionWithoutReason(errors.InvalidInput):
    code = "refusal_without_reason"
    message = _("Say why you refuse; whoever asked reads it.")


class OwnRequest(errors.OutOfScope):
    code = "own_disclosure"
    message = _("Nobody agrees to a request of their own. Another security administrator has to.")


class AlreadyDecided(errors.Conflict):
    code = "disclosure_already_decided"
    message = _("This request was decided in the meantime, or lapsed after seven days. Load the page again.")


@transaction.atomic
def request(*, by: Person, reason: str, **wish: Any) -> Disclosure:
    """Ask for an export (`wish`: the fields of exports.Wish) with full ID numbers; the same request in waiting is
    returned again.

    Raises ReasonMissing, OutOfScope if `by` does not administer all of the place or may not even see masked numbers
    there, InvalidInput.
    """
    wanted = Wish(**wish)
    node = wanted.node
    check_wish(by=by, wish=wanted)
    if not scope_for(by, Power.SEE_MASKED_ID).covers(node.path):
        raise errors.OutOfScope
    if not reason.strip():
        raise ReasonMissing
    Person.objects.select_for_update().get(pk=by.pk)
    fields = wanted.choices | {"requested_by": by, "place": node, "year": wanted.year}
    waiting = _undecided(Disclosure.objects.filter(**fields)).first()
    if waiting is not None:
        return waiting
    row = Disclosure.objects.create(**fields, reason=reason.strip()[:200])
    told = {"place": node.code, "year": wanted.year, "reason": row.reason}
    audit.record(by=by, verb=Deed.DISCLOSURE_REQUEST, target=row, after=told)
    for person in approvers_of(row):
        _tell(person, "disclosure_waiting", row, "manage:disclosures")
    return row


def _undecided(rows: QuerySet[Disclosure]) -> QuerySet[Disclosure]:
    return rows.filter(state=RequestState.WAITING, created_at__gt=timezone.now() - VALID_FOR)


@transaction.atomic
def decide(*, by: Person, public_id: str, accept: bool, reason: str = "") -> Disclosure:
    """Agree, which queues the file, or refuse. Raises OutOfScope, NotFound, OwnRequest, DecisionWithoutReason,
    AlreadyDecided."""
    scope = required_scope(by, Power.APPROVE_DISCLOSURE)
    row = Disclosure.objects.filter(scope.q("place"), public_id=public_id).select_related("requested_by").first()
    if row is None:
        raise errors.NotFound
    if row.requested_by_id == by.pk:
        raise OwnRequest
    if not accept and not reason.strip():
        raise DecisionWithoutReason
    now = timezone.now()
    taken = _undecided(Disclosure.objects.filter(pk=row.pk)).update(
        state=RequestState.ACCEPTED if accept else RequestState.REFUSED,
        decided_by=by,
        decided_at=now,
        decision=reason.strip()[:200],
        expires_at=now + VALID_FOR if accept else None,
    )
    if taken != 1:
        raise AlreadyDecided
    row.refresh_from_db()
    if accept:
        _queue(row)
    told = {"state": str(row.state), "reason": row.decision}
    audit.record(by=by, verb=Deed.DISCLOSURE_DECIDE, target=row, after=told)
    _tell(row.requested_by, "disclosure_accepted" if accept else "disclosure_refused", row, "credits:exports")
    return row


def _queue(row: Disclosure) -> None:
    """The job that makes the file; whoever asked still has to administer the place when it is fetched."""
    choices = {
        name: getattr(row, name)
        for name in ("rule_set_id", "file_format", "column_set", "encoding", "layout", "sought", "language")
    }
    wish = Wish(node=row.place, year=row.year, **choices)
    job = ExportJob.objects.create(**wish.job_fields(row.requested_by), reason=row.reason)
    Disclosure.objects.filter(pk=row.pk).update(job=job)
    row.job = job
    jobs.wake(ExportJob.task_name, job.pk)


def _tell(person: Person, kind: str, row: Disclosure, page: str) -> None:
    with translation.override(person.language):
        link = reverse(page)
    params = {"place": row.place.name, "year": row.year, "reason": row.decision}
    notifications.notify(person=person, kind=f"credits.{kind}", params=params, key=f"{kind}:{row.public_id}", link=link)


def erase_old() -> int:
    """Erase the files whose seven days are over, and let undecided requests lapse; how many files went."""
    now = timezone.now()
    Disclosure.objects.filter(state=RequestState.WAITING, created_at__lte=now - VALID_FOR).update(
        state=RequestState.WITHDRAWN
    )
    over = Disclosure.objects.filter(expires_at__lte=now, file_erased_at__isnull=True, job__isnull=False)
    erased = 0
    for row in over.select_related("job"):
        job = row.job
        if job is None or not job.is_over:
            continue
        if job.file_key:
            private_storage().delete(job.file_key)
        with transaction.atomic():
            ExportJob.objects.filter(pk=job.pk).update(file_key="")
            Disclosure.objects.filter(pk=row.pk).update(file_erased_at=now)
            audit.record(by=None, verb=Deed.DISCLOSURE_ERASE, target=row, after={"sha256": job.file_sha256})
        erased += 1
    return erased
