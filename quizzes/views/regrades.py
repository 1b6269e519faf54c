"""Regrades as pages: the list, a new one, its dry run, the second person's word, how far it is, what it did."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.shared.errors import DomainError, NotFound
from organisations import audit
from organisations.deeds import Deed
from organisations.enums import Power
from organisations.selectors import required_scope, scope_for
from organisations.views.manage import lists, shell
from quizzes.forms.regrades import BankForm, BeginForm, LinesFilterForm, QuestionForm, RegradeFilterForm
from quizzes.models import Bank, Question, Regrade, RegradeLine
from quizzes.selectors import regrades as found
from quizzes.services import regrades as services

PER_PAGE = 20
LINES_PER_PAGE = 50


@shell.managed
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    by = shell.person_of(request)
    required_scope(by, Power.SEE_QUESTIONS)
    form = RegradeFilterForm(request.GET)
    values = form.values()
    bank = values.get("bank")
    rows = found.listed(stage=values.get("stage", ""), cause=values.get("cause", ""), bank=bank.pk if bank else None)
    asked = request.GET.copy()
    asked.pop("page", None)
    context = {
        "form": form,
        "is_narrowed": bool(values),
        "page_obj": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "filters": asked.urlencode(),
        "list_url": reverse("manage:regrades"),
        "may_make": bool(scope_for(by, Power.REGRADE)),
    }
    return shell.page(request, "quizzes/regrades/list.html", context, section="regrades")


@shell.managed
@require_safe
def begin(request: HttpRequest) -> HttpResponse:
    """Find the question, or the bank, that a regrade is about."""
    required_scope(shell.person_of(request), Power.REGRADE)
    form = BeginForm(request.GET)
    search = form.values().get("q", "")
    context = {
        "form": form,
        "search": search,
        "questions": found.questions_like(search) if search else [],
        "banks": found.banks_with_versions(),
        "list_url": reverse("manage:regrade_new"),
    }
    return shell.page(request, "quizzes/regrades/begin.html", context, section="regrades")


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def of_question(request: HttpRequest, public_id: UUID) -> HttpResponse:
    required_scope(shell.person_of(request), Power.REGRADE)
    question = Question.objects.select_related("bank", "current").filter(public_id=public_id).first()
    if question is None or question.current is None:
        raise NotFound
    form = QuestionForm(request.POST if request.method == "POST" else None, question=question)
    return _made(request, form, {"what": question, "question": question, "judged": form.judged})


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def of_bank(request: HttpRequest, public_id: UUID) -> HttpResponse:
    required_scope(shell.person_of(request), Power.REGRADE)
    bank = Bank.objects.filter(public_id=public_id, scorings__isnull=False).distinct().first()
    if bank is None:
        raise NotFound
    form = BankForm(request.POST if request.method == "POST" else None, bank=bank)
    return _made(request, form, {"what": bank, "newest": form.newest})


def _made(request: HttpRequest, form: Any, context: dict[str, Any]) -> HttpResponse:
    status = 200
    if form.is_valid():
        try:
            made = services.make(by=shell.person_of(request), wish=form.wish())
        except DomainError as error:
            form.add_error(None, str(error))
            status = error.http_status
        else:
            messages.success(
                request, _("The dry run has begun. Nothing changes before a second person has confirmed it.")
            )
            return redirect("manage:regrade", made.public_id)
    elif form.is_bound:
        status = 400
    return shell.page(
        request, "quizzes/regrades/new.html", {**context, "form": form}, section="regrades", status=status
    )


@shell.managed
@require_safe
def detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    required_scope(by, Power.SEE_QUESTIONS)
    regrade = found.regrade_by(public_id)
    audit.record(by=by, verb=Deed.REGRADE_READ, target=regrade)
    return _page(request, regrade)


def _page(request: HttpRequest, regrade: Regrade, problem: DomainError | None = None) -> HttpResponse:
    by = shell.person_of(request)
    form, rows = _lines(request, regrade)
    asked = request.GET.copy()
    asked.pop("page", None)
    page = reverse("manage:regrade", args=[regrade.public_id])
    decides = bool(scope_for(by, Power.REGRADE))
    context = {
        "regrade": regrade,
        "form": form,
        "is_narrowed": bool(form.values()),
        "page_obj": Paginator(rows, LINES_PER_PAGE).get_page(request.GET.get("page")),
        "filters": asked.urlencode(),
        "list_url": page,
        "csv_url": reverse("manage:regrade_csv", args=[regrade.public_id]),
        "decides": decides,
        "is_own": found.is_own(regrade, by),
        "touches_own": decides and regrade.regrade_stage == "waiting" and found.touches(regrade, by),
        "problem": problem,
        "is_running": not regrade.is_over and regrade.regrade_stage in ("counting", "applying"),
    }
    status = problem.http_status if problem else 200
    return shell.page(request, "quizzes/regrades/detail.html", context, section="regrades", status=status)


def _lines(request: HttpRequest, regrade: Regrade) -> tuple[LinesFilterForm, Any]:
    form = LinesFilterForm(request.GET)
    values = form.values()
    return form, found.lines_of(regrade, show=values.get("show", ""), consequence=values.get("consequence", ""))


@shell.managed
@require_safe
def download(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    required_scope(shell.person_of(request), Power.SEE_QUESTIONS)
    form, rows = _lines(request, found.regrade_by(public_id))
    heading = [
        _("Receipt"),
        _("Quiz"),
        _("Handed in"),
        _("State"),
        _("Points before"),
        _("Points possible before"),
        _("Passed before"),
    ]
    heading += [
        _("Points after"),
        _("Points possible after"),
        _("Passed after"),
        _("Credit"),
        _("Course"),
        _("After the dry run"),
    ]
    return lists.download(request, "regrade", form.values(), heading, map(_cells, rows.iterator(chunk_size=500)))


def _cells(line: RegradeLine) -> list[str]:
    attempt = line.attempt
    about = [attempt.receipt or "", attempt.quiz.title, lists.day(attempt.closed_at), str(line.get_state_display())]
    before = [_points(line.old_points), _points(line.old_possible), _yes_no(line.old_passed)]
    after = [_points(line.new_points), _points(line.new_possible), _yes_no(line.new_passed)]
    follows = [str(line.get_consequence_display()), str(line.facts.get("title", ""))]
    return [*about, *before, *after, *follows, _yes_no(line.is_later)]


def _points(points: Any) -> str:
    return "" if points is None else f"{points.normalize():f}"


def _yes_no(value: bool | None) -> str:
    return "" if value is None else _("yes") if value else _("no")


def _decided(request: HttpRequest, public_id: UUID, deed: Callable[[Regrade], object], done: str) -> HttpResponse:
    required_scope(shell.person_of(request), Power.REGRADE)
    regrade = found.regrade_by(public_id)
    try:
        deed(regrade)
    except DomainError as error:
        return _page(request, found.regrade_by(public_id), error)
    messages.success(request, done)
    return redirect("manage:regrade", public_id)


@shell.managed
@require_POST
def count(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    said = _("The dry run is being made anew.")
    return _decided(request, public_id, lambda regrade: services.count_again(by=by, regrade=regrade), said)


@shell.managed
@require_POST
def confirm(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by, seen = shell.person_of(request), request.POST.get("seen", "")
    number = int(seen) if seen.isdecimal() and len(seen) < 6 else 0
    said = _("Confirmed. The attempts are being graded again; everybody whose mark changes is told.")
    return _decided(request, public_id, lambda regrade: services.confirm(by=by, regrade=regrade, seen=number), said)


@shell.managed
@require_POST
def withdraw(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    said = _("Withdrawn. Nothing was changed.")
    return _decided(request, public_id, lambda regrade: services.withdraw(by=by, regrade=regrade), said)
