"""The form of a quiz: it says what the banks cannot fill before anything is saved."""

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminModelForm

from quizzes.models import Quiz
from quizzes.selectors import Readiness, readiness


class QuizForm(WagtailAdminModelForm):
    """`readiness` is of what was typed, None while that cannot be read.

    `must_be_ready` is off for whoever only looks (the preview, the check without saving).
    """

    anyway = forms.BooleanField(
        label=gettext_lazy("Save all the same; nobody can open the quiz until there are enough questions"),
        required=False,
    )
    must_be_ready = True

    def is_valid(self) -> bool:
        good: bool = super().is_valid()
        if good and self.must_be_ready and not self.typed.is_ready and not self.cleaned_data["anyway"]:
            self.add_error(
                None, _("Nothing is saved yet: the quiz cannot be put together. “Check” at the top says what is short.")
            )
        return good and not self.errors

    @cached_property
    def typed(self) -> Readiness:
        """Of valid rows, saved or not."""
        quiz: Quiz = self.save(commit=False)
        return readiness(quiz)

    def check(self) -> None:
        """Say what the banks have for what was typed, if it can be read; nothing is refused for it."""
        self.must_be_ready = False
        if self.is_valid():
            self.__dict__["typed"] = readiness(self.save(commit=False))

    @property
    def readiness(self) -> Readiness | None:
        if not self.is_bound:
            return readiness(self.instance) if self.instance.pk else None
        return self.__dict__.get("typed")
