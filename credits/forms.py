"""Forms of the administrator's pages; their choices are already limited to the administrator's scope."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm

from cms.shared.errors import DomainError
from credits import registry
from credits.enums import Encoding, Layout
from credits.models import Project
from credits.models.exports import DEFAULT_SET, ENCODINGS, EXPORT_FORMATS, LAYOUTS
from credits.registry import Stated, TermKind
from credits.services import projects


class ExportForm(forms.Form):
    place = forms.ChoiceField(label=_("Place"), help_text=_("The place and everything below it."))
    year = forms.TypedChoiceField(label=_("Year"), coerce=int)
    rule_set = forms.ChoiceField(label=_("Rules"))
    column_set = forms.ChoiceField(
        label=_("Column set"), initial=DEFAULT_SET, help_text=_("What a row is, and which columns it has.")
    )
    sought = forms.CharField(
        label=_("Activity, for a list of grantees"),
        required=False,
        max_length=300,
        help_text=_("Its project number, or its title exactly as it stands in the entries."),
    )
    file_format = forms.ChoiceField(
        label=_("Format"),
        choices=EXPORT_FORMATS,
        widget=forms.RadioSelect,
        initial=EXPORT_FORMATS[0][0],
        help_text=_("PDF is for personal statements; more than 50 people come as an archive of several files."),
    )
    layout = forms.ChoiceField(label=_("Sheets, for Excel"), choices=LAYOUTS, initial=Layout.ONE_SHEET.value)
    encoding = forms.ChoiceField(label=_("Encoding, for CSV"), choices=ENCODINGS, initial=Encoding.UTF_8.value)
    reason = forms.CharField(
        label=_("What the file is needed for"),
        max_length=200,
        help_text=_("It stands on the cover and in the audit log. For example: the yearly report to the city."),
    )
    full_numbers = forms.BooleanField(
        label=_("With full ID numbers"),
        required=False,
        help_text=_("A second person has to agree. The file bears your name and is erased after seven days."),
    )

    def __init__(
        self,
        *args: Any,
        places: list[tuple[str, str]],
        years: list[int],
        rule_sets: list[tuple[str, str]],
        column_sets: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (
            ("place", places),
            ("year", [(y, str(y)) for y in years]),
            ("rule_set", rule_sets),
            ("column_set", column_sets),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
            field.choices = choices


def project_terms(kind: TermKind, *, stored: str = "") -> list[tuple[str, Any]]:
    """Choices of a closed list of the register; a stored text that is none of them stays one."""
    language = get_language() or ""
    found: list[tuple[str, Any]] = [(term.code, term.label(language)) for term in registry.terms(kind)]
    if stored and stored not in dict(found):
        found.append((stored, stored))
    return found


class ProjectTerms:
    """The fields of closed lists, wherever a project is written."""

    fields: dict[str, forms.Field]

    def offer_terms(self, stored: Mapping[str, str]) -> None:
        for kind in TermKind:
            empty = [("", "—")]
            field = forms.ChoiceField(
                label=self.fields[kind.value].label,
                choices=[*empty, *project_terms(kind, stored=stored.get(kind.value, ""))],
                required=kind == TermKind.LEVEL,
                help_text=self.fields[kind.value].help_text,
            )
            self.fields[kind.value] = field


def add_project_problems(form: forms.BaseForm, error: DomainError) -> None:
    """Say each thing that is wrong at its own field."""
    if isinstance(error, projects.BadProject):
        for problem in error.problems:
            form.add_error(problem.field if problem.field in form.fields else None, projects.said(problem))
    else:
        field = projects.FIELD_OF.get(error.code)
        form.add_error(field if field in form.fields else None, str(error))


class ProjectSnippetForm(ProjectTerms, WagtailAdminModelForm):
    """The register in the admin: the same rules and the same log as on the pages of management."""

    instance: Project
    hours = forms.DecimalField(required=False, label=_("Hours in total"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].label = _("Where it is held")
        self.offer_terms({kind.value: getattr(self.instance, kind.value) for kind in TermKind})

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            before = Project.objects.filter(pk=self.instance.pk).first()
            try:
                projects.check(self._stated(cleaned), before=before)
            except DomainError as error:
                add_project_problems(self, error)
        return cleaned

    def _stated(self, cleaned: Mapping[str, Any]) -> Stated:
        return Stated(**{name: cleaned.get(name, getattr(Stated, name)) for name in registry.FIELDS})

    def save(self, commit: bool = True) -> Project:
        stated = self._stated(self.cleaned_data)
        if self.instance.pk is None:
            self.instance = projects.add(by=self.for_user, stated=stated)
        else:
            seen = self.instance.changes
            self.instance = projects.change(by=self.for_user, project=self.instance, seen=seen, stated=stated)
        return self.instance
