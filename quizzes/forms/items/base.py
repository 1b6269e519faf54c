"""What the parts of a question share in the admin."""

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.admin.widgets import AdminAutoHeightTextInput

from quizzes import grading
from quizzes.enums import FAMILIES, GROUPS, LOCKING, QuestionType
from quizzes.services.bank import FAULTS, InvalidQuestion, ItemDraft

# As many options, pairs and regions as most questions have; the others are folded away.
USUAL_OPTIONS, USUAL_PAIRS, USUAL_REGIONS = 5, 5, 3


def option_fields(prefix: str) -> dict[str, forms.Field]:
    return {
        f"{prefix}_{letter.lower()}": forms.CharField(
            label=format_lazy("{} {}", _("Option"), letter), required=False, max_length=1000
        )
        for letter in grading.LETTERS
    }


def typed_options(data: Mapping[str, Any], prefix: str) -> tuple[str, ...]:
    """The options from A on, up to the last one that was filled."""
    found = [data.get(f"{prefix}_{letter.lower()}") or "" for letter in grading.LETTERS]
    while found and not found[-1]:
        found.pop()
    return tuple(found)


def scrambled(options: Sequence[str], before: Sequence[str]) -> tuple[str, ...]:
    """`options` in an order that does not give the key away: as before, or one that follows from the texts."""
    if sorted(options) == sorted(before):
        return tuple(before)
    found = sorted(options, key=lambda text: hashlib.sha256(text.encode()).digest())
    if len(found) > 1 and found == list(options):
        found = [*found[1:], found[0]]
    return tuple(found)


def lines(typed: str) -> list[str]:
    return [line.strip() for line in typed.splitlines() if line.strip()]


class ItemForm(forms.Form):
    """One thing to answer. `before` is the item that it goes on (stored form), None for a new one."""

    id = forms.CharField(required=False, widget=forms.HiddenInput)
    stem = forms.CharField(label=_("Question"), required=False, widget=AdminAutoHeightTextInput(attrs={"rows": 2}))
    reveal = forms.CharField(
        label=_("New information"),
        required=False,
        widget=AdminAutoHeightTextInput(attrs={"rows": 2}),
        help_text=_("Told before this question opens; the question before can then no longer be changed."),
    )
    explanation = forms.CharField(
        label=_("Explanation"),
        required=False,
        widget=AdminAutoHeightTextInput(attrs={"rows": 2}),
        help_text=_("Shown with the right answer once the review is allowed."),
    )
    points = forms.DecimalField(
        label=_("Points"), max_digits=5, decimal_places=2, min_value=Decimal("0.01"), max_value=100, initial=Decimal(1)
    )
    order = forms.IntegerField(label=_("Place in the group"), required=False, min_value=1, max_value=99)
    remove = forms.BooleanField(label=_("Remove this question"), required=False)

    # Path that a refusal names → field; the longest beginning counts.
    PATHS: Mapping[str, str] = {}
    first_field = "explanation"

    def __init__(self, *args: Any, type: str, before: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        self.type, self.before = QuestionType(type), before
        kwargs.setdefault("use_required_attribute", False)
        if before is not None:
            said = {name: before[name] for name in ("id", "stem", "reveal", "explanation", "points")}
            kwargs["initial"] = {**said, **self.said_by(before), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self.empty_permitted = self.type in GROUPS and before is None
        if self.type not in GROUPS:
            for name in ("id", "stem", "order", "remove"):
                del self.fields[name]
        if self.type not in LOCKING:
            del self.fields["reveal"]

    @property
    def family(self) -> str:
        return FAMILIES[self.type]

    @property
    def template(self) -> str:
        return f"quizzes/admin/items/{self.family}.html"

    @property
    def is_blank(self) -> bool:
        return self.empty_permitted and not self.has_changed()

    def said_by(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """What the fields of this family are to show of a stored item."""
        return {}

    def answer(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """key, options and settings of the draft."""
        return {"key": ""}

    def draft(self) -> ItemDraft:
        data = self.cleaned_data
        return ItemDraft(
            id=data.get("id", ""),
            stem=data.get("stem", ""),
            reveal=data.get("reveal", ""),
            explanation=data["explanation"],
            points=data["points"],
            **self.answer(data),
        )

    def refuse(self, error: InvalidQuestion) -> None:
        """Show what the service found wrong at the field that it means, by the field's own name."""
        path = str(error.params.get("path") or error.params["field"])
        name = self._field_for(path) or self._field_for(str(error.params["field"])) or self.first_field
        said = str(error)
        fault = error.params.get("fault")
        if fault and self.family != "choice":
            said = str(FAULTS[grading.Fault(fault)]) % {"path": self.fields[name].label or name}
        self.add_error(name, said)

    def _field_for(self, path: str) -> str | None:
        if path in self.fields:
            return path
        found = [begin for begin in self.PATHS if path == begin or path.startswith(f"{begin}.")]
        return self.PATHS[max(found, key=len)] if found else None
