"""What people say is not right about themselves, and the unit's answers."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cms.shared.errors import DomainError
from organisations.enums import Power
from organisations.scopes import Scope
from organisations.selectors import required_scope
from organisations.selectors.details import objection_in, objections_in
from organisations.services import objections as services
from organisations.views.manage import shell

PER_PAGE = 20


@shell.managed
@require_safe
def objections(request: HttpRequest) -> HttpResponse:
    return _listed(request, required_scope(shell.person_of(request), Power.KEEP_PEOPLE))


@shell.managed
@require_POST
def answer(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    scope = required_scope(by, Power.KEEP_PEOPLE)
    objection = objection_in(scope, public_id)
    try:
        services.answer(by=by, objection=objection, text=request.POST.get("answer", "")[:500])
    except DomainError as error:
        return _listed(request, scope, wrong=str(public_id), problem=str(error), status=error.http_status)
    messages.success(request, _("The answer is given; %(name)s was told.") % {"name": objection.person})
    return redirect("manage:objections")


def _listed(
    request: HttpRequest, scope: Scope, *, wrong: str = "", problem: str = "", status: int = 200
) -> HttpResponse:
    page = Paginator(objections_in(scope), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page_obj": page, "wrong": wrong, "problem": problem}
    return shell.page(request, "organisations/manage/objections.html", context, section="objections", status=status)
