from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from organisations.enums import ROLES_OF_A_UNIT, Role
from organisations.models import AuditEvent, Notification, Person, RoleGrant
from organisations.selectors.grants import grantable_roles
from organisations.services import groups, roles
from tests.factories.organisations import NodeFactory, PersonFactory, RoleGrantFactory, place_of

pytestmark = pytest.mark.django_db
PAST = date(2020, 1, 1)


def grant(person: Person, role: Role, **fields) -> RoleGrant:
    return roles.grant_role(
        by=None, person=person, role=role, node=fields.pop("node", None) or place_of(role), begins=PAST
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
            ["wagtailcore.change_site"],
            ["organisations.change_person", "organisations.view_auditevent", "quizzes.add_quiz"],
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


def holder(role: Role, node) -> Person:
    return RoleGrantFactory(role=role, node=node).person


def test_unit_administrator_hands_on_only_the_roles_of_the_unit() -> None:
    city = NodeFactory(kind="prefecture")
    unit, other = NodeFactory(parent=city), NodeFactory(parent=city)
    by = holder(Role.UNIT_CREDIT_ADMINISTRATOR, unit)
    department = NodeFactory(parent=unit, kind="department")
    found = {
        (str(role), node.code): role in grantable_roles(by, node.path)
        for role in (Role.LEARNER, Role.DEPARTMENT_CREDIT_ADMINISTRATOR, Role.UNIT_CREDIT_ADMINISTRATOR, Role.AUDITOR)
        for node in (unit, department, other, city)
    }
    allowed = {(str(role), node.code) for role in ROLES_OF_A_UNIT for node in (unit, department)}
    assert {pair for pair, may in found.items() if may} == allowed
    with pytest.raises(roles.NotYoursToGive):
        roles.grant_role(by=by, person=PersonFactory(), role=Role.AUDITOR, node=unit, begins=PAST)
    with pytest.raises(roles.NotYoursToGive):
        roles.end_role(by=by, grant=RoleGrantFactory(role=Role.COUNTY_REVIEWER, node=unit))
    held = roles.grant_role(
        by=by, person=PersonFactory(), role=Role.DEPARTMENT_CREDIT_ADMINISTRATOR, node=department, begins=PAST
    )
    assert roles.end_role(by=by, grant=held).ends == timezone.localdate()


def test_system_administrator_grants_every_role_in_reach_and_nothing_outside() -> None:
    province, elsewhere = NodeFactory(kind="province"), NodeFactory(kind="province")
    by = holder(Role.SYSTEM_ADMINISTRATOR, province)
    assert grantable_roles(by, NodeFactory(parent=province).path) == frozenset(Role)
    assert grantable_roles(by, elsewhere.path) == frozenset()
    by.is_active = False
    assert grantable_roles(by, province.path) == frozenset()


@pytest.mark.parametrize("superuser", [False, True])
def test_nobody_grants_to_themselves(superuser: bool) -> None:
    node = NodeFactory()
    by = holder(Role.SYSTEM_ADMINISTRATOR, node)
    by.is_superuser = superuser
    by.save()
    with pytest.raises(roles.OwnRole):
        roles.grant_role(by=by, person=by, role=Role.AUDITOR, node=node, begins=PAST)
    assert RoleGrant.objects.count() == 1


def test_same_role_is_not_held_twice_on_a_day() -> None:
    person, node = PersonFactory(), NodeFactory()
    give = {"by": None, "person": person, "role": Role.EDITOR, "node": node}
    roles.grant_role(**give, begins=date(2026, 1, 1), ends=date(2026, 3, 1))
    for begins, ends in ((date(2026, 2, 1), None), (PAST, None), (PAST, date(2026, 1, 2))):
        with pytest.raises(roles.AlreadyGranted):
            roles.grant_role(**give, begins=begins, ends=ends)
    with pytest.raises(roles.RoleEndsBeforeItBegins):
        roles.grant_role(**give, begins=date(2026, 3, 1), ends=date(2026, 3, 1))
    roles.grant_role(**give, begins=date(2026, 3, 1))
    assert RoleGrant.objects.count() == 2


def test_substitute_stands_in_within_the_holders_days_and_ends_with_the_holder() -> None:
    node = NodeFactory()
    held = RoleGrantFactory(node=node, begins=PAST, ends=date(2030, 1, 1))
    stand_in = roles.appoint_substitute(
        by=None, grant=held, person=PersonFactory(), begins=date(2026, 1, 1), reason="产假"
    )
    assert (stand_in.role, stand_in.node, stand_in.ends, stand_in.substitute_for, stand_in.reason) == (
        held.role,
        node,
        date(2030, 1, 1),
        held,
        "产假",
    )
    for begins, ends in ((date(2019, 1, 1), None), (date(2026, 1, 1), date(2030, 1, 2))):
        with pytest.raises(roles.BadSubstitute):
            roles.appoint_substitute(by=None, grant=held, person=PersonFactory(), begins=begins, ends=ends)
    with pytest.raises(roles.BadSubstitute):
        roles.appoint_substitute(by=None, grant=held, person=held.person, begins=date(2026, 1, 1))
    with pytest.raises(roles.BadSubstitute):
        roles.appoint_substitute(by=None, grant=stand_in, person=PersonFactory(), begins=date(2026, 1, 1))
    day = date(2026, 6, 1)
    roles.end_role(by=None, grant=held, on=day, reason="调离")
    stand_in.refresh_from_db()
    assert stand_in.ends == day
    events = AuditEvent.objects.filter(verb="role.end").order_by("pk").values_list("target_id", "after")
    assert list(events) == [
        (str(held.person.public_id), {"ends": "2026-06-01", "reason": "调离"}),
        (str(stand_in.person.public_id), {"ends": "2026-06-01", "reason": "调离"}),
    ]
