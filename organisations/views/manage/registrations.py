"""People who say that they work here: confirmed, refused, or found to be somebody who was entered before."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cms.shared.errors import DomainError, InvalidInput
from organisations import audit
from organisations.enums import Power, RequestState
from organisations.models import Person, Registration
from organisations.selectors import registrations as selectors
from organisations.selectors import required_scope
from organisations.services import registrations as services
from organisations.views.manage import shell


@shell.managed
@require_safe
def registrations(request: HttpRequest) -> HttpResponse:
    scope = required_scope(shell.person_of(request), Power.KEEP_PEOPLE)
    state = request.GET.get("state", RequestState.WAITING)
    state = state if state in RequestState else ""
    context = {
        "page_obj": selectors.registrations_in(scope, state=state, number=request.GET.get("page", "1")),
        "state": state,
        "states": [*RequestState.choices, ("all", _("All"))],
    }
    return shell.page(request, "organisations/manage/registrations.html", context, section="registrations")


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def registration(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    row = selectors.registration_in(required_scope(by, Power.KEEP_PEOPLE), public_id)
    problem = ""
    if request.method == "POST":
        try:
            messages.success(request, _decided(request, by, row))
            return redirect("manage:registrations")
        except DomainError as error:
            problem = str(error)
            row = selectors.registration_in(required_scope(by, Power.KEEP_PEOPLE), public_id)
    else:
        audit.record(by=by, verb="person.read", target=row.person)
    context = {"claim": selectors.claim_of(row, by=by), "problem": problem, "reason": request.POST.get("reason", "")}
    return shell.page(
        request, "organisations/manage/registration.html", context, section="registrations",
        status=400 if problem else 200,
    )  # fmt: skip


def _decided(request: HttpRequest, by: Person, row: Registration) -> str:
    """Do what the pressed button says; the sentence that tells it was done."""
    decision, name = request.POST.get("decision", ""), row.person.name
    if decision == "accept":
        services.accept(by=by, registration=row)
        return _("%(name)s works at your unit from today and was told.") % {"name": name}
    if decision == "refuse":
        services.refuse(by=by, registration=row, reason=request.POST.get("reason", ""))
        return _("The registration of %(name)s is refused, and the person was told why.") % {"name": name}
    claim = selectors.claim_of(row, by=by)
    chosen = [one.person for one in claim.candidates if f"same:{one.person.public_id}" == decision]
    if not chosen:
        raise InvalidInput
    services.take_over(by=by, registration=row, entered=chosen[0])
    return _("%(name)s now signs in to the account that you had entered, and was told.") % {"name": name}
