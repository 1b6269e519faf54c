"""Parts answered on a picture, and the pictures of a question."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.images import get_image_model
from wagtail.images.widgets import AdminImageChooser

from quizzes import grading
from quizzes.forms.items.base import USUAL_REGIONS, ItemForm
from quizzes.grading import hotspots, rubrics
from quizzes.services.bank import MAX_ALT, ImageDraft, InvalidQuestion

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
