"""Fields that the pages of people and units share."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from organisations.models import Node


class PlaceField(forms.ModelChoiceField):
    """One of the places given, indented as they lie in their tree; sent by public id."""

    def __init__(self, places: "QuerySet[Node]", **kwargs: Any) -> None:
        super().__init__(queryset=places, to_field_name="public_id", **kwargs)
        self._top: int | None = None

    def label_from_instance(self, obj: Any) -> str:
        if self._top is None:
            self._top = obj.depth  # the first in the order of the tree
        return "\u3000" * max(0, obj.depth - self._top) + obj.name


class NewDepartmentField(forms.CharField):
    """A department that the unit does not have yet: it is added; one that it has is found by its name."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Other, new department"))
        kwargs.setdefault("help_text", _("Only if it is not in the list: it is added to the places of the unit."))
        super().__init__(max_length=60, required=False, **kwargs)


class DayField(forms.DateField):
    """A day, typed or picked; today if nothing else is said."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("initial", timezone.localdate)
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(widget=widget, input_formats=["%Y-%m-%d"], **kwargs)


class ReasonField(forms.CharField):
    """Why something is done: written to the log."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Reason"))
        kwargs.setdefault("help_text", _("It is written to the log."))
        super().__init__(max_length=200, **kwargs)


class ProofField(forms.FileField):
    """A scan or photograph. What it is is decided by its content (`services.proofs`)."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", pgettext_lazy("paper", "Proof"))
        kwargs.setdefault("help_text", _("PDF, JPEG or PNG, at most 10 MB. It is stored privately."))
        widget = forms.FileInput(attrs={"accept": "application/pdf,image/jpeg,image/png"})
        super().__init__(required=False, widget=widget, max_length=200, **kwargs)


def first_day(**kwargs: Any) -> DayField:
    return DayField(**{"label": _("First day"), **kwargs})


def day_after(**kwargs: Any) -> DayField:
    """The first day of the time after: ends are half-open, everywhere."""
    return DayField(**{"label": _("First day without it"), **kwargs})
