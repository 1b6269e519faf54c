"""Forms of regrades."""

from typing import Any

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from organisations.views.manage import lists
from quizzes.enums import Consequence, RegradeCause
from quizzes.models import Bank, Question
from quizzes.models.regrades import CONSEQUENCES, REGRADE_CAUSES, REGRADE_STAGES
from quizzes.selectors import regrades as found
from quizzes.services import regrades as services
from quizzes.services.regrades.deciding import LONGEST

SHOW = [
    ("changes", _("whose marks change")),
    ("won", _("who pass by it")),
    ("lost", _("who do not pass any more")),
    ("up", _("with more points")),
    ("down", _("with fewer points")),
    ("same", _("that stay the same")),
    ("open", _("not handed in yet")),
    ("unmarked", _("not marked yet")),
    ("later", _("that came or changed after the dry run")),
]


class RegradeFilterForm(lists.FilterForm):
    stage = forms.ChoiceField(label=_("State"), required=False, choices=[*lists.ANY, *REGRADE_STAGES])
    cause = forms.ChoiceField(label=_("What is changed"), required=False, choices=[*lists.ANY, *REGRADE_CAUSES])
    bank = forms.ModelChoiceField(
        label=_("Question bank"), required=False, queryset=Bank.objects.order_by("title", "pk"), empty_label=_("any")
    )


class LinesFilterForm(lists.FilterForm):
    show = forms.ChoiceField(label=pgettext_lazy("regrade", "Attempts"), required=False, choices=[*lists.ANY, *SHOW])
    consequence = forms.ChoiceField(
        label=_("Credit"),
        required=False,
        choices=[*lists.ANY, *(choice for choice in CONSEQUENCES if choice[0] != Consequence.NONE)],
    )


class BeginForm(lists.FilterForm):
    q = lists.SearchField(label=_("Code, subject or words of the question"))


class _RegradeForm(forms.Form):
    reason = forms.CharField(
        label=_("Why"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_(
            "Every learner whose mark changes reads it as soon as their quiz shows what was right, and a neutral "
            "sentence before. Do not name the right answer all the same: others may still be asked the question."
        ),
        error_messages={"required": services.ReasonMissing.message},
    )


class QuestionForm(_RegradeForm):
    """`judged` are the question's revisions beside the key of the current one."""

    cause = forms.ChoiceField(
        label=_("What is changed"),
        widget=forms.RadioSelect,
        choices=[
            (RegradeCause.KEY.value, _("Answers are judged by the key of another revision")),
            (RegradeCause.GIVEN.value, _("Everybody gets the points, whatever they answered")),
            (RegradeCause.OMITTED.value, _("The question is left out: it counts neither for nor against anybody")),
        ],
        error_messages={"required": _("Choose what is changed.")},
    )
    target = forms.TypedChoiceField(
        label=_("Whose key"),
        coerce=int,
        required=False,
        empty_value=None,
        help_text=_("Only where answers are judged by a key. To correct a key, revise the question first."),
    )
    revisions = forms.TypedMultipleChoiceField(
        label=_("Revisions that are judged anew"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Attempts that were asked these revisions."),
        error_messages={"required": services.NothingChosen.message},
    )
    items = forms.MultipleChoiceField(
        label=_("Only these parts of the case"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("For points to everybody and for leaving out. None ticked: the whole question."),
    )
    field_order = ("cause", "target", "revisions", "items", "reason")

    def __init__(self, *args: Any, question: Question, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.question, current = question, question.current
        self.judged = found.judged_revisions(question, current)
        numbers = [(one.revision.number, _described(one)) for one in self.judged]
        self._offer("target", [(str(number), text) for number, text in numbers])
        self._offer("revisions", numbers)
        self.initial.setdefault("target", str(current.number) if current else "")
        ticked = [one.revision.number for one in self.judged if one.fits and one.has_other_key and not one.is_target]
        self.initial.setdefault("revisions", ticked)
        items = current.items if current is not None and len(current.items) > 1 else []
        if items:
            named = enumerate(items, start=1)
            self._offer("items", [(item["id"], f"{place}. {item['stem'][:80]}") for place, item in named])
        else:
            del self.fields["items"]

    def _offer(self, name: str, choices: list[tuple[Any, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = choices

    def wish(self) -> services.Wish:
        data = self.cleaned_data
        return services.Wish(
            cause=RegradeCause(data["cause"]),
            reason=data["reason"],
            question=self.question,
            target=data["target"],
            revisions=tuple(data["revisions"]),
            items=tuple(data.get("items", ())),
        )


def _described(one: found.Judged) -> str:
    told = {"number": one.revision.number, "day": lists.day(one.revision.created_at), "key": one.keys[:80]}
    text = gettext("Revision %(number)s of %(day)s, key: %(key)s") % told
    if one.is_target:
        return gettext("%(revision)s (asked now)") % {"revision": text}
    if not one.fits:
        return gettext("%(revision)s (of another form: the present key cannot judge it)") % {"revision": text}
    if one.has_other_words:
        return gettext("%(revision)s (its words differ: compare them first)") % {"revision": text}
    return text


class BankForm(_RegradeForm):
    """`newest` is the version by which papers with older ones are scored."""

    scorings = forms.TypedMultipleChoiceField(
        label=_("Versions that are replaced"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Attempts that were opened under these versions."),
        error_messages={"required": services.NothingChosen.message},
    )
    field_order = ("scorings", "reason")

    def __init__(self, *args: Any, bank: Bank, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bank = bank
        versions = list(bank.scorings.order_by("-number"))
        self.newest = versions[0]
        older = [(row.number, f"{row.number}: {row.source}") for row in versions[1:]]
        older.append((0, gettext("the default that comes with the software")))
        field = self.fields["scorings"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = older
        self.initial.setdefault("scorings", [older[0][0]])

    def wish(self) -> services.Wish:
        data = self.cleaned_data
        return services.Wish(
            cause=RegradeCause.SCORING, reason=data["reason"], bank=self.bank, scorings=tuple(data["scorings"])
        )
