"""How much each unit keeps of recordings, and how much it may."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from cms.shared.errors import NotFound
from media_pipeline.selectors.quotas import MOST_UNITS, shares, units_with_shares
from media_pipeline.services.quotas import GB, set_quota
from media_pipeline.views.uploads import NAMESPACE
from organisations.enums import Power
from organisations.models import Node, Person
from organisations.scopes import Scope
from organisations.selectors import scope_for

MOST_GB = 1_000_000


class QuotaForm(forms.Form):
    gb = forms.IntegerField(required=False, min_value=0, max_value=MOST_GB)


def keeper(request: HttpRequest) -> tuple[Person, Scope | None]:
    """Who asks, and where they set limits: a superuser everywhere (None). Raises PermissionDenied."""
    person = request.user
    if not isinstance(person, Person):
        raise PermissionDenied
    if person.is_superuser:
        return person, None
    scope = scope_for(person, Power.KEEP_PLACES)
    if not scope:
        raise PermissionDenied
    return person, scope


class QuotasView(WagtailAdminTemplateMixin, TemplateView):
    template_name = "media_pipeline/admin/quotas.html"
    page_title = gettext_lazy("Space for recordings")
    header_icon = "media"
    _show_breadcrumbs = True

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": self.page_title}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        _person, scope = keeper(self.request)
        search = self.request.GET.get("q", "").replace("\0", "").strip()[:80]
        units = units_with_shares(scope, search=search)
        found = {"shares": shares(units), "search": search, "is_cut": len(units) == MOST_UNITS, "most": MOST_UNITS}
        return {**super().get_context_data(**kwargs), **found}

    def post(self, request: HttpRequest, public_id: UUID) -> HttpResponse:
        person, scope = keeper(request)
        unit = Node.objects.filter(public_id=public_id).first()
        if unit is None or (scope is not None and not scope.covers(unit.path)):
            raise NotFound
        form = QuotaForm(request.POST)
        if not form.is_valid():
            said = _("Write whole gigabytes from 0 to %(most)s, or nothing for no limit of its own.") % {
                "most": MOST_GB
            }
            messages.error(request, said)
        else:
            gb = form.cleaned_data["gb"]
            set_quota(by=person, unit=unit, most_bytes=None if gb is None else gb * GB)
            messages.success(request, _("The limit of %(unit)s is set.") % {"unit": unit.name})
        return redirect(reverse(f"{NAMESPACE}:quotas"))
