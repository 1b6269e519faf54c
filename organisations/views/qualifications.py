"""A person reports a title or degree of their own (自报); the unit confirms it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.shared.errors import DomainError, NotFound
from organisations.models import Qualification
from organisations.services import qualifications
from organisations.views.manage import shell
from organisations.views.manage.person_forms import QualificationForm
from organisations.views.manage.proofs import sent

_FIELD_OF = {
    "unreadable_proof": "proof",
    "proof_too_large": "proof",
    "qualification_already_reported": "value",
    "qualification_not_yet_obtained": "obtained_on",
}


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    posted = request.method == "POST"
    form = QualificationForm(request.POST if posted else None, request.FILES if posted else None)
    if form.is_valid():
        try:
            qualifications.claim(by=shell.person_of(request), **form.fields_of())
        except DomainError as error:
            form.add_error(_FIELD_OF.get(error.code), str(error))
        else:
            messages.success(request, _("It is reported. It counts when your unit has confirmed it."))
            return redirect("organisations:profile")
    return render(request, "organisations/qualification.html", {"form": form}, status=400 if form.is_bound else 200)


@shell.managed
@require_POST
def withdraw(request: HttpRequest, public_id: UUID) -> HttpResponse:
    qualifications.withdraw(by=shell.person_of(request), qualification=_own(request, public_id))
    messages.success(request, _("It is taken back."))
    return redirect("organisations:profile")


@shell.managed
@require_safe
def proof(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    return sent(request, _own(request, public_id))


def _own(request: HttpRequest, public_id: UUID) -> Qualification:
    rows = Qualification.objects.filter(person=shell.person_of(request)).select_related("person")
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found
