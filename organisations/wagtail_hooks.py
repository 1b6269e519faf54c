from django.http import HttpRequest
from django.urls import URLPattern, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from organisations.enums import Power
from organisations.models import Person
from organisations.selectors import scope_for
from organisations.views.admin import GrantViewSet


@hooks.register("register_admin_viewset")
def register_viewsets() -> list[GrantViewSet]:
    return [GrantViewSet()]


class _AuditMenuItem(MenuItem):
    """The way from the editors' pages to the audit log, for those who may read it."""

    def is_shown(self, request: HttpRequest) -> bool:
        return isinstance(request.user, Person) and bool(scope_for(request.user, Power.READ_AUDIT))


@hooks.register("register_settings_menu_item")
def register_audit_menu_item() -> MenuItem:
    return _AuditMenuItem(_("Audit log"), reverse_lazy("manage:audit"), icon_name="history", order=620)


@hooks.register("register_admin_urls")
def register_audit_redirect() -> list[URLPattern]:
    """The log has one page; the address that it had among the editors' pages leads there."""
    return [path("audit-log/", RedirectView.as_view(pattern_name="manage:audit"), name="audit_log")]
