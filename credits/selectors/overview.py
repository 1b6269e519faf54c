"""A year of a place: how many people stand where, and who is short by how much.

The database adds up the stored judgements, so that a province costs little more than a ward. People whose stored
judgement is not the whole of it (two accounts merged, two places of work, changed rules, a period of their own) are
few: they are judged here and now and added.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    FilteredRelation,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Substr
from django.utils.translation import gettext_lazy as _

from cms.shared.errors import DomainError
from credits.enums import JudgementState
from credits.models import Book, Entry
from credits.selectors.judging import ZERO, doubled_entries, entries_of, judge_entries, that_hold
from credits.selectors.overview_figures import PARTS, Figures, Own, Question, edges, figures_of, own_of
from credits.selectors.standings import something, standing_of_nobody, standings
from credits.selectors.views import Standing
from organisations.enums import NodeKind, PersonState, Tree
from organisations.models import Employment, Membership, Node, Person, StatePeriod
from organisations.selectors import in_force

# How many people are judged while somebody waits for a page.
AT_ONCE = 1000
_CENT = Decimal("0.01")


class TooManyToJudge(DomainError):
    code, http_status = "too_many_to_judge", 409
    message = _(
        "More than %(count)d people would have to be judged anew for this page. Choose a smaller place, or make an "
        "export. If it stays so, ask the operator of this site to run rebuild_judgements."
    )


@dataclass(frozen=True)
class Part:
    """A place right below, or (`node` None) those who are at the place itself, by the department written down."""

    node: Node | None
    department: str
    figures: Figures


@dataclass(frozen=True)
class YearOfPlace:
    """`above`: the places up to the top, the nearest last. `several`: people who stand in more than one of `parts`,
    because they work at two places; `total` has them once."""

    question: Question
    above: list[Node]
    total: Figures
    parts: list[Part]
    several: int


@dataclass(frozen=True)
class Aside:
    """Somebody who is judged here and now: where they stand (paths and departments of parts), and what they are."""

    person: int
    public_id: UUID
    ties: list[int]
    parts: list[tuple[str, str]]
    away: str
    own: Own


def year_of_place(question: Question) -> YearOfPlace:
    """At most 6 queries where all have the same period, however many people there are. Raises TooManyToJudge."""
    asides = asides_of(question)
    found = _summed(question, asides) if question.is_summed else _alike(question, asides)
    total = Figures()
    for figures in found.values():
        total.add(figures)
    several = 0
    for aside in asides:
        one = figures_of(question, aside.own, aside.away)
        total.add(one)
        several += len(aside.parts) > 1
        for key in aside.parts:
            found.setdefault(key, Figures()).add(one)
    above, below = _relatives(question.node)
    return YearOfPlace(question, above, total, _parts(question, found, below), several)


def _parts(question: Question, found: dict[tuple[str, str], Figures], below: list[Node]) -> list[Part]:
    parts = [
        Part(node, "", found.get((node.path, "")) or Figures())
        for node in below
        if (node.path, "") in found or not node.is_closed_on(question.day)
    ]
    # Those at the place itself: by department, the ones without last.
    here = sorted((name for path, name in found if path == question.node.path), key=lambda name: (not name, name))
    return parts + [Part(None, name, found[question.node.path, name]) for name in here]


def _relatives(node: Node) -> tuple[list[Node], list[Node]]:
    """The places above and those right below, in the order of the tree. One query."""
    above = [node.path[:end] for end in range(Node.steplen, len(node.path), Node.steplen)]
    rows = Node.objects.filter(Q(path__in=above) | Q(path__startswith=node.path, depth=node.depth + 1)).order_by("path")
    found = list(rows)
    return [one for one in found if one.depth < node.depth], [one for one in found if one.depth > node.depth]


def place_column(node: Node) -> str:
    """By what people hang on the tree of `node`."""
    return "branch" if node.tree == Tree.SOCIETY else "unit"


def ties(question: Question) -> "QuerySet[Any]":
    """Employments, or memberships of the society, in the place on the day: with `away` ("" for who is assessed),
    `part` and `own_department` of the table, and the judgement that holds as `judged`. One row for each of them and of
    the person's books."""
    node, at = question.node, place_column(question.node)
    works = Employment.objects.filter(in_force(question.day))
    rows: QuerySet[Any] = works if at == "unit" else Membership.objects.filter(in_force(question.day))
    rows = rows.filter(person__merged_into__isnull=True, **{f"{at}__path__startswith": node.path})
    if question.title:
        rows = rows.filter(person__title=question.title)
    if question.kind:
        own = (
            {"kind": question.kind}
            if at == "unit"
            else {"person__in": works.filter(kind=question.kind).values("person")}
        )
        rows = rows.filter(**own)
    if question.department is not None:
        rows = rows.filter(department=question.department, **{at: node}) if at == "unit" else rows.filter(**{at: node})
    away = StatePeriod.objects.filter(in_force(question.day), person=OuterRef("person")).order_by("-begins", "-pk")
    department: Any = Value("")
    if node.kind == NodeKind.HOSPITAL:
        department = Case(When(unit=node, then=F("department")), default=Value(""))
    rows = rows.annotate(
        away=Coalesce(Subquery(away.exclude(state=PersonState.ACTIVE).values("state")[:1]), Value("")),
        part=Substr(f"{at}__path", 1, len(node.path) + Node.steplen),
        own_department=department,
    )
    if question.is_summed:
        holds = that_hold(question.rule_set_id, question.version, question.fixed_period)
        named = {f"person__books__judgements__{name}": value for name, value in holds.items()}
        condition = Q(person__books__is_primary=True, **named)
        rows = rows.annotate(judged=FilteredRelation("person__books__judgements", condition=condition))
    return rows


def asides_of(question: Question) -> list[Aside]:
    """In no order. At most 4 queries where all have the same period, 1 where there is nobody. Raises TooManyToJudge."""
    rows = ties(question)
    rows = rows.filter(_is_aside(question) if question.is_summed else _is_known(question))
    told = rows.order_by("pk").values_list("pk", "person", "person__public_id", "part", "own_department", "away")
    places: dict[int, dict[int, tuple[str, str]]] = {}
    states: dict[int, tuple[UUID, str]] = {}
    for pk, person, public_id, part, department, away in told[: AT_ONCE + 1]:
        places.setdefault(person, {})[pk] = (part, department)
        states[person] = (public_id, away)
    if len(places) > AT_ONCE or sum(map(len, places.values())) > AT_ONCE:
        raise TooManyToJudge(count=AT_ONCE)
    judged = _judged_now(question, list(places)) if places else {}
    return [
        Aside(
            person, states[person][0], list(own), list(dict.fromkeys(own.values())), states[person][1], judged[person]
        )
        for person, own in places.items()
    ]


def _is_aside(question: Question) -> Q:
    """Two accounts, two places of work, or entries whose judgement does not hold."""
    period = question.fixed_period
    entries = Entry.objects.filter(
        book__owner=OuterRef("person"),
        rule_set_id=question.rule_set_id,
        ends_on__gte=period.begins,
        ends_on__lt=period.ends,
    )
    return _is_twice(question) | (Q(judged__pk__isnull=True) & Q(Exists(entries)))


def _is_twice(question: Question) -> Q:
    at = place_column(question.node)
    model = Membership if at == "branch" else Employment
    elsewhere: QuerySet[Any] = model._default_manager.filter(
        in_force(question.day), person=OuterRef("person"), **{f"{at}__path__startswith": question.node.path}
    ).exclude(pk=OuterRef("pk"))
    others = Book.objects.filter(owner=OuterRef("person"), is_primary=False)
    return Q(Exists(elsewhere)) | Q(Exists(others))


def _is_known(question: Question) -> Q:
    """By rules that are judged here and now: two accounts, two places of work, or anything to judge."""
    return _is_twice(question) | something(question.rule_set_id)


def _judged_now(question: Question, people: list[int]) -> dict[int, Own]:
    """As `standings` would; at most 3 queries where the period is the same for all."""
    period, version = question.period, question.version
    if period is None or question.nothing is None:
        listed = list(Person.objects.filter(pk__in=people))
        found = standings(people=listed, rule_set_id=question.rule_set_id, year=question.year, on=question.on)
        return {one.person.pk: _of_standing(one) for one in found}
    books: dict[int, list[int]] = {person: [] for person in people}
    for pk, owner in Book.objects.filter(owner__in=people).order_by("pk").values_list("pk", "owner_id"):
        books[owner].append(pk)
    entries: dict[int, list[Entry]] = {}
    for entry in entries_of(
        [pk for own in books.values() for pk in own], question.rule_set_id, version.prepared(period).reach
    ):
        entries.setdefault(entry.book_id, []).append(entry)
    doubled = doubled_entries(books.values(), question.rule_set_id)
    return {
        person: own_of(
            question,
            judge_entries(version, period, [row for pk in own for row in entries.get(pk, [])], doubled=doubled),
        )
        for person, own in books.items()
    }


def _of_standing(found: Standing) -> Own:
    missing = {
        kind: max((goal.missing for goal in found.goals if goal.kind == kind), default=ZERO)
        for kind in ("min_total", "min_hours")
    }
    return Own(
        found.credits, found.hours, found.credits_registered, found.state, missing["min_total"], missing["min_hours"],
        bool(found.marks), {},
    )  # fmt: skip


def _summed(question: Question, asides: Iterable[Aside]) -> dict[tuple[str, str], Figures]:
    """Everybody but `asides` by (path, department) of the part. One query."""
    months, blank = question.months, own_of_nobody(question)
    rows = ties(question).exclude(person__in=[aside.person for aside in asides])
    rows = rows.annotate(result=question.state_in("judged"))
    counted: dict[str, Any] = {
        f"in_{state.value}": Count("judged__pk", filter=Q(result=state.value)) for state in JudgementState
    }
    for part, (low, most) in enumerate(edges(question.required) if question.required else [], 1):
        within = Q(judged__missing_credits__gt=low, judged__missing_credits__lte=most)
        counted[f"short_{part}"] = Count("judged__pk", filter=within)
    for number, month in enumerate(months):
        counted[f"month_{number}"] = Sum(Cast(F(f"judged__by_month__{month}"), IntegerField()))
    summed = (
        rows.order_by()
        .values("part", "own_department", "away")
        .annotate(
            n=Count("pk"),
            held=Count("judged__pk"),
            unverified=Count("judged__pk", filter=Q(judged__is_unverified=True)),
            sum_credits=Sum("judged__credits"),
            sum_hours=Sum("judged__hours"),
            sum_registered=Sum("judged__credits_registered"),
            sum_missing=Sum("judged__missing_credits"),
            sum_missing_hours=Sum("judged__missing_hours"),
            **counted,
        )
    )
    found: dict[tuple[str, str], Figures] = {}
    for row in summed:
        figures = found.setdefault((row["part"], row["own_department"]), Figures())
        figures.add(_of_row(row, months))
        figures.add(figures_of(question, blank, row["away"]), row["n"] - row["held"])
    return found


def _alike(question: Question, asides: Iterable[Aside]) -> dict[tuple[str, str], Figures]:
    """By rules that hang on the person: everybody but `asides` is judged on nothing, and all alike. Two queries."""
    rows = ties(question).exclude(person__in=[aside.person for aside in asides])
    blank, found = own_of_nobody(question), dict[tuple[str, str], Figures]()
    for part, department, away, n in (
        rows.order_by().values_list("part", "own_department", "away").annotate(n=Count("pk"))
    ):
        found.setdefault((part, department), Figures()).add(figures_of(question, blank, away), n)
    return found


def own_of_nobody(question: Question) -> Own:
    """Of whoever has no entry and has said nothing."""
    if question.nothing is not None:
        return own_of(question, question.nothing)
    return _of_standing(standing_of_nobody(rule_set_id=question.rule_set_id, year=question.year, on=question.on))


def _of_row(row: dict[str, Any], months: list[str]) -> Figures:
    """Those of a group who have a judgement."""
    away, held = row["away"], row["held"]
    figures = Figures(
        people=held,
        away=Counter({away: held} if away and held else {}),
        credits=_sum(row["sum_credits"]),
        hours=_sum(row["sum_hours"]),
        registered=_sum(row["sum_registered"]),
        months=Counter({month: row[f"month_{n}"] for n, month in enumerate(months) if row[f"month_{n}"]}),
        is_unverified=bool(row["unverified"]),
    )
    if not away:
        figures.missing_credits, figures.missing_hours = _sum(row["sum_missing"]), _sum(row["sum_missing_hours"])
        figures.states.update({state.value: n for state in JudgementState if (n := row[f"in_{state.value}"])})
        parts = {part: n for part in range(1, PARTS + 1) if (n := row.get(f"short_{part}", 0))}
        figures.shortfall.update(parts | ({0: rest} if (rest := held - sum(parts.values())) else {}))
    return figures


def _sum(value: Decimal | None) -> Decimal:
    return ZERO if value is None else value.quantize(_CENT)
