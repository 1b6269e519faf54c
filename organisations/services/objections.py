"""What others entered about a person: the person says that it is right, or that it is not; the unit answers."""

from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from organisations import audit, notifications
from organisations.models import Objection, Person
from organisations.selectors import employment_on
from organisations.selectors.details import administrators_of


class NothingSaid(errors.InvalidInput):
    code = "nothing_said"
    message = _("Write what is not right and how it should be.")


class NoUnit(errors.Conflict):
    code = "no_unit"
    message = _("You work at no unit here, so nobody can answer. You can change your own data on your account page.")


class AlreadyAnswered(errors.Conflict):
    code = "already_answered"
    message = _("Somebody has answered in the meantime. Load the page again.")


@transaction.atomic
def confirm_details(*, by: Person) -> None:
    """The person has looked at what others entered and finds it right."""
    Person.objects.filter(pk=by.pk).update(details_seen_at=timezone.now())
    by.refresh_from_db(fields=["details_seen_at"])
    audit.record(by=by, verb="details.confirm", target=by)


@transaction.atomic
def object_to(*, by: Person, text: str) -> Objection:
    """The person says what is not right. The unit's administrators are told. Raises NothingSaid, NoUnit."""
    text = text.strip()
    if not text:
        raise NothingSaid
    employment = employment_on(by, timezone.localdate())
    if employment is None:
        raise NoUnit
    objection = Objection.objects.create(person=by, unit=employment.unit, text=text)
    Person.objects.filter(pk=by.pk).update(details_seen_at=timezone.now())
    audit.record(by=by, verb="details.object", target=by)
    for administrator in administrators_of(employment.unit):
        _tell(administrator, "objection_made", objection, view="manage:objections")
    return objection


@transaction.atomic
def answer(*, by: Person, objection: Objection, text: str) -> Objection:
    """The unit says what it did. The person is told. Raises NothingSaid, AlreadyAnswered."""
    text = text.strip()
    if not text:
        raise NothingSaid
    now = timezone.now()
    changed = Objection.objects.filter(pk=objection.pk, answered_at__isnull=True).update(
        answer=text, answered_by=by, answered_at=now, phone_sealed="", email_sealed=""
    )
    if changed != 1:
        raise AlreadyAnswered
    objection.refresh_from_db()
    audit.record(by=by, verb="details.answer", target=objection.person)
    _tell(objection.person, "objection_answered", objection, view="organisations:details")
    return objection


def _tell(person: Person, kind: str, objection: Objection, *, view: str) -> None:
    with translation.override(person.language):
        link = reverse(view)
    notifications.notify(person=person, kind=kind, params={}, key=f"{kind}:{objection.public_id}", link=link)
