"""Forms of the markers' desk."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from organisations.views.manage import lists
from quizzes.enums import MarkingState
from quizzes.models import MarkingItem
from quizzes.models.marking import MARKING_STATES


class QueueFilterForm(lists.FilterForm):
    quiz = forms.ChoiceField(label=_("Quiz"), required=False)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[*lists.ANY, *(choice for choice in MARKING_STATES if choice[0] != MarkingState.DONE)],
    )

    def __init__(self, *args: Any, quizzes: list[tuple[str, str, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["quiz"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = [*lists.ANY, *((public_id, f"{title} ({number})") for public_id, title, number in quizzes)]


class MarkingForm(forms.Form):
    """Points, a comment that the learner reads, a note that nobody else reads. A draft may lack the points."""

    points = forms.DecimalField(label=_("Points"), required=False)
    comment = forms.CharField(
        label=_("Comment to the learner"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("The learner reads it with the result, without your name."),
    )
    note = forms.CharField(
        label=_("Private note"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Only you read it."),
    )

    def __init__(self, *args: Any, item: MarkingItem, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["points"].help_text = _("From 0 to %(maximum)s, with at most two decimals.") % {
            "maximum": f"{item.points_possible.normalize():f}"
        }
        # Without a script the browser refuses the same; the server has the last word.
        self.fields["points"].widget.attrs |= {
            "min": "0", "max": str(item.points_possible), "step": "0.01", "inputmode": "decimal",
        }  # fmt: skip

    def written(self) -> dict[str, Any]:
        data = self.cleaned_data
        points: Decimal | None = data["points"]
        return {"points": points, "comment": data["comment"], "note": data["note"]}
