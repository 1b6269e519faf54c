"""Writing in somebody's book: by hand with a proof, and taking back; for administrators, learners and strangers."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from credits.enums import GrantMethod
from credits.models import Entry, EntryEvidence
from credits.services import histories
from organisations.enums import NodeKind, Role
from organisations.models import AuditEvent, Notification, Person
from organisations.notifications import message
from tests.factories.credits import HENAN, entry
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]
DAY = "2026-05-20"


def pdf(text: str = "签到表") -> SimpleUploadedFile:
    return SimpleUploadedFile("签到.pdf", b"%PDF-1.4\n" + text.encode() + b"\n%%EOF\n")


class World:
    def __init__(self) -> None:
        self.hospital = NodeFactory(kind=NodeKind.HOSPITAL)
        self.keeper = self.holder(Role.UNIT_CREDIT_ADMINISTRATOR)
        self.person = PersonFactory(name="学员", language="en")
        EmploymentFactory(person=self.person, unit=self.hospital)
        EmploymentFactory(person=self.keeper, unit=self.hospital)

    def holder(self, role: Role) -> Person:
        person: Person = RoleGrantFactory(role=role, node=self.hospital, begins=date(2020, 1, 1)).person
        return person


TO_COME = (timezone.localdate() + timedelta(days=2)).isoformat()


@pytest.fixture
def world() -> World:
    return World()


def client(person: Person) -> Client:
    found = Client()
    found.force_login(person)
    return found


def sent(**changes: Any) -> dict[str, Any]:
    fields = {
        "rules": HENAN, "day": DAY, "activity_type": "project_attend", "title": "省级读片会", "organiser": "省学会",
        "role": "learner", "quantity": "3", "unit": "hour", "begins_on": DAY, "begins_time": "09:00",
        "ends_time": "12:00", "proof": pdf(), "reason": "现场签到，无系统记录",
    }  # fmt: skip
    return fields | changes


def address(name: str, *args: Any) -> str:
    with override("en"):
        return reverse(f"credits:{name}", args=args)


def test_entry_by_hand_is_recorded_proved_told_and_logged(world: World) -> None:
    page = address("entry_new", world.person.public_id)
    answer = client(world.keeper).post(page, sent())
    written = Entry.objects.get()
    year = address("person_credits", world.person.public_id)
    assert (answer.status_code, answer["Location"]) == (302, f"{year}?year=2026&rules={HENAN}")
    assert (written.granted_how, written.granted_by_id_copy, written.reason) == (
        GrantMethod.MANUAL,
        world.keeper.pk,
        "现场签到，无系统记录",
    )
    assert (written.begins_at.isoformat(), written.ends_at.isoformat()) == (
        "2026-05-20T01:00:00+00:00",
        "2026-05-20T04:00:00+00:00",
    )
    paper = EntryEvidence.objects.get(entry=written)
    assert written.evidence == [{"kind": "proof", "sha256": paper.sha256}]
    assert [event.verb for event in AuditEvent.objects.order_by("pk")] == ["credits.entry_recorded"]
    told = message(Notification.objects.get(person=world.person), language="en")
    assert told.text.startswith("Your administrator has recorded “省级读片会” of 2026-05-20 by hand")
    for reader in (world.person, world.keeper):
        fetched = client(reader).get(address("entry_evidence", written.public_id))
        assert b"".join(fetched.streaming_content) == pdf().read()  # type: ignore[attr-defined]
    assert client(PersonFactory()).get(address("entry_evidence", written.public_id)).status_code == 404
    name = paper.file.name
    histories.erase(world.person)
    assert (EntryEvidence.objects.count(), name.endswith(".pdf")) == (0, True)


def test_repeated_declaration_is_stopped_and_names_the_entry(world: World) -> None:
    page, http = address("entry_new", world.person.public_id), client(world.keeper)
    http.post(page, sent())
    first = Entry.objects.get()
    for repeated in (
        sent(title="省级 读片会", proof=pdf("另一张")),
        sent(title="护理讲座", proof=pdf("第三张")),  # nobody was at both
        sent(title="另一活动", day="2026-06-03", begins_on="2026-06-03"),  # proved by the same paper
    ):
        answer = http.post(page, repeated)
        assert answer.status_code == 409
        assert str(first.public_id) in answer.content.decode()
        assert "See “省级读片会” of 2026-05-20" in answer.content.decode()
    assert Entry.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"quantity": "4"}, "More time is stated than lies between begin and end."),
        ({"begins_time": "13:00"}, "The activity ends before it begins."),
        ({"unit": "char_zh"}, "The rules measure this kind of activity in another unit."),
        ({"role": "teacher"}, "The rules give this credit to another role."),
        ({"proof": SimpleUploadedFile("x.pdf", b"no pdf")}, "This is no PDF, JPEG or PNG that can be read."),
        ({"quantity": "-1"}, "Ensure this value is greater than or equal to 0.01."),
        ({"day": "1990-01-01"}, "No version of the credit rules"),
        ({"day": TO_COME}, "This activity is not over yet. Record it when it has taken place."),
        ({"day": "20.5.2026"}, "Enter a valid date."),
    ],
)
def test_entry_that_cannot_be_is_refused_at_its_field(world: World, changes: dict[str, Any], text: str) -> None:
    answer = client(world.keeper).post(address("entry_new", world.person.public_id), sent(**changes))
    assert (answer.status_code, Entry.objects.count(), answer.content.decode().count(text)) == (400, 0, 1)


def test_last_day_to_come_is_told_at_its_field_and_not_replaced_by_today(world: World) -> None:
    page, http = address("entry_new", world.person.public_id), client(world.keeper)
    shown = http.get(page, {"rules": HENAN, "day": TO_COME})
    refused = http.post(page, sent(day=TO_COME))
    for answer in (shown, refused):
        text = answer.content.decode()
        assert (answer.status_code, text.count(f'name="day" value="{TO_COME}"')) == (400, 2)
        assert text.count('aria-invalid="true" aria-describedby="day_error"') == text.count('id="day_error"') == 1
        assert "in force on" not in text
    assert refused.content.decode().count('value="省级读片会"') == 1  # what was typed stays
    assert Entry.objects.count() == 0


def test_entry_is_taken_back_with_a_reason_that_the_person_reads(world: World) -> None:
    written = entry(person=world.person)
    page = address("entry_reverse", world.person.public_id, written.public_id)
    http = client(world.keeper)
    assert http.post(page, {"reason": ""}).status_code == 400
    assert http.post(page, {"reason": "未参加"}).status_code == 302
    back = Entry.objects.get(reverses=written)
    assert (back.reason, back.granted_by_id_copy) == ("未参加", world.keeper.pk)
    told = Notification.objects.get(person=world.person)
    assert (told.kind, told.params["reason"]) == ("credits.entry_reversed", "未参加")
    shown = http.get(address("person_credits", world.person.public_id) + f"?year=2026&rules={HENAN}").content.decode()
    assert (page in shown, address("entry_new", world.person.public_id) in shown) == (False, True)


def test_nobody_writes_in_the_own_book_or_outside_of_the_scope(world: World) -> None:
    own = entry(person=world.keeper)
    http = client(world.keeper)
    answer = http.post(address("entry_new", world.keeper.public_id), sent())
    assert (answer.status_code, answer.content.decode().count("Nobody writes in their own credit book.")) == (400, 1)
    back = http.post(address("entry_reverse", world.keeper.public_id, own.public_id), {"reason": "x"})
    assert (back.status_code, Entry.objects.count()) == (400, 1)
    stranger = entry(person=PersonFactory())
    assert http.post(address("entry_new", PersonFactory().public_id), sent()).status_code == 404
    other = address("entry_reverse", world.person.public_id, stranger.public_id)
    assert http.post(other, {"reason": "x"}).status_code == 404
    for person, status in ((world.person, 403), (world.holder(Role.AUDITOR), 403)):
        assert client(person).get(address("entry_new", world.person.public_id)).status_code == status
