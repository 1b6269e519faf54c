"""How a bank scores, as versions: what counts now, what counted before, and the next version."""

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View
from wagtail.admin.widgets.button import Button
from wagtail.permissions import policy_registry
from wagtail.snippets.views import snippets

from cms.shared.errors import Conflict, DomainError
from quizzes.admin.questions import person_of
from quizzes.enums import QuestionType
from quizzes.models import Bank
from quizzes.models.bank import MULTIPLE_SCORINGS
from quizzes.services import scorings

NAMESPACE = "wagtailsnippets_quizzes_bank"
MARKS = [
    ("A", gettext_lazy("A: checked against the official text")),
    ("B", gettext_lazy("B: from a secondary source")),
    ("M", gettext_lazy("M: not checked yet")),
]


class BankEditView(snippets.EditView):
    @property
    def header_more_buttons(self) -> list[Button]:
        url = reverse(f"{NAMESPACE}:scoring", args=[self.object.pk])
        return [Button(_("Scoring"), url=url, icon_name="list-ol", priority=5), *super().header_more_buttons]


class ScoringForm(forms.Form):
    """`seen` is the version that the author started from; `multiple` says how X questions are scored, by a choice."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    multiple = forms.ChoiceField(label=gettext_lazy("Scoring of X questions"), choices=MULTIPLE_SCORINGS)
    rules = forms.CharField(
        label=gettext_lazy("Rules of the types, as JSON"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 20, "spellcheck": "false"}),
        help_text=gettext_lazy("Numbers are written as text. A type that is left out follows the platform's default."),
    )
    source = forms.CharField(label=gettext_lazy("Source"), max_length=scorings.MAX_SOURCE)
    mark = forms.ChoiceField(label=gettext_lazy("How far it was checked"), choices=MARKS)

    def clean_rules(self) -> Any:
        try:
            rules = json.loads(self.cleaned_data["rules"], parse_float=str)
        except json.JSONDecodeError as error:
            said = _("This is no JSON: line %(line)s, column %(column)s.")
            raise forms.ValidationError(said % {"line": error.lineno, "column": error.colno}) from error
        except RecursionError as error:
            raise forms.ValidationError(_("“%(path)s” is not written as it must be.") % {"path": "{}"}) from error
        # The whole document is taken too.
        return rules["scoring"] if isinstance(rules, dict) and set(rules) == {"scoring"} else rules

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        rules = data.get("rules")
        if isinstance(rules, dict) and isinstance(rules.get("X"), dict) and data.get("multiple"):
            data["rules"] = {**rules, "X": {**rules["X"], "mode": data["multiple"]}}
        elif isinstance(rules, dict) and "X" not in rules and data.get("multiple"):
            each = scorings.default().by_type[QuestionType.X]
            data["rules"] = {**rules, "X": {**each, "mode": data["multiple"]}}
        return data


class ScoringView(View):
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not policy_registry.get_by_type(Bank).user_has_permission(request.user, "change"):
            raise PermissionDenied
        self.bank = get_object_or_404(Bank, pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        now = scorings.rules_of([self.bank.pk])[self.bank.pk]
        said = {
            "seen": now.number,
            "multiple": now.by_type[QuestionType.X]["mode"],
            "rules": written(now.by_type),
            "source": now.source,
            "mark": now.mark,
        }
        return self._page(request, ScoringForm(initial=said))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = ScoringForm(request.POST)
        if not form.is_valid():
            return self._page(request, form)
        data = form.cleaned_data
        try:
            after = scorings.add_version(
                by=person_of(request), bank=self.bank, rules=data["rules"], source=data["source"], mark=data["mark"],
                seen=data["seen"],
            )  # fmt: skip
        except Conflict:
            now = scorings.rules_of([self.bank.pk])[self.bank.pk]
            form.data = {**request.POST.dict(), "seen": str(now.number)}
            form.add_error(
                None,
                _(
                    "Somebody else has made version %(number)s meanwhile; it stands below. What you typed is still "
                    "here: save again to make it the next version."
                )
                % {"number": now.number},
            )
            return self._page(request, form)
        except DomainError as error:
            form.add_error(error.params.get("field"), str(error))
            return self._page(request, form)
        if after.number == data["seen"]:
            messages.info(request, _("These rules count already, so there is no new version."))
        else:
            said = _("Version %(number)s counts for attempts opened from now on.")
            messages.success(request, said % {"number": after.number})
        return redirect(f"{NAMESPACE}:scoring", pk)

    def _page(self, request: HttpRequest, form: ScoringForm) -> HttpResponse:
        versions = list(self.bank.scorings.select_related("created_by").order_by("-number"))
        default = scorings.default()
        context = {
            "page_title": _("Scoring"),
            "page_subtitle": str(self.bank),
            "header_icon": "list-ol",
            "bank": self.bank,
            "form": form,
            "versions": [(row, written(row.rules)) for row in versions],
            "default": default,
            "default_rules": written(default.by_type),
            "edit_url": reverse(f"{NAMESPACE}:edit", args=[self.bank.pk]),
        }
        return render(request, "quizzes/admin/scoring.html", context)


def written(rules: Any) -> str:
    """Rules as their authors read them: a line for each type."""
    lines = [f'  "{type}": {json.dumps(dict(rule), ensure_ascii=False)}' for type, rule in rules.items()]
    return "{\n" + ",\n".join(lines) + "\n}"
