from wagtail.users.apps import WagtailUsersAppConfig


class PeopleInWagtail(WagtailUsersAppConfig):
    """Wagtail's "users" menu shows our people."""

    user_viewset = "organisations.views.admin.PersonViewSet"
