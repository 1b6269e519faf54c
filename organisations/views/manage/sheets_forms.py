"""The form of an activation sheet; its choices are already limited to what there is."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from organisations.enums import SheetChoice


class SheetForm(forms.Form):
    department = forms.ChoiceField(label=_("Department"), required=False)
    choice = forms.ChoiceField(
        label=_("For whom"),
        choices=[(choice.value, choice.label) for choice in SheetChoice if choice != SheetChoice.SELECTED],
        widget=forms.RadioSelect,
        initial=SheetChoice.UNCODED,
        help_text=_("Whoever has set a password gets no code here: help these people on their own page."),
    )
    file_format = forms.ChoiceField(
        label=_("Format"),
        choices=[("pdf", _("PDF to print and cut")), ("xlsx", "Excel")],
        widget=forms.RadioSelect,
        initial="pdf",
    )
    language = forms.ChoiceField(
        label=_("Language of the slips"),
        choices=[("zh-hans", _("Chinese")), ("en", _("Chinese and English"))],
        widget=forms.RadioSelect,
        initial="zh-hans",
    )

    def __init__(self, *args: Any, departments: list[str], selected: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if selected:
            del self.fields["department"], self.fields["choice"]
            return
        field = self.fields["department"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = [("", _("All departments")), *((name, name) for name in departments)]
