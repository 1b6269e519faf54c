"""Titles and degrees: reported by the person (自报), confirmed or refused by the unit (已核).

What counts as a person's title is `Person.title`. It is what the unit vouches for: the title that the unit entered,
raised to a higher one when the unit confirms that, and lowered only when the unit takes its own word back.
A reported title counts for nothing until then; the profile shows both.
"""

from datetime import date

from django.core.files import File
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from organisations import audit, notifications
from organisations.enums import Degree, ProfessionalTitle, QualificationKind, QualificationState
from organisations.models import Person, Qualification
from organisations.services import proofs

# From the lowest to the highest.
LADDER = tuple(ProfessionalTitle)


class NoSuchQualification(errors.InvalidInput):
    code = "no_such_qualification"
    message = _("Choose a title or a degree from the list.")


class AlreadyReported(errors.Conflict):
    code = "qualification_already_reported"
    message = _("This title or degree is already in the list.")


class NotYetObtained(errors.InvalidInput):
    code = "qualification_not_yet_obtained"
    message = _("The day lies in the future. Enter a title or degree when it has been awarded.")


class AlreadyDecided(errors.Conflict):
    code = "qualification_already_decided"
    message = _("Somebody has decided about this in the meantime. Load the page again.")


class OwnQualification(errors.OutOfScope):
    code = "own_qualification"
    message = _("Nobody confirms a title or degree of their own. Ask another administrator of your unit.")


class ReasonMissing(errors.InvalidInput):
    code = "reason_missing"
    message = _("Say why, so that the person knows what to do.")


@transaction.atomic
def claim(
    *,
    by: Person,
    kind: str,
    value: str,
    obtained_on: date | None = None,
    subject: str = "",
    institution: str = "",
    proof: File[bytes] | None = None,
) -> Qualification:
    """Report a title or degree of one's own. Raises NoSuchQualification, NotYetObtained, AlreadyReported."""
    reported = _enter(by, by, kind, value, obtained_on, subject, institution, proof)
    audit.record(by=by, verb="qualification.claim", target=by, after=_told(reported))
    return reported


@transaction.atomic
def enter(
    *,
    by: Person,
    person: Person,
    kind: str,
    value: str,
    obtained_on: date | None = None,
    subject: str = "",
    institution: str = "",
    proof: File[bytes] | None = None,
) -> Qualification:
    """Enter what the unit has seen: confirmed at once; also the day of what is confirmed without one.

    Raises as `claim`, and OwnQualification.
    """
    if by.pk == person.pk:
        raise OwnQualification
    entered = _enter(by, person, kind, value, obtained_on, subject, institution, proof)
    Qualification.objects.filter(pk=entered.pk).update(
        state=QualificationState.CONFIRMED, decided_by=by, decided_at=timezone.now()
    )
    entered.refresh_from_db()
    audit.record(by=by, verb="qualification.enter", target=person, after=_told(entered))
    _raise_title(by, entered)
    return entered


@transaction.atomic
def withdraw(*, by: Person, qualification: Qualification) -> None:
    """Take back what one reported oneself, before anybody decided. Raises AlreadyDecided."""
    claimed = Qualification.objects.filter(pk=qualification.pk, person=by, state=QualificationState.CLAIMED)
    if not claimed.delete()[0]:
        raise AlreadyDecided
    audit.record(by=by, verb="qualification.withdraw", target=by, before=_told(qualification))
    transaction.on_commit(lambda: proofs.discard(qualification.proof))


@transaction.atomic
def confirm(*, by: Person, qualification: Qualification) -> Qualification:
    """The unit has seen the proof. Raises OwnQualification, AlreadyDecided."""
    decided = _decide(by, qualification, {QualificationState.CLAIMED}, QualificationState.CONFIRMED, "")
    audit.record(by=by, verb="qualification.confirm", target=decided.person, after=_told(decided))
    _raise_title(by, decided)
    _tell(decided, "qualification_confirmed")
    return decided


@transaction.atomic
def refuse(*, by: Person, qualification: Qualification, reason: str) -> Qualification:
    """The unit does not confirm, or takes its confirmation back, and says why; the person is told.

    A title that was confirmed before falls to the highest that is still confirmed.
    Raises ReasonMissing, OwnQualification, AlreadyDecided.
    """
    if not reason.strip():
        raise ReasonMissing
    was_confirmed = qualification.state == QualificationState.CONFIRMED
    open_states = {QualificationState.CONFIRMED if was_confirmed else QualificationState.CLAIMED}
    decided = _decide(by, qualification, open_states, QualificationState.REFUSED, reason.strip())
    audit.record(
        by=by, verb="qualification.refuse", target=decided.person, after={**_told(decided), "reason": reason.strip()}
    )
    if was_confirmed and decided.kind == QualificationKind.TITLE and decided.person.title == decided.value:
        confirmed = set(_confirmed_titles(decided.person))
        _set_title(by, decided.person, max(confirmed or {LADDER[0]}, key=LADDER.index))
    _tell(decided, "qualification_refused")
    return decided


def _enter(
    by: Person,
    person: Person,
    kind: str,
    value: str,
    obtained_on: date | None,
    subject: str,
    institution: str,
    proof: File[bytes] | None,
) -> Qualification:
    titles = set(ProfessionalTitle.values) - {ProfessionalTitle.NONE.value}
    values = {
        QualificationKind.TITLE.value: titles,
        QualificationKind.APPOINTMENT.value: titles,
        QualificationKind.DEGREE.value: set(Degree.values),
    }
    if value not in values.get(kind, set()):
        raise NoSuchQualification
    if obtained_on is not None and obtained_on > timezone.localdate():
        raise NotYetObtained
    paper = proofs.read(proof) if proof else None
    Person.objects.select_for_update().get(pk=person.pk)
    listed = Qualification.objects.filter(person=person, kind=kind, value=value)
    present = listed.exclude(state=QualificationState.REFUSED).first()
    if present is not None:
        return _dated(present, by, obtained_on)
    return Qualification.objects.create(
        person=person,
        kind=kind,
        value=value,
        obtained_on=obtained_on,
        subject=subject.strip(),
        institution=institution.strip(),
        proof=proofs.store(paper) if paper else "",
        entered_by=by,
    )


def _dated(present: Qualification, by: Person, obtained_on: date | None) -> Qualification:
    """A roster names titles and degrees without their days: the unit may add the day. Raises AlreadyReported."""
    undated = Qualification.objects.filter(
        pk=present.pk, state=QualificationState.CONFIRMED, obtained_on__isnull=True
    ).exclude(person=by)
    if obtained_on is None or undated.update(obtained_on=obtained_on, entered_by=by) != 1:
        raise AlreadyReported
    present.refresh_from_db()
    return present


def _decide(
    by: Person,
    qualification: Qualification,
    open_states: set[QualificationState],
    state: QualificationState,
    reason: str,
) -> Qualification:
    if by.pk == qualification.person_id:
        raise OwnQualification
    waiting = Qualification.objects.filter(pk=qualification.pk, state__in=open_states)
    if waiting.update(state=state, decided_by=by, decided_at=timezone.now(), decision=reason) != 1:
        raise AlreadyDecided
    # The person's row is the lock under which titles are compared.
    person = Person.objects.select_for_update().get(pk=qualification.person_id)
    qualification.refresh_from_db()
    qualification.person = person
    return qualification


def _confirmed_titles(person: Person) -> list[ProfessionalTitle]:
    rows = Qualification.objects.filter(person=person, kind=QualificationKind.TITLE, state=QualificationState.CONFIRMED)
    return [ProfessionalTitle(value) for value in rows.values_list("value", flat=True)]


def _raise_title(by: Person, qualification: Qualification) -> None:
    person = Person.objects.select_for_update().get(pk=qualification.person_id)
    if qualification.kind != QualificationKind.TITLE:
        return
    confirmed = ProfessionalTitle(qualification.value)
    if LADDER.index(confirmed) > LADDER.index(ProfessionalTitle(person.title)):
        _set_title(by, person, confirmed)
        qualification.person.title = confirmed


def _set_title(by: Person, person: Person, title: ProfessionalTitle) -> None:
    before, person.title = person.title, title
    person.save(update_fields=["title"])
    audit.record(by=by, verb="person.change", target=person, before={"title": before}, after={"title": str(title)})


def _told(qualification: Qualification) -> dict[str, object]:
    return {
        "kind": qualification.kind,
        "value": qualification.value,
        "obtained_on": qualification.obtained_on,
        "has_proof": bool(qualification.proof),
    }


def _tell(qualification: Qualification, kind: str) -> None:
    with translation.override(qualification.person.language):
        link = reverse("organisations:profile")
    with translation.override("en"):
        params = {
            "value": qualification.name,
            "reason": qualification.decision,
            "is_appointment": qualification.kind == QualificationKind.APPOINTMENT,
        }
    notifications.notify(
        person=qualification.person,
        kind=kind,
        params=params,
        key=f"{kind}:{qualification.pk}:{qualification.decided_at:%Y%m%d%H%M%S%f}",
        link=link,
    )
