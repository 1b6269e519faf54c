"""Roles: who holds which where; granting, ending, standing in."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_http_methods, require_safe

from cms.shared.errors import DomainError, NotFound
from cms.shared.spreadsheets import csv_lines
from organisations import audit
from organisations.enums import ROLES_OF_A_UNIT, Power, Role
from organisations.models import Person, RoleGrant
from organisations.selectors import directory, grants, required_scope, scope_for, scope_of
from organisations.services import roles as services
from organisations.views.manage import shell
from organisations.views.manage.roles_forms import EndRoleForm, GrantFilterForm, GrantForm, SubstituteForm

PER_PAGE = 50
_FIELD_OF = {
    "role_already_granted": "role",
    "not_yours_to_give": "role",
    "role_ends_before_it_begins": "ends",
    "bad_substitute": "username",
    "own_role": "username",
    "nobody_called_so": "username",
}


@shell.managed
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    by = shell.person_of(request)
    scope = grants.seen_scope(by)
    form = GrantFilterForm(request.GET, scope=scope)
    page = Paginator(grants.grants_of(scope, form.wanted()), PER_PAGE).get_page(request.GET.get("page"))
    asked = request.GET.copy()
    asked.pop("page", None)
    context = {
        "form": form,
        "page_obj": page,
        "rows": grants.rows_of(by, page.object_list),
        "grants_roles": bool(scope_for(by, Power.GRANT_ROLES)),
        "filters": asked.urlencode(),
    }
    return shell.page(request, "organisations/manage/roles.html", context, section="roles")


@shell.managed
@require_safe
def download(request: HttpRequest) -> HttpResponseBase:
    by = shell.person_of(request)
    scope = grants.seen_scope(by)
    found = grants.grants_of(scope, GrantFilterForm(request.GET, scope=scope).wanted())
    audit.record(by=by, verb="roles.list.download", target=by, after={"roles": found.count()})
    who = [pgettext("person", "Name"), _("User name"), _("Role"), _("Place")]
    when = [_("From"), _("Until"), _("Stands in for"), _("Reason"), _("Granted by")]
    response = StreamingHttpResponse(
        csv_lines(who + when, map(_cells, found.iterator(chunk_size=500))), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="roles-{timezone.localdate():%Y%m%d}.csv"'
    return response


def _cells(grant: RoleGrant) -> list[str]:
    return [
        grant.person.name,
        grant.person.username,
        str(grant.get_role_display()),
        grant.node.name,
        grant.begins.isoformat(),
        grant.ends.isoformat() if grant.ends else "",
        grant.substitute_for.person.name if grant.substitute_for else "",
        grant.reason,
        str(grant.granted_by or ""),
    ]


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """For the person in the address, or for a user name."""
    by = shell.person_of(request)
    scope = required_scope(by, Power.GRANT_ROLES)
    named = _named(by, request.GET.get("person", ""))
    every = bool(scope_of(by, {Role.SYSTEM_ADMINISTRATOR}))
    offered = [role for role in Role if every or role in ROLES_OF_A_UNIT]
    initial = {"node": request.GET.get("place", "")}
    form = GrantForm(_data(request), scope=scope, roles=offered, named=named is not None, initial=initial)
    if form.is_valid():
        fields = dict(form.cleaned_data)
        try:
            person = named or _called(by, fields.pop("username", ""))
            services.grant_role(by=by, person=person, **fields | {"role": Role(fields["role"])})
        except DomainError as error:
            _say(form, error)
        else:
            messages.success(request, _("The role is granted, and the person was told."))
            return redirect("manage:person", person.public_id)
    context = {"form": form, "person": named, "heading": _("Grant a role"), "submit": _("Grant it")}
    return _form_page(request, form, context)


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, pk: int) -> HttpResponse:
    by = shell.person_of(request)
    grant = _grant(by, pk)
    form = EndRoleForm(_data(request))
    if form.is_valid():
        try:
            services.end_role(by=by, grant=grant, **form.cleaned_data)
        except DomainError as error:
            _say(form, error)
        else:
            messages.success(request, _("The role ends on that day, and the person was told."))
            return redirect("manage:roles")
    context = {"form": form, "grant": grant, "heading": _("End a role"), "submit": _("End it"), "danger": True}
    return _form_page(request, form, context)


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def substitute(request: HttpRequest, pk: int) -> HttpResponse:
    by = shell.person_of(request)
    grant = _grant(by, pk)
    form = SubstituteForm(_data(request))
    if form.is_valid():
        fields = dict(form.cleaned_data)
        try:
            services.appoint_substitute(by=by, grant=grant, person=_called(by, fields.pop("username")), **fields)
        except DomainError as error:
            _say(form, error)
        else:
            messages.success(request, _("The substitute is appointed, and was told."))
            return redirect("manage:roles")
    context = {"form": form, "grant": grant, "heading": _("Appoint a substitute"), "submit": _("Appoint")}
    return _form_page(request, form, context)


def _form_page(request: HttpRequest, form: Form, context: dict[str, Any]) -> HttpResponse:
    status = 400 if form.is_bound else 200
    return shell.page(request, "organisations/manage/role_deed.html", context, section="roles", status=status)


def _data(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _say(form: Form, error: DomainError) -> None:
    field = _FIELD_OF.get(error.code)
    form.add_error(field if field in form.fields else None, str(error))


def _grant(by: Person, pk: int) -> RoleGrant:
    """A grant that `by` may end. Raises OutOfScope, NotFound."""
    scope = required_scope(by, Power.GRANT_ROLES)
    found = RoleGrant.objects.filter(scope.q("node"), pk=pk).select_related("person", "node").first()
    if found is None or Role(found.role) not in grants.grantable_roles(by, found.node.path):
        raise NotFound
    return found


def _named(by: Person, text: str) -> Person | None:
    try:
        return directory.person_of(by, Power.GRANT_ROLES, UUID(text)) if text else None
    except ValueError as error:
        raise NotFound from error


class NobodyCalledSo(NotFound):
    code = "nobody_called_so"
    message = gettext_lazy("Nobody whom you look after has this user name. Look it up in the list of people.")


def _called(by: Person, username: str) -> Person:
    """Somebody whom `by` looks after, by user name. Raises NobodyCalledSo."""
    name = username.strip().lower()
    found = directory.people_of(by, Power.GRANT_ROLES).filter(username=name).first()
    if found is None and directory.sees_everybody(by):
        found = directory.belonging_nowhere().filter(username=name).first()
    if found is None:
        raise NobodyCalledSo
    return found
