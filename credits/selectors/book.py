"""What administrators see and choose where they write in somebody's book."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from credits.models import Entry, EntryEvidence
from credits.rules import RuleSet
from credits.selectors.pages import person_in_scope, rule_set_titles
from credits.selectors.rule_sets import NoRuleSetInForce, default_rule_set_id, in_force, rule_book
from credits.selectors.standings import rule_sets_of, today_in
from credits.selectors.views import in_english
from organisations.enums import Power
from organisations.models import Person
from organisations.selectors import person_in, required_scope, scope_for

UNITS = {
    "hour": _("hours"),
    "minute": _("minutes"),
    "char_zh": _("Chinese characters"),
    "month": _("months"),
    "session": _("sessions"),
    "article": _("articles"),
    "semester_credit": _("semester credits"),
    "quarter_credit": _("quarter credits"),
    "credit": _("credits that the authority decided"),
}


@dataclass(frozen=True)
class HandChoices:
    """What the rules in force on a day let one record. `levels` are (keys joined by "/", type and keys in words)."""

    rule_set_id: str
    day: date
    rule_sets: list[tuple[str, str]]
    version: str
    types: list[tuple[str, str]]
    levels: list[tuple[str, str]]


class NotOver(errors.InvalidInput):
    code = "activity_not_over"
    message = _("This activity is not over yet. Record it when it has taken place.")


def keeps_credits(by: Person, person: Person) -> bool:
    """Whether `by` may write in the book of `person`."""
    if by.pk == person.pk:
        return False
    try:
        person_in(scope_for(by, Power.KEEP_CREDITS), person.public_id)
    except errors.NotFound:
        return False
    return True


def keeps_somewhere(by: Person) -> bool:
    """Whether `by` keeps anybody's credits."""
    return bool(scope_for(by, Power.KEEP_CREDITS))


def sees_comparisons(by: Person) -> bool:
    """Whether `by` reads the authority's lists beside the book of any place."""
    return bool(scope_for(by, Power.SEE_COMPARISONS))


def person_to_keep(*, by: Person, public_id: UUID) -> Person:
    """Raises OutOfScope for somebody who keeps nobody's credits, NotFound for somebody outside of the scope."""
    return person_in(required_scope(by, Power.KEEP_CREDITS), public_id)


def entry_to_keep(*, by: Person, public_id: UUID, entry_id: UUID) -> Entry:
    """An entry of somebody whose book `by` keeps. Raises OutOfScope, NotFound."""
    person = person_to_keep(by=by, public_id=public_id)
    entry = Entry.objects.filter(public_id=entry_id, book__owner=person).select_related("book__owner").first()
    if entry is None:
        raise errors.NotFound
    return entry


def evidence_to_read(*, by: Person, entry_id: UUID) -> EntryEvidence:
    """The paper of an entry, for who reads that person's credits, and for the person unless others are on it too.
    Raises NotFound."""
    paper = (
        EntryEvidence.objects.filter(entry__public_id=entry_id, entry__book__owner__isnull=False)
        .select_related("entry__book__owner")
        .first()
    )
    if paper is None:
        raise errors.NotFound
    owner = paper.entry.book.owner
    assert owner is not None  # noqa: S101 - filtered above
    if owner.pk != by.pk or paper.is_shared:
        try:
            person_in_scope(by=by, public_id=owner.public_id)
        except errors.OutOfScope as error:
            raise errors.NotFound from error
    return paper


def hand_choices(*, person: Person | None = None, rule_set_id: str = "", day: str = "") -> HandChoices:
    """As they were sent, for one person or for several; unknown rules fall back to the default ones, no day to today.

    Raises NoRuleSetInForce for a day that no version covers, NotOver for one to come, InvalidInput for what is no day.
    """
    default = default_rule_set_id()
    own = rule_sets_of(person) if person is not None else []
    offered = list(dict.fromkeys([default, *own, *sorted({v.rules.id for v in rule_book().versions})]))
    chosen = rule_set_id if rule_set_id in offered else default
    last = today_in(chosen)
    try:
        on = date.fromisoformat(day) if day else last
    except ValueError as error:
        raise errors.InvalidInput(_("Enter a valid date.")) from error
    if on > last:
        raise NotOver
    rules = in_force(chosen, on).rules
    types = [(code, (in_english() and kind.title_en) or kind.title) for code, kind in rules.types.items()]
    return HandChoices(chosen, on, rule_set_titles(offered), rules.key, types, _levels(rules))


def todays_choices(*, person: Person | None = None, rule_set_id: str = "") -> HandChoices:
    """Those of today, where the day that was sent cannot be; by the default rules where the wished ones ended."""
    try:
        return hand_choices(person=person, rule_set_id=rule_set_id)
    except NoRuleSetInForce:
        return hand_choices(person=person)


def _levels(rules: RuleSet) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for kind in rules.types.values():
        for keys, _worth in kind.credit.rows:
            title = (in_english() and kind.title_en) or kind.title
            found.setdefault("/".join(keys), f"{title}: {' / '.join(keys)}")
    return list(found.items())
