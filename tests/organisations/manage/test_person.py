"""The page of one person, and each deed that it offers."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from organisations.enums import Role
from organisations.models import AuditEvent, Employment, Membership, Person, Qualification, StatePeriod
from organisations.services import qualifications
from tests.factories.organisations import (
    BranchFactory,
    EmploymentFactory,
    NodeFactory,
    PersonFactory,
    RoleGrantFactory,
    StatePeriodFactory,
)
from tests.organisations.manage.desk import Desk, signed_in
from tests.organisations.services.test_states import PDF


def address(name: str, person: Person, *more: object) -> str:
    return reverse(f"manage:{name}", args=[person.public_id, *more])


@pytest.mark.parametrize(
    ("role", "place", "status", "phone", "log", "credits_link"),
    [
        (Role.UNIT_CREDIT_ADMINISTRATOR, "hospital", 200, True, True, True),
        (Role.UNIT_CREDIT_ADMINISTRATOR, "other", 404, None, None, None),
        (Role.DEPARTMENT_CREDIT_ADMINISTRATOR, "hospital", 200, False, False, True),
        (Role.PROVINCE_REVIEWER, "province", 200, True, False, True),
        (Role.BRANCH_SECRETARY, "branch", 200, False, False, False),
        (Role.AUDITOR, "province", 200, True, True, True),
        (Role.SYSTEM_ADMINISTRATOR, "province", 200, True, True, False),
        (Role.SECURITY_ADMINISTRATOR, "province", 403, None, None, None),
        (Role.LEARNER, "hospital", 403, None, None, None),
    ],
)
def test_page_shows_what_the_reader_may_see(
    desk: Desk, role: Role, place: str, status: int, phone: bool, log: bool, credits_link: bool
) -> None:
    reader = desk.holder(role, getattr(desk, place))
    response = signed_in(reader).get(address("person", desk.worker))
    assert response.status_code == status
    reads = AuditEvent.objects.filter(verb="person.read", actor_id_copy=reader.pk, target_id=str(desk.worker.public_id))
    assert reads.count() == (1 if status == 200 else 0)
    if status != 200:
        return
    text = response.content.decode()
    found = ("138****0001" in text, 'id="events"' in text, reverse("credits:my_credits") + "people/" in text)
    assert found == (phone, log, credits_link)
    assert ("1101**********002X" in text) == phone
    for number in ("13800000001", "11010519491231002X"):
        assert number not in text


def test_page_leads_strangers_to_sign_in(desk: Desk, client: Client) -> None:
    assert client.get(address("person", desk.worker)).status_code == 302


DEEDS = [
    ("person_details", {"name": "王炜", "title": "技师", "is_active": "on"}),
    ("person_transfer", {"kind": "staff", "begins": "2026-02-01"}),
    ("person_work", {"new_department": "MR", "kind": "rehired", "staff_number": "9"}),
    ("person_leave", {"on": "2026-02-01"}),
    ("state_new", {"state": "sick", "begins": "2026-02-01"}),
    ("state_end", {"on": "2026-02-01"}),
    ("state_withdraw", {"reason": "错"}),
    ("qualification_new", {"value": "degree:master"}),
    ("qualification_confirm", {}),
    ("qualification_refuse", {"reason": "无证"}),
    ("membership_new", {"begins": "2030-02-01"}),
    ("membership_end", {"on": "2026-02-01"}),
]


def _ready(desk: Desk, name: str) -> tuple[str, dict]:
    """What the deed needs: its address and the choices of its form."""
    worker = desk.worker
    if name in ("person_work", "person_leave"):
        choices = {"unit": str(desk.hospital.public_id)} if name == "person_work" else {}
        return address(name, worker, Employment.objects.get(person=worker).pk), choices
    if name in ("state_end", "state_withdraw"):
        return address(name, worker, StatePeriodFactory(person=worker).public_id), {}
    if name in ("qualification_confirm", "qualification_refuse"):
        claimed = qualifications.claim(by=worker, kind="title", value="主管技师")
        return address(name, worker, claimed.public_id), {}
    if name == "membership_end":
        return address(name, worker, Membership.objects.get(person=worker).pk), {}
    if name == "membership_new":
        Membership.objects.filter(person=worker).delete()
        return address(name, worker), {"branch": str(desk.branch.public_id)}
    return address(name, worker), {"unit": str(desk.hospital.public_id)} if name == "person_transfer" else {}


def _picture(worker: Person) -> dict:
    """Everything about the person that a deed could change."""
    worker.refresh_from_db()
    return {
        "details": (worker.name, worker.title, worker.is_active),
        "work": list(worker.employments.order_by("pk").values_list("unit", "department", "kind", "begins", "ends")),
        "states": list(worker.state_periods.order_by("pk").values_list("state", "begins", "ends")),
        "titles": list(worker.qualifications.order_by("pk").values_list("value", "state")),
        "branches": list(worker.memberships.order_by("pk").values_list("branch", "begins", "ends")),
    }


@pytest.mark.parametrize(("name", "fields"), DEEDS, ids=[name for name, _fields in DEEDS])
def test_deed_asks_first_and_is_done_by_the_keeper_only(desk: Desk, name: str, fields: dict) -> None:
    url, choices = _ready(desk, name)
    before = _picture(desk.worker)
    outside = desk.holder(Role.UNIT_CREDIT_ADMINISTRATOR, desk.other)
    reviewer = desk.holder(Role.PROVINCE_REVIEWER, desk.province)
    statuses = [signed_in(who).post(url, fields | choices).status_code for who in (outside, reviewer, desk.worker)]
    assert (statuses, Client().post(url, fields | choices).status_code) == ([404, 403, 403], 302)
    keeper = signed_in(desk.keeper)
    assert keeper.get(url).status_code == 200
    assert _picture(desk.worker) == before
    response = keeper.post(url, fields | choices)
    assert (response.status_code, response.get("Location")) == (302, address("person", desk.worker))
    after = _picture(desk.worker)
    assert [part for part in after if after[part] != before[part]] == {
        "person_details": ["details"],
        "person_transfer": ["work"],
        "person_work": ["work"],
        "person_leave": ["work"],
        "state_new": ["states"],
        "state_end": ["states"],
        "state_withdraw": ["states"],
        "qualification_new": ["titles"],
        "qualification_confirm": ["details", "titles"],
        "qualification_refuse": ["titles"],
        "membership_new": ["branches"],
        "membership_end": ["branches"],
    }[name]
    assert AuditEvent.objects.filter(actor_id_copy=desk.keeper.pk).exclude(verb="person.read").count() >= 1


def test_what_a_service_refuses_stands_at_its_field(desk: Desk) -> None:
    StatePeriodFactory(person=desk.worker, begins=date(2026, 1, 1))
    keeper = signed_in(desk.keeper)
    url = address("state_new", desk.worker)
    overlapping = keeper.post(url, {"state": "sick", "begins": "2026-02-01"})
    broken = keeper.post(
        url, {"state": "sick", "begins": "2020-02-01", "ends": "2020-03-01", "proof": SimpleUploadedFile("a.pdf", b"x")}
    )
    assert [(r.status_code, list(r.context["form"].errors)) for r in (overlapping, broken)] == [
        (400, ["begins"]),
        (400, ["proof"]),
    ]
    assert StatePeriod.objects.count() == 1


def test_proof_is_sent_in_scope_only_and_logged(desk: Desk) -> None:
    keeper = signed_in(desk.keeper)
    paper = SimpleUploadedFile("产假.pdf", PDF)
    keeper.post(address("state_new", desk.worker), {"state": "maternity", "begins": "2026-02-01", "proof": paper})
    keeper.post(
        address("qualification_new", desk.worker),
        {"value": "title:技师", "proof": SimpleUploadedFile("证.pdf", PDF)},
    )
    state, title = StatePeriod.objects.get(), Qualification.objects.get()
    urls = [
        address("state_proof", desk.worker, state.public_id),
        address("qualification_proof", desk.worker, title.public_id),
    ]
    for url in urls:
        response = keeper.get(url)
        assert (b"".join(response.streaming_content), response["Content-Type"]) == (PDF, "application/pdf")
        assert response["Content-Disposition"].startswith("attachment")
        readers = {
            "outside": desk.holder(Role.UNIT_CREDIT_ADMINISTRATOR, desk.other),
            "secretary": desk.holder(Role.BRANCH_SECRETARY, desk.branch),
            "learner": desk.worker,
        }
        found = {name: signed_in(reader).get(url).status_code for name, reader in readers.items()}
        assert found == {"outside": 404, "secretary": 403, "learner": 403}
        assert Client().get(url).status_code == 302
    events = AuditEvent.objects.filter(verb="proof.download").order_by("pk").values_list("after__of", flat=True)
    assert list(events) == ["organisations.stateperiod", "organisations.qualification"]


def test_state_and_title_of_ones_own_are_for_another_administrator(desk: Desk) -> None:
    EmploymentFactory(person=PersonFactory(username="own"), unit=desk.hospital)
    own = Person.objects.get(username="own")
    RoleGrantFactory(person=own, role=Role.UNIT_CREDIT_ADMINISTRATOR, node=desk.hospital)
    client = signed_in(own)
    assert client.post(address("state_new", own), {"state": "exempt", "begins": "2026-01-01"}).status_code == 403
    client.post(address("qualification_new", own), {"value": "title:主任技师"})
    client.post(address("person_details", own), {"name": "自己", "title": "主任技师", "is_active": "on"})
    own.refresh_from_db()
    assert (own.title, Qualification.objects.count(), StatePeriod.objects.count()) == ("none", 0, 0)


def test_unit_blocks_its_people_but_nobody_above_it(desk: Desk) -> None:
    above = desk.colleague()
    RoleGrantFactory(person=above, role=Role.SYSTEM_ADMINISTRATOR, node=desk.province)
    keeper = signed_in(desk.keeper)
    worker = signed_in(desk.worker)
    for person in (desk.worker, above):
        keeper.post(address("person_details", person), {"name": person.name, "title": person.title})
        person.refresh_from_db()
    assert (desk.worker.is_active, above.is_active) == (False, True)
    assert worker.get(reverse("organisations:profile")).status_code == 302


def test_employment_elsewhere_is_not_changed(desk: Desk) -> None:
    earlier = EmploymentFactory(
        person=desk.worker, unit=desk.other, begins=date(2010, 1, 1), ends=date(2020, 1, 1), department="X"
    )
    response = signed_in(desk.keeper).post(
        address("person_work", desk.worker, earlier.pk),
        {"new_department": "Y", "kind": "staff", "unit": str(desk.other.public_id)},
    )
    earlier.refresh_from_db()
    assert (response.status_code, earlier.department) == (404, "X")


@pytest.mark.parametrize("count", [1, 3])
def test_page_takes_constant_queries(desk: Desk, django_assert_num_queries, count: int) -> None:
    degrees = ["bachelor", "master", "doctor"]
    for number in range(count):
        begins, ends = date(2001 + number, 1, 1), date(2002 + number, 1, 1)
        EmploymentFactory(person=desk.worker, unit=NodeFactory(), begins=begins, ends=ends)
        StatePeriodFactory(person=desk.worker, begins=begins, ends=ends, recorded_by=PersonFactory())
        RoleGrantFactory(person=desk.worker, node=NodeFactory(), granted_by=PersonFactory())
        Membership.objects.create(person=desk.worker, branch=BranchFactory(), begins=begins, ends=ends)
        qualifications.enter(by=PersonFactory(), person=desk.worker, kind="degree", value=degrees[number])
    client = signed_in(desk.keeper)
    with django_assert_num_queries(22):
        client.get(address("person", desk.worker))
