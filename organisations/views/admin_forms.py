"""Forms of the administrators' pages. They check what was typed; services write."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.widgets import AdminDateInput

from organisations.forms import PhoneField
from organisations.models import Node, Person, RoleGrant


class _PlaceChoice(forms.ModelChoiceField):
    """Open places, indented as they lie in the tree."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Node.objects.filter(closed_on__isnull=True).order_by("path"), **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return "\u3000" * (obj.depth - 1) + obj.name


class PersonForm(forms.ModelForm):
    phone = PhoneField(required=False, help_text=_("Stored encrypted. Leave empty to keep the present one."))
    email = forms.EmailField(label=_("E-mail"), required=False)

    class Meta:
        model = Person
        fields = ["name", "title", "language", "is_active"]
        widgets = {"language": forms.Select(choices=[("zh-hans", _("Simplified Chinese")), ("en", _("English"))])}

    field_order = ["name", "phone", "email", "title", "language", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["email"] = self.instance.email or ""


class NewPersonForm(forms.ModelForm):
    phone = PhoneField(required=False, help_text=_("Stored encrypted. The person can sign in with it."))
    email = forms.EmailField(label=_("E-mail"), required=False)
    unit = _PlaceChoice(label=_("Works at"), required=False)
    department = forms.CharField(label=_("Department"), max_length=60, required=False)
    begins = forms.DateField(label=_("Works there since"), initial=timezone.localdate, widget=AdminDateInput)

    class Meta:
        model = Person
        fields = ["username", "name", "title"]

    field_order = ["username", "name", "phone", "email", "title", "unit", "department", "begins"]


class NewGrantForm(forms.ModelForm):
    username = forms.CharField(label=_("User name of the person"), max_length=60)
    node = _PlaceChoice(label=_("Place"), help_text=_("The role reaches this place and everything below it."))

    class Meta:
        model = RoleGrant
        fields = ["role", "begins", "ends"]
        widgets = {"begins": AdminDateInput, "ends": AdminDateInput}

    field_order = ["username", "role", "node", "begins", "ends"]

    def clean_username(self) -> Person:
        found = Person.objects.filter(username=self.cleaned_data["username"].strip().lower()).first()
        if found is None:
            raise forms.ValidationError(_("Nobody has this user name. Look it up among the people."))
        return found


class EndGrantForm(forms.ModelForm):
    class Meta:
        model = RoleGrant
        fields = ["ends"]
        widgets = {"ends": AdminDateInput}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ends"].required = True
        self.fields["ends"].help_text = _("The first day without the role.")
