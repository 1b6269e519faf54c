"""Forms around roles. They check what was typed; services write."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from organisations.enums import ROLE_PLACES, Role
from organisations.scopes import Scope
from organisations.selectors import directory
from organisations.selectors.grants import GrantFilter
from organisations.views.manage.fields import DayField, PlaceField, ReasonField, day_after, first_day
from organisations.views.manage.lists import SearchField


class GrantFilterForm(forms.Form):
    q = SearchField(label=_("Name or user name"))
    role = forms.ChoiceField(label=_("Role"), choices=[("", _("any")), *Role.choices], required=False)
    when = forms.ChoiceField(
        label=_("When in force"),
        choices=[
            ("now", _("in force today")),
            ("ending", _("ending within 30 days")),
            ("later", _("beginning later")),
            ("over", _("ended")),
            ("all", _("all")),
        ],
        required=False,
    )

    def __init__(self, data: Any, *, scope: Scope) -> None:
        super().__init__(data)
        places = directory.places_of(scope)
        self.fields["place"] = PlaceField(places, label=_("Place and below"), required=False, empty_label=_("any"))

    def wanted(self) -> GrantFilter:
        self.full_clean()
        data = self.cleaned_data
        names = ("role", "place", "when")
        return GrantFilter(search=data.get("q", "").strip(), **{name: data[name] for name in names if data.get(name)})


class GrantForm(forms.Form):
    """`username` is asked for where the person is not given by the address."""

    begins = first_day()
    ends = day_after(required=False, initial=None, help_text=_("Leave empty while no end is foreseen."))
    reason = ReasonField(required=False)

    def __init__(self, data: Any = None, *, scope: Scope, roles: list[Role], named: bool, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        if not named:
            self.fields["username"] = forms.CharField(
                label=_("User name of the person"), max_length=60, help_text=_("It stands below the name in the list.")
            )
        self.fields["role"] = forms.ChoiceField(label=_("Role"), choices=[(role.value, role.label) for role in roles])
        kinds = {kind.value for role in roles for kind in ROLE_PLACES[role]}
        self.fields["node"] = PlaceField(
            directory.places_of(scope).filter(kind__in=kinds),
            label=_("Place"),
            help_text=_("The role reaches this place and everything below it."),
        )
        self.order_fields(["username", "role", "node", "begins", "ends", "reason"])


class EndRoleForm(forms.Form):
    on = day_after(help_text=_("Whoever stands in for the holder ends with it."))
    reason = ReasonField(required=False)


class SubstituteForm(forms.Form):
    username = forms.CharField(
        label=_("User name of the substitute"), max_length=60, help_text=_("It stands below the name in the list.")
    )
    begins = first_day()
    ends = DayField(
        label=_("First day without it"),
        required=False,
        initial=None,
        help_text=_("Empty: as long as the holder's own role."),
    )
    reason = ReasonField(required=False)

    def __init__(self, data: Any = None, *, own: bool = False) -> None:
        """`own`: for the reader's own role, which needs a last day."""
        super().__init__(data)
        if own:
            self.fields["ends"].required = True
            self.fields["ends"].help_text = ""
