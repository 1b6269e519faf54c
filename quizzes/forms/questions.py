"""The question form of the Wagtail admin: it follows the type, writes through services and never changes a revision."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.widgets import AdminAutoHeightTextInput
from wagtail.images import get_image_model

from cms.shared.errors import DomainError
from quizzes import grading
from quizzes.enums import FAMILIES, GROUPS, QuestionType
from quizzes.forms.items import ITEM_FORMS, USUAL_OPTIONS, ImageForm, option_fields, typed_options
from quizzes.models import Question, QuestionRevision
from quizzes.models.bank import QUESTION_TYPES
from quizzes.models.classification import (
    Classification,
    body_part_choices,
    modality_choices,
    syllabus,
    syllabus_choices,
)
from quizzes.services import bank, questions
from quizzes.services.bank import MAX_ITEMS

MAX_IMAGES = 12
# Types with the same fields: an author who took the wrong one may still change it.
ALIKE = (
    (QuestionType.A1, QuestionType.A2, QuestionType.X),
    (QuestionType.A3, QuestionType.A4),
)
# What is asked about a picture cannot be answered without one.
NEED_PICTURE = frozenset({QuestionType.HOTSPOT, QuestionType.IMAGE_GRADING})


class QuestionForm(WagtailAdminModelForm):
    """Fields of the question and of its next revision. `seen` is the revision that the author started from.

    `items` and `images` are its parts. `more` gives them one more empty row each, to show again what was typed.
    """

    data: Any
    seen = forms.IntegerField(label="", widget=forms.HiddenInput, required=False)
    type = forms.ChoiceField(label=_("Question type"), choices=QUESTION_TYPES)
    stem = forms.CharField(label=_("Stem"), widget=AdminAutoHeightTextInput(attrs={"rows": 2}))
    locals().update(option_fields("shared"))
    difficulty = forms.IntegerField(
        label=_("Difficulty"), initial=2, min_value=1, max_value=5, help_text=_("1 is easy, 5 is hard.")
    )
    source = forms.CharField(label=_("Source"), required=False, max_length=200)
    licence = forms.CharField(label=_("Licence"), required=False, max_length=60)
    syllabus_codes = forms.MultipleChoiceField(
        label=_("Syllabus"), required=False, choices=syllabus_choices, widget=forms.CheckboxSelectMultiple
    )
    modality = forms.ChoiceField(label=_("Modality"), required=False, choices=lambda: [("", "–"), *modality_choices()])
    body_part = forms.ChoiceField(
        label=_("Body part"), required=False, choices=lambda: [("", "–"), *body_part_choices()]
    )

    class Meta:
        model = Question
        fields = ("bank", "code", "subject", "modality", "body_part", "bloom")

    def __init__(
        self, data: Any = None, files: Any = None, *args: Any, type: str = "", more: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(data, files, *args, **kwargs)
        self.current = self.instance.current if self.instance.pk else None
        said = str(self.data.get(self.add_prefix("type"), "")) if self.is_bound else ""
        self.chosen_type = QuestionType.A1
        for named in (said, type, self.current.type if self.current else ""):
            if named in set(QuestionType):
                self.chosen_type = QuestionType(named)
                break
        if self.current and self.chosen_type not in self._alike(self.current.type):
            self.chosen_type = QuestionType(self.current.type)
        self._narrow()
        if self.current:
            self._start()
        self._make_parts(more)

    @staticmethod
    def _alike(type: str) -> tuple[QuestionType, ...]:
        return next((group for group in ALIKE if type in group), (QuestionType(type),))

    def _narrow(self) -> None:
        """Leave the fields of the type."""
        alike = self._alike(self.chosen_type)
        self.initial["type"] = self.chosen_type
        cast(forms.ChoiceField, self.fields["type"]).choices = [
            (type, label) for type, label in QUESTION_TYPES if type in alike
        ]
        if len(alike) == 1:
            self.fields["type"].widget = forms.HiddenInput()
        if self.chosen_type != QuestionType.B1:
            for name in option_fields("shared"):
                del self.fields[name]
        if self.chosen_type == QuestionType.B1:
            self.fields["stem"].required = False
        if self.is_group:
            self.fields["stem"].label = _("Shared text") if self.chosen_type == QuestionType.B1 else _("Case")

    def _start(self) -> None:
        for name in ("bank", "code"):
            self.fields[name].disabled = True
        revision = cast(QuestionRevision, self.current)
        self.initial |= {"seen": revision.number, "syllabus_codes": self.instance.syllabus_codes}
        for name in ("type", "stem", "difficulty", "source", "licence"):
            self.initial[name] = getattr(revision, name)
        for letter, text in zip(grading.LETTERS, revision.options, strict=False):
            self.initial[f"shared_{letter.lower()}"] = text
        # A code that the data no longer has stays to be chosen as long as it is there.
        for name in ("syllabus_codes", "modality", "body_part"):
            field, held = self.fields[name], getattr(self.instance, name)
            known = {code for code, _title in field.choices}
            further = [code for code in (held if isinstance(held, list) else [held]) if code and code not in known]
            field.choices = [*field.choices, *((code, code) for code in further)]

    def _rows(self, name: str, most: int, otherwise: int) -> int:
        typed = str(self.data.get(f"{name}-TOTAL", "")) if self.is_bound else ""
        return min(int(typed), most) if typed.isdecimal() and len(typed) < 4 else otherwise

    def _make_parts(self, more: bool) -> None:
        stored = self.current.items if self.current else []
        kind = ITEM_FORMS[FAMILIES[self.chosen_type]]
        number = 1
        if self.is_group:
            number = self._rows("items", MAX_ITEMS, len(stored) or 2)
            number = min(max(number, 1) + more, MAX_ITEMS)
        data = self.data if self.is_bound else None
        by_id = {item["id"]: item for item in stored}
        self.items: list[Any] = []
        for row in range(number):
            # A posted row says itself which item it goes on: rows may have been removed or moved meanwhile.
            if self.is_bound and self.is_group:
                before = by_id.get(str(self.data.get(f"items-{row}-id", "")))
            else:
                before = stored[row] if row < len(stored) else None
            self.items.append(
                kind(data, type=self.chosen_type, before=before, prefix=f"items-{row}", initial={"order": row + 1})
            )
        if self.chosen_type == QuestionType.B1:
            shared = {letter: str(field.value() or "") for letter, field in self.shared_rows}
            for item in self.items:
                item.shared = shared
        self._make_images(more, data, len(self.items) if self.is_group else 0)

    def _make_images(self, more: bool, data: QueryDict | None, rows: int) -> None:
        drafts = (bank.draft_of(self.current).images or ()) if self.current else ()
        number = self._rows("images", MAX_IMAGES, min(len(drafts) + 1, MAX_IMAGES))
        number = min(number + more, MAX_IMAGES)
        self.images = []
        for row in range(number):
            said: dict[str, Any] = {}
            if row < len(drafts):
                draft = drafts[row]
                said = {"image": draft.image, "alt": draft.alt, "item": "" if draft.item is None else str(draft.item)}
            self.images.append(ImageForm(data, rows=rows, prefix=f"images-{row}", initial=said))

    @property
    def is_group(self) -> bool:
        return self.chosen_type in GROUPS

    @property
    def kind(self) -> str:
        """The type, for templates, where `type` is the field."""
        return str(self.chosen_type)

    @property
    def type_label(self) -> str:
        return str(dict(QUESTION_TYPES)[self.chosen_type])

    @property
    def syllabus(self) -> Classification:
        return syllabus()

    @property
    def can_take_more(self) -> bool:
        return (self.is_group and len(self.items) < MAX_ITEMS) or len(self.images) < MAX_IMAGES

    @property
    def shared_rows(self) -> list[tuple[str, Any]]:
        names = [f"shared_{letter.lower()}" for letter in grading.LETTERS]
        return [
            (letter, self[name]) for letter, name in zip(grading.LETTERS, names, strict=True) if name in self.fields
        ]

    @property
    def usual_shared(self) -> list[tuple[str, Any]]:
        return self.shared_rows[: self._filled_shared]

    @property
    def further_shared(self) -> list[tuple[str, Any]]:
        return self.shared_rows[self._filled_shared :]

    @cached_property
    def _filled_shared(self) -> int:
        rows = enumerate(self.shared_rows, 1)
        return max([USUAL_OPTIONS, *(place for place, (_letter, field) in rows if field.value())])

    @property
    def picture(self) -> Any:
        """The picture that regions are drawn on, once it is chosen."""
        if self.chosen_type != QuestionType.HOTSPOT:
            return None
        model = get_image_model() if self.images else None
        for row in self.images:
            value = row["image"].value()
            pk = getattr(value, "pk", value)
            if model is not None and str(pk or "").isdecimal():
                return model.objects.filter(pk=pk).first()
        return None

    @property
    def media(self) -> forms.Media:
        own = forms.Media(css={"all": ["quizzes/question_form.css"]}, js=["quizzes/question_form.js"])
        found = super().media + own
        for part in (*self.items[:1], *self.images[:1]):
            found = found + part.media
        return found

    def show_again(self) -> None:
        """Show what was typed without judging it."""
        for form in (self, *self.items, *self.images):
            form._errors = forms.utils.ErrorDict()
            form.cleaned_data = {}

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.current and data.get("seen") != self.current.number:
            self.tell_of_conflict()
        good = [part.is_valid() for part in (*self.items, *self.images)]
        kept = [
            (form.cleaned_data.get("order") or row + 1, row, form)
            for row, form in enumerate(self.items)
            if good[row] and not form.is_blank and not form.cleaned_data.get("remove")
        ]
        self.kept = [form for _order, _row, form in sorted(kept, key=lambda part: part[:2])]
        if not all(good):
            self.add_error(None, _("Some parts below need a correction."))
        if not self.errors:
            places = {self.items.index(form): place for place, form in enumerate(self.kept)}
            self._check(data, places)
        return data

    def _check(self, data: Mapping[str, Any], places: Mapping[int, int]) -> None:
        pictures = [form for form in self.images if not form.is_blank]
        if self.chosen_type in NEED_PICTURE and not pictures:
            field = self.images[0]
            field.add_error("image", _("This type asks about a picture. Choose one."))
            self.add_error(None, _("Some parts below need a correction."))
            return
        draft = bank.Draft(
            type=data["type"],
            stem=data["stem"],
            options=typed_options(data, "shared"),
            items=tuple(form.draft() for form in self.kept),
            difficulty=data["difficulty"],
            source=data["source"],
            licence=data["licence"],
            images=tuple(form.draft(places) for form in pictures),
        )
        try:
            self.draft = bank.checked(draft)
        except bank.InvalidQuestion as error:
            self._refuse(error, pictures)

    def _refuse(self, error: bank.InvalidQuestion, pictures: list[ImageForm]) -> None:
        """Show what the service refuses at the field that it means."""
        field = error.params["field"]
        if "item" in error.params and field != "items":
            self.kept[error.params["item"] - 1].refuse(error)
        elif "image" in error.params:
            pictures[error.params["image"] - 1].add_error("alt", str(error))
        else:
            name = "shared_a" if field == "options" else field
            self.add_error(name if name in self.fields else None, str(error))
            return
        self.add_error(None, _("Some parts below need a correction."))

    def tell_of_conflict(self) -> None:
        """What was typed stays; saving once more makes it the next revision, now with knowledge of the other one."""
        fresh = Question.objects.select_related("current__created_by").get(pk=self.instance.pk).current
        self.add_error(
            None,
            _(
                "Somebody else has changed this question meanwhile (revision %(number)s). What you typed is still "
                "here. Compare it with theirs under “Review and history”, then save again: yours becomes the next "
                "revision."
            )
            % {"number": fresh.number if fresh else "–"},
        )
        self.data = self.data.copy()
        self.data[self.add_prefix("seen")] = str(fresh.number if fresh else "")

    def save(self, commit: bool = True) -> Question:
        if not commit:  # the preview: what a learner would see, nothing is written
            question: Question = super().save(commit=False)
            is_reviewed = bool(
                self.current
                and self.current.is_reviewed
                and bank.is_unchanged(question=self.instance, draft=self.draft)
            )
            question.preview = bank.preview(self.draft, is_reviewed=is_reviewed)
            question.preview_reviewed = bank.preview(self.draft, is_reviewed=is_reviewed, with_key=True)
            question.preview_sheet = {"is_review_allowed": True}
            return question
        data = self.cleaned_data
        if self.instance.pk:
            fresh = Question.objects.select_related("current").get(pk=self.instance.pk)
            if fresh.current and fresh.current.number != data["seen"]:
                raise bank.Conflict()
            question = bank.revise_question(by=self.for_user, question=fresh, draft=self.draft)
        else:
            question = bank.create_question(
                by=self.for_user, bank=data["bank"], code=data["code"], draft=self.draft, subject=data["subject"]
            )
        said = questions.About(
            subject=data["subject"],
            syllabus_codes=tuple(data["syllabus_codes"]),
            modality=data["modality"],
            body_part=data["body_part"],
            bloom=data["bloom"],
        )
        return questions.classify(by=self.for_user, question=question, said=said)

    def take(self, error: DomainError) -> None:
        """What a service refused at saving, at its field."""
        field = error.params.get("field")
        name = "code" if isinstance(error, bank.CodeTaken) else field if field in self.fields else None
        if isinstance(error, bank.Conflict) and name is None and self.instance.pk:
            self.tell_of_conflict()
        else:
            self.add_error(name, str(error))
