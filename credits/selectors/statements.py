"""Statements on one page, as whom they are about, who looks after them and whoever holds the paper sees them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from cms.shared import errors
from credits.models import Statement
from credits.selectors.book import keeps_credits
from credits.selectors.feeds import masked_name
from credits.selectors.pages import administered
from organisations import retention
from organisations.models import Person
from organisations.selectors import people_in

SHOWN = 10


def statement_for(*, by: Person, public_id: UUID) -> Statement:
    """One's own, or one of somebody in `by`'s scope. Raises NotFound."""
    found = Statement.objects.filter(public_id=public_id).select_related("person").first()
    if found is None or not (found.person_id == by.pk or _looks_after(by, found.person)):
        raise errors.NotFound
    return found


def may_withdraw(by: Person, statement: Statement) -> bool:
    """The person themselves, and whoever keeps their credits; those who only read them change nothing."""
    return statement.person_id == by.pk or keeps_credits(by, statement.person)


def _looks_after(by: Person, person: Person) -> bool:
    try:
        return people_in(administered(by)).filter(pk=person.pk).exists()
    except errors.OutOfScope:
        return False


def statements_of(person: Person) -> list[Statement]:
    """The newest first, at most 10."""
    return list(Statement.objects.filter(person=person)[:SHOWN])


def valid_until(statement: Statement) -> datetime:
    """When row, file and code go: the policy of the day on which it was asked for."""
    rule = retention.policy("credit_statement", on=timezone.localdate(statement.created_at))
    return statement.created_at + timedelta(days=rule.amount)


@dataclass(frozen=True)
class Verified:
    """What anybody who holds the paper is told: what stands on it, with the name masked, and whether it still holds."""

    name: str
    unit: str
    content: dict[str, Any]
    has_changed: bool
    is_withdrawn: bool

    @property
    def is_marked(self) -> bool:
        return bool(self.content["marks"])


def verified(statement: Statement, *, has_changed: bool) -> Verified:
    content = statement.content
    person = content["person"]
    return Verified(
        masked_name(person["name"]), person["unit"], content, has_changed, statement.withdrawn_at is not None
    )
