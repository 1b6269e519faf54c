from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.models import Locale
from wagtail.permissions import policy_registry

from organisations.enums import Power
from organisations.models import Person
from organisations.selectors.manage import powers_of


class _ManageMenuItem(MenuItem):
    """A way from the editors' pages to a page of people and units, for those whom it is open to."""

    def __init__(self, *args: Any, powers: tuple[Power, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.powers = frozenset(powers)

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(_powers(request) & self.powers)


def _powers(request: HttpRequest) -> frozenset[Power]:
    """The powers of whoever asks, looked up once a request."""
    known: frozenset[Power] | None = getattr(request, "_manage_powers", None)
    if known is None:
        known = powers_of(request.user) if isinstance(request.user, Person) else frozenset()
        request._manage_powers = known  # type: ignore[attr-defined]
    return known


@hooks.register("register_settings_menu_item")
def register_people_menu_item() -> MenuItem:
    return _ManageMenuItem(
        _("People"), reverse_lazy("manage:people"), icon_name="user", order=600, powers=(Power.SEE_PEOPLE,)
    )


@hooks.register("register_settings_menu_item")
def register_roles_menu_item() -> MenuItem:
    powers = (Power.GRANT_ROLES, Power.READ_AUDIT)
    return _ManageMenuItem(_("Roles"), reverse_lazy("manage:roles"), icon_name="group", order=610, powers=powers)


@hooks.register("register_settings_menu_item")
def register_audit_menu_item() -> MenuItem:
    return _ManageMenuItem(
        _("Audit log"), reverse_lazy("manage:audit"), icon_name="history", order=620, powers=(Power.READ_AUDIT,)
    )


@hooks.register("construct_settings_menu")
def leave_out_languages(request: HttpRequest, items: list[MenuItem]) -> None:
    """Wagtail shows the way to its languages to who keeps the address of the site, and turns them away there."""
    if not policy_registry.get_by_type(Locale).user_has_any_permission(request.user, ["add", "change", "delete"]):
        items[:] = [item for item in items if item.name != "locales"]


@hooks.register("register_admin_urls")
def register_redirects() -> list[URLPattern]:
    """Roles and the log have one page each; the addresses that they had among the editors' pages lead there."""
    return [
        path("roles/", RedirectView.as_view(pattern_name="manage:roles"), name="roles"),
        path("audit-log/", RedirectView.as_view(pattern_name="manage:audit"), name="audit_log"),
    ]
