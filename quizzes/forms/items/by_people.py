"""Parts that people mark."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.widgets import AdminAutoHeightTextInput

from quizzes.forms.items.base import ItemForm
from quizzes.grading import texts

MEGABYTE = 1024 * 1024


class EssayForm(ItemForm):
    PATHS = {
        "settings": "max_length", "settings.max_length": "max_length", "key": "guidance", "key.guidance": "guidance",
        "answer": "guidance",
    }  # fmt: skip
    first_field = "guidance"
    max_length = forms.IntegerField(
        label=_("Longest answer (characters)"), min_value=1, max_value=texts.ESSAY_LENGTH, initial=texts.ESSAY_LENGTH
    )
    guidance = forms.CharField(
        label=_("Guidance for the markers"),
        required=False,
        max_length=10_000,
        widget=AdminAutoHeightTextInput(attrs={"rows": 4}),
        help_text=_("Only those who mark see it. How many mark, and how, is a rule of the bank's scoring."),
    )

    def said_by(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return {**item["settings"], "guidance": item["key"].get("guidance", "")}

    def answer(self, data: Mapping[str, Any]) -> dict[str, Any]:
        return {"key": {"guidance": data["guidance"]}, "settings": {"max_length": data["max_length"]}}


class FileForm(ItemForm):
    PATHS = {
        "settings": "types", "settings.types": "types", "settings.max_bytes": "max_megabytes", "key": "guidance",
        "key.guidance": "guidance", "answer": "guidance",
    }  # fmt: skip
    first_field = "types"
    types = forms.MultipleChoiceField(
        label=_("Kinds of file that may be sent"),
        choices=[(kind, kind.upper()) for kind in texts.FILE_TYPES],
        widget=forms.CheckboxSelectMultiple,
        initial=list(texts.FILE_TYPES),
    )
    max_megabytes = forms.DecimalField(
        label=_("Largest file (MB)"),
        min_value=Decimal("0.01"),
        max_value=texts.MAX_FILE_BYTES // MEGABYTE,
        decimal_places=2,
        initial=Decimal(texts.MAX_FILE_BYTES // MEGABYTE),
    )
    guidance = EssayForm.base_fields["guidance"]

    def said_by(self, item: Mapping[str, Any]) -> dict[str, Any]:
        size = (Decimal(item["settings"]["max_bytes"]) / MEGABYTE).quantize(Decimal("0.01"))
        return {
            "types": item["settings"]["types"],
            "max_megabytes": max(size, Decimal("0.01")),
            "guidance": item["key"].get("guidance", ""),
        }

    def answer(self, data: Mapping[str, Any]) -> dict[str, Any]:
        most = int(data["max_megabytes"] * MEGABYTE)
        if self.before is not None and "max_megabytes" not in self.changed_data:
            most = self.before["settings"]["max_bytes"]
        types = [kind for kind in texts.FILE_TYPES if kind in data["types"]]
        if self.before is not None and set(types) == set(self.before["settings"]["types"]):
            types = self.before["settings"]["types"]
        return {"key": {"guidance": data["guidance"]}, "settings": {"types": types, "max_bytes": most}}
