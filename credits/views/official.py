"""The authority's book: entries marked as reported, and its lists compared with ours."""

from collections.abc import Iterator
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.shared.errors import DomainError
from cms.shared.spreadsheets import csv_lines
from credits.enums import OfficialState
from credits.models import Entry, OfficialLine, OfficialList
from credits.selectors import book as book_selectors
from credits.selectors import official as selectors
from credits.selectors import pages, texts
from credits.services import official as services
from credits.services.by_hand import OwnEntry
from credits.views.official_forms import ListForm, MarkForm, StateForm
from organisations import audit
from organisations.enums import Power
from organisations.models import Person
from organisations.selectors import scope_for
from organisations.views.manage import shell

PER_PAGE, LINES_PER_PAGE = 20, 50
COMPARED = ("project", "title", "begins", "ends", "hours", "credits")


def _page(
    request: HttpRequest, *, send: ListForm | None = None, mark: MarkForm | None = None, status: int = 200
) -> HttpResponse:
    by = shell.person_of(request)
    keeps = bool(scope_for(by, Power.KEEP_CREDITS))
    if keeps:
        choices = selectors.choices(by)
        send = send or ListForm(choices=choices, prefix="send")
        mark = mark or MarkForm(choices=choices, prefix="mark")
    context = {
        "keeps": keeps,
        "send": send,
        "mark": mark,
        "page_obj": Paginator(selectors.lists_in(by), PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "credits/official.html", context, status=status)


@shell.managed
@require_safe
def official(request: HttpRequest) -> HttpResponse:
    return _page(request)


@shell.managed
@require_POST
def send(request: HttpRequest) -> HttpResponse:
    by = shell.person_of(request)
    form = ListForm(request.POST, request.FILES, choices=selectors.choices(by), prefix="send")
    if form.is_valid():
        data = form.cleaned_data
        try:
            job = services.receive(
                by=by, place=data["place"], rule_set_id=data["rule_set"], year=data["year"], on=data["on"],
                default_state=OfficialState(data["default_state"]), upload=data["file"],
            )  # fmt: skip
        except DomainError as error:
            form.add_error("file", str(error))
        else:
            return redirect("credits:official_list", job.public_id)
    return _page(request, send=form, status=400)


@shell.managed
@require_POST
def mark(request: HttpRequest) -> HttpResponse:
    by = shell.person_of(request)
    form = MarkForm(request.POST, choices=selectors.choices(by), prefix="mark")
    if form.is_valid():
        data = form.cleaned_data
        try:
            count = services.mark_place(
                by=by, place=data["place"], rule_set_id=data["rule_set"], year=data["year"], on=data["on"],
                reference=data["reference"],
            )  # fmt: skip
        except DomainError as error:
            form.add_error("place", str(error))
        else:
            said = ngettext(
                "%(count)d entry is marked as reported.", "%(count)d entries are marked as reported.", count
            )
            messages.success(request, said % {"count": count})
            return redirect("credits:official")
    return _page(request, mark=form, status=400)


@shell.managed
@require_safe
def official_list(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    job = selectors.list_of(by=by, public_id=public_id)
    finding = request.GET.get("finding", "")
    lines = selectors.lines_of(job, finding)
    page = Paginator(lines, LINES_PER_PAGE).get_page(request.GET.get("page"))
    audit.record(
        by=by,
        verb="credits.official_list.read",
        target=job,
        after={"finding": finding[:10], "lines": page.paginator.count},
    )
    context = {
        "job": job, "page_obj": page, "finding": finding, "counts": selectors.counts_of(job),
        "problem": selectors.problem_of(job), "has_written": job.lines.exclude(written=[]).exists(),
        "keeps": scope_for(by, Power.KEEP_CREDITS).covers(job.place.path),
    }  # fmt: skip
    return render(request, "credits/official_list.html", context)


@shell.managed
@require_safe
def state(request: HttpRequest, public_id: UUID) -> JsonResponse:
    job = selectors.list_of(by=shell.person_of(request), public_id=public_id)
    return JsonResponse({"state": job.state, "progress": job.progress, "is_over": job.is_over})


@shell.managed
@require_safe
def download(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """The comparison as CSV: what they say beside what the book says."""
    by = shell.person_of(request)
    job = selectors.list_of(by=by, public_id=public_id)
    lines = selectors.lines_of(job, request.GET.get("finding", ""))
    audit.record(by=by, verb="credits.official_list.read", target=job, after={"file": "csv", "lines": lines.count()})
    heading = [_("Row"), _("Found"), _("Different"), _("Person")]
    heading += [_("Theirs: %(what)s") % {"what": words} for words in _words().values()]
    heading += [_("Ours: %(what)s") % {"what": words} for words in _words().values()]
    heading += [_("Ours: %(what)s") % {"what": _("Verification")}, _("State"), _("Taken over")]
    rows = csv_lines(heading, (list(_cells(line)) for line in lines.iterator(chunk_size=500)))
    response = StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="comparison-{job.public_id}.csv"'
    return response


def _words() -> dict[str, str]:
    return {
        "project": _("Project number"), "title": _("Title"), "begins": _("First day"), "ends": _("Last day"),
        "hours": _("Hours"), "credits": _("Credits"),
    }  # fmt: skip


def _cells(line: OfficialLine) -> Iterator[str]:
    yield str(line.number or "")
    yield str(line.get_finding_display())
    yield ", ".join({**_words(), "days": _("Days")}.get(name, name) for name in line.differences)
    yield str(line.book.owner) if line.book is not None and line.book.owner is not None else line.who
    for said in (line.theirs, line.ours):
        yield from (said.get(name, "") for name in COMPARED)
    yield _("to be verified") if line.ours.get("mark") else ""
    yield texts.official_state(line.state) if line.state else ""
    yield _("yes") if line.written else _("no")


def _kept(by: Person, public_id: UUID) -> OfficialList:
    return selectors.list_of(by=by, public_id=public_id, power=Power.KEEP_CREDITS)


@shell.managed
@require_POST
def apply(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    job = _kept(by, public_id)
    ticked = [int(key) for key in request.POST.getlist("line") if key.isascii() and key.isdigit() and len(key) < 18]
    count = services.apply(by=by, job=job, lines=None if request.POST.get("do") == "same" else ticked)
    said = ngettext("Taken over for %(count)d entry.", "Taken over for %(count)d entries.", count)
    messages.success(request, said % {"count": count})
    return redirect("credits:official_list", public_id)


@shell.managed
@require_POST
def undo(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    count = services.undo(by=by, job=_kept(by, public_id))
    said = ngettext(
        "The state before is written again for %(count)d entry.",
        "The state before is written again for %(count)d entries.",
        count,
    )
    messages.success(request, said % {"count": count})
    return redirect("credits:official_list", public_id)


@shell.managed
@require_POST
def discard(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    services.discard(by=by, job=_kept(by, public_id))
    messages.success(request, _("The list and its comparison are deleted. What was taken over stays in the book."))
    return redirect("credits:official")


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def person_states(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What the authority's book says of single entries of a person's year."""
    by = shell.person_of(request)
    person = book_selectors.person_to_keep(by=by, public_id=public_id)
    page = pages.year_page(person=person, year=request.GET.get("year", ""), rule_set_id=request.GET.get("rules", ""))
    audit.record(by=by, verb="credits.person.read", target=person)
    lines = [line for line in page.standing.lines if not line.is_reversed and not line.is_reversal]
    form = StateForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        ticked = set(request.POST.getlist("entry"))
        chosen: list[Entry] = [line.entry for line in lines if str(line.entry.public_id) in ticked]
        data = form.cleaned_data
        try:
            if by.pk == person.pk:
                raise OwnEntry
            services.mark_chosen(
                by=by, entries=chosen, state=OfficialState(data["state"]), on=data["on"], reference=data["reference"]
            )
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("It is written down. The person sees it beside each entry."))
            return redirect(request.get_full_path())
    context = {"person": person, "year_page": page, "standing": page.standing, "lines": lines, "form": form}
    return render(request, "credits/official_person.html", context, status=400 if form.is_bound else 200)
