"""Forms of the register of accredited projects. What is right or wrong the service says, at the field concerned."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cms.shared.errors import DomainError
from credits import registry
from credits.forms import ProjectTerms, add_project_problems, project_terms
from credits.models import Project
from credits.registry import Stated, TermKind
from credits.selectors import projects as selectors
from credits.services import projects
from organisations.views.manage.fields import DayField, ReasonField
from organisations.views.manage.lists import ANY, FilterForm, SearchField


class ProjectFilterForm(FilterForm):
    q = SearchField(label=_("Number, title or organiser"))
    year = forms.TypedChoiceField(label=_("Year"), coerce=int, empty_value=None, required=False)
    level = forms.ChoiceField(label=_("Level"), required=False)
    state = forms.ChoiceField(
        label=_("State"),
        choices=[*ANY, *((state.value, label) for state, label in selectors.STATES if state != "full")],
        required=False,
    )

    def __init__(self, data: Any, *, years: list[int]) -> None:
        super().__init__(data)
        offered: dict[str, list[tuple[Any, Any]]] = {
            "year": [(year, str(year)) for year in years],
            "level": project_terms(TermKind.LEVEL),
        }
        for name, choices in offered.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
            field.choices = [*ANY, *choices]


def _text(name: str, label: Any, *, required: bool = False, help_text: Any = "") -> forms.CharField:
    return forms.CharField(label=label, max_length=registry.LENGTHS[name], required=required, help_text=help_text)


def _figure(label: Any, *, help_text: Any = "") -> forms.DecimalField:
    return forms.DecimalField(label=label, required=False, help_text=help_text)


class ProjectForm(ProjectTerms, forms.Form):
    """A project as the authority's notice has it. `before`: the one that is changed."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    number = _text(
        "number", _("Project number"), required=True, help_text=_("As it was published, with what is in brackets.")
    )
    year = forms.IntegerField(label=_("Year"))
    title = _text("title", _("Title"), required=True)
    level = _text("level", _("Level"), required=True)
    kind = _text("kind", _("Kind"))
    form = _text("form", pgettext_lazy("project", "Form"))
    discipline = _text("discipline", _("Discipline"))
    subdiscipline = _text("subdiscipline", _("Subdiscipline"))
    begins = DayField(label=_("First day"), initial=None)
    ends = DayField(label=_("Last day"), initial=None, help_text=_("Nothing is granted for what lies outside."))
    days = forms.IntegerField(
        label=_("Days of teaching"), required=False, help_text=_("Empty: every day from the first to the last.")
    )
    place = _text("place", _("Where it is held"))
    theory_hours = _figure(_("Hours of theory"))
    practice_hours = _figure(_("Hours of practice"))
    hours = _figure(_("Hours in total"), help_text=_("Theory and practice together; empty: their sum."))
    credits = _figure(_("Credits"), help_text=_("As approved. What is granted follows the rules, not this figure."))
    quota = forms.IntegerField(
        label=pgettext_lazy("project", "Places"),
        required=False,
        help_text=_("Learners count once each, lecturers do not. Empty: no limit."),
    )
    organiser = _text("organiser", _("Organiser"), required=True)
    person_in_charge = _text("person_in_charge", _("Person in charge"), help_text=_("The name. No phone is kept."))
    remark = _text("remark", _("Remark"))

    def __init__(self, data: Any, *, before: Project | None = None) -> None:
        self.before = before
        super().__init__(data, initial=_initial(before))
        stored = {} if before is None else {kind.value: getattr(before, kind.value) for kind in TermKind}
        self.offer_terms(stored)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                projects.check(self.stated(), before=self.before)
            except DomainError as error:
                add_project_problems(self, error)
        return cleaned

    def stated(self) -> Stated:
        return Stated(**{name: self.cleaned_data[name] for name in registry.FIELDS})

    @property
    def seen_changes(self) -> int:
        return -1 if self.cleaned_data["seen"] is None else int(self.cleaned_data["seen"])


def _initial(before: Project | None) -> dict[str, Any]:
    if before is None:
        return {}
    return {name: getattr(before, name) for name in registry.FIELDS} | {"seen": before.changes}


class CloseForm(forms.Form):
    seen = forms.IntegerField(widget=forms.HiddenInput)
    on = DayField(label=_("First day on which it does not hold any more"))
    reason = ReasonField(
        label=_("Why"),
        help_text=_("It stands on the page of the project and in the log: which notice, whose decision."),
    )


class ReopenForm(forms.Form):
    seen = forms.IntegerField(widget=forms.HiddenInput)
