"""Closing days of a year: a page under management."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from cms.shared.errors import DomainError
from credits.selectors import closings as selectors
from credits.selectors import pages
from credits.services import closings as services
from organisations.enums import Power
from organisations.models import Node
from organisations.selectors import directory, required_scope, scope_for
from organisations.views.manage import shell
from organisations.views.manage.fields import DayField, PlaceField


class ClosingForm(forms.Form):
    year = forms.TypedChoiceField(label=gettext_lazy("Year"), coerce=int)
    rule_set = forms.ChoiceField(label=gettext_lazy("Rules"))
    closes_on = DayField(
        label=gettext_lazy("Last day"),
        initial=None,
        help_text=gettext_lazy("On this day entries still go into your report of the year."),
    )
    note = forms.CharField(
        label=gettext_lazy("Source or note"),
        max_length=200,
        help_text=gettext_lazy("Which notice says so, or whose decision it is. Everybody who is concerned reads it."),
    )
    field_order = ("place", "year", "rule_set", "closes_on", "note")

    def __init__(self, data: Any, *, places: "QuerySet[Node]", choices: pages.ExportChoices) -> None:
        super().__init__(data)
        label = gettext_lazy("Place")
        self.fields["place"] = PlaceField(places, label=label, help_text=_("The place and everything below it."))
        for name, offered in (("year", [(y, str(y)) for y in choices.years]), ("rule_set", choices.rule_sets)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
            field.choices = offered
        self.order_fields(self.field_order)


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def listed(request: HttpRequest) -> HttpResponse:
    """The days that are set, and a form to set one."""
    by = shell.person_of(request)
    scope = required_scope(by, Power.REVIEW_CREDITS if request.method == "POST" else Power.SEE_REVIEWS)
    sets = scope_for(by, Power.REVIEW_CREDITS)
    data = request.POST if request.method == "POST" else None
    form = ClosingForm(data, places=directory.workplaces_of(sets), choices=pages.export_choices(by=by))
    if form.is_valid():
        wish = dict(form.cleaned_data)
        try:
            services.set_closing(by=by, node=wish.pop("place"), rule_set_id=wish.pop("rule_set"), **wish)
        except DomainError as error:
            form.add_error("closes_on" if error.code == "closing_day_outside_the_year" else None, str(error))
        else:
            messages.success(request, _("It is saved. It stands on everybody's page of the year."))
            return redirect("manage:closings")
    page = Paginator(selectors.closings_in(scope), 50).get_page(request.GET.get("page"))
    status = 400 if form.is_bound else 200
    rows = [(row, sets.covers(row.node.path)) for row in page]
    context = {"form": form if sets else None, "page_obj": page, "rows": rows}
    return shell.page(request, "credits/manage_closings.html", context, section="closings", status=status)


@shell.managed
@require_POST
def remove(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    closing = selectors.closing_in(required_scope(by, Power.REVIEW_CREDITS), public_id)
    services.remove_closing(by=by, closing=closing)
    messages.success(request, _("It is removed; the day of the place above holds, where there is one."))
    return redirect("manage:closings")
