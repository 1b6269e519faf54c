"""What narrows a year of a place, and the people of it. Nothing here is a name: it may stand in an address."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credits.enums import JudgementState
from credits.selectors import texts
from credits.selectors.overview_figures import edges
from credits.selectors.overview_pages import Asked
from credits.selectors.overview_people import ANY, Cell
from organisations.enums import EmploymentKind, PersonState, ProfessionalTitle
from organisations.views.manage import lists


class YearForm(forms.Form):
    """Shows what was understood, not what was typed."""

    year = forms.ChoiceField(label=gettext_lazy("Year"))
    rules = forms.ChoiceField(label=gettext_lazy("Rules"))
    title = forms.ChoiceField(
        label=gettext_lazy("Professional title"), choices=[*lists.ANY, *ProfessionalTitle.choices], required=False
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of employment"), choices=[*lists.ANY, *EmploymentKind.choices], required=False
    )

    def __init__(self, asked: Asked, **more: Any) -> None:
        super().__init__(initial=asked.values, **more)
        self._offer("year", [(str(year), str(year)) for year in asked.years])
        self._offer("rules", asked.rule_sets)

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = choices


class PeopleForm(YearForm):
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False)
    short = forms.ChoiceField(label=gettext_lazy("Missing credits"), required=False)

    def __init__(self, asked: Asked, cell: Cell) -> None:
        super().__init__(asked)
        self.initial = {**asked.values, "state": cell.state, "short": cell.short}
        away = [(state.value, str(state.label)) for state in PersonState if state != PersonState.ACTIVE]
        self._offer("state", [("", _("any")), *((state.value, texts.state(state)) for state in JudgementState), *away])
        required = asked.question.required
        parts = enumerate(edges(required), 1) if required else ()
        some = [(str(part), within(low, most)) for part, (low, most) in parts]
        self._offer("short", [("", _("any")), *([(ANY, _("some are missing"))] if some else []), *some])


def within(low: Any, most: Any) -> str:
    """A part of what may be missing in words."""
    return _("more than %(low)s, at most %(most)s") % {"low": texts.plain(low), "most": texts.plain(most)}
