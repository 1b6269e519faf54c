"""A deed and the page that asks first: a form, a service, and where one goes from there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from cms.shared.errors import DomainError
from organisations.views.manage import shell

# The methods of every page of this kind.
forms_page = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True)
class Subject:
    """What a deed is about. `name` (with its `link`) and `note` stand above the form; Cancel leads `back`."""

    section: str
    back: str
    name: str = ""
    link: str = ""
    note: str = ""


def data(request: HttpRequest) -> Any:
    """What a form is bound to: nothing before it was sent."""
    return request.POST if request.method == "POST" else None


def asked(
    request: HttpRequest,
    subject: Subject,
    *,
    heading: str,
    submit: str,
    form: forms.Form,
    deed: Callable[[], Any],
    done: str,
    leads: Callable[[Any], str] | None = None,
    field_of: Mapping[str, str],
    text: str = "",
    danger: bool = False,
) -> HttpResponse:
    """Show the form; when it is valid do `deed`, say `done` and go where `leads` says for its result (default: back).

    What the service refuses stands at the field that `field_of` names for the error's code, else above the form.
    """
    if form.is_valid():
        try:
            found = deed()
        except DomainError as error:
            field = field_of.get(error.code)
            form.add_error(field if field in form.fields else None, str(error))
        else:
            messages.success(request, done)
            return redirect(leads(found) if leads else subject.back)
    context = {
        "subject": subject, "form": form, "heading": heading, "submit": submit, "text": text, "danger": danger,
    }  # fmt: skip
    status = 400 if form.is_bound else 200
    return shell.page(request, "organisations/manage/deed.html", context, section=subject.section, status=status)
