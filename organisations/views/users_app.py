from wagtail.users.apps import WagtailUsersAppConfig


class PeopleInWagtail(WagtailUsersAppConfig):
    """Wagtail's addresses of users lead to the pages where people are kept."""

    user_viewset = "organisations.views.admin.PeopleElsewhere"
