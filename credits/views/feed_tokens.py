"""Keys with which other systems read the credit feed of a place."""

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
from django.views.decorators.http import require_POST, require_safe

from credits.selectors import feeds as selectors
from credits.services import feeds
from organisations.enums import Power
from organisations.models import Node
from organisations.selectors import directory, required_scope, scope_for
from organisations.views.manage import shell
from organisations.views.manage.fields import PlaceField


class IssueForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name of the system"), max_length=80)
    days = forms.IntegerField(label=gettext_lazy("Valid for days"), min_value=1, max_value=feeds.MOST_DAYS, initial=180)

    def __init__(self, data: Any = None, *, places: "QuerySet[Node]") -> None:
        super().__init__(data)
        self.fields["place"] = PlaceField(
            places, label=gettext_lazy("Place"), help_text=gettext_lazy("Entries earned there and below can be read.")
        )


def _page(request: HttpRequest, form: IssueForm | None, *, status: int = 200, **more: Any) -> HttpResponse:
    by = shell.person_of(request)
    page = Paginator(selectors.tokens(by), 50).get_page(request.GET.get("page"))
    keeps = scope_for(by, Power.KEEP_FEEDS)
    rows = [(row, row.is_valid and keeps.covers(row.place.path)) for row in page]
    context = {"form": form, "page_obj": page, "rows": rows, **more}
    return shell.page(request, "credits/feed_tokens.html", context, section="feeds", status=status)


def _form(request: HttpRequest) -> IssueForm:
    scope = required_scope(shell.person_of(request), Power.KEEP_FEEDS)
    return IssueForm(request.POST if request.method == "POST" else None, places=directory.places_of(scope))


@shell.managed
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    keeps = scope_for(shell.person_of(request), Power.KEEP_FEEDS)
    return _page(request, _form(request) if keeps else None)


@shell.managed
@require_POST
def issue(request: HttpRequest) -> HttpResponse:
    """The answer itself shows the secret, once; no address leads to it again."""
    form = _form(request)
    if not form.is_valid():
        return _page(request, form, status=400)
    data, by = form.cleaned_data, shell.person_of(request)
    token, secret = feeds.issue(by=by, name=data["name"], place=data["place"].public_id, days=data["days"])
    fresh = IssueForm(places=directory.places_of(required_scope(by, Power.KEEP_FEEDS)))
    return _page(request, fresh, token=token, secret=secret)


@shell.managed
@require_POST
def revoke(request: HttpRequest, public_id: UUID) -> HttpResponse:
    feeds.revoke(by=shell.person_of(request), public_id=public_id)
    messages.success(request, _("The key opens nothing any more."))
    return redirect("manage:feed_tokens")
