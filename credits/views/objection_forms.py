"""Forms of objections: what is not right, and what a reviewer answers."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cms.shared.errors import NotFound
from credits.enums import ObjectionOutcome, Remedy
from credits.models import Entry, EntryObjection
from credits.selectors.objections import Case
from credits.services import objections as services
from organisations.models import Person
from organisations.views.manage import lists


class ObjectionForm(forms.Form):
    text = forms.CharField(
        label=_("What is not right, and how it should be"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("The reviewer sees the entry and what the server measured beside it."),
        error_messages={"required": services.NothingSaid.message},
    )


class MissingForm(ObjectionForm):
    """For something that was done and is not in the book."""

    year = forms.TypedChoiceField(label=_("Year"), coerce=int)
    rule_set = forms.ChoiceField(label=_("Rules"))
    field_order = ("year", "rule_set", "text")

    def __init__(self, *args: Any, years: list[int], rule_sets: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("year", [(year, str(year)) for year in years]), ("rule_set", rule_sets)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
            field.choices = choices


class ObjectionFilterForm(lists.FilterForm):
    q = lists.SearchField(label=_("Name, user name or words"))
    state = forms.ChoiceField(
        label=_("State"),
        choices=[
            *lists.ANY,
            ("open", _("to be answered")),
            ("overdue", _("overdue")),
            ("mine", _("to be answered at my level")),
            ("answered", _("answered")),
        ],
        required=False,
    )


class AnswerForm(forms.Form):
    """Rejected, or upheld by one of the remedies that the case allows."""

    decision = forms.ChoiceField(
        label=_("Decision"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what happens with the objection.")},
    )
    text = forms.CharField(
        label=pgettext_lazy("to a person", "Answer"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The person reads it. Where the book changes, it stands there as the reason."),
        error_messages={"required": services.ReasonMissing.message},
    )

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case = case
        choices: list[tuple[str, Any]] = []
        if case.may_take_back:
            choices.append((Remedy.TAKE_BACK.value, _("Upheld: take this entry back")))
        if case.may_record_again:
            choices.append((Remedy.RECORD_AGAIN.value, _("Upheld: record the activity again as it was")))
        for entry in case.mended_by:
            choices.append((str(entry.public_id), self._named(entry)))
        choices.append((ObjectionOutcome.REJECTED.value, _("Rejected: the book stays as it is")))
        field = self.fields["decision"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = choices

    @staticmethod
    def _named(entry: Entry) -> str:
        told = {"title": entry.title, "day": entry.ends_on.isoformat()}
        if entry.reverses_id is not None:
            return str(_("Upheld: mended by taking back “%(title)s” (%(day)s)") % told)
        return str(_("Upheld: mended by the entry “%(title)s” (%(day)s)") % told)

    def decide(self, by: Person) -> EntryObjection:
        """Raises what the services raise."""
        decision, text = self.cleaned_data["decision"], self.cleaned_data["text"]
        objection = self.case.objection
        if decision == ObjectionOutcome.REJECTED:
            return services.reject(by=by, objection=objection, text=text)
        if decision in (Remedy.TAKE_BACK, Remedy.RECORD_AGAIN):
            return services.uphold(by=by, objection=objection, text=text, remedy=Remedy(decision))
        named = next((entry for entry in self.case.mended_by if str(entry.public_id) == decision), None)
        if named is None:
            raise NotFound
        return services.uphold(by=by, objection=objection, text=text, remedy=Remedy.NAMED, correction=named)
