"""What people say is not right about themselves, and the unit's answers."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_POST, require_safe

from cms.shared.errors import DomainError
from organisations.enums import Power
from organisations.models import Objection
from organisations.scopes import Scope
from organisations.selectors import directory, required_scope, scope_for
from organisations.selectors.contacts import clashes_of
from organisations.selectors.details import objection_in, objections_in
from organisations.services import access
from organisations.services import objections as services
from organisations.views.manage import lists, shell
from organisations.views.manage.fields import PlaceField

PER_PAGE = 20


class ObjectionFilterForm(lists.FilterForm):
    q = lists.SearchField(label=gettext_lazy("Name, user name or words"))
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        choices=[*lists.ANY, ("open", gettext_lazy("to be answered")), ("answered", gettext_lazy("answered"))],
        required=False,
    )

    def __init__(self, data: Any, *, scope: Scope) -> None:
        super().__init__(data)
        places, label = directory.workplaces_of(scope), gettext_lazy("Place and below")
        self.fields["place"] = PlaceField(places, label=label, required=False, empty_label=gettext_lazy("any"))


@shell.managed
@require_safe
def objections(request: HttpRequest) -> HttpResponse:
    return _listed(request, required_scope(shell.person_of(request), Power.SEE_INTAKE))


@shell.managed
@require_safe
def download(request: HttpRequest) -> HttpResponseBase:
    form, found = _found(request, required_scope(shell.person_of(request), Power.SEE_INTAKE))
    heading = [pgettext("person", "Name"), _("User name"), _("Works at"), _("Said on"), _("What is not right")]
    heading += [pgettext("to a person", "Answer"), _("Answered by"), _("Answered on")]
    return lists.download(request, "objections", form.values(), heading, map(_cells, found.iterator(chunk_size=500)))


def _cells(row: Objection) -> list[str]:
    said = [row.person.name, row.person.username, str(row.unit or ""), lists.day(row.created_at), row.text]
    return [*said, row.answer, str(row.answered_by or ""), lists.day(row.answered_at)]


def _found(request: HttpRequest, scope: Scope) -> "tuple[ObjectionFilterForm, QuerySet[Objection]]":
    form = ObjectionFilterForm(request.GET, scope=scope)
    values = form.values()
    return form, objections_in(
        scope, state=values.get("state", ""), place=values.get("place"), search=values.get("q", "")
    )


@shell.managed
@require_POST
def contact(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Put the number or address that was asked for on the account, now that it is free."""
    by = shell.person_of(request)
    scope = required_scope(by, Power.KEEP_PEOPLE)
    objection = objection_in(scope, public_id)
    try:
        access.settle_contact(by=by, objection=objection)
    except DomainError as error:
        return _listed(request, scope, wrong=str(public_id), problem=str(error), status=error.http_status)
    messages.success(request, _("It is on the account of %(name)s, who was told.") % {"name": objection.person})
    return redirect("manage:objections")


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
    form, found = _found(request, scope)
    context = lists.context(request, form, found, view="manage:objections", per_page=PER_PAGE, of_people=True)
    by = shell.person_of(request)
    clashes, kept = clashes_of(by, context["page_obj"]), scope_for(by, Power.KEEP_PEOPLE)
    context["rows"] = [
        (row, clashes.get(row.pk), row.unit is not None and kept.covers(row.unit.path)) for row in context["page_obj"]
    ]
    context |= {"wrong": wrong, "problem": problem, "decides": bool(kept)}
    return shell.page(request, "organisations/manage/objections.html", context, section="objections", status=status)
