"""The two trees, and one place with what its keepers may do about it."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from organisations.enums import NodeKind, Power
from organisations.models import Node
from organisations.scopes import Scope
from organisations.selectors import gazetteer, node_in, required_scope, scope_for
from organisations.services import mergers, trees
from organisations.views.manage import deeds, lists, shell
from organisations.views.manage import places_forms as f

PER_PAGE = 50
_FIELD_OF = {
    "place_code_taken": "code",
    "wrong_tree": "parent",
    "cannot_merge": "target",
    "merger_ahead": "on",
    "opens_ahead": "on",
    "not_a_city": "city",
}


def _listed(request: HttpRequest, scope: Scope) -> "tuple[f.PlaceFilterForm, QuerySet[Node]]":
    form = f.PlaceFilterForm(request.GET)
    values = form.values()
    search = values.pop("q", "")
    return form, gazetteer.places_in(scope, search=search, **values)


@shell.managed
@require_safe
def places(request: HttpRequest) -> HttpResponse:
    """The trees; what is searched for, as a list."""
    scope = required_scope(shell.person_of(request), Power.SEE_PEOPLE)
    form, found = _listed(request, scope)
    context = lists.context(request, form, found, view="manage:places", per_page=PER_PAGE)
    asked = set(form.values()) - {"closed"}
    if asked:
        context["rows"] = gazetteer.with_above(context["page_obj"])
    else:
        context["forest"] = gazetteer.forest_of(scope, closed="closed" in form.values())
    return shell.page(request, "organisations/manage/places.html", context, section="places")


@shell.managed
@require_safe
def download(request: HttpRequest) -> HttpResponseBase:
    scope = required_scope(shell.person_of(request), Power.SEE_PEOPLE)
    form, found = _listed(request, scope)
    people = gazetteer.people_at(scope)
    heading = [_("Name"), _("English name"), _("Code"), _("Kind"), _("Hospital level"), _("Above it"), _("People")]
    rows = (
        [
            node.name, node.name_en, node.code, str(node.get_kind_display()), str(node.get_level_display()),
            " › ".join(up.name for up in above), str(people.get(node.path, 0)), lists.day(node.closed_on),
        ]
        for node, above in gazetteer.with_above(found)
    )  # fmt: skip
    return lists.download(request, "places", form.values(), [*heading, _("Closed on")], rows)


@shell.managed
@require_safe
def place(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    node = node_in(required_scope(by, Power.SEE_PEOPLE), public_id)
    context = {"place": gazetteer.place_of(by=by, node=node), "node": node}
    return shell.page(request, "organisations/manage/place.html", context, section="places")


def _asked(request: HttpRequest, node: Node, **more: Any) -> HttpResponse:
    """A deed about a place; it leads to the place that the deed returns."""
    link = _link(node)
    subject = deeds.Subject("places", back=link, name=str(node), link=link, note=str(node.get_kind_display()))
    return deeds.asked(request, subject, field_of=_FIELD_OF, leads=_link, **more)


def _link(node: Node) -> str:
    return reverse("manage:place", args=[node.public_id])


@shell.managed
@deeds.forms_page
def add(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    node = gazetteer.node_to_add_below(by, public_id)
    kinds = trees.kinds_below(node)
    if not scope_for(by, Power.KEEP_PLACES).covers(node.path):
        kinds = [kind for kind in kinds if kind == NodeKind.DEPARTMENT]
    form = f.NewPlaceForm(deeds.data(request), kinds=kinds, cities=gazetteer.cities())
    return _asked(
        request, node, heading=_("Add a place below %(name)s") % {"name": node}, submit=_("Add"), form=form,
        deed=lambda: trees.add_place(by=by, parent=node, tree=node.tree, **form.cleaned_data),
        done=_("The place is added."),
    )  # fmt: skip


@shell.managed
@deeds.forms_page
def change(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    node = gazetteer.kept_node(by, public_id)
    now = {"name": node.name, "name_en": node.name_en, "code": node.code, "level": node.level}
    is_branch = node.kind == NodeKind.BRANCH
    if is_branch:
        now["city"] = node.city.public_id if node.city else ""
    form = f.ChangePlaceForm(deeds.data(request), cities=gazetteer.cities() if is_branch else None, initial=now)
    return _asked(
        request, node, heading=_("Change name, code or level"), submit=_("Save"), form=form,
        deed=lambda: trees.change_place(by=by, node=node, **form.cleaned_data), done=_("Your changes are saved."),
        text=_("What it was called before stays in its history."),
    )  # fmt: skip


@shell.managed
@deeds.forms_page
def move(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    node = gazetteer.kept_node(by, public_id)
    form = f.MoveForm(deeds.data(request), homes=gazetteer.homes_for(by, node))
    return _asked(
        request, node, heading=_("Move %(name)s") % {"name": node}, submit=_("Move it"), form=form,
        deed=lambda: trees.move_place(by=by, node=node, **form.cleaned_data), done=_("The place is moved."),
        text=_("It moves with everything below it. Who looks after the places above changes at once."),
    )  # fmt: skip


@shell.managed
@deeds.forms_page
def close(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    node = gazetteer.kept_node(by, public_id)
    form = f.CloseForm(deeds.data(request))
    return _asked(
        request, node, heading=_("Close %(name)s") % {"name": node}, submit=_("Close it"), form=form, danger=True,
        deed=lambda: trees.close_place(by=by, node=node, **form.cleaned_data),
        done=_("The closing is entered; its day stands below."),
        text=_(
            "It stays open until that day; its roles and its time in alliances end then. Records that name it stay."
        ),
    )  # fmt: skip


@shell.managed
@deeds.forms_page
def reopen(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Open a closed place again; call the closing off while its day has not come."""
    by = shell.person_of(request)
    node = gazetteer.kept_node(by, public_id)
    if node.is_closing:
        return _asked(
            request, node, heading=_("Call the closing of %(name)s off") % {"name": node}, submit=_("It stays open"),
            form=Form(deeds.data(request)), deed=lambda: trees.keep_open(by=by, node=node),
            done=_("The place stays open."),
            text=_("The roles and alliances that were to end with it go on as before."),
        )  # fmt: skip
    form = f.ReopenForm(deeds.data(request))
    return _asked(
        request, node, heading=_("Open %(name)s again") % {"name": node}, submit=_("Open it again"), form=form,
        deed=lambda: trees.reopen_place(by=by, node=node, **form.cleaned_data), done=_("The place is open again."),
        text=_("Roles that ended with it are granted anew."),
    )  # fmt: skip


@shell.managed
@deeds.forms_page
def merge(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    node = gazetteer.kept_node(by, public_id)
    form = f.MergeForm(deeds.data(request), twins=gazetteer.twins_of(by, node))
    return _asked(
        request, node, heading=_("Merge %(name)s into another place") % {"name": node}, submit=_("Merge them"),
        form=form, danger=True, done=_("The places are merged."),
        deed=lambda: mergers.merge_places(by=by, source=node, **form.cleaned_data).into,
        text=_(
            "Its people work at the other place from that day, its departments go there, its roles end. It closes for "
            "good; credits keep the unit of their time."
        ),
    )  # fmt: skip
