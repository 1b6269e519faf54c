"""What the lists of people and units share: their filters, one page of them, the whole as CSV, what is ticked."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from cms.shared import search_words
from cms.shared.errors import NotFound
from cms.shared.spreadsheets import csv_lines
from organisations import audit
from organisations.deeds import Deed
from organisations.views.manage import shell

ANY = [("", _("any"))]
_NO_FILTERS = ("csrfmiddlewaretoken", "list")


class SearchField(forms.CharField):
    """Words that may be a name or a number: sealed in the address (`search`), read here."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"type": "search"})
        super().__init__(max_length=60, required=False, widget=widget, **kwargs)

    def to_python(self, value: Any) -> str:
        words = super().to_python(value) or ""
        # What does not open is longer than what may be typed, and has to find nobody rather than be left out.
        return search_words.opened(words)[: self.max_length]

    def prepare_value(self, value: Any) -> Any:
        return search_words.shown(value) if isinstance(value, str) else value


@shell.managed
@sensitive_post_parameters("q")
@require_POST
def search(request: HttpRequest) -> HttpResponse:
    """The filters of the list `list`, a path of this site, as an address: the words in `q` are sealed in it."""
    path = request.POST.get("list", "")
    try:
        if not url_has_allowed_host_and_scheme(path, allowed_hosts=None):
            raise NotFound
        resolve(path)
    except Resolver404 as error:
        raise NotFound from error
    asked = {name: str(text) for name, text in request.POST.items() if name not in _NO_FILTERS}
    return redirect(address(path, asked))


def address(path: str, asked: Mapping[str, str]) -> str:
    """`path` with the filters `asked` that are not empty."""
    used = {name: text.strip() for name, text in asked.items() if text.strip()}
    if "q" in used:
        used["q"] = search_words.sealed(used["q"])
    return f"{path}?{urlencode(used)}" if used else path


class FilterForm(forms.Form):
    """The filters of a list, bound to what was asked for. Every one may stay empty."""

    def values(self) -> dict[str, Any]:
        """The filters in use by name; one that cannot be read narrows nothing."""
        self.full_clean()
        return {name: value for name, value in self.cleaned_data.items() if value}


def told(values: dict[str, Any]) -> dict[str, str]:
    """Filters for the audit log. The words searched for may be a name: only that there were some."""
    return {name: "…" if name == "q" else str(getattr(value, "code", value)) for name, value in values.items()}


def context(
    request: HttpRequest,
    form: FilterForm,
    found: "QuerySet[Any]",
    *,
    view: str,
    per_page: int = 50,
    of_people: bool = False,
) -> dict[str, Any]:
    """What organisations/manage/list_filters.html and list_head.html show; `page_obj` is the page asked for.

    `view` names the list's address; that of its file is called the same with "_csv". Reading a list `of_people` is
    written to the log.
    """
    page = Paginator(found, per_page).get_page(request.GET.get("page"))
    if of_people:
        read(request, view.rpartition(":")[2], form.values(), rows=page.paginator.count)
    asked = request.GET.copy()
    asked.pop("page", None)
    return {
        "form": form,
        "is_narrowed": bool(form.values()),
        "page_obj": page,
        "filters": asked.urlencode(),
        "list_url": reverse(view),
        "csv_url": reverse(f"{view}_csv"),
    }


def read(request: HttpRequest, name: str, values: dict[str, Any], *, rows: int) -> None:
    """Write to the log that a list of people is shown, and how it was narrowed."""
    filters = {field: text for field, text in told(values).items() if field != "q"}
    words = str(values.get("q", ""))
    audit.record_reading(by=shell.person_of(request), listed=name, rows=rows, filters=filters, words=words)


def download(
    request: HttpRequest, name: str, values: dict[str, Any], heading: Sequence[str], rows: Iterable[Sequence[str]]
) -> StreamingHttpResponse:
    """A list as shown as CSV; who took it, and how it was narrowed, is written to the log."""
    by = shell.person_of(request)
    audit.record(by=by, verb=Deed.LIST_DOWNLOAD, target=by, after={"list": name, "filters": told(values)})
    return csv_file(name, heading, rows)


def csv_file(name: str, heading: Sequence[str], rows: Iterable[Sequence[str]]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(csv_lines(heading, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-{timezone.localdate():%Y%m%d}.csv"'
    return response


def ticked(request: HttpRequest, field: str) -> list[UUID]:
    """The ids in fields of this name, each of which may hold several."""
    found = []
    for text in " ".join(request.POST.getlist(field)).split():
        with suppress(ValueError):
            found.append(UUID(text))
    return found


def day(value: Any) -> str:
    """A day, or a time in local minutes, as a cell; "" for none."""
    if value is None:
        return ""
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M}" if hasattr(value, "hour") else value.isoformat()
