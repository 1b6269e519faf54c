"""The credit book in the admin: projects are kept there, rule sets are read there; the ledger is not edited."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, ObjectList
from wagtail.admin.ui.tables import Column
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from credits.forms import ProjectSnippetForm
from credits.models import Project, RuleSetVersion
from organisations.enums import Power
from organisations.selectors import scope_for

PROJECT_PANELS = [
    FieldRowPanel([FieldPanel("number"), FieldPanel("year")]),
    FieldPanel("title"),
    FieldRowPanel([FieldPanel("level"), FieldPanel("kind"), FieldPanel("form")]),
    FieldRowPanel([FieldPanel("discipline"), FieldPanel("subdiscipline")]),
    FieldRowPanel([FieldPanel("begins"), FieldPanel("ends"), FieldPanel("days"), FieldPanel("place")]),
    FieldRowPanel([FieldPanel("theory_hours"), FieldPanel("practice_hours"), FieldPanel("hours")]),
    FieldRowPanel([FieldPanel("credits"), FieldPanel("quota")]),
    FieldRowPanel([FieldPanel("organiser"), FieldPanel("person_in_charge")]),
    FieldPanel("remark"),
]


class ReadOnly(ModelPermissionPolicy):
    """Looking only: versions are dated data and come by file, never by a form."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action == "view" and super().user_has_permission(user, "view")


class KeptByPower(ModelPermissionPolicy):
    """The register is for everybody at once: who may not keep it on the pages of management does not do so here."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        if action == "delete" or not super().user_has_permission(user, action):
            return False  # entries and offers name projects: they are closed, never deleted
        return action == "view" or self._keeps(user)

    @staticmethod
    def _keeps(user: Any) -> bool:
        """Asked once a request, which has its own `user`: a list asks for the buttons of every row."""
        known = vars(user)
        if "_keeps_projects" not in known:
            known["_keeps_projects"] = bool(scope_for(user, Power.KEEP_PROJECTS))
        return bool(known["_keeps_projects"])


class ProjectViewSet(SnippetViewSet):
    model = Project
    icon = "clipboard-list"
    list_display = ["number", "title", Column("level_label", label=_("Level")), "year", "begins", "ends"]
    list_filter = ["year"]
    copy_view_enabled = False
    search_fields = ["number", "title", "organiser"]
    edit_handler = ObjectList(PROJECT_PANELS, base_form_class=ProjectSnippetForm)


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


register_permission_policy(Project, KeptByPower(Project))
register_permission_policy(RuleSetVersion, ReadOnly(RuleSetVersion))
register_snippet(CreditsGroup)
