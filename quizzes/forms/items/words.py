"""Parts answered in letters, numbers and words."""

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from quizzes import grading
from quizzes.enums import SEVERAL, QuestionType
from quizzes.forms.items.base import (
    USUAL_OPTIONS,
    USUAL_PAIRS,
    ItemForm,
    lines,
    option_fields,
    scrambled,
    typed_options,
)
from quizzes.grading import arrangements, texts


class ChoiceForm(ItemForm):
    PATHS = {"options": "option_a", "answer": "right", "key": "right", "key.weights": "right"}
    first_field = "right"
    # The words of the options that a B1 group shares, by letter.
    shared: Mapping[str, str] = MappingProxyType({})
    locals().update(option_fields("option"))
    right = forms.MultipleChoiceField(
        label=_("Right"), required=False, choices=[(letter, letter) for letter in grading.LETTERS]
    )
    locals().update(
        {
            f"weight_{letter.lower()}": forms.DecimalField(
                label=format_lazy("{} {}", _("Weight"), letter),
                required=False,
                min_value=Decimal("0.01"),
                max_value=100,
                decimal_places=2,
            )
            for letter in grading.LETTERS
        }
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for letter in grading.LETTERS:
            if self.type in (QuestionType.B1, QuestionType.TRUE_FALSE):
                del self.fields[f"option_{letter.lower()}"]
            if self.type != QuestionType.CASE:
                del self.fields[f"weight_{letter.lower()}"]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What the template shows of each option; `is_right` from what was ticked."""
        ticked = self["right"].value() or []
        words = {"A": _("True"), "B": _("False")} if self.type == QuestionType.TRUE_FALSE else self.shared
        return [
            {
                "letter": letter,
                "words": words.get(letter, ""),
                "option": self[f"option_{letter.lower()}"] if f"option_{letter.lower()}" in self.fields else None,
                "weight": self[f"weight_{letter.lower()}"] if f"weight_{letter.lower()}" in self.fields else None,
                "is_right": letter in ticked,
                "is_usual": place < max(USUAL_OPTIONS, self._filled),
            }
            for place, letter in enumerate(grading.LETTERS)
            if letter in "AB" or self.type != QuestionType.TRUE_FALSE
        ]

    @property
    def usual_rows(self) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["is_usual"]]

    @property
    def further_rows(self) -> list[dict[str, Any]]:
        return [row for row in self.rows if not row["is_usual"]]

    @property
    def _filled(self) -> int:
        """How many options are in use; a case analysis has at least six."""
        least = grading.KINDS[self.type].min_options
        named = [f"option_{letter.lower()}" for letter in grading.LETTERS]
        used = [place for place, name in enumerate(named, 1) if name in self.fields and self[name].value()]
        return max([least, *used])

    @property
    def is_several(self) -> bool:
        return self.type in SEVERAL

    def said_by(self, item: Mapping[str, Any]) -> dict[str, Any]:
        key = item["key"]
        right, weights = (key, {}) if isinstance(key, str) else (key["right"], key.get("weights", {}))
        said: dict[str, Any] = {"right": list(right)}
        said |= {
            f"option_{letter.lower()}": text for letter, text in zip(grading.LETTERS, item["options"], strict=False)
        }
        return said | {f"weight_{letter.lower()}": weight for letter, weight in weights.items()}

    def answer(self, data: Mapping[str, Any]) -> dict[str, Any]:
        right = "".join(sorted(data["right"]))
        weights = {
            letter: data[f"weight_{letter.lower()}"]
            for letter in grading.LETTERS
            if data.get(f"weight_{letter.lower()}") is not None
        }
        return {
            "key": {"right": right, "weights": weights} if weights else right,
            "options": typed_options(data, "option"),
        }


class NumberForm(ItemForm):
    PATHS = {
        "key": "number", "answer": "number", "key.number": "number", "key.tolerance": "tolerance",
        "key.tolerance_is": "tolerance_is", "key.unit": "unit", "settings.units": "units", "settings": "units",
    }  # fmt: skip
    first_field = "number"
    number = forms.DecimalField(label=_("Right number"), max_digits=24, decimal_places=12)
    unit = forms.CharField(
        label=_("Its unit"), required=False, max_length=20, help_text=_("kV, mAs, mGy … Empty if none is asked for.")
    )
    units = forms.CharField(
        label=_("Units offered"),
        required=False,
        help_text=_(
            "Separated by commas, in the order shown. With several the unit is part of the answer; related ones are "
            "converted (0.12 MV is 120 kV)."
        ),
    )
    tolerance = forms.DecimalField(
        label=_("Tolerance"), min_value=0, max_digits=24, decimal_places=12, initial=Decimal(0)
    )
    tolerance_is = forms.ChoiceField(
        label=_("The tolerance is"),
        choices=[("absolute", _("in the unit of the number")), ("percent", _("percent of the number"))],
        initial="absolute",
    )

    def said_by(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return {**item["key"], "units": ", ".join(item["settings"].get("units", []))}

    def answer(self, data: Mapping[str, Any]) -> dict[str, Any]:
        unit = data["unit"].strip()
        units = [part.strip() for part in re.split(r"[,，、;；]", data["units"]) if part.strip()]
        if unit and unit not in units:
            units = [unit, *units]
        key = {"number": data["number"], "unit": unit, "tolerance": data["tolerance"]}
        return {"key": {**key, "tolerance_is": data["tolerance_is"]}, "settings": {"units": units}}


class TextForm(ItemForm):
    PATHS = {
        "key": "accepted", "answer": "accepted", "key.accepted": "accepted", "settings": "max_length",
        "settings.max_length": "max_length",
    }  # fmt: skip
    first_field = "accepted"
    accepted = forms.CharField(
        label=_("Accepted answers, one a line"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Full-width and half-width, capitals and blanks make no difference."),
    )
    max_length = forms.IntegerField(
        label=_("Longest answer (characters)"), min_value=1, max_value=500, initial=texts.SHORT_LENGTH
    )

    def said_by(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return {"accepted": "\n".join(item["key"]["accepted"]), **item["settings"]}

    def answer(self, data: Mapping[str, Any]) -> dict[str, Any]:
        return {"key": {"accepted": lines(data["accepted"])}, "settings": {"max_length": data["max_length"]}}


class OrderForm(ItemForm):
    PATHS = {"options": "ordered", "key": "ordered", "answer": "ordered"}
    first_field = "ordered"
    ordered = forms.CharField(
        label=_("The steps in their right order, one a line"),
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Learners see them in another order."),
    )

    def said_by(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return {"ordered": "\n".join(item["options"][grading.LETTERS.index(letter)] for letter in item["key"])}

    def answer(self, data: Mapping[str, Any]) -> dict[str, Any]:
        steps = lines(data["ordered"])
        options = scrambled(steps, self.before["options"] if self.before else ())
        if len(set(steps)) != len(steps) or len(steps) > len(grading.LETTERS):
            return {"key": "", "options": tuple(steps)}  # refused by the service, in its words
        return {"key": "".join(grading.LETTERS[options.index(step)] for step in steps), "options": options}


class MatchForm(ItemForm):
    PATHS = {
        "options": "match_1", "key": "match_1", "answer": "match_1", "settings": "prompt_1",
        "settings.prompts": "prompt_1", "settings.repeats": "repeats",
    }  # fmt: skip
    first_field = "prompt_1"
    NUMBERS = range(1, len(grading.LETTERS) + 1)
    for _number in NUMBERS:
        locals()[f"prompt_{_number}"] = forms.CharField(
            label=format_lazy("{} {}", _("Left side"), _number), required=False, max_length=1000
        )
        locals()[f"match_{_number}"] = forms.CharField(
            label=format_lazy("{} {}", _("What fits it"), _number), required=False, max_length=1000
        )
    others = forms.CharField(
        label=_("Further options that fit nothing, one a line"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    repeats = forms.BooleanField(label=_("An option may be used more than once"), required=False)

    @property
    def pairs(self) -> list[tuple[Any, Any]]:
        return [(self[f"prompt_{number}"], self[f"match_{number}"]) for number in self.NUMBERS]

    @property
    def usual_pairs(self) -> list[tuple[Any, Any]]:
        return self.pairs[: self._filled]

    @property
    def further_pairs(self) -> list[tuple[Any, Any]]:
        return self.pairs[self._filled :]

    @property
    def _filled(self) -> int:
        return max([USUAL_PAIRS, *(number for number, row in enumerate(self.pairs, 1) if any(f.value() for f in row))])

    def said_by(self, item: Mapping[str, Any]) -> dict[str, Any]:
        chosen = arrangements.pairs(item["key"])
        said: dict[str, Any] = {"repeats": item["settings"].get("repeats", False)}
        for number, prompt in enumerate(item["settings"]["prompts"], 1):
            said[f"prompt_{number}"] = prompt
            said[f"match_{number}"] = item["options"][grading.LETTERS.index(chosen[number])]
        used = set(chosen.values())
        free = [text for letter, text in zip(grading.LETTERS, item["options"], strict=False) if letter not in used]
        return said | {"others": "\n".join(free)}

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for number in self.NUMBERS:
            one, other = data.get(f"prompt_{number}"), data.get(f"match_{number}")
            if bool(one) != bool(other):
                empty = f"match_{number}" if one else f"prompt_{number}"
                self.add_error(empty, _("Both sides of a pair are needed."))
        return data

    def answer(self, data: Mapping[str, Any]) -> dict[str, Any]:
        rows = [(data[f"prompt_{n}"], data[f"match_{n}"]) for n in self.NUMBERS if data[f"prompt_{n}"]]
        wanted = list(dict.fromkeys([match for _prompt, match in rows] + lines(data["others"])))
        options = scrambled(wanted, self.before["options"] if self.before else ())
        settings = {"prompts": [prompt for prompt, _match in rows], "repeats": data["repeats"]}
        if len(options) > len(grading.LETTERS):
            return {"key": "", "options": options, "settings": settings}  # refused by the service, in its words
        key = ",".join(f"{n}{grading.LETTERS[options.index(match)]}" for n, (_p, match) in enumerate(rows, 1))
        return {"key": key, "options": options, "settings": settings}
