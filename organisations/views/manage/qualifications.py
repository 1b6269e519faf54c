"""Titles and degrees that wait for their unit."""

from collections.abc import Iterator
from functools import partial

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from organisations.enums import Power, QualificationKind
from organisations.models import Qualification
from organisations.selectors import directory, overview, required_scope
from organisations.services import bulk
from organisations.views.manage import lists, shell
from organisations.views.manage import together as deciding

PER_PAGE = 50
_CHUNK = 500


class QualificationFilterForm(lists.FilterForm):
    q = lists.SearchField(label=gettext_lazy("Name, user name or staff number"))
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=[*lists.ANY, *QualificationKind.choices], required=False
    )
    proof = forms.ChoiceField(
        label=pgettext_lazy("paper", "Proof"),
        choices=[*lists.ANY, ("with", gettext_lazy("with proof")), ("without", gettext_lazy("without proof"))],
        required=False,
    )


class RefuseTogetherForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=200, help_text=gettext_lazy("Each of them reads it.")
    )


def _found(
    request: HttpRequest, asked: QueryDict, power: Power = Power.SEE_INTAKE
) -> "tuple[QualificationFilterForm, QuerySet[Qualification]]":
    scope = required_scope(shell.person_of(request), power)
    form = QualificationFilterForm(asked)
    values = form.values()
    found = overview.waiting_qualifications(
        scope, search=values.get("q", ""), kind=values.get("kind", ""), proof=values.get("proof", "")
    )
    return form, found


@shell.managed
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    form, found = _found(request, request.GET)
    context = lists.context(request, form, found, view="manage:qualifications", per_page=PER_PAGE, of_people=True)
    people = directory.rows_of([row.person for row in context["page_obj"]])
    kept = directory.kept_among(shell.person_of(request), [row.person for row in context["page_obj"]])
    context["rows"] = [
        (row, person, row.person_id in kept) for row, person in zip(context["page_obj"], people, strict=True)
    ]
    context["decides"] = bool(kept)
    return shell.page(request, "organisations/manage/qualifications.html", context, section="qualifications")


@shell.managed
@require_safe
def download(request: HttpRequest) -> HttpResponseBase:
    form, found = _found(request, request.GET)
    who = [pgettext("person", "Name"), _("User name"), _("Works at"), _("Department"), _("Kind")]
    what = [_("Title or degree"), _("Subject"), _("Awarded by"), _("Obtained on"), _("Reported on")]
    heading = [*who, *what, pgettext("paper", "Proof")]
    return lists.download(request, "qualifications", form.values(), heading, _cells(list(found)))


@shell.managed
@require_POST
def together(request: HttpRequest) -> HttpResponse:
    return deciding.decide(
        request,
        _chosen(request),
        section="qualifications",
        forms={"accept": deciding.AcceptForm, "refuse": RefuseTogetherForm},
        nothing_chosen=_("Tick the titles and degrees first, or “all found”, and choose what to do."),
        deed=partial(bulk.decide_qualifications, by=shell.person_of(request)),
    )


def _chosen(request: HttpRequest) -> "QuerySet[Qualification]":
    """Those ticked that still wait, or all whom the filters of the list find."""
    if request.POST.get("everybody"):
        return _found(request, QueryDict(request.POST.get("filters", "")), Power.KEEP_PEOPLE)[1]
    found = _found(request, QueryDict(), Power.KEEP_PEOPLE)[1]
    return found.filter(public_id__in=lists.ticked(request, "qualifications"))


def _cells(found: list[Qualification]) -> Iterator[list[str]]:
    for start in range(0, len(found), _CHUNK):
        chunk = found[start : start + _CHUNK]
        for row, person in zip(chunk, directory.rows_of([row.person for row in chunk]), strict=True):
            work = person.employment
            yield [
                row.person.name,
                row.person.username,
                work.unit.name if work else "",
                work.department if work else "",
                str(row.get_kind_display()),
                row.value_text,
                row.subject,
                row.institution,
                lists.day(row.obtained_on),
                lists.day(row.entered_at),
                _("with proof") if row.proof else _("without proof"),
            ]
