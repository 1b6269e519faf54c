"""A place's own column sets: copied, rearranged without a script, looked at with real rows, published."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cms.shared.errors import DomainError, InvalidInput
from credits import columns
from credits.selectors import column_pages
from credits.services import column_sets
from organisations.enums import Power
from organisations.models import Node
from organisations.scopes import Scope
from organisations.selectors import directory, required_scope, scope_for
from organisations.views.manage import shell
from organisations.views.manage.fields import PlaceField


class CopyForm(forms.Form):
    key = forms.ChoiceField(label=gettext_lazy("Copy of"))
    title_zh = forms.CharField(label=gettext_lazy("Chinese title"), max_length=columns.LONGEST_HEADING)
    title_en = forms.CharField(label=gettext_lazy("English title"), max_length=columns.LONGEST_HEADING, required=False)

    def __init__(self, data: Any = None, *, sets: list[tuple[str, str]], places: "QuerySet[Node]") -> None:
        super().__init__(data)
        self.fields["place"] = PlaceField(
            places, label=gettext_lazy("Place"), help_text=gettext_lazy("It can be chosen there and everywhere below.")
        )
        choice = self.fields["key"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101 - for the type checker
        choice.choices = sets


def _copy_form(request: HttpRequest, scope: Scope) -> CopyForm:
    language = get_language() or "zh-hans"
    return CopyForm(
        request.POST if request.method == "POST" else None,
        sets=column_pages.choices(scope, language),
        places=directory.places_of(scope),
    )


def _listing(request: HttpRequest, form: CopyForm | None, *, status: int = 200) -> HttpResponse:
    by = shell.person_of(request)
    context = {"form": form, "listing": column_pages.listing(by=by, language=get_language() or "zh-hans")}
    return shell.page(request, "credits/column_sets.html", context, section="columns", status=status)


@shell.managed
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    kept = scope_for(shell.person_of(request), Power.KEEP_COLUMNS)
    return _listing(request, _copy_form(request, kept) if kept else None)


@shell.managed
@require_POST
def copy(request: HttpRequest) -> HttpResponse:
    form = _copy_form(request, required_scope(shell.person_of(request), Power.KEEP_COLUMNS))
    if form.is_valid():
        data = form.cleaned_data
        try:
            draft = column_sets.copy(
                by=shell.person_of(request), key=data["key"], place=data["place"].public_id,
                title_zh=data["title_zh"], title_en=data["title_en"],
            )  # fmt: skip
        except InvalidInput as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The copy is yours. Rearrange it, then publish it."))
            return redirect("manage:column_set", draft.public_id)
    return _listing(request, form, status=400)


@shell.managed
@require_safe
def column_set(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    draft = column_sets.own(by=by, public_id=public_id, power=Power.SEE_COLUMNS)
    language = get_language() or "zh-hans"
    wants_preview = request.GET.get("preview") == "1"
    context: dict[str, Any] = {
        "page": column_pages.page(draft, language=language),
        "wants_preview": wants_preview,
        "keeps": scope_for(by, Power.KEEP_COLUMNS).covers(draft.place.path),
    }
    if wants_preview:
        try:
            context["preview"] = column_sets.preview(by=by, draft=draft)
        except InvalidInput as error:
            context["preview_problem"] = str(error)
    return shell.page(request, "credits/column_set.html", context, section="columns")


def _seen(request: HttpRequest) -> int:
    """How the page was when the button on it was pressed; -1, which fits no page, for what no page sends."""
    text = request.POST.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


@shell.managed
@require_POST
def change(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    draft = column_sets.own(by=by, public_id=public_id)
    texts = {name: request.POST.get(name, "") for name in ("zh", "en", "width")}
    try:
        column_sets.change(
            by=by, draft=draft, seen=_seen(request), deed=request.POST.get("do", ""), key=request.POST.get("key", ""),
            **texts,
        )  # fmt: skip
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("manage:column_set", draft.public_id)


@shell.managed
@require_POST
def publish(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    draft = column_sets.own(by=by, public_id=public_id)
    try:
        version = column_sets.publish(by=by, draft=draft, seen=_seen(request))
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, _("Version %(number)s is published; exports can be made with it.") % {"number": version.number}
        )
    return redirect("manage:column_set", draft.public_id)
