"""The credit book in the admin: projects are kept there, rule sets are read there; the ledger is not edited."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from credits.models import Project, RuleSetVersion


class ReadOnly(ModelPermissionPolicy):
    """Looking only: versions are dated data and come by file, never by a form."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action == "view" and super().user_has_permission(user, "view")


class ProjectViewSet(SnippetViewSet):
    model = Project
    icon = "clipboard-list"
    list_display = ["number", "title", "level", "year", "begins", "ends"]
    list_filter = ["year", "level"]
    search_fields = ["number", "title", "organiser"]
    panels = [
        FieldRowPanel([FieldPanel("number"), FieldPanel("year")]),
        FieldPanel("title"),
        FieldRowPanel([FieldPanel("level"), FieldPanel("kind"), FieldPanel("discipline")]),
        FieldRowPanel([FieldPanel("organiser"), FieldPanel("person_in_charge")]),
        FieldRowPanel([FieldPanel("hours"), FieldPanel("begins"), FieldPanel("ends")]),
    ]


class RuleSetVersionViewSet(SnippetViewSet):
    model = RuleSetVersion
    icon = "list-ul"
    list_display = ["rule_set_id", "version", "title", "effective_from", "effective_to", "mark"]
    list_filter = ["rule_set_id", "mark", "jurisdiction"]
    inspect_view_enabled = True
    copy_view_enabled = False


class CreditsGroup(SnippetViewSetGroup):
    menu_label = _("Credits")
    menu_icon = "clipboard-list"
    menu_order = 250
    items = (ProjectViewSet, RuleSetVersionViewSet)


register_permission_policy(RuleSetVersion, ReadOnly(RuleSetVersion))
register_snippet(CreditsGroup)
