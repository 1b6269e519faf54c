"""Statements on one page: asked for, looked at, withdrawn; and the public page that says whether one holds."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.shared.errors import DomainError, OutOfScope
from credits.models import Statement
from credits.selectors import statements as selectors
from credits.selectors.book import person_to_keep
from credits.services import statements as services
from organisations.models import Person
from organisations.views import limits
from organisations.views.manage import shell


def _requested(request: HttpRequest, person: Person) -> HttpResponse:
    made = services.request_statement(
        by=shell.person_of(request),
        person=person,
        year=request.POST.get("year", ""),
        rule_set_id=request.POST.get("rules", ""),
        language=get_language() or "zh-hans",
    )
    return redirect("credits:statement", made.public_id)


@shell.managed
@require_POST
def request_own(request: HttpRequest) -> HttpResponse:
    return _requested(request, shell.person_of(request))


@shell.managed
@require_POST
def request_of_person(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return _requested(request, person_to_keep(by=shell.person_of(request), public_id=public_id))


def _found(request: HttpRequest, public_id: UUID) -> Statement:
    return selectors.statement_for(by=shell.person_of(request), public_id=public_id)


@shell.managed
@require_safe
def statement(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = _found(request, public_id)
    context = {
        "statement": found,
        "is_own": found.person_id == shell.person_of(request).pk,
        "may_withdraw": selectors.may_withdraw(shell.person_of(request), found),
        "valid_until": selectors.valid_until(found),
        "has_changed": services.has_changed(found),
        "others": [other for other in selectors.statements_of(found.person) if other.pk != found.pk],
    }
    return render(request, "credits/statement.html", context)


@shell.managed
@require_safe
def state(request: HttpRequest, public_id: UUID) -> JsonResponse:
    found = _found(request, public_id)
    return JsonResponse({"state": found.state, "progress": found.progress, "is_over": found.is_over})


@shell.managed
@require_safe
def file(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """Shown in the browser itself, also in those of chat programs."""
    found = _found(request, public_id)
    opened = services.open_file(by=shell.person_of(request), statement=found)
    response = FileResponse(opened, content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(False, services.file_name(found)) or "inline"
    response["X-Robots-Tag"] = "noindex"
    return response


@shell.managed
@require_POST
def withdraw(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = _found(request, public_id)
    if not selectors.may_withdraw(shell.person_of(request), found):
        raise OutOfScope
    if services.withdraw(by=shell.person_of(request), statement=found):
        messages.success(request, _("The statement is withdrawn: its code no longer proves anything."))
    return redirect("credits:statement", found.public_id)


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code of the statement"),
        max_length=40,
        help_text=gettext_lazy("12 characters, printed under the picture, like 7K3M-9Q2P-XW4T."),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "data-activation-code-target": "field",
            }
        ),
    )


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Open to everybody who holds the paper. The code is never part of an address that a server sees."""
    form, found = CodeForm(request.POST if request.method == "POST" else None), None
    trial = services.trial(request.POST.get("code", "")[:40])
    if form.is_bound and not limits.may_try(request, "statement_failed", key=trial):
        return limits.paused(request, "statement_failed")
    if form.is_valid():
        try:
            found = services.verify(form.cleaned_data["code"])
        except DomainError as error:
            limits.count(request, "statement_failed", key=trial)
            form.add_error("code", str(error))
    status = 400 if form.is_bound and found is None else 200
    response = render(request, "credits/verify.html", {"form": form, "found": found}, status=status)
    response["X-Robots-Tag"] = "noindex"
    return response
