"""What the pages of the credit book show, limited to what their reader may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cms.shared import errors, search_words
from credits.models import Entry, ExportJob, Reflection
from credits.rules.personal import asks_for_papers, leaves_category
from credits.selectors.beside import followed
from credits.selectors.column_sets import offered_to
from credits.selectors.objections import open_objections
from credits.selectors.rule_sets import NoRuleSetInForce, default_rule_set_id, rule_book
from credits.selectors.standings import rule_sets_of, standing, standings, today_in, years_with_entries
from credits.selectors.texts import plain
from credits.selectors.views import LineView, Standing, in_english
from organisations.enums import CREDIT_ROLES, PersonState
from organisations.models import Employment, Node, Person
from organisations.scopes import Scope
from organisations.selectors import in_force, people_in, scope_of, states_on

PER_PAGE = 20


@dataclass(frozen=True)
class YearPage:
    """One person's year with the other years and rule sets to choose from, newest first.

    `asks_writing`: the rules read what is written about an entry; `written`: the entries about which something is;
    `objected`: those about which an objection waits for its answer.
    """

    person: Person
    standing: Standing
    years: list[int]
    rule_sets: list[tuple[str, str]]
    asks_writing: bool = False
    written: frozenset[int] = frozenset()
    objected: frozenset[int] = frozenset()

    @property
    def needed(self) -> str:
        """What the person still needs, in one sentence; "" where nothing can be said."""
        missing = [
            _("%(amount)s more for “%(goal)s”") % {"amount": plain(goal.missing), "goal": goal.title}
            for goal in self.standing.goals
            if goal.missing > 0
        ]
        return " · ".join(missing)


@dataclass(frozen=True)
class PersonRow:
    """A person's year, and what the person is to the audit today."""

    person: Person
    state: PersonState
    standing: Standing

    @property
    def is_assessed(self) -> bool:
        return self.state == PersonState.ACTIVE


@dataclass(frozen=True)
class PeopleListing:
    page: "Page[Person]"
    rows: list[PersonRow]
    year: int
    years: list[int]
    search: str

    @property
    def words(self) -> str:
        """The search for the field that it was typed into."""
        return search_words.shown(self.search)


@dataclass(frozen=True)
class OwnChoices:
    years: list[int]
    rule_sets: list[tuple[str, str]]


@dataclass(frozen=True)
class ExportChoices:
    places: list[tuple[str, str]]
    years: list[int]
    rule_sets: list[tuple[str, str]]
    column_sets: list[tuple[str, str]]


def rule_set_titles(ids: list[str]) -> list[tuple[str, str]]:
    """(id, title in the reader's language of its newest version), in the order of `ids`; unknown ones are left out."""
    book = rule_book()
    found = []
    for rule_set_id in ids:
        versions = book.of(rule_set_id)
        if versions:
            newest = versions[-1].rules
            found.append((rule_set_id, (in_english() and newest.title_en) or newest.title))
    return found


def _year(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and 2000 <= int(text) <= 2100 else default


def year_page(*, person: Person, year: str = "", rule_set_id: str = "") -> YearPage:
    """`year` and `rule_set_id` as they stand in the address; what is unknown falls back to this year's default.

    Raises NotFound for a year before the rule set's first version.
    """
    default = default_rule_set_id()
    offered = _offered(person)
    chosen = rule_set_id if rule_set_id in offered else default
    this_year = today_in(chosen).year
    years = sorted({this_year, *years_with_entries(person, chosen)}, reverse=True)
    try:
        found = standing(person=person, rule_set_id=chosen, year=_year(year, this_year))
    except NoRuleSetInForce as error:
        raise errors.NotFound from error
    asks = asks_for_papers(found.version) or leaves_category(found.version)
    written = written_about(found.lines) if asks else frozenset()
    return YearPage(person, found, years, rule_set_titles(offered), asks, written, open_objections(person))


def _offered(person: Person) -> list[str]:
    """The default rule set, those that the person follows, and those that the book has entries of."""
    own = [following.rule_set_id for following in followed(person)]
    return list(dict.fromkeys([default_rule_set_id(), *own, *rule_sets_of(person)]))


def own_choices(person: Person) -> OwnChoices:
    """The years and rule sets about which a person may say something, the newest year first."""
    this_year = today_in(default_rule_set_id()).year
    return OwnChoices([this_year - back for back in range(6)], rule_set_titles(_offered(person)))


def written_about(lines: Sequence[LineView]) -> frozenset[int]:
    rows = Reflection.objects.filter(entry__in=[line.entry.pk for line in lines])
    return frozenset(rows.values_list("entry_id", flat=True))


def administered(by: Person) -> Scope:
    """Raises OutOfScope for somebody who administers nobody's credits."""
    scope = scope_of(by, CREDIT_ROLES)
    if not scope:
        raise errors.OutOfScope
    return scope


def people_page(*, by: Person, search: str = "", number: str = "1", year: str = "") -> PeopleListing:
    """The people of `by`'s scope with their year, a page at a time. Raises OutOfScope."""
    default = default_rule_set_id()
    this_year = today_in(default).year
    chosen = _year(year, this_year)
    people = people_in(administered(by)).order_by("pk")
    if search := search.strip():
        people = people.filter(
            Q(name__icontains=search)
            | Q(username__icontains=search)
            | Q(pk__in=Employment.objects.filter(in_force(), staff_number__icontains=search).values("person"))
        )
    page = Paginator(people, PER_PAGE).get_page(number)
    try:
        found = standings(people=list(page.object_list), rule_set_id=default, year=chosen)
    except NoRuleSetInForce as error:
        raise errors.NotFound from error
    states = states_on(page.object_list, today_in(default))
    rows = [PersonRow(row.person, states[row.person.pk], row) for row in found]
    return PeopleListing(page, rows, chosen, [this_year - back for back in range(4)], search)


def person_in_scope(*, by: Person, public_id: UUID) -> Person:
    """Raises OutOfScope for no scope at all, NotFound for somebody outside of it."""
    person = people_in(administered(by)).filter(public_id=public_id).first()
    if person is None:
        raise errors.NotFound
    return person


def place_in_scope(*, by: Person, public_id: str) -> Node:
    """Raises OutOfScope, NotFound."""
    try:
        node: Node | None = Node.objects.filter(administered(by).q(""), public_id=public_id).first()
    except ValidationError as error:
        raise errors.NotFound from error
    if node is None:
        raise errors.NotFound
    return node


def exportable_rule_sets() -> list[str]:
    """The default rule set first, then every other one that the book has entries of."""
    used = Entry.objects.order_by().values_list("rule_set_id", flat=True).distinct()
    return list(dict.fromkeys([default_rule_set_id(), *sorted(used)]))


def has_activity(sought: str, *, year: int) -> bool:
    """Whether any entry of that year has this project number or, exactly, this title."""
    found = Entry.objects.filter(Q(project_number=sought) | Q(title=sought))
    return bool(sought.strip()) and found.filter(ends_on__year=year).exists()


def export_choices(*, by: Person) -> ExportChoices:
    """Places of the scope in tree order (indented by depth), years and rule sets to export. Raises OutOfScope."""
    nodes = list(Node.objects.filter(administered(by).q("")).order_by("path"))
    top = min((node.depth for node in nodes), default=1)
    places = [
        (str(node.public_id), "　" * (node.depth - top) + ((in_english() and node.name_en) or node.name))
        for node in nodes
    ]
    this_year = today_in(default_rule_set_id()).year
    language = get_language() or "zh-hans"
    sets = [(one.key, f"{one.title(language)} ({one.version})") for one in offered_to(administered(by).paths)]
    return ExportChoices(places, [this_year - back for back in range(6)], rule_set_titles(exportable_rule_sets()), sets)


def own_exports(by: Person, number: str) -> "Page[ExportJob]":
    """The reader's own exports, newest first. Raises OutOfScope."""
    administered(by)
    return Paginator(ExportJob.objects.filter(requested_by=by).select_related("disclosure"), 10).get_page(number)
