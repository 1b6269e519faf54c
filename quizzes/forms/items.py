"""The parts of a question in the admin: keys are entered the way an author thinks of them."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, cast

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.admin.widgets import AdminAutoHeightTextInput
from wagtail.images import get_image_model
from wagtail.images.widgets import AdminImageChooser

from quizzes import grading
from quizzes.enums import FAMILIES, GROUPS, LOCKING, SEVERAL, QuestionType
from quizzes.grading import arrangements, hotspots, rubrics, texts
from quizzes.services.bank import FAULTS, MAX_ALT, ImageDraft, InvalidQuestion, ItemDraft

# As many options, pairs and regions as most questions have; the others are folded away.
USUAL_OPTIONS, USUAL_PAIRS, USUAL_REGIONS = 5, 5, 3
MEGABYTE = 1024 * 1024


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


_CORNER = re.compile(r"(\d{1,4}(?:\.\d+)?)\s*[,，]\s*(\d{1,4}(?:\.\d+)?)")


class HotspotForm(ItemForm):
    PATHS = {
        "settings": "points_allowed", "settings.points": "points_allowed", "key.tolerance": "tolerance",
        "key": "r1_shape", "answer": "r1_shape", "key.regions": "r1_shape",
    }  # fmt: skip
    first_field = "r1_shape"
    NUMBERS = range(1, hotspots.MAX_POINTS + 1)
    SIZES = ("x", "y", "rx", "ry")
    points_allowed = forms.IntegerField(
        label=_("How many points may be set"), min_value=1, max_value=hotspots.MAX_POINTS, initial=1
    )
    tolerance = forms.DecimalField(
        label=_("Tolerance"),
        min_value=0,
        max_value=hotspots.MAX_TOLERANCE,
        decimal_places=3,
        initial=Decimal(0),
        help_text=_("In thousandths of the picture's width and height: so far off still counts as hit."),
    )
    _LABELS = {"x": _("Centre, across"), "y": _("Centre, down"), "rx": _("Radius across"), "ry": _("Radius down")}
    for _number in NUMBERS:
        locals()[f"r{_number}_shape"] = forms.ChoiceField(
            label=format_lazy("{} {}", _("Region"), _number),
            required=False,
            choices=[("", _("no region")), ("ellipse", _("ellipse")), ("polygon", _("polygon"))],
        )
        for _name in SIZES:
            locals()[f"r{_number}_{_name}"] = forms.DecimalField(
                label=_LABELS[_name], required=False, min_value=0, max_value=hotspots.SIDE, decimal_places=3
            )
        locals()[f"r{_number}_corners"] = forms.CharField(
            label=_("Corners"), required=False, max_length=1000, help_text=_("Like 100,200 300,200 200,400.")
        )

    @property
    def regions(self) -> list[dict[str, Any]]:
        return [
            {
                "number": number,
                "shape": self[f"r{number}_shape"],
                "sizes": [self[f"r{number}_{name}"] for name in self.SIZES],
                "corners": self[f"r{number}_corners"],
            }
            for number in self.NUMBERS
        ]

    @property
    def usual_regions(self) -> list[dict[str, Any]]:
        return self.regions[: self._filled]

    @property
    def further_regions(self) -> list[dict[str, Any]]:
        return self.regions[self._filled :]

    @property
    def _filled(self) -> int:
        return max([USUAL_REGIONS, *(row["number"] for row in self.regions if row["shape"].value())])

    def said_by(self, item: Mapping[str, Any]) -> dict[str, Any]:
        said = {"points_allowed": item["settings"].get("points", 1), "tolerance": item["key"].get("tolerance", "0")}
        for number, region in enumerate(item["key"]["regions"], 1):
            said[f"r{number}_shape"] = region["shape"]
            if region["shape"] == "ellipse":
                said |= {f"r{number}_{name}": region[name] for name in self.SIZES}
            else:
                said[f"r{number}_corners"] = " ".join(",".join(corner) for corner in region["points"])
        return said

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for number in self.NUMBERS:
            shape, corners = data.get(f"r{number}_shape"), data.get(f"r{number}_corners") or ""
            for name in self.SIZES if shape == "ellipse" else ():
                if data.get(f"r{number}_{name}") is None and f"r{number}_{name}" not in self.errors:
                    self.add_error(f"r{number}_{name}", _("An ellipse needs its centre and both radii."))
            if shape == "polygon" and (_CORNER.sub("", corners).strip(" ,，;；") or not corners):
                self.add_error(f"r{number}_corners", _("Write the corners as pairs of numbers, like 100,200 300,200."))
        return data

    def answer(self, data: Mapping[str, Any]) -> dict[str, Any]:
        self.used = [number for number in self.NUMBERS if data.get(f"r{number}_shape")]
        regions: list[dict[str, Any]] = []
        for number in self.used:
            if data[f"r{number}_shape"] == "ellipse":
                sizes = {name: data[f"r{number}_{name}"] for name in self.SIZES}
                regions.append({"shape": "ellipse", **sizes})
            else:
                corners = [list(found) for found in _CORNER.findall(data[f"r{number}_corners"])]
                regions.append({"shape": "polygon", "points": corners})
        return {
            "key": {"regions": regions, "tolerance": data["tolerance"]},
            "settings": {"points": data["points_allowed"]},
        }

    def refuse(self, error: InvalidQuestion) -> None:
        if error.params.get("path") == "settings.points" and error.params.get("fault") == grading.Fault.TOO_FEW:
            self.add_error("points_allowed", _("There are more regions than points that may be set."))
        else:
            super().refuse(error)

    def _field_for(self, path: str) -> str | None:
        """“key.regions.2.rx” is the second region that was given, whatever its row."""
        found = re.fullmatch(r"key\.regions\.(\d+)(?:\.(\w+))?.*", path)
        if found and 1 <= int(found[1]) <= len(self.used):
            name = {"points": "corners"}.get(found[2] or "shape", found[2] or "shape")
            return f"r{self.used[int(found[1]) - 1]}_{name}"
        return super()._field_for(path)


class GradingForm(ItemForm):
    PATHS = {"settings": "rubric", "settings.rubric": "rubric", "key": "grade", "answer": "grade", "key.grade": "grade"}
    first_field = "rubric"
    rubric = forms.ChoiceField(
        label=_("Rubric"), help_text=_("After choosing another one press “Show what was chosen” to get its items.")
    )
    grade = forms.ChoiceField(
        label=_("Expert's grade"), required=False, help_text=_("Empty: the grade that the rubric's rule gives.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = rubrics.load()
        cast(forms.ChoiceField, self.fields["rubric"]).choices = [
            (name, f"{rubric.title} ({name})") for name, rubric in known.items()
        ]
        chosen = self["rubric"].value()
        rubric = known.get(str(chosen)) or next(iter(known.values()))
        self.initial.setdefault("rubric", rubric.name)
        self.rubric_data = rubric
        cast(forms.ChoiceField, self.fields["grade"]).choices = [
            ("", "–"),
            *((grade, grade) for grade in rubric.grades),
        ]
        for item in rubric.items:
            self.fields[f"met_{item.code}"] = forms.ChoiceField(
                label=item.text, choices=[("+", _("met")), ("-", _("not met"))], widget=forms.RadioSelect
            )

    @property
    def judged(self) -> list[Any]:
        return [self[f"met_{item.code}"] for item in self.rubric_data.items]

    def said_by(self, item: Mapping[str, Any]) -> dict[str, Any]:
        rubric = item["settings"]["rubric"]
        said = {"rubric": f"{rubric['id']}@{rubric['version']}", "grade": item["key"].get("grade", "")}
        return said | {f"met_{code}": "+" if met else "-" for code, met in item["key"]["met"].items()}

    def answer(self, data: Mapping[str, Any]) -> dict[str, Any]:
        key: dict[str, Any] = {"met": {item.code: data[f"met_{item.code}"] == "+" for item in self.rubric_data.items}}
        if data["grade"]:
            key["grade"] = data["grade"]
        return {"key": key, "settings": {"rubric": data["rubric"]}}


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


ITEM_FORMS: Mapping[str, type[ItemForm]] = {
    "choice": ChoiceForm,
    "number": NumberForm,
    "text": TextForm,
    "order": OrderForm,
    "match": MatchForm,
    "hotspot": HotspotForm,
    "grading": GradingForm,
    "essay": EssayForm,
    "file": FileForm,
}


class ImageForm(forms.Form):
    """A picture of the question. `item` is the row of the part that it belongs to, "" for the case."""

    image = forms.ModelChoiceField(
        label=_("Picture"), queryset=get_image_model().objects.all(), required=False, widget=AdminImageChooser
    )
    alt = forms.CharField(
        label=_("Description for those who do not see it"),
        required=False,
        max_length=MAX_ALT,
        help_text=_("What is to be seen, without giving the answer away."),
    )
    item = forms.ChoiceField(label=_("Belongs to"), required=False)
    remove = forms.BooleanField(label=_("Remove this picture"), required=False)

    def __init__(self, *args: Any, rows: int, **kwargs: Any) -> None:
        kwargs.setdefault("use_required_attribute", False)
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["item"]).choices = [
            ("", _("the case")),
            *((str(row), _("question %(number)s") % {"number": row + 1}) for row in range(rows)),
        ]
        if not rows:
            del self.fields["item"]

    @property
    def is_blank(self) -> bool:
        return bool(self.cleaned_data.get("remove") or not (self["image"].value() or self["alt"].value()))

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not data.get("remove"):
            if data.get("image") and not data.get("alt") and "alt" not in self.errors:
                self.add_error("alt", _("Describe the picture for those who do not see it."))
            if data.get("alt") and not data.get("image") and "image" not in self.errors:
                self.add_error("image", _("Choose the picture that this describes."))
        return data

    def draft(self, places: Mapping[int, int]) -> ImageDraft:
        """`places` of the parts by their rows; a picture of a removed part goes to the case."""
        row = self.cleaned_data.get("item")
        place = places.get(int(row)) if row else None
        return ImageDraft(image=self.cleaned_data["image"].pk, alt=self.cleaned_data["alt"], item=place)
