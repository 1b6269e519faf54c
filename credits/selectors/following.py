"""The rules that a person follows, as the pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from cms.shared import errors
from credits.models import Declaration, Entry, Following, Reflection
from credits.rules import AnchorMissing, Period, RuleSet, period_for
from credits.rules.personal import (
    asks_for_papers,
    credentials_named,
    fields_asked,
    figures_asked,
    leaves_category,
    steps_asked,
)
from credits.selectors.beside import anchors_from, followed
from credits.selectors.pages import person_in_scope
from credits.selectors.rule_sets import RuleBook, default_rule_set_id, rule_book
from credits.selectors.standings import category_title, today_in
from credits.selectors.texts import plain
from credits.selectors.views import in_english
from organisations.enums import Power, QualificationState
from organisations.models import Person
from organisations.selectors import person_in, required_scope, scope_for

# A credential that no condition of the rules names.
OTHER = "other"


@dataclass(frozen=True)
class StatementLine:
    """One step or figure that the rules ask for. `fact` is the statement, None where nobody has made it."""

    name: str
    title: str
    is_step: bool
    fact: Declaration | None

    @property
    def value_text(self) -> str:
        if self.fact is None:
            return ""
        return _("done") if self.is_step and self.fact.value > 0 else plain(self.fact.value)


@dataclass(frozen=True)
class FollowedRules:
    """A followed rule set with its present period; None where it hangs on what is not known."""

    following: Following
    rules: RuleSet
    title: str
    period: Period | None
    asks_papers: bool
    statements: tuple[StatementLine, ...]

    @property
    def credential(self) -> str:
        named = self.following.credential
        return _("another one") if named == OTHER else named

    @property
    def last_day(self) -> date | None:
        return None if self.period is None else self.period.ends - date.resolution


@dataclass(frozen=True)
class RulesPage:
    person: Person
    usual_id: str
    usual: str
    followed: tuple[FollowedRules, ...]
    offered: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Asked:
    """What following a rule set asks for."""

    rule_set_id: str
    title: str
    period_type: str
    credentials: tuple[str, ...]


@dataclass(frozen=True)
class Writing:
    """An entry of one's own with what was written about it and what its rules ask for."""

    entry: Entry
    rules: RuleSet
    rules_title: str
    reflection: Reflection | None
    fields: tuple[str, ...]
    categories: tuple[tuple[str, str], ...]


def title_of(rules: RuleSet) -> str:
    return (in_english() and rules.title_en) or rules.title


def rules_page(person: Person) -> RulesPage:
    book = rule_book()
    usual = default_rule_set_id()
    stated = _stated(person)
    rows = [_followed(book, following, stated) for following in followed(person) if book.of(following.rule_set_id)]
    taken = {usual, *(row.following.rule_set_id for row in rows)}
    parents = {parent for parent in book.parents.values() if parent}
    offered = {version.rules.id: title_of(version.rules) for version in book.versions}
    return RulesPage(
        person=person,
        usual_id=usual,
        usual=title_of(book.of(usual)[-1].rules) if book.of(usual) else usual,
        followed=tuple(rows),
        offered=tuple((id_, title) for id_, title in sorted(offered.items()) if id_ not in taken | parents),
    )


def asked_of(rule_set_id: str) -> Asked:
    """Raises NotFound for an unknown rule set."""
    versions = rule_book().of(rule_set_id)
    if not versions:
        raise errors.NotFound
    rules = versions[-1].rules
    return Asked(rule_set_id, title_of(rules), rules.period.type, credentials_named(rules))


def own_following(person: Person, public_id: UUID) -> Following:
    """Raises NotFound."""
    found = Following.objects.filter(person=person, public_id=public_id, ends__isnull=True).first()
    if found is None:
        raise errors.NotFound
    return found


def followed_rules(following: Following) -> FollowedRules:
    return _followed(rule_book(), following, _stated(following.person))


def writing(person: Person, entry_id: UUID) -> Writing:
    """Raises NotFound for an entry of somebody else."""
    entry = (
        Entry.objects.filter(public_id=entry_id, book__owner=person, reverses__isnull=True)
        .select_related("book")
        .first()
    )
    version = rule_book().in_force(entry.rule_set_id, entry.ends_on) if entry is not None else None
    if entry is None or version is None:
        raise errors.NotFound
    rules = version.rules
    codes = rules.categories if leaves_category(rules) and not entry.category else {}
    return Writing(
        entry=entry,
        rules=rules,
        rules_title=title_of(rules),
        reflection=Reflection.objects.filter(entry=entry).first(),
        fields=fields_asked(rules),
        categories=tuple((code, category_title(rules, code)) for code in codes),
    )


def keeps(by: Person, person: Person) -> bool:
    """Whether `by` confirms what the person declares."""
    try:
        person_in(scope_for(by, Power.KEEP_PEOPLE), person.public_id)
    except errors.NotFound:
        return False
    return by.pk != person.pk


def person_to_read(*, by: Person, public_id: UUID) -> Person:
    """Whose credits `by` may read. Raises OutOfScope, NotFound."""
    return person_in_scope(by=by, public_id=public_id)


def declaration_to_decide(*, by: Person, public_id: UUID, fact_id: UUID) -> Declaration:
    """Something declared by a person whom `by` keeps. Raises OutOfScope, NotFound."""
    person = person_in(required_scope(by, Power.KEEP_PEOPLE), public_id)
    found = Declaration.objects.filter(person=person, public_id=fact_id).select_related("person").first()
    if found is None:
        raise errors.NotFound
    return found


def _followed(book: RuleBook, following: Following, stated: Sequence[Declaration]) -> FollowedRules:
    on = today_in(following.rule_set_id)
    version = book.in_force(following.rule_set_id, on) or book.of(following.rule_set_id)[-1]
    rules = version.rules
    try:
        period: Period | None = period_for(rules, on, anchors_from(following))
    except (AnchorMissing, ValueError):
        period = None
    known = {
        row.name: row
        for row in stated
        if row.rule_set_id == following.rule_set_id and period is not None and row.period_begins == period.begins
    }
    lines = [StatementLine(name, step_title(name), True, known.get(name)) for name in steps_asked(rules)]
    lines += [StatementLine(name, step_title(name), False, known.get(name)) for name in figures_asked(rules)]
    return FollowedRules(
        following=following,
        rules=rules,
        title=title_of(rules),
        period=period,
        asks_papers=asks_for_papers(rules) or leaves_category(rules),
        statements=tuple(lines) if period is not None else (),
    )


def _stated(person: Person) -> list[Declaration]:
    rows = Declaration.objects.filter(person=person).exclude(state=QualificationState.REFUSED)
    return list(rows.order_by("pk"))


def step_title(name: str) -> str:
    """A step or figure that rules ask for, in words."""
    return {
        "profile": _("Professional profile"),
        "self_assessment": _("Self-assessment"),
        "learning_plan": _("Learning plan"),
        "cpd_record": _("Record of professional development"),
        "renewal_elearning": _("E-learning for the renewal"),
        "confirmation_test": _("Confirmation test"),
        "professional_profile": _("Professional profile"),
        "structured_self_assessment": _("Structured self-assessment"),
        "prescribed_ce": _("Prescribed continuing education"),
        "clinical_hours": _("Clinical hours"),
    }.get(name, name.replace("_", " "))
