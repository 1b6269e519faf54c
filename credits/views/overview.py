"""The year of a place under management: how many stand where, who is short and by how much, down to the person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from credits.enums import JudgementState
from credits.selectors import texts
from credits.selectors.overview import Part, YearOfPlace
from credits.selectors.overview_figures import Figures, Question
from credits.selectors.overview_pages import Asked, asked, tops, year_asked
from credits.selectors.overview_people import After, Cell, People, PersonRow
from credits.selectors.views import in_english
from credits.views import overview_plots as plots
from credits.views.overview_forms import PeopleForm, YearForm
from organisations.enums import PersonState
from organisations.models import Node
from organisations.views.manage import lists, shell

PER_PAGE = 50


@dataclass(frozen=True)
class Row:
    """A part of the place. `year` leads one step down; `people` is the address of its list, ready for one more filter;
    `states`: how many in each of the columns."""

    title: str
    year: str
    people: str
    figures: Figures
    states: list[tuple[str, str, int]]


@shell.managed
@require_safe
def years(request: HttpRequest) -> HttpResponse:
    """To the reader's own place, or a choice of several."""
    places = tops(shell.person_of(request))
    if len(places) == 1:
        return redirect("manage:credit_year", places[0].public_id)
    context = {"places": [(name_of(node), reverse("manage:credit_year", args=[node.public_id])) for node in places]}
    return shell.page(request, "credits/overview_places.html", context, section="credit_years")


def name_of(node: Node) -> str:
    return (in_english() and node.name_en) or node.name


def _asked(request: HttpRequest, public_id: UUID) -> Asked:
    told = request.GET
    return asked(
        by=shell.person_of(request),
        public_id=public_id,
        year=told.get("year", ""),
        rule_set_id=told.get("rules", ""),
        title=told.get("title", ""),
        kind=told.get("kind", ""),
        department=told.get("department", "")[:60] if told.get("here") else None,
    )


@shell.managed
@require_safe
def year(request: HttpRequest, public_id: UUID) -> HttpResponse:
    wish = _asked(request, public_id)
    found = year_asked(wish)
    question, kept = found.question, urlencode(wish.values)
    columns = _columns(question, found.total)
    context = {
        "asked": wish,
        "question": question,
        "found": found,
        "total": found.total,
        "name": name_of(question.node),
        "crumbs": [*_crumbs(found.above, kept), (name_of(question.node), "")],
        "form": YearForm(wish),
        "is_narrowed": bool(question.title or question.kind),
        "kept": kept,
        "people_url": f"{reverse('manage:credit_year_people', args=[public_id])}?{kept}",
        "csv_url": f"{reverse('manage:credit_year_csv', args=[public_id])}?{kept}",
        "columns": [texts.state(state) for state in columns],
        "rows": [_row(question, part, kept, columns) for part in found.parts],
        "totals": _states(found.total, columns),
        "states": plots.states(found.total),
        "shortfall": plots.shortfall(question, found.total),
        "months": plots.trend(question, found.total),
        "mark": _mark(found.total),
        "unit": texts.unit(question.version.rules.unit),
        "rules_title": dict(wish.rule_sets)[question.rule_set_id],
    }
    return shell.page(request, "credits/overview.html", context, section="credit_years")


def _mark(figures: Figures) -> str:
    return "M" if figures.is_unverified else ""


def _columns(question: Question, total: Figures) -> list[JudgementState]:
    """The states of the table: those that somebody is in, and the ones that everybody looks for."""
    looked_for = {JudgementState.MET, JudgementState.FAILED if question.is_closed else JudgementState.OPEN}
    return [state for state in JudgementState if state in looked_for or total.states[state]]


def _crumbs(above: list[Node], kept: str) -> list[tuple[str, str]]:
    return [(name_of(node), f"{reverse('manage:credit_year', args=[node.public_id])}?{kept}") for node in above]


def _states(figures: Figures, columns: list[JudgementState]) -> list[tuple[str, str, int]]:
    return [(state.value, texts.state(state), figures.states[state]) for state in columns]


def _row(question: Question, part: Part, kept: str, columns: list[JudgementState]) -> Row:
    states = _states(part.figures, columns)
    if part.node is not None:
        place = [part.node.public_id]
        address = f"{reverse('manage:credit_year', args=place)}?{kept}"
        people = f"{reverse('manage:credit_year_people', args=place)}?{kept}"
        return Row(name_of(part.node), address, people, part.figures, states)
    people = reverse("manage:credit_year_people", args=[question.node.public_id])
    here = urlencode({"here": "1", "department": part.department})
    return Row(part.department or _("At the place itself"), "", f"{people}?{kept}&{here}", part.figures, states)


@shell.managed
@require_safe
def year_csv(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """The table as shown; it names nobody."""
    wish = _asked(request, public_id)
    found = year_asked(wish)
    away = [state for state in PersonState if state != PersonState.ACTIVE]
    heading = [_("Place"), _("Code"), _("People"), *map(texts.state, JudgementState)]
    heading += [_("Not assessed: %(state)s") % {"state": state.label} for state in away]
    heading += [_("Credits"), _("Registered by the authority"), _("Hours"), _("People who lack credits")]
    heading += [_("Missing credits"), _("Missing hours"), _("Verification"), _("Judged by")]
    values = wish.values | {"place": found.question.node}
    return lists.download(request, "credit_year", values, heading, _cells(found, away))


def _cells(found: YearOfPlace, away: Sequence[PersonState]) -> Iterator[list[str]]:
    for part in found.parts:
        title = name_of(part.node) if part.node is not None else part.department or _("At the place itself")
        yield _line(found, title, part.node.code if part.node is not None else "", part.figures, away)
    node = found.question.node
    yield _line(found, _("Total: %(place)s") % {"place": name_of(node)}, node.code, found.total, away)


def _line(found: YearOfPlace, title: str, code: str, figures: Figures, away: Sequence[PersonState]) -> list[str]:
    counts = [figures.people, *(figures.states[state] for state in JudgementState)]
    counts += [figures.away[state] for state in away]
    lacks = figures.missing_credits, figures.missing_hours
    return [
        title, code, *map(str, counts), str(figures.credits), str(figures.registered), str(figures.hours),
        str(figures.short), *map(str, lacks), _("to be verified") if figures.is_unverified else "",
        found.question.version.rules.key,
    ]  # fmt: skip


def _people(request: HttpRequest, public_id: UUID) -> tuple[Asked, Cell, dict[str, str], People]:
    """With every filter in use by its name in the address."""
    wish = _asked(request, public_id)
    cell = Cell.told(request.GET.get("state", ""), request.GET.get("short", ""))
    told = wish.values | {name: value for name, value in (("state", cell.state), ("short", cell.short)) if value}
    department = wish.question.department
    told |= {} if department is None else {"here": "1", "department": department}
    return wish, cell, told, People(wish.question, cell)


@shell.managed
@require_safe
def people(request: HttpRequest, public_id: UUID) -> HttpResponse:
    wish, cell, told, found = _people(request, public_id)
    question, count = wish.question, found.count()
    after = After.told(request.GET.get("after", ""))
    rows, following = found.page(after, PER_PAGE)
    lists.read(request, "credit_year_people", told | {"place": question.node}, rows=count)
    kept = urlencode(told)
    context = {
        "question": question,
        "name": name_of(question.node),
        "crumbs": [
            (name_of(question.node), f"{reverse('manage:credit_year', args=[public_id])}?{urlencode(wish.values)}"),
            (_("People"), ""),
        ],
        "form": PeopleForm(wish, cell),
        "all_url": f"{reverse('manage:credit_year_people', args=[public_id])}?{urlencode(wish.values)}",
        "is_narrowed": len(told) > 2,
        "rows": rows,
        "count": count,
        "is_first": after is None,
        "first_url": f"?{kept}",
        "next_url": f"?{urlencode(told | {'after': str(following)})}" if following is not None else "",
        "csv_url": f"{reverse('manage:credit_year_people_csv', args=[public_id])}?{kept}",
        "rules_title": dict(wish.rule_sets)[question.rule_set_id],
    }
    return shell.page(request, "credits/overview_people.html", context, section="credit_years")


@shell.managed
@require_safe
def people_csv(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """The list as shown, without any ID number."""
    wish, _cell, told, found = _people(request, public_id)
    heading = [pgettext("person", "Name"), _("Staff number"), _("Works at"), _("Department"), _("Professional title")]
    heading += [_("State of the person"), _("State"), _("Credits"), _("Registered by the authority"), _("Hours")]
    heading += [_("Missing credits"), _("What is missing"), _("Verification"), _("Judged by")]
    values = told | {"place": wish.question.node}
    return lists.download(request, "credit_year_people", values, heading, map(_person_cells, found.every()))


def _person_cells(row: PersonRow) -> list[str]:
    found = row.standing
    return [
        row.person.name, row.staff_number, row.unit_name, row.department_name, str(row.person.get_title_display()),
        str(row.state.label), found.state_text if row.is_assessed else _("Not assessed"), str(found.credits),
        str(found.credits_registered), str(found.hours), str(row.missing), row.needed,
        _("to be verified") if found.marks else "", found.version.key,
    ]  # fmt: skip
