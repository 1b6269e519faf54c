"""The way to the next title: one's own, and that of somebody in an administrator's scope."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.shared.errors import DomainError
from credits.selectors import titles as selectors
from credits.services import titles
from credits.views import deciding
from credits.views.title_forms import PaperForm, WorkForm
from organisations import audit
from organisations.views.manage import shell


@shell.managed
@require_safe
def my_titles(request: HttpRequest) -> HttpResponse:
    path = selectors.title_path(shell.person_of(request))
    return render(request, "credits/titles.html", {"path": path, "is_own": True, "keeps": False})


@shell.managed
@require_safe
def person_titles(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    person = selectors.person_to_read(by=by, public_id=public_id)
    audit.record(by=by, verb="credits.titles.read", target=person)
    context = {"path": selectors.title_path(person), "is_own": False, "keeps": selectors.keeps(by, person)}
    return render(request, "credits/titles.html", context)


@shell.managed
@require_POST
def decide(request: HttpRequest, public_id: UUID, fact_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    fact = selectors.fact_to_decide(by=by, public_id=public_id, fact_id=fact_id)
    deciding.answer(
        request,
        confirm=lambda: titles.confirm(by=by, fact=fact),
        refuse=lambda reason: titles.refuse(by=by, fact=fact, reason=reason),
    )
    return redirect("credits:person_titles", public_id)


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def report_paper(request: HttpRequest) -> HttpResponse:
    form = PaperForm(request.POST if request.method == "POST" else None)
    heading = _("Report an exam paper that you passed")
    return _reported(request, form, heading, "paper", lambda by: titles.report_paper(by=by, **form.fields_of()))


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def report_work(request: HttpRequest) -> HttpResponse:
    form = WorkForm(request.POST if request.method == "POST" else None)
    heading = _("Report a representative work")
    return _reported(request, form, heading, "on", lambda by: titles.report_work(by=by, **form.cleaned_data))


@shell.managed
@require_POST
def withdraw(request: HttpRequest, fact_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    titles.withdraw(by=by, fact=selectors.own_fact(by, fact_id))
    messages.success(request, _("It is taken back."))
    return redirect("credits:my_titles")


def _reported(request: HttpRequest, form: Any, heading: str, field: str, deed: Any) -> HttpResponse:
    """Show the form, or do what it asks; a refusal stands at `field`."""
    if form.is_valid():
        try:
            deed(shell.person_of(request))
        except DomainError as error:
            form.add_error(
                "year" if error.code == "title_fact_in_the_future" and "year" in form.fields else field, str(error)
            )
        else:
            messages.success(request, _("It is reported. It counts when your unit has confirmed it."))
            return redirect("credits:my_titles")
    return render(
        request, "credits/title_report.html", {"form": form, "heading": heading}, status=400 if form.is_bound else 200
    )
