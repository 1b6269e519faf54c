"""A roster from the file to the people: sent, columns confirmed, every row looked at, entered, undone."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.shared.errors import DomainError
from cms.shared.jobs import JobState
from organisations.enums import Power, RosterStage, RowOutcome
from organisations.formats.example import example_file
from organisations.formats.problems import FileProblem
from organisations.models import RosterImport
from organisations.scopes import Scope
from organisations.selectors import required_scope, scope_for
from organisations.selectors import rosters as selectors
from organisations.services import rosters as services
from organisations.views.manage import lists, shell
from organisations.views.manage.roster_rows import DOING, row_views, waiting_views
from organisations.views.manage.rosters_forms import ColumnsForm, RosterFileForm, RosterFilterForm

PER_PAGE, ROWS_PER_PAGE = 20, 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
RUNNING = frozenset({RosterStage.READING, RosterStage.CHECKING, RosterStage.APPLYING, RosterStage.UNDOING})
# What stands first on the page is what there is to do.
_ORDER = (
    RowOutcome.UNCLEAR, RowOutcome.WRONG, RowOutcome.CREATE, RowOutcome.UPDATE, RowOutcome.TRANSFER, RowOutcome.LEAVE,
    RowOutcome.UNCHANGED, RowOutcome.SKIPPED,
)  # fmt: skip


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def rosters(request: HttpRequest) -> HttpResponse:
    by = shell.person_of(request)
    sent = request.method == "POST"
    scope, kept = _scope(request, Power.KEEP_PEOPLE if sent else Power.SEE_INTAKE), scope_for(by, Power.KEEP_PEOPLE)
    form = RosterFileForm(*([request.POST, request.FILES] if sent else []), units=selectors.units_in(kept))
    if form.is_valid():
        try:
            roster = services.receive(by=by, unit=form.cleaned_data["unit"], upload=form.cleaned_data["file"])
        except DomainError as error:
            form.add_error("file", str(error))
        else:
            return redirect("manage:roster", roster.public_id)
    wanted, found = _listed(request, scope)
    context = lists.context(request, wanted, found, view="manage:rosters", per_page=PER_PAGE)
    context |= {"sending": form if kept else None, "outcomes": [(one, _counts(one)) for one in context["page_obj"]]}
    return _page(request, "rosters.html", context, status=400 if form.is_bound else 200)


def _listed(request: HttpRequest, scope: Scope) -> "tuple[RosterFilterForm, QuerySet[RosterImport]]":
    form = RosterFilterForm(request.GET, scope=scope)
    values = form.values()
    search, stage, place = values.get("q", ""), values.get("stage", ""), values.get("place")
    return form, selectors.rosters_in(scope, search=search, stage=stage, place=place)


@shell.managed
@require_safe
def download(request: HttpRequest) -> HttpResponseBase:
    """The list of rosters as CSV: what each was to do, or did; nobody's name but the sender's."""
    form, found = _listed(request, _scope(request, Power.SEE_INTAKE))
    heading = [_("File"), _("Unit"), _("State"), _("Sent by"), _("Sent on"), _("Entered by"), _("Entered on")]
    heading += [str(outcome.label) for outcome in _ORDER]
    return lists.download(request, "rosters", form.values(), heading, map(_cells, found.iterator(chunk_size=500)))


def _cells(row: RosterImport) -> list[str]:
    sent = [row.file_name, row.unit.name, str(row.get_roster_stage_display()), str(row.uploaded_by)]
    days = [lists.day(row.created_at), str(row.applied_by or ""), lists.day(row.applied_at)]
    return [*sent, *days, *(str(row.counts.get(outcome.value, "")) for outcome in _ORDER)]


@shell.managed
@require_safe
def example(request: HttpRequest) -> HttpResponse:
    required_scope(shell.person_of(request), Power.KEEP_PEOPLE)
    return _download(example_file(), _("roster"))


@shell.managed
@require_safe
def unclear(request: HttpRequest) -> HttpResponse:
    """What is not clear in any roster; each row leads to its own, where it is decided."""
    page = Paginator(selectors.unclear_rows(_scope(request, Power.SEE_INTAKE)), ROWS_PER_PAGE).get_page(
        request.GET.get("page")
    )
    rows = list(page.object_list)
    if rows:
        lists.read(request, "roster", {"outcome": RowOutcome.UNCLEAR.value}, rows=page.paginator.count)
    context = {
        "page_obj": page,
        "rows": waiting_views(rows, selectors.people_of(rows)),
        "decides": bool(scope_for(shell.person_of(request), Power.KEEP_PEOPLE)),
    }
    return _page(request, "roster_unclear.html", context)


@shell.managed
@require_safe
def roster(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _shown(request, _found(request, public_id, Power.SEE_INTAKE))


@shell.managed
@require_safe
def state(request: HttpRequest, public_id: UUID) -> JsonResponse:
    found = _found(request, public_id, Power.SEE_INTAKE)
    return JsonResponse({"state": found.state, "progress": found.progress, "is_over": found.is_over})


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The columns: confirmed the first time, or once more after a look at the rows."""
    found = _found(request, public_id)
    if found.roster_stage not in (RosterStage.MAPPING, RosterStage.CHECKED):
        return redirect("manage:roster", public_id)
    form = ColumnsForm(request.POST if request.method == "POST" else None, roster=found)
    if form.is_valid():
        try:
            services.confirm_mapping(by=shell.person_of(request), roster=found, **form.chosen)
        except DomainError as error:
            form.add_error("effective_on" if error.code == "roster_day" else None, str(error))
        else:
            return redirect("manage:roster", public_id)
    context = {"roster": found, "columns_form": form}
    return _page(request, "roster_columns.html", context, status=400 if form.is_bound else 200)


@shell.managed
@require_POST
def decide(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The choices of one page of rows (`row-<key>`), or one choice for all unclear rows of that page (`all`)."""
    found = _found(request, public_id)
    choices = _sent(request)
    count, refused, status = 0, {}, 200
    try:
        count = services.decide_many(by=shell.person_of(request), roster=found, choices=choices) if choices else 0
    except (services.NoCandidate, services.NothingToDecide, services.NumberTaken):
        # One of them cannot be: the others stand, and it is said at the row.
        for key, choice in choices.items():
            try:
                count += services.decide_many(by=shell.person_of(request), roster=found, choices={key: choice})
            except DomainError as error:
                refused[key], status = str(error), error.http_status
    except DomainError as error:
        return _shown(request, found, problem=str(error), status=error.http_status)
    if count:
        decided = ngettext("%(count)s row decided.", "%(count)s rows decided.", count)
        messages.success(request, decided % {"count": count})
    if refused:
        told = ngettext(
            "%(count)s row cannot be what you chose; why stands at the row.",
            "%(count)s rows cannot be what you chose; why stands at each of them.",
            len(refused),
        ) % {"count": len(refused)}
        chosen = {key: str(choices[key]) for key in refused}
        return _shown(request, found, problem=told, status=status, chosen=chosen, refused=refused)
    if not count:
        messages.info(request, _("Nothing was chosen. Choose for at least one row."))
    return _back(request, public_id)


def _sent(request: HttpRequest) -> dict[int, str | UUID]:
    every = request.POST.get("all", "")
    if every:
        # Somebody new cannot be made of each of them.
        keys = request.POST.getlist("shown-new" if every == services.NEW else "shown")
        return {int(key): every for key in keys if key.isdecimal()}
    named = ((name.removeprefix("row-"), str(value)) for name, value in request.POST.items() if name.startswith("row-"))
    return {int(key): value for key, value in named if key.isdecimal() and value}


@shell.managed
@require_POST
def apply(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = _found(request, public_id)
    return _tried(
        request,
        found,
        lambda: services.apply(
            by=shell.person_of(request), roster=found, skip_unclear=bool(request.POST.get("skip_unclear"))
        ),
    )


@shell.managed
@require_POST
def undo(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = _found(request, public_id)
    return _tried(request, found, lambda: services.undo(by=shell.person_of(request), roster=found))


@shell.managed
@require_POST
def discard(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = _found(request, public_id)
    try:
        services.discard(by=shell.person_of(request), roster=found)
    except DomainError as error:
        return _shown(request, found, problem=str(error), status=error.http_status)
    messages.success(request, _("The roster is thrown away; nobody was changed by it."))
    return redirect("manage:rosters")


@shell.managed
@require_safe
def errors(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The rows with problems as the sheet that was sent, reasons first."""
    found = _found(request, public_id)
    made = services.error_file(by=shell.person_of(request), roster=found, all_rows=bool(request.GET.get("all")))
    return _download(made, _("roster-to-correct"))


def _scope(request: HttpRequest, power: Power = Power.KEEP_PEOPLE) -> Scope:
    return required_scope(shell.person_of(request), power)


def _found(request: HttpRequest, public_id: UUID, power: Power = Power.KEEP_PEOPLE) -> RosterImport:
    return selectors.roster_in(_scope(request, power), public_id)


def _page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return shell.page(request, f"organisations/manage/{template}", context, section="rosters", status=status)


def _tried(request: HttpRequest, found: RosterImport, deed: Any) -> HttpResponse:
    try:
        deed()
    except DomainError as error:
        found.refresh_from_db()
        return _shown(request, found, problem=str(error), status=error.http_status)
    return redirect("manage:roster", found.public_id)


def _back(request: HttpRequest, public_id: UUID) -> HttpResponse:
    response = redirect("manage:roster", public_id)
    wanted = request.POST.get("outcome", "")
    if wanted in RowOutcome:
        response["Location"] += f"?outcome={wanted}"
    return response


def _shown(
    request: HttpRequest,
    found: RosterImport,
    *,
    problem: str = "",
    status: int = 200,
    chosen: Mapping[int, str] | None = None,
    refused: Mapping[int, str] | None = None,
) -> HttpResponse:
    """The roster at whatever step it is."""
    stage = RosterStage(found.roster_stage)
    keeps = scope_for(shell.person_of(request), Power.KEEP_PEOPLE).covers(found.unit.path)
    if keeps and stage == RosterStage.MAPPING and found.state == JobState.DONE:
        context = {"roster": found, "columns_form": ColumnsForm(roster=found), "problem": problem}
        return _page(request, "roster_columns.html", context, status)
    wanted = request.GET.get("outcome", "") or request.POST.get("outcome", "")
    counts = _counts(found)
    if not wanted and stage == RosterStage.CHECKED:
        wanted = next((o.value for o in (RowOutcome.UNCLEAR, RowOutcome.WRONG) if found.counts.get(o.value)), "")
    page = Paginator(selectors.rows_of(found, wanted), ROWS_PER_PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    if rows:
        lists.read(request, "roster", {"roster": found.public_id, "outcome": wanted}, rows=page.paginator.count)
    may_choose = keeps and stage in (RosterStage.CHECKED, RosterStage.APPLIED) and found.is_over
    people = selectors.people_of(rows)
    views = row_views(rows, people, found, may_choose=may_choose, chosen=chosen or {}, refused=refused or {})
    will = [(outcome, DOING[outcome] % {"count": count}) for outcome, count in counts if outcome in DOING]
    context = {
        "roster": found,
        "keeps": keeps,
        "is_sender": found.uploaded_by_id == shell.person_of(request).pk,
        "stage": stage,
        "is_running": stage in RUNNING and not found.is_over,
        "has_stopped": stage in RUNNING and found.state in (JobState.FAILED, JobState.CANCELLED),
        "reason": _reason(found),
        "problem": problem,
        "counts": counts,
        "total": sum(found.counts.values()),
        "outcome": wanted,
        "will": will,
        "doing": sum(count for outcome, count in counts if outcome in DOING),
        "leaving": found.counts.get(RowOutcome.LEAVE.value, 0),
        "unclear": found.counts.get(RowOutcome.UNCLEAR.value, 0),
        "wrong": found.counts.get(RowOutcome.WRONG.value, 0),
        "kept": selectors.kept_in(found) if stage == RosterStage.UNDONE else 0,
        "page_obj": page,
        "rows": views,
        "may_choose": may_choose,
        "has_choices": any(one.choices for one in views),
        "has_new": any(one.offers_new for one in views),
    }
    return _page(request, "roster.html", context, status)


def _counts(found: RosterImport) -> list[tuple[RowOutcome, int]]:
    return [(outcome, found.counts[outcome.value]) for outcome in _ORDER if found.counts.get(outcome.value)]


def _reason(found: RosterImport) -> str:
    """Why a file cannot be read, in words; "" otherwise."""
    return str(FileProblem(found.error_code).label) if found.error_code in FileProblem else ""


def _download(made: bytes, name: str) -> HttpResponse:
    response = HttpResponse(made, content_type=XLSX)
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.xlsx") or "attachment"
    return response
