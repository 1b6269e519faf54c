"""Medical alliances: founding them, letting places join and leave, closing them."""

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from cms.shared.errors import NotFound
from organisations.enums import Power
from organisations.models import Alliance, AllianceMember, Node
from organisations.selectors import alliances as selectors
from organisations.selectors import directory, required_scope, scope_for
from organisations.services import alliances as services
from organisations.views.manage import deeds, lists, shell
from organisations.views.manage.fields import PlaceField, day_after, first_day

_FIELD_OF = {"alliance_code_taken": "code", "not_in_alliance": "lead", "already_in_alliance": "node"}


class NameForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=160, required=False)

    def __init__(self, data: Any = None, *, leads: "QuerySet[Node]", **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["lead"] = PlaceField(leads, label=gettext_lazy("Led by"))


class FoundForm(NameForm):
    code = forms.CharField(label=gettext_lazy("Code"), max_length=20)
    begins = first_day()


class JoinForm(forms.Form):
    begins = first_day()

    def __init__(self, data: Any = None, *, places: "QuerySet[Node]") -> None:
        super().__init__(data)
        self.fields["node"] = PlaceField(places, label=gettext_lazy("Place"))
        self.order_fields(["node", "begins"])


class DayForm(forms.Form):
    on = day_after()


class AllianceFilterForm(lists.FilterForm):
    q = lists.SearchField(label=gettext_lazy("Name or code"))
    closed = forms.BooleanField(label=gettext_lazy("with closed ones"), required=False)


def _found(request: HttpRequest) -> "tuple[AllianceFilterForm, QuerySet[Alliance]]":
    scope = required_scope(shell.person_of(request), Power.SEE_PEOPLE)
    form = AllianceFilterForm(request.GET)
    values = form.values()
    return form, selectors.alliances_seen(scope, search=values.get("q", ""), closed="closed" in values)


@shell.managed
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    form, found = _found(request)
    context = lists.context(request, form, found, view="manage:alliances")
    context["keeps"] = bool(scope_for(shell.person_of(request), Power.KEEP_PLACES))
    return shell.page(request, "organisations/manage/alliances.html", context, section="alliances")


@shell.managed
@require_safe
def download(request: HttpRequest) -> HttpResponseBase:
    form, found = _found(request)
    heading = [_("Name"), _("English name"), _("Code"), _("Led by"), _("Places"), _("Closed on")]
    return lists.download(request, "alliances", form.values(), heading, map(_cells, found.iterator(chunk_size=500)))


def _cells(row: Alliance) -> list[str]:
    count = row.places  # type: ignore[attr-defined]
    return [row.name, row.name_en, row.code, row.lead.name, str(count), lists.day(row.closed_on)]


@shell.managed
@require_safe
def alliance(request: HttpRequest, public_id: UUID) -> HttpResponse:
    page = selectors.alliance_page(by=shell.person_of(request), public_id=public_id)
    context = {"page": page, "alliance": page.alliance}
    return shell.page(request, "organisations/manage/alliance.html", context, section="alliances")


def _asked(request: HttpRequest, alliance: Alliance | None, **more: Any) -> HttpResponse:
    """A deed about an alliance; it leads to the one that the deed returns."""
    if alliance is None:
        subject = deeds.Subject("alliances", back=reverse("manage:alliances"))
    else:
        subject = deeds.Subject("alliances", back=_link(alliance), name=str(alliance), link=_link(alliance))
    return deeds.asked(request, subject, field_of=_FIELD_OF, leads=_link, **more)


def _link(alliance: Alliance) -> str:
    return reverse("manage:alliance", args=[alliance.public_id])


@shell.managed
@deeds.forms_page
def new(request: HttpRequest) -> HttpResponse:
    by = shell.person_of(request)
    form = FoundForm(deeds.data(request), leads=directory.places_of(required_scope(by, Power.KEEP_PLACES)))
    return _asked(
        request, None, heading=_("Found an alliance"), submit=_("Found it"), form=form,
        deed=lambda: services.found(by=by, **form.cleaned_data), done=_("The alliance is founded."),
    )  # fmt: skip


@shell.managed
@deeds.forms_page
def change(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    kept = selectors.kept_alliance(by, public_id)
    leads = directory.places_of(required_scope(by, Power.KEEP_PLACES)).filter(alliances__alliance=kept).distinct()
    now = {"name": kept.name, "name_en": kept.name_en, "lead": kept.lead.public_id}
    form = NameForm(deeds.data(request), leads=leads, initial=now)
    return _asked(
        request, kept, heading=_("Change name or leader"), submit=_("Save"), form=form,
        deed=lambda: services.change(by=by, alliance=kept, **form.cleaned_data), done=_("Your changes are saved."),
    )  # fmt: skip


@shell.managed
@deeds.forms_page
def join(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    kept = selectors.kept_alliance(by, public_id)
    form = JoinForm(deeds.data(request), places=directory.places_of(required_scope(by, Power.KEEP_PLACES)))
    return _asked(
        request, kept, heading=_("Let a place join"), submit=_("Enter"), form=form,
        deed=lambda: services.join(by=by, alliance=kept, **form.cleaned_data).alliance,
        done=_("The place belongs to the alliance from that day."),
    )  # fmt: skip


@shell.managed
@deeds.forms_page
def leave(request: HttpRequest, public_id: UUID, pk: int) -> HttpResponse:
    by = shell.person_of(request)
    kept = selectors.kept_alliance(by, public_id)
    member = AllianceMember.objects.filter(alliance=kept, pk=pk).select_related("node", "alliance").first()
    if member is None:
        raise NotFound
    form = DayForm(deeds.data(request))
    return _asked(
        request, kept, heading=_("End the time of %(name)s") % {"name": member.node}, submit=_("End it"), form=form,
        deed=lambda: services.leave(by=by, member=member, **form.cleaned_data).alliance,
        done=_("The place leaves the alliance on that day."),
    )  # fmt: skip


@shell.managed
@deeds.forms_page
def close(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    kept = selectors.kept_alliance(by, public_id)
    form = DayForm(deeds.data(request))
    return _asked(
        request, kept, heading=_("Close %(name)s") % {"name": kept}, submit=_("Close it"), form=form, danger=True,
        deed=lambda: services.close(by=by, alliance=kept, **form.cleaned_data), done=_("The alliance is closed."),
    )  # fmt: skip
