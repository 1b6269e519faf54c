"""After an erasure nothing in the database leads by name or number to the person; the audit log names nobody."""

import inspect
import json
import re
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.models import ModelLogEntry

from cms.shared.storage import private_storage
from courses.services.enrolment import enrol
from organisations import audit
from organisations.deeds import Deed
from organisations.enums import Role
from organisations.histories import person_path
from organisations.models import Activation, AuditEvent, Employment, ErasureRequest, Person, RosterImport, RosterRow
from organisations.selectors import audit as selectors
from organisations.services import (
    activation,
    consents,
    erasure,
    merging,
    objections,
    own_data,
    people,
    qualifications,
    roles,
    rosters,
)
from tests.factories.credits import NATIONAL, entry
from tests.factories.organisations import PASSWORD, EmploymentFactory, PersonFactory, RoleGrantFactory
from tests.organisations.roster import files
from tests.organisations.roster.conftest import run
from tests.organisations.test_privacy import dump
from tests.world import World

pytestmark = pytest.mark.django_db

NAME, EARLIER, STAFF, PHONE, MAIL = "欧阳若兰", "欧阳兰", "KX-90871", "13712345098", "ruolan@example.org"
NUMBER, USERNAME = files.id_number(731), "ouyang-rl"


def traces(*secrets: str) -> list[str]:
    """What of `secrets` stands in the database, in letters or escaped as JSON."""
    whole = dump().replace("\\\\", "\\")
    return [secret for secret in secrets if any(form in whole for form in (secret, json.dumps(secret)[1:-1]))]


def standing_alone(digits: str) -> list[str]:
    """Where `digits` stand in the database, but not inside a longer number, a time or an identifier."""
    return re.findall(rf"(?<![\da-z.-]){digits}(?![\da-z.-])", dump())


def compared(by: Person, unit: Any, *rows: tuple[str, ...]) -> RosterImport:
    sheet = files.xlsx(("名单", [(*files.HEADINGS, "邮箱"), *rows]))
    roster = run(rosters.receive(by=by, unit=unit, upload=files.upload(sheet)))
    rosters.confirm_mapping(by=by, roster=roster, mapping=roster.mapping, effective_on=timezone.localdate())
    return run(roster)


def lived(world: World) -> Person:
    """Somebody who was entered by a roster, came in, learnt, wrote, was changed, merged, promoted."""
    keeper = world.administrator
    row = (EARLIER, STAFF, PHONE, NUMBER, "CT室", "技师", MAIL)
    # A second row is not assigned to anybody, and another unit's list names them as well.
    roster = compared(keeper, world.hospital, row, (NAME, "", "", NUMBER[:-1], "CT室", "", ""))
    rosters.apply(by=keeper, roster=roster, skip_unclear=True)
    run(roster)
    person = Person.objects.get(name=EARLIER)
    activation.activate(code=activation.issue(by=keeper, person=person), password=PASSWORD)
    person.refresh_from_db()
    person.username = USERNAME
    person.save()
    consents.accept(person=person, language="zh-hans")
    people.change_details(by=keeper, person=person, name=NAME)
    Employment.objects.filter(person=person).update(begins=date(2020, 1, 1))
    compared(world.outsider, world.other, (NAME, "", PHONE, "", "CT室", "", ""))
    qualifications.claim(by=person, kind="degree", value="master")
    objections.object_to(by=person, text="科室不对")
    grant = roles.grant_role(by=None, person=person, role=Role.LECTURER, node=world.hospital, begins=date(2026, 1, 1))
    roles.end_role(by=None, grant=grant)
    enrol(person=person, offer=world.offer)
    audit.record(by=keeper, verb=Deed.PERSON_READ, target=person)
    entry(person=person, rule_set_id=NATIONAL, on=date(2019, 5, 20))
    other = EmploymentFactory(unit=world.hospital, person=PersonFactory(name=NAME, username="ouyang-2")).person
    merging.merge(by=keeper, kept=person, merged=other, reason="同一人")
    ModelLogEntry.objects.create(
        content_type=ContentType.objects.get_for_model(Person), object_id=str(person.pk), label=NAME,
        action="wagtail.edit", timestamp=timezone.now(),
    )  # fmt: skip
    own_data.run(own_data.request(person=person, password=PASSWORD).pk)
    return Person.objects.get(pk=person.pk)


def forget(world: World, person: Person) -> None:
    security = RoleGrantFactory(node=world.hospital, role=Role.SECURITY_ADMINISTRATOR).person
    row = erasure.request(person=person, password=PASSWORD)
    erasure.decide(by=security, public_id=str(row.public_id), accept=True)
    erasure.run(row.pk)
    assert ErasureRequest.objects.get(pk=row.pk).state == "done"


@pytest.mark.usefixtures("rule_sets")
def test_erased_person_is_found_nowhere_in_the_database() -> None:
    world = World()
    person = lived(world)
    secrets = (NAME, EARLIER, STAFF, PHONE, MAIL, NUMBER, USERNAME, "ouyang-2")
    assert traces(NAME, STAFF, MAIL, USERNAME) == [NAME, STAFF, MAIL, USERNAME]
    assert standing_alone(NUMBER[-4:]) != []
    assert RosterRow.objects.filter(person=None, shown__name=NAME).count() == 2
    auditor = RoleGrantFactory(node=world.hospital.get_root(), role=Role.AUDITOR).person
    said = selectors.page(auditor, selectors.wanted_from({"q": NAME}))
    assert {event.target for event in said.events if event.target_kind != "organisations.objection"} == {NAME}
    forget(world, person)
    assert (traces(*secrets), standing_alone(NUMBER[-4:])) == ([], [])
    events = selectors.page(auditor, selectors.wanted_from({"target": str(person.public_id)})).events
    made_up = f"erased-{person.public_id.hex[:20]}"
    assert (len(events) > 5, {event.target for event in events}) == (True, {made_up})
    assert selectors.page(auditor, selectors.wanted_from({"q": NAME})).events == []
    assert Activation.objects.filter(person=person).count() == 0


@pytest.mark.usefixtures("rule_sets")
def test_picture_of_an_editor_goes_with_the_account(django_capture_on_commit_callbacks: Any) -> None:
    world = World()
    key = private_storage().save("avatar_images/me.png", ContentFile(b"x"))
    apps.get_model("wagtailusers.UserProfile")._default_manager.create(user=world.learner, avatar=key)
    with django_capture_on_commit_callbacks(execute=True):
        forget(world, world.learner)
    assert private_storage().exists(key) is False


def test_log_keeps_keys_and_is_read_with_the_names_of_today() -> None:
    by, person = PersonFactory(name="陈静"), PersonFactory(name="王伟")
    grant = RoleGrantFactory(person=person)
    audit.record(by=by, verb=Deed.PERSON_CHANGE, target=person, before={"name": "王为"}, after={"name": "王伟"})
    audit.record(by=by, verb=Deed.ROLE_END, target=grant)
    audit.record(by=by, verb=Deed.PLACE_CHANGE, target=grant.node, after={"name": "一院"})
    kept = AuditEvent.objects.order_by("pk").values_list("actor", "target", "before", "after")
    assert list(kept) == [
        ("", "", {"name": "***"}, {"name": "***"}), ("", "", {}, {}), ("", grant.node.name, {}, {"name": "一院"}),
    ]  # fmt: skip
    auditor = RoleGrantFactory(node=grant.node, role=Role.AUDITOR).person
    Person.objects.filter(pk=by.pk).update(name="陈静怡")
    read = selectors.page(auditor, selectors.Wanted()).events
    assert [(event.actor, event.target) for event in reversed(read)] == [
        ("陈静怡", "王伟"), ("陈静怡", "王伟"), ("陈静怡", grant.node.name),
    ]  # fmt: skip


def test_line_of_an_earlier_release_shows_what_is_known_today() -> None:
    person, auditor = PersonFactory(name=""), RoleGrantFactory(role=Role.AUDITOR).person
    AuditEvent.objects.create(
        actor_id_copy=person.pk, actor="王伟", verb="person.change", target_kind="organisations.person",
        target_id=str(person.public_id), target="王伟",
    )  # fmt: skip
    AuditEvent.objects.create(
        actor_id_copy=0, actor="李娜", verb="x", target_kind="gone.model", target_id="7", target="旧表"
    )
    read = selectors.page(auditor, selectors.Wanted()).events
    assert [(event.actor, event.target) for event in reversed(read)] == [
        (person.username, person.username), ("李娜", "旧表"),
    ]  # fmt: skip


def test_every_label_that_names_somebody_says_whom() -> None:
    silent = []
    for model in apps.get_models():
        if not model.__module__.startswith(("organisations", "courses", "credits", "quizzes", "media_pipeline")):
            continue
        source = inspect.getsource(model.__str__) if "__str__" in vars(model) else ""
        if any(word in source for word in ("self.person}", "self.person)", "self.enrolment}")) and not person_path(
            model
        ):
            silent.append(model.__name__)
    assert silent == []
