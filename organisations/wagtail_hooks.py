from wagtail import hooks

from organisations.views.admin import AuditViewSet, GrantViewSet


@hooks.register("register_admin_viewset")
def register_viewsets() -> list[GrantViewSet | AuditViewSet]:
    return [GrantViewSet(), AuditViewSet()]
