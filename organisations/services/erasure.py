"""Being forgotten: asked for by the person, agreed by a second one, carried out when retention allows."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from cms.shared import errors, jobs
from cms.shared.jobs import JobState, LostLease
from organisations import audit, histories, notifications
from organisations.deeds import Deed
from organisations.enums import RequestState
from organisations.models import ErasureRequest, Person
from organisations.selectors.erasure import appointers_for, deciders_of, deciding, due_on
from organisations.services import erasure_list, passwords

REMINDED_EVERY = timedelta(days=7)


class AlreadyRequested(errors.Conflict):
    code = "erasure_already_requested"
    message = _("You have asked for this already. Withdraw that request if you have changed your mind.")


class AlreadyDecided(errors.Conflict):
    code = "erasure_already_decided"
    message = _("This request was decided, carried out or withdrawn in the meantime. Load the page again.")


class OwnRequest(errors.OutOfScope):
    code = "own_request"
    message = _("Nobody decides about a request of their own. Another security administrator has to.")


class ReasonMissing(errors.InvalidInput):
    code = "decision_without_reason"
    message = _("Say why you refuse; the person reads it.")


class LastAdministrator(errors.Conflict):
    code = "superuser_cannot_be_erased"
    message = _("This account runs the installation. Take that right from it first.")


def request(*, person: Person, password: str) -> ErasureRequest:
    """Ask to be forgotten. Raises WrongPassword, PasswordPaused, AlreadyRequested, LastAdministrator."""
    passwords.prove(person=person, password=password)
    return _request(person)


@transaction.atomic
def _request(person: Person) -> ErasureRequest:
    if person.is_superuser:
        raise LastAdministrator
    if ErasureRequest.objects.filter(person=person, request_state=RequestState.ACCEPTED).exists():
        raise AlreadyRequested
    due = due_on(person)
    try:
        with transaction.atomic():
            # It becomes a job when it was agreed to; until then nothing runs.
            row = ErasureRequest.objects.create(
                person=person, earliest_on=due.on, basis=due.basis, state=JobState.CANCELLED
            )
    except IntegrityError as error:
        raise AlreadyRequested from error
    audit.record(by=person, verb=Deed.ERASURE_REQUEST, target=person, after={"earliest_on": due.on, "basis": due.basis})
    _ask(row)
    return row


def _ask(row: ErasureRequest, *, reminder: int = 0) -> None:
    """Tell those who decide; where nobody does, those who can appoint somebody. Each `reminder` is sent once."""
    deciders = deciders_of(row.person)
    kind = "erasure_waiting" if deciders else "erasure_undecided"
    told = []
    for person in deciders or appointers_for(row.person):
        with translation.override(person.language):
            link = reverse("manage:erasures") if deciders else reverse("manage:roles")
        told.append((person, {"weeks": reminder}, f"{kind}:{row.public_id}:{reminder}", link))
    notifications.notify_each(told=told, kind=kind)


def remind() -> int:
    """Tell those who decide of each full week that a request has waited; how many requests still wait so long."""
    waiting = ErasureRequest.objects.filter(
        request_state=RequestState.WAITING, created_at__lte=timezone.now() - REMINDED_EVERY
    )
    requests = list(waiting.select_related("person").order_by("pk"))
    for row in requests:
        with transaction.atomic():
            _ask(row, reminder=(timezone.now() - row.created_at) // REMINDED_EVERY)
    return len(requests)


@transaction.atomic
def withdraw(*, person: Person) -> ErasureRequest:
    """Take the request back, also an agreed one that was not carried out yet. Raises AlreadyDecided."""
    row = (
        ErasureRequest.objects.filter(person=person, request_state__in=[RequestState.WAITING, RequestState.ACCEPTED])
        .exclude(state__in=[JobState.RUNNING, JobState.DONE])
        .first()
    )
    if row is None:
        raise AlreadyDecided
    taken = (
        ErasureRequest.objects.filter(pk=row.pk, request_state=row.request_state)
        .exclude(state__in=[JobState.RUNNING, JobState.DONE])
        .update(request_state=RequestState.WITHDRAWN, state=JobState.CANCELLED)
    )
    if taken != 1:
        raise AlreadyDecided
    row.refresh_from_db()
    audit.record(by=person, verb=Deed.ERASURE_WITHDRAW, target=person)
    return row


@transaction.atomic
def decide(*, by: Person, public_id: str, accept: bool, reason: str = "") -> ErasureRequest:
    """Agree or refuse. Raises OutOfScope, NotFound, OwnRequest, ReasonMissing, AlreadyDecided."""
    row = deciding(by).filter(public_id=public_id).select_related("person").first()
    if row is None:
        raise errors.NotFound
    if row.person_id == by.pk:
        raise OwnRequest
    if not accept and not reason.strip():
        raise ReasonMissing
    state = RequestState.ACCEPTED if accept else RequestState.REFUSED
    taken = ErasureRequest.objects.filter(pk=row.pk, request_state=RequestState.WAITING).update(
        request_state=state, decided_by=by, decided_at=timezone.now(), decision=reason.strip()[:200]
    )
    if taken != 1:
        raise AlreadyDecided
    row.refresh_from_db()
    audit.record(
        by=by, verb=Deed.ERASURE_DECIDE, target=row.person, after={"decision": str(state), "reason": row.decision}
    )
    with translation.override(row.person.language):
        link = reverse("organisations:my_data")
    kind = "erasure_accepted" if accept else "erasure_refused"
    params = {"day": row.earliest_on.isoformat(), "reason": row.decision}
    notifications.notify(person=row.person, kind=kind, params=params, key=f"erasure:{row.public_id}", link=link)
    if accept:
        _queue(row)
    return row


def _queue(row: ErasureRequest) -> bool:
    """Let the job run if its day has come: entries recorded since the request push the day back."""
    due = due_on(row.person)
    if (due.on, due.basis) != (row.earliest_on, row.basis):
        ErasureRequest.objects.filter(pk=row.pk).update(earliest_on=due.on, basis=due.basis)
    if due.on > timezone.localdate():
        return False
    moved = ErasureRequest.objects.filter(
        pk=row.pk, request_state=RequestState.ACCEPTED, state__in=[JobState.CANCELLED, JobState.FAILED]
    ).update(
        state=JobState.QUEUED,
        attempt=0,
        cancel_requested=False,
        error_code="",
        last_words="",
        finished_at=None,
        progress=0,
        stage="",
    )
    if moved:
        jobs.wake(ErasureRequest.task_name, row.pk)
    return moved == 1


def queue_due() -> int:
    """Once a day: queue the agreed requests whose day has come; how many."""
    agreed = ErasureRequest.objects.filter(
        request_state=RequestState.ACCEPTED, state__in=[JobState.CANCELLED, JobState.FAILED]
    )
    queued = 0
    for row in agreed.select_related("person").order_by("pk"):
        with transaction.atomic():
            queued += _queue(row)
    return queued


def run(job_pk: int) -> None:
    """Carry out request `job_pk`, if it still waits, in one transaction: what a killed run began is done by the next.

    Files go when it is committed; one that a kill leaves behind is swept (`leftovers.sweep`).
    """
    job = ErasureRequest.claim(job_pk)
    if job is None:
        return
    try:
        with job.kept_alive():
            _erase(job)
    except LostLease:
        return
    except Exception as error:  # every fault ends in a state that the administrators see
        job.fail_unexpected(error)


@transaction.atomic
def _erase(job: ErasureRequest) -> None:
    Person.objects.filter(pk=job.person_id).update(language=F("language"))
    person = Person.objects.get(pk=job.person_id)
    due = due_on(person)
    agreed = ErasureRequest.objects.filter(pk=job.pk, request_state=RequestState.ACCEPTED).exists()
    if due.on > timezone.localdate() or not agreed:
        # Something was recorded since it was queued: it waits for the new day.
        job.finish(earliest_on=due.on, basis=due.basis)
        ErasureRequest.objects.filter(pk=job.pk).update(state=JobState.CANCELLED)
        return
    audit.record(by=None, verb=Deed.ERASURE_DONE, target=job, after={"account": str(person.public_id)})
    for account in (*person.merged_people.order_by("pk"), person):
        for history in histories.registered():
            history.erase(account)
    job.finish()
    transaction.on_commit(erasure_list.complete, robust=True)  # what fails here is made good within the hour
