from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from organisations.enums import Role
from organisations.models import AuditEvent, Notification, Person, RoleGrant
from organisations.services import groups, roles
from tests.factories.organisations import NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = pytest.mark.django_db
PAST = date(2020, 1, 1)


def grant(person: Person, role: Role, **fields) -> RoleGrant:
    return roles.grant_role(
        by=None, person=person, role=role, node=fields.pop("node", None) or NodeFactory(), begins=PAST
    )


def test_grant_is_logged_told_and_not_given_twice() -> None:
    person, node = PersonFactory(), NodeFactory(code="410100")
    grant(person, Role.UNIT_CREDIT_ADMINISTRATOR, node=node)
    with pytest.raises(roles.AlreadyGranted):
        grant(person, Role.UNIT_CREDIT_ADMINISTRATOR, node=node)
    assert list(AuditEvent.objects.values_list("verb", "after")) == [
        (
            "role.grant",
            {"role": "unit_credit_administrator", "place": "410100", "begins": "2020-01-01", "ends": None},
        )
    ]
    assert list(Notification.objects.values_list("person", "kind", "link")) == [
        (person.pk, "role_granted", "/zh-hans/account/profile/")
    ]
    person.refresh_from_db()
    assert (person.is_staff, person.groups.count()) == (True, 0)


def test_ending_a_role_takes_the_group_away_and_happens_once() -> None:
    person = PersonFactory()
    held = grant(person, Role.EDITOR)
    assert person.has_perm("wagtailadmin.access_admin")
    roles.end_role(by=None, grant=held)
    with pytest.raises(roles.NotInForce):
        roles.end_role(by=None, grant=held)
    person = Person.objects.get(pk=person.pk)
    assert (person.is_staff, person.has_perm("wagtailadmin.access_admin")) == (False, False)
    assert list(AuditEvent.objects.filter(verb="role.end").values_list("before__ends", "after__ends")) == [
        (None, timezone.localdate().isoformat())
    ]


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        (Role.EDITOR, ["quizzes.add_quiz", "media_pipeline.add_lecture"], ["organisations.change_person"]),
        (
            Role.QUESTION_AUTHOR,
            ["quizzes.change_question"],
            ["media_pipeline.add_lecture", "organisations.view_person"],
        ),
        (Role.LECTURER, ["media_pipeline.add_lecture"], ["quizzes.change_question", "organisations.view_person"]),
        (
            Role.SYSTEM_ADMINISTRATOR,
            ["organisations.change_person"],
            ["organisations.view_auditevent", "quizzes.add_quiz"],
        ),
        (Role.AUDITOR, ["organisations.view_auditevent"], ["organisations.change_person", "quizzes.add_quiz"]),
        (Role.SECURITY_ADMINISTRATOR, ["organisations.view_auditevent"], ["organisations.change_person"]),
        (Role.LEARNER, [], ["wagtailadmin.access_admin", "quizzes.view_quiz"]),
        (Role.UNIT_CREDIT_ADMINISTRATOR, [], ["wagtailadmin.access_admin"]),
    ],
)
def test_roles_give_what_they_need_in_the_admin_and_no_more(role: Role, may: list[str], may_not: list[str]) -> None:
    person = PersonFactory()
    grant(person, role)
    person = Person.objects.get(pk=person.pk)
    wanted = {**dict.fromkeys(may, True), **dict.fromkeys(may_not, False)}
    assert {name: person.has_perm(name) for name in wanted} == wanted


def test_nobody_may_delete_what_is_only_ended() -> None:
    groups.ensure_groups()
    names = Group.objects.filter(name__startswith="isocenter:").values_list("permissions__codename", flat=True)
    # A wrong recording is no record: nobody has watched it, and no page shows it, or its deletion is refused.
    assert {name for name in names if name and name.startswith("delete_")} == {"delete_lecture"}


def test_editor_reaches_pages_and_files_lecturer_does_not_publish(client: Client) -> None:
    editor, lecturer, learner = PersonFactory(), PersonFactory(), PersonFactory()
    grant(editor, Role.EDITOR)
    grant(lecturer, Role.LECTURER)
    grant(learner, Role.LEARNER)
    statuses = []
    for person in (editor, lecturer, learner):
        client.force_login(person)
        statuses.append((client.get("/admin/images/").status_code, client.get("/admin/").status_code))
    assert statuses == [(200, 200), (200, 200), (302, 302)]
    pages = {
        person.username: sorted(
            person.groups.values_list("page_permissions__permission__codename", flat=True).distinct()
        )
        for person in (editor, lecturer)
    }
    assert "publish_page" in pages[editor.username]
    assert pages[lecturer.username] == ["add_page", "change_page"]


def test_daily_sync_begins_and_ends_roles_by_date() -> None:
    today = timezone.localdate()
    begun = RoleGrantFactory(role=Role.EDITOR, begins=today).person
    ended = PersonFactory()
    grant(ended, Role.EDITOR)
    RoleGrant.objects.filter(person=ended).update(ends=today)
    future = RoleGrantFactory(role=Role.EDITOR, begins=today + timedelta(days=1)).person
    assert groups.sync_all() == 3
    found = {person.pk: Person.objects.get(pk=person.pk) for person in (begun, ended, future)}
    assert {pk: (p.is_staff, p.groups.count()) for pk, p in found.items()} == {
        begun.pk: (True, 1),
        ended.pk: (False, 0),
        future.pk: (False, 0),
    }


def test_sync_leaves_other_groups_and_superusers_alone() -> None:
    person = PersonFactory(is_superuser=True, is_staff=True)
    person.groups.add(Group.objects.create(name="own"))
    groups.sync(person)
    assert (person.is_staff, [group.name for group in person.groups.all()]) == (True, ["own"])
