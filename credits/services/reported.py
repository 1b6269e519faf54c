"""What a person reports and somebody else confirms or refuses: the one way of deciding."""

from typing import Any

from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from credits.models.titles import Reported
from organisations import notifications
from organisations.enums import QualificationState
from organisations.models import Person


class AlreadyDecided(errors.Conflict):
    code = "title_fact_already_decided"
    message = _("Somebody has decided about this in the meantime. Load the page again.")


class OwnFact(errors.OutOfScope):
    code = "own_title_fact"
    message = _("Nobody confirms what they reported themselves. Ask another administrator of your unit.")


class ReasonMissing(errors.InvalidInput):
    code = "reason_missing"
    message = _("Say why, so that the person knows what to do.")


def confirm(*, by: Person, fact: Reported, kind: str, page: str, params: dict[str, Any]) -> None:
    """`kind`: the message that the person gets; `page`: where it leads. Raises OwnFact, AlreadyDecided."""
    _decide(by, fact, QualificationState.CONFIRMED, "", kind, page, params)


def refuse(*, by: Person, fact: Reported, reason: str, kind: str, page: str, params: dict[str, Any]) -> None:
    """Raises ReasonMissing, OwnFact, AlreadyDecided."""
    if not reason.strip():
        raise ReasonMissing
    _decide(by, fact, QualificationState.REFUSED, reason.strip()[:200], kind, page, params)


def withdraw(*, by: Person, fact: Reported) -> None:
    """Only before anybody decided. Raises AlreadyDecided."""
    own = type(fact)._default_manager.filter(pk=fact.pk, person=by, state=QualificationState.CLAIMED)
    if not own.delete()[0]:
        raise AlreadyDecided


def _decide(
    by: Person, fact: Reported, state: QualificationState, reason: str, kind: str, page: str, params: dict[str, Any]
) -> None:
    if by.pk == fact.person_id:
        raise OwnFact
    waiting = type(fact)._default_manager.filter(pk=fact.pk, state=QualificationState.CLAIMED)
    if waiting.update(state=state, decided_by=by, decided_at=timezone.now(), decision=reason) != 1:
        raise AlreadyDecided
    fact.refresh_from_db()
    with translation.override(fact.person.language):
        link = reverse(page)
    notifications.notify(
        person=fact.person,
        kind=kind,
        params={**params, "reason": reason},
        key=f"credits.reported:{fact.public_id}",
        link=link,
    )
