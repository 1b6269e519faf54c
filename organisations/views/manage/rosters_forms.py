"""Forms of a roster: the file, its columns."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from organisations.enums import RosterStage
from organisations.formats.columns import HEADER_WITHIN, Field
from organisations.models import Node, RosterImport
from organisations.scopes import Scope
from organisations.selectors import directory
from organisations.views.manage.fields import PlaceField
from organisations.views.manage.lists import ANY, FilterForm, SearchField


class UnitChoice(forms.ModelChoiceField):
    """Units, indented as they lie in the tree."""

    def label_from_instance(self, obj: Any) -> str:
        return "\u3000" * max(0, obj.depth - self.least) + obj.name

    least = 0


class RosterFileForm(forms.Form):
    unit = UnitChoice(
        label=_("Unit"), queryset=Node.objects.none(), to_field_name="public_id", empty_label=None,
        error_messages={"invalid_choice": _("Choose one of the units shown.")},
    )  # fmt: skip
    file = forms.FileField(
        label=_("File"),
        help_text=_("Excel (.xlsx, .xls) or .csv, at most 20 MB. Headings may stand in rows 1 to 5."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
        error_messages={
            "required": _("Choose the file that lists your people."),
            "empty": _("The file is empty. Save the sheet again and send that file."),
        },
    )

    def __init__(self, *args: Any, units: QuerySet[Node], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["unit"]
        field.queryset = units  # type: ignore[attr-defined]
        first = units.first()
        field.least = first.depth if first else 0  # type: ignore[attr-defined]


class RosterFilterForm(FilterForm):
    q = SearchField(label=_("File or sender"))
    stage = forms.ChoiceField(label=_("State"), choices=[*ANY, *RosterStage.choices], required=False)

    def __init__(self, data: Any, *, scope: Scope) -> None:
        super().__init__(data)
        places = directory.workplaces_of(scope)
        self.fields["place"] = PlaceField(places, label=_("Place and below"), required=False, empty_label=_("any"))


class ColumnsForm(forms.Form):
    """A field for every heading of every sheet (`column-<n>`), the sheets taken and their header rows."""

    effective_on = forms.DateField(
        label=_("Holds from"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The first day of changes for which the file gives no day of its own."),
    )
    is_complete = forms.BooleanField(
        label=_("This file lists everybody of the unit"),
        required=False,
        help_text=_(
            "Then whoever is not in it is taken to have left; you see them all before anything is entered. "
            "Do not tick it for a part of the list, such as rows that you have corrected."
        ),
    )

    def __init__(self, data: Any = None, *, roster: RosterImport) -> None:
        initial = {"effective_on": roster.effective_on, "is_complete": roster.is_complete}
        super().__init__(data, initial=initial)
        self.roster = roster
        self.headings: list[str] = []
        samples: dict[str, list[str]] = {}
        for number, sheet in enumerate(roster.sheets):
            self.fields[f"sheet-{number}"] = forms.BooleanField(
                label=sheet["name"], required=False, initial=sheet["is_taken"], disabled=not sheet["columns"]
            )
            self.fields[f"header-{number}"] = forms.IntegerField(
                label=_("Row of the headings"), min_value=1, max_value=HEADER_WITHIN, required=False,
                initial=sheet["header_row"] or None, widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )  # fmt: skip
            for heading in sheet["columns"]:
                if heading not in samples:
                    self.headings.append(heading)
                    samples[heading] = []
                samples[heading] += sheet["samples"].get(heading, [])[: 3 - len(samples[heading])]
        choices = [("", _("Leave out")), *Field.choices]
        for number, heading in enumerate(self.headings):
            self.fields[f"column-{number}"] = forms.ChoiceField(
                label=heading, choices=choices, required=False, initial=roster.mapping.get(heading, ""),
                help_text=" · ".join(samples[heading]),
            )  # fmt: skip

    @property
    def sheets(self) -> list[dict[str, Any]]:
        return [
            {**sheet, "take": self[f"sheet-{number}"], "header": self[f"header-{number}"]}
            for number, sheet in enumerate(self.roster.sheets)
        ]

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The columns of sheets that are taken, then those that stand in none of them; either may be missing."""
        several = sum(bool(sheet["columns"]) for sheet in self.roster.sheets) > 1
        groups: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
        for number, heading in enumerate(self.headings):
            where = [(n, sheet) for n, sheet in enumerate(self.roster.sheets) if heading in sheet["columns"]]
            is_taken = any(self[f"sheet-{n}"].value() for n, _sheet in where)
            names = [sheet["name"] for _n, sheet in where] if several else []
            groups[is_taken].append({"field": self[f"column-{number}"], "sheets": names})
        return [{"is_taken": taken, "columns": columns} for taken, columns in groups.items() if columns]

    def clean(self) -> dict[str, Any]:
        """Says at the columns themselves which of them are read as the same."""
        data = super().clean() or self.cleaned_data
        places = {heading: f"column-{number}" for number, heading in enumerate(self.headings)}
        twice: set[str] = set()
        for number, sheet in enumerate(self.roster.sheets):
            named: dict[str, list[str]] = {}
            for heading in sheet["columns"] if data.get(f"sheet-{number}") else []:
                if field := data.get(places[heading]):
                    named.setdefault(field, []).append(places[heading])
            twice |= {name for names in named.values() if len(names) > 1 for name in names}
        for name in sorted(twice):
            self.add_error(name, _("Two columns of a sheet are read as this. Choose “Leave out” for one of them."))
        return data

    @property
    def chosen(self) -> dict[str, Any]:
        """What `rosters.confirm_mapping` takes."""
        data = self.cleaned_data
        numbered = list(enumerate(self.roster.sheets))
        return {
            "mapping": {heading: data[f"column-{number}"] for number, heading in enumerate(self.headings)},
            "header_rows": {sheet["name"]: data[f"header-{n}"] for n, sheet in numbered if data[f"header-{n}"]},
            "sheets": [sheet["name"] for n, sheet in numbered if data[f"sheet-{n}"]],
            "is_complete": data["is_complete"],
            "effective_on": data["effective_on"],
        }
