"""The register in the admin: the same rules, the same log, the same people as on the pages of management."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from credits.models import Project
from organisations.deeds import Deed
from organisations.enums import Role
from organisations.models import AuditEvent
from organisations.services.groups import sync
from tests.factories.credits import ProjectFactory
from tests.factories.organisations import NodeFactory, RoleGrantFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]

FORM = {
    "number": "2026-09-01-001 (国)", "year": "2026", "title": "CT 低剂量扫描", "level": "national", "kind": "promotion",
    "form": "remote", "discipline": "影像医学", "begins": "2026-05-10", "ends": "2026-05-20", "theory_hours": "12",
    "practice_hours": "6", "hours": "18", "quota": "5", "organiser": "演示·影像技术学分会",
}  # fmt: skip


def signed_in(*, is_at_the_top: bool = True) -> Client:
    top = NodeFactory()
    node = top if is_at_the_top else NodeFactory(parent=top)
    person = RoleGrantFactory(role=Role.SYSTEM_ADMINISTRATOR, node=node, begins=date(2020, 1, 1)).person
    sync(person=person)
    client = Client(headers={"accept-language": "en"})
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def post(client: Client, view: str, *args: Any, **changes: str) -> Any:
    return client.post(reverse(f"wagtailsnippets_credits_project:{view}", args=args), FORM | changes)


def test_project_is_added_and_changed_with_the_services_rules_and_log() -> None:
    client = signed_in()
    assert post(client, "add").status_code == 302
    project = Project.objects.get()
    assert (project.kind, project.quota, project.hours) == ("promotion", 5, 18)
    assert post(client, "edit", project.pk, quota="7").status_code == 302
    project.refresh_from_db()
    assert (project.quota, project.changes) == (7, 1)
    told = AuditEvent.objects.filter(verb__startswith="credits.project").order_by("pk")
    assert [(event.verb, event.after.get("quota")) for event in told] == [
        (Deed.PROJECT_ADD, 5),
        (Deed.PROJECT_CHANGE, 7),
    ]


def test_project_is_refused_at_the_field_that_is_wrong() -> None:
    client = signed_in()
    ProjectFactory(number="2026-09-01-002（国）")
    refused = post(client, "add", hours="20").context["form"].errors
    assert {name: len(said) for name, said in refused.items()} == {"hours": 1}
    taken = post(client, "add", number="2026-09-01-002 (国)").context["form"].errors
    assert list(taken) == ["number"]
    assert Project.objects.count() == 1


def test_nobody_below_the_top_keeps_the_register_in_the_admin_and_nobody_deletes() -> None:
    project = ProjectFactory()
    below = signed_in(is_at_the_top=False)
    assert post(below, "edit", project.pk).status_code == 302
    assert post(below, "add").status_code == 302
    assert post(signed_in(), "delete", project.pk).status_code == 302
    project.refresh_from_db()
    assert (Project.objects.count(), project.changes) == (1, 0)
