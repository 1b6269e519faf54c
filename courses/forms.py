"""Forms: what an editor must put right before publishing, said in plain words, and what a signatory enters."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.apps import apps
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm, WagtailAdminPageForm

from courses.enums import Basis, LessonKind, QuizAccess
from credits.selectors import NoRuleSetInForce, in_force, rule_set_choices
from quizzes.selectors import readiness


class LessonPageForm(WagtailAdminPageForm):
    """A draft may be unfinished; a published lesson must have what its kind promises."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.is_deferred_validation:
            return cleaned
        kind, minutes = cleaned.get("kind"), cleaned.get("minutes")
        blocks = [block.block_type for block in cleaned.get("body") or []]
        if kind == LessonKind.LECTURE and "lecture" not in blocks:
            self.add_error("kind", _("A lecture lesson needs a lecture: add one to the content, or change the kind."))
        elif kind == LessonKind.QUIZ and "quiz" not in blocks:
            self.add_error("kind", _("A quiz lesson needs a quiz: add one to the content, or change the kind."))
        elif kind == LessonKind.READING and not blocks:
            self.add_error("kind", _("A reading lesson needs something to read: add text to the content."))
        if kind != LessonKind.LECTURE and "lecture" in blocks:
            self.add_error(
                "kind", _("This content has a lecture, which only a lecture lesson counts. Change the kind to lecture.")
            )
        if kind != LessonKind.QUIZ and "quiz" in blocks:
            self.add_error(
                "kind", _("This content has a quiz, which only a quiz lesson counts. Put the quiz into its own lesson.")
            )
        if kind is not None and not minutes and "minutes" not in self.errors:
            self.add_error("minutes", _("Say how many minutes are planned; nothing more than that can be counted."))
        return cleaned


class QuizPageForm(WagtailAdminPageForm):
    """A draft may be unfinished; a published quiz page has a quiz with questions and says who may open it."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        access = cleaned.get("access")
        # What does not belong to the choice is left out, so that nobody has to empty a field first.
        if access != QuizAccess.COURSE:
            cleaned["course"] = None
        if access != QuizAccess.UNIT:
            cleaned["unit"] = None
        if "quiz" in self.changed_data and self.instance.pk and self._is_taken():
            self.add_error("quiz", _("People have opened this quiz here. Make a new page for another quiz."))
        if self.is_deferred_validation:
            return cleaned
        quiz = cleaned.get("quiz")
        if quiz is None and "quiz" not in self.errors:
            self.add_error("quiz", _("Choose the quiz that this page is for."))
        elif quiz is not None and not readiness(quiz).is_ready:
            self.add_error(
                "quiz", _("This quiz cannot be put together yet; its own page in the menu says what it lacks.")
            )
        if access == QuizAccess.COURSE and cleaned.get("course") is None and "course" not in self.errors:
            self.add_error("course", _("Choose the course whose learners may open the quiz."))
        if access == QuizAccess.UNIT and cleaned.get("unit") is None and "unit" not in self.errors:
            self.add_error("unit", _("Choose the unit whose people may open the quiz."))
        return cleaned

    def _is_taken(self) -> bool:
        progress = apps.get_model("courses", "QuizProgress")
        return bool(progress.objects.filter(page_key=self.instance.translation_key).exists())


class RecognitionForm(WagtailAdminModelForm):
    """Further rules of an offer, by name; the type must be one of theirs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sets = rule_set_choices()
        kinds = [("", "---------"), *((rules.title, rules.types) for rules in sets)]
        self.fields["rule_set_id"].widget = forms.Select(choices=[(rules.id, rules.title) for rules in sets])
        self.fields["activity_type"].widget = forms.Select(choices=kinds)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        types = {
            code for rules in rule_set_choices() if rules.id == cleaned.get("rule_set_id") for code, _n in rules.types
        }
        if cleaned.get("activity_type") and cleaned["activity_type"] not in types:
            self.add_error("activity_type", _("Choose a type of activity of the rules above."))
        if cleaned.get("approval_reference") and not cleaned.get("approval_scheme"):
            self.add_error("approval_scheme", _("Say whose approval the reference is."))
        return cleaned


class OfferForm(WagtailAdminModelForm):
    """The terms of an offer; they cannot change once somebody has enrolled under them."""

    TERMS = (
        "course",
        "basis",
        "project",
        "in_house_unit",
        "rule_set_id",
        "activity_type",
        "watch_threshold",
        "max_speed",
        "background_play",
        "attention_minutes",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sets = rule_set_choices()
        self._offer_names("rule_set_id", [(rules.id, rules.title) for rules in sets])
        self._offer_names("activity_type", [("", "---------"), *((rules.title, rules.types) for rules in sets)])

    def _offer_names(self, name: str, choices: list[tuple[str, Any]]) -> None:
        """Codes are chosen by name; one that is no longer known stays as it is."""
        known = {code for code, title in choices if isinstance(title, str)}
        known |= {code for _group, types in choices if not isinstance(types, str) for code, _title in types}
        stored = getattr(self.instance, name)
        if name in self.fields:
            unknown = [(stored, stored)] if stored not in known else []
            self.fields[name].widget = forms.Select(choices=[*choices, *unknown])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self._ground(cleaned)
        self._days(cleaned)
        if cleaned.get("basis") not in {None, Basis.NONE}:
            self._rules(cleaned)
        if self.instance.pk and self.instance.enrolments.exists():
            for name in set(self.TERMS) & set(self.changed_data):
                self.add_error(
                    name, _("People are enrolled under these terms. Let this offer end, and make a new one.")
                )
        return cleaned

    def _ground(self, cleaned: dict[str, Any]) -> None:
        basis = cleaned.get("basis")
        project, unit = cleaned.get("project"), cleaned.get("in_house_unit")
        if basis == Basis.PROJECT and project is None and "project" not in self.errors:
            self.add_error("project", _("Choose the accredited project whose number grants the credit."))
        if basis == Basis.IN_HOUSE and unit is None and "in_house_unit" not in self.errors:
            self.add_error("in_house_unit", _("Choose the unit whose in-house activity this is."))
        if basis != Basis.PROJECT and project is not None:
            self.add_error("project", _("Only the basis “accredited project” names a project. Empty this field."))
        if basis != Basis.IN_HOUSE and unit is not None:
            self.add_error("in_house_unit", _("Only the basis “in-house activity” names a unit. Empty this field."))

    def _days(self, cleaned: dict[str, Any]) -> None:
        begins, ends, project = cleaned.get("begins"), cleaned.get("ends"), cleaned.get("project")
        if begins is None or ends is None:
            return
        if ends < begins:
            self.add_error("ends", _("The last day lies before the first one."))
        elif project is not None and not (project.begins <= begins and ends <= project.last_day):
            self.add_error(
                "ends",
                _("The project runs from %(begins)s to %(ends)s; the offer must lie within these days.")
                % {"begins": project.begins.isoformat(), "ends": project.last_day.isoformat()},
            )

    def _rules(self, cleaned: dict[str, Any]) -> None:
        rule_set, kind = cleaned.get("rule_set_id"), cleaned.get("activity_type")
        if not rule_set or cleaned.get("begins") is None or cleaned.get("ends") is None:
            return
        for day in (cleaned["begins"], cleaned["ends"]):
            try:
                types = in_force(rule_set, day).rules.types
            except NoRuleSetInForce as error:
                self.add_error("rule_set_id", str(error))
                return
            if kind not in types:
                self.add_error(
                    "activity_type",
                    _("This rule set knows these activity types: %(types)s.")
                    % {"types": " · ".join(self._titles(rule_set, types))},
                )
                return

    @staticmethod
    def _titles(rule_set: str, types: Collection[str]) -> list[str]:
        named = {code: title for rules in rule_set_choices() if rules.id == rule_set for code, title in rules.types}
        return [named.get(code, code) for code in types]


class AttentionForm(forms.Form):
    """The questions that are answered, separated by spaces."""

    checks = forms.CharField(max_length=4000)

    def clean_checks(self) -> list[UUID]:
        try:
            return [UUID(check) for check in self.cleaned_data["checks"].split()]
        except ValueError as error:
            raise forms.ValidationError(_("Load the page again.")) from error


class SignOffForm(forms.Form):
    """Minutes really taught on site, and the day."""

    minutes = forms.DecimalField(
        label=_("Minutes really taught"),
        min_value=Decimal("0.001"),
        max_digits=8,
        decimal_places=3,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"}),
        error_messages={
            "required": _("Enter the minutes that were really taught."),
            "invalid": _("Enter the minutes as a number."),
            "min_value": _("Enter more than 0 minutes."),
        },
    )
    taught_on = forms.DateField(
        label=_("Day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Enter the day."), "invalid": _("Enter the day as year-month-day.")},
    )

    def __init__(self, *args: Any, planned: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if planned is not None:
            self.initial.setdefault("minutes", planned)
            self.fields["minutes"].widget.attrs["max"] = planned
        self.initial.setdefault("taught_on", timezone.localdate())
