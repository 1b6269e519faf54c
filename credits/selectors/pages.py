"""What the pages of the credit book show, limited to what their reader may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cms.shared import errors, search_words
from credits.enums import Mark
from credits.models import Entry, ExportJob, Reflection
from credits.rules import worst
from credits.rules.personal import asks_for_papers, leaves_category
from credits.selectors.beside import followed
from credits.selectors.closings import ClosingView, closing_of
from credits.selectors.column_sets import offered_to
from credits.selectors.filling import Filler, fillers
from credits.selectors.objections import open_objections
from credits.selectors.rule_sets import NoRuleSetInForce, RuleBook, default_rule_set_id, rule_book
from credits.selectors.standings import category_title, rule_sets_of, standing, standings, today_in, years_with_entries
from credits.selectors.texts import plain
from credits.selectors.views import LineView, RequirementView, Standing, in_english
from organisations.enums import CREDIT_ROLES, PersonState
from organisations.models import Employment, Node, Person
from organisations.scopes import Scope
from organisations.selectors import in_force, people_in, scope_of, states_on

PER_PAGE = 20
# Requirements whose figure is in credits.
_IN_CREDITS = frozenset({"min_total", "min_category"})


@dataclass(frozen=True)
class CategoryBar:
    title: str
    credits: Decimal
    mark: Mark


@dataclass(frozen=True)
class Ring:
    """How much of the goal is reached. `verified_share` and `share` are whole hundredths, at most 100: what rests on
    verified figures alone, and all of it."""

    goal: RequirementView
    share: int
    verified_share: int


def ring_of(found: Standing) -> Ring | None:
    """Of the total that the rules ask for; None where they ask for none."""
    goals = [goal for goal in found.goals if goal.kind == "min_total" and goal.required and not goal.is_advice]
    if not goals:
        return None
    goal = goals[0]
    return Ring(goal, _share(goal.reached, goal.required), _share(goal.reached_verified, goal.required))


def _share(part: Decimal, whole: Decimal | None) -> int:
    """Never 100 below the whole."""
    return min(100, int(part * 100 / whole)) if whole else 0


@dataclass(frozen=True)
class YearPage:
    """One person's year with the other years and rule sets to choose from, newest first.

    `asks_writing`: the rules read what is written about an entry; `written`: the entries about which something is;
    `objected`: those about which an objection waits for its answer; `closing`: the last day that
    the person's place takes; `fillers`: what is open and would fill a running year.
    """

    person: Person
    standing: Standing
    years: list[int]
    rule_sets: list[tuple[str, str]]
    asks_writing: bool = False
    written: frozenset[int] = frozenset()
    objected: frozenset[int] = frozenset()
    closing: ClosingView | None = None
    fillers: tuple[Filler, ...] = ()

    @property
    def needed(self) -> str:
        """What the person still needs, in one sentence; "" where nothing can be said."""
        missing = [
            _("%(amount)s more for “%(goal)s”") % {"amount": plain(goal.missing), "goal": goal.title}
            for goal in self.standing.goals
            if goal.missing > 0
        ]
        return " · ".join(missing)

    @property
    def ring(self) -> "Ring | None":
        return ring_of(self.standing)

    @property
    def categories(self) -> "list[CategoryBar]":
        """What counts by category, in the order of the codes; a mark where any of it rests on something unverified."""
        found = []
        for code, figure in sorted(self.standing.by_category.items()):
            if not figure:
                continue
            marks = [line.mark for line in self.standing.lines if line.category == code and line.credits]
            title = category_title(self.standing.version, code) or _("Without a category")
            found.append(CategoryBar(title, figure, worst(Mark.A, *marks)))
        return found

    @property
    def filling_minutes(self) -> int:
        return sum(filler.minutes for filler in self.fillers)

    @property
    def filling_credits(self) -> Decimal:
        return sum((filler.credits for filler in self.fillers), Decimal(0))

    @property
    def filling_mark(self) -> Mark:
        return worst(Mark.A, *(filler.mark for filler in self.fillers))


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

    @property
    def sealed_words(self) -> str:
        """The search as a form may carry it on."""
        return search_words.sealed(self.search)


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


def rule_set_titles(ids: list[str], book: RuleBook | None = None) -> list[tuple[str, str]]:
    """(id, title in the reader's language of its newest version), in the order of `ids`; unknown ones are left out."""
    book = book or rule_book()
    found = []
    for rule_set_id in ids:
        versions = book.of(rule_set_id)
        if versions:
            newest = versions[-1].rules
            found.append((rule_set_id, (in_english() and newest.title_en) or newest.title))
    return found


def year_as_told(text: str, default: int) -> int:
    """The year that stands in an address, else `default`."""
    return int(text) if text.isascii() and text.isdigit() and 2000 <= int(text) <= 2100 else default


def year_page(*, person: Person, year: str = "", rule_set_id: str = "", is_own: bool = False) -> YearPage:
    """`year` and `rule_set_id` as they stand in the address; what is unknown falls back to this year's default.

    Raises NotFound for a year before the rule set's first version.
    """
    default = default_rule_set_id()
    offered = _offered(person)
    chosen = rule_set_id if rule_set_id in offered else default
    this_year = today_in(chosen).year
    years = sorted({this_year, *years_with_entries(person, chosen)}, reverse=True)
    try:
        found = standing(person=person, rule_set_id=chosen, year=year_as_told(year, this_year))
    except NoRuleSetInForce as error:
        raise errors.NotFound from error
    asks = asks_for_papers(found.version) or leaves_category(found.version)
    written = written_about(found.lines) if asks else frozenset()
    today = today_in(chosen)
    closing = closing_of(person=person, rule_set_id=chosen, year=found.year, on=today)
    open_now = tuple(_fillers(person, found, today, closing)) if is_own and not found.is_closed else ()
    return YearPage(
        person, found, years, rule_set_titles(offered), asks, written, open_objections(person), closing, open_now
    )


def _fillers(person: Person, found: Standing, today: date, closing: ClosingView | None) -> list[Filler]:
    if found.period_begins is None or found.period_begins > today:
        return []
    missing = max((goal.missing for goal in found.goals if goal.kind in _IN_CREDITS), default=Decimal(0))
    by = closing.closes_on if closing is not None else found.last_day
    return fillers(person=person, rule_set_id=found.rule_set_id, on=today, missing=missing, by=by)


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


def called(people: QuerySet[Person], search: str) -> QuerySet[Person]:
    """Of `people`: those whose name, user name or staff number has the words in it; all of them without words."""
    if not (search := search.strip()):
        return people
    return people.filter(
        Q(name__icontains=search)
        | Q(username__icontains=search)
        | Q(pk__in=Employment.objects.filter(in_force(), staff_number__icontains=search).values("person"))
    )


def people_page(*, by: Person, search: str = "", number: str = "1", year: str = "") -> PeopleListing:
    """The people of `by`'s scope with their year, a page at a time. Raises OutOfScope."""
    default = default_rule_set_id()
    this_year = today_in(default).year
    chosen = year_as_told(year, this_year)
    search = search.strip()
    people = called(people_in(administered(by)), search).order_by("pk")
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
