"""Roles: who holds which where; granting, ending, standing in."""

from collections.abc import Callable
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_safe

from cms.shared.errors import NotFound
from organisations import audit
from organisations.enums import ROLE_PLACES, ROLES_OF_A_UNIT, Power, Role
from organisations.models import Node, Person, RoleGrant
from organisations.scopes import Scope
from organisations.selectors import directory, grants, node_in, required_scope, scope_for, scope_of
from organisations.services import roles as services
from organisations.views.manage import deeds, lists, shell
from organisations.views.manage.roles_forms import EndRoleForm, GrantFilterForm, GrantForm, SubstituteForm

PER_PAGE = 50
_FIELD_OF = {
    "role_already_granted": "role",
    "not_yours_to_give": "role",
    "role_ends_before_it_begins": "ends",
    "bad_substitute": "username",
    "own_role": "username",
    "role_does_not_fit": "node",
    "role_place_closed": "node",
    "substitute_needs_end": "ends",
    "nobody_called_so": "username",
}


@shell.managed
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    by = shell.person_of(request)
    scope = grants.seen_scope(by)
    form = GrantFilterForm(request.GET, scope=scope)
    page = Paginator(grants.grants_of(scope, form.wanted()), PER_PAGE).get_page(request.GET.get("page"))
    used = {name: value for name, value in form.cleaned_data.items() if value}
    lists.read(request, "roles", used, rows=page.paginator.count)
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
    return lists.csv_file("roles", who + when, map(_cells, found.iterator(chunk_size=500)))


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
@deeds.forms_page
def new(request: HttpRequest) -> HttpResponse:
    """For the person in the address, or for a user name."""
    by = shell.person_of(request)
    scope = required_scope(by, Power.GRANT_ROLES)
    named = _named(by, request.GET.get("person", ""))
    every = bool(scope_of(by, {Role.SYSTEM_ADMINISTRATOR}))
    offered = [role for role in Role if every or role in ROLES_OF_A_UNIT]
    initial = {"node": request.GET.get("place", "")}
    place = _place(scope, initial["node"])
    if place is not None:
        offered = [role for role in offered if place.kind in ROLE_PLACES[role]]
    form = GrantForm(deeds.data(request), scope=scope, roles=offered, named=named is not None, initial=initial)

    def grant() -> RoleGrant:
        fields = dict(form.cleaned_data)
        person = named or _called(by, fields.pop("username", ""))
        return services.grant_role(by=by, person=person, **fields | {"role": Role(fields["role"])})

    back = reverse("manage:roles")
    subject = deeds.Subject("roles", back=back)
    if named is not None:
        subject = deeds.Subject("roles", back=back, name=str(named), link=_link(named), note=named.username)
    return deeds.asked(
        request, subject, heading=_("Grant a role"), submit=_("Grant it"), form=form, field_of=_FIELD_OF,
        deed=grant, done=_("The role is granted, and the person was told."), leads=lambda made: _link(made.person),
    )  # fmt: skip


@shell.managed
@deeds.forms_page
def end(request: HttpRequest, pk: int) -> HttpResponse:
    by = shell.person_of(request)
    grant = _grant(by, pk, may=_may_end)
    form = EndRoleForm(deeds.data(request))
    return deeds.asked(
        request, _subject(grant), heading=_("End a role"), submit=_("End it"), form=form, field_of=_FIELD_OF,
        deed=lambda: services.end_role(by=by, grant=grant, **form.cleaned_data),
        done=_("The role ends on that day, and the person was told."), danger=True,
    )  # fmt: skip


@shell.managed
@deeds.forms_page
def substitute(request: HttpRequest, pk: int) -> HttpResponse:
    by = shell.person_of(request)
    grant = _grant(by, pk, may=_may_substitute)
    own = grant.person_id == by.pk
    form = SubstituteForm(deeds.data(request), own=own)

    def appoint() -> RoleGrant:
        fields = dict(form.cleaned_data)
        return services.appoint_substitute(by=by, grant=grant, person=_called(by, fields.pop("username")), **fields)

    return deeds.asked(
        request, _subject(grant), heading=_("Appoint a substitute"), submit=_("Appoint"), form=form,
        field_of=_FIELD_OF, deed=appoint, done=_("The substitute is appointed, and was told."),
        text=_("Your substitute may then do at this place what you may, and nothing more.") if own else "",
    )  # fmt: skip


def _subject(grant: RoleGrant) -> deeds.Subject:
    what = f"{grant.get_role_display()} · {grant.node}"
    return deeds.Subject("roles", back=reverse("manage:roles"), name=str(grant.person), note=what)


def _link(person: Person) -> str:
    return reverse("manage:person", args=[person.public_id])


def _grant(by: Person, pk: int, *, may: Callable[[Person, RoleGrant], bool]) -> RoleGrant:
    """A grant with which `by` `may` do it. Raises OutOfScope, NotFound."""
    scope = required_scope(by, Power.GRANT_ROLES)
    rows = RoleGrant.objects.filter(scope.q("node"), pk=pk).select_related("person", "node", "substitute_for")
    found = rows.first()
    if found is None or not may(by, found):
        raise NotFound
    return found


def _may_end(by: Person, grant: RoleGrant) -> bool:
    given = Role(grant.role) in grants.grantable_roles(by, grant.node.path)
    return given or (grant.substitute_for is not None and grants.hands_on(by, grant.substitute_for))


def _may_substitute(by: Person, grant: RoleGrant) -> bool:
    return Role(grant.role) in grants.grantable_roles(by, grant.node.path) or grants.hands_on(by, grant)


def _place(scope: Scope, text: str) -> Node | None:
    """The place that the address names: only roles that are held there are offered."""
    try:
        return node_in(scope, UUID(text)) if text else None
    except ValueError as error:
        raise NotFound from error


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
