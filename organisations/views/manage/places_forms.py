"""Forms around one place. They check what was typed; services write."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from organisations.enums import HospitalLevel, NodeKind
from organisations.models import Node
from organisations.views.manage.fields import PlaceField, day_after, first_day
from organisations.views.manage.lists import ANY, FilterForm, SearchField


class PlaceFilterForm(FilterForm):
    q = SearchField(label=_("Name or code"))
    kind = forms.ChoiceField(label=_("Kind"), choices=[*ANY, *NodeKind.choices], required=False)
    level = forms.ChoiceField(label=_("Hospital level"), choices=[*ANY, *HospitalLevel.choices], required=False)
    closed = forms.BooleanField(label=_("with closed ones"), required=False)


class PlaceForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    name_en = forms.CharField(label=_("English name"), max_length=160, required=False)
    code = forms.CharField(label=_("Code"), max_length=20, help_text=_("Division or unit code"))
    level = forms.ChoiceField(label=_("Hospital level"), choices=[("", "–"), *HospitalLevel.choices], required=False)


def _city_field(cities: "QuerySet[Node]") -> PlaceField:
    return PlaceField(
        cities,
        label=_("For the members of"),
        required=False,
        empty_label=_("no city of its own"),
        help_text=_("Units of this city propose the branch to their people."),
    )


class ChangePlaceForm(PlaceForm):
    """`cities` are given for a city branch only."""

    on = first_day(label=_("Holds from"))

    def __init__(self, data: Any = None, *, cities: "QuerySet[Node] | None", **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        if cities is not None:
            self.fields["city"] = _city_field(cities)
            self.order_fields(["name", "name_en", "code", "level", "city", "on"])


class NewPlaceForm(PlaceForm):
    on = first_day(label=_("Open since"), required=False, initial=None, help_text=_("Leave empty if it always was."))

    def __init__(self, data: Any = None, *, kinds: list[NodeKind], cities: "QuerySet[Node]") -> None:
        super().__init__(data)
        self.fields["kind"] = forms.ChoiceField(label=_("Kind"), choices=[(kind.value, kind.label) for kind in kinds])
        if NodeKind.BRANCH in kinds:
            self.fields["city"] = _city_field(cities)
        self.order_fields(["kind", "name", "name_en", "code", "level", "city", "on"])


class MoveForm(forms.Form):
    on = first_day(label=_("Holds from"))

    def __init__(self, data: Any = None, *, homes: "QuerySet[Node]") -> None:
        super().__init__(data)
        self.fields["parent"] = PlaceField(homes, label=_("Below"))
        self.order_fields(["parent", "on"])


class MergeForm(forms.Form):
    on = first_day(label=_("Day of the merger"))

    def __init__(self, data: Any = None, *, twins: "QuerySet[Node]") -> None:
        super().__init__(data)
        self.fields["target"] = PlaceField(twins, label=_("Goes up in"))
        self.order_fields(["target", "on"])


class CloseForm(forms.Form):
    on = day_after(label=_("First day on which it is closed"))


class ReopenForm(forms.Form):
    on = first_day(label=_("First day on which it is open again"))
