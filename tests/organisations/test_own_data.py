"""A person's copy of their own data, and being forgotten: pages, jobs and what is left."""

import io
import json
import zipfile
from datetime import date, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Comment, Page

from cms.shared.jobs import JobState, LostLease
from cms.shared.storage import private_storage
from credits.models import Book, Entry
from credits.services.verification import verify_judgements, verify_ledger
from organisations import histories, retention
from organisations.enums import RequestState, Role
from organisations.models import (
    AuditEvent,
    Consent,
    ErasureRequest,
    Notification,
    Person,
    PersonExport,
    Registration,
    RoleGrant,
    RosterImport,
    RosterRow,
    StatePeriod,
)
from organisations.selectors import erasure as selectors
from organisations.services import erasure, merging, own_data
from tests.factories.credits import NATIONAL, entry
from tests.factories.organisations import (
    PASSWORD,
    EmploymentFactory,
    NodeFactory,
    PersonFactory,
    RoleGrantFactory,
)

pytestmark = pytest.mark.django_db
ID_NUMBER, PHONE = "410102199003074516", "+8613800000001"


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


class World:
    def __init__(self) -> None:
        self.province = NodeFactory()
        self.hospital = NodeFactory(parent=self.province)
        self.person: Person = PersonFactory(
            name="王伟", username="wang.wei", email="w@example.org", phone=PHONE, id_number=ID_NUMBER
        )
        EmploymentFactory(person=self.person, unit=self.hospital, staff_number="0012")
        self.security = RoleGrantFactory(node=self.province, role=Role.SECURITY_ADMINISTRATOR).person
        self.outsider = RoleGrantFactory(node=NodeFactory(), role=Role.SECURITY_ADMINISTRATOR).person
        self.administrator = RoleGrantFactory(node=self.hospital).person

    def proof(self) -> str:
        key = private_storage().save("proofs/aa/leave.pdf", ContentFile(b"%PDF-1.4 leave"))
        StatePeriod.objects.create(person=self.person, state="sick", begins=date(2026, 3, 1), proof=key)
        return str(key)

    def agreed(self) -> ErasureRequest:
        row = erasure.request(person=self.person, password=PASSWORD)
        return erasure.decide(by=self.security, public_id=str(row.public_id), accept=True)


def made(person: Person) -> PersonExport:
    job = own_data.request(person=person, password=PASSWORD)
    own_data.run(job.pk)
    job.refresh_from_db()
    return job


def archive(person: Person, job: PersonExport) -> zipfile.ZipFile:
    _job, file = own_data.open_file(person=person, public_id=str(job.public_id), password=PASSWORD)
    with file:
        return zipfile.ZipFile(io.BytesIO(file.read()))


# -- the copy


@pytest.mark.usefixtures("rule_sets")
def test_copy_holds_everything_of_one_person_and_nothing_of_another() -> None:
    world = World()
    world.proof()
    written = entry(person=world.person, on=date(2026, 5, 20))
    entry(on=date(2026, 5, 21))
    EmailAddress.objects.create(user=world.person, email="w@example.org")
    registration = Registration(person=world.person, unit=world.hospital)
    registration.set_contact(phone="+8613800000009", email="")
    registration.save()
    roster = RosterImport.objects.create(unit=world.hospital, file_name="名单.xlsx", uploaded_by=world.administrator)
    for about in (world.person, world.administrator):
        RosterRow.objects.create(
            roster=roster, row_number=2, person=about, outcome="create", shown={"name": about.name}
        )
        Comment.objects.create(page=Page.objects.get(depth=1), user=about, text="见第三节", contentpath="title")
    job = made(world.person)
    assert (job.state, len(job.file_sha256)) == (JobState.DONE, 64)
    found = archive(world.person, job)
    assert sorted(found.namelist()) == [
        "about.json", "account/courses.json", "account/credits.json", "account/files/proofs/state-1.pdf",
        "account/media_pipeline.json", "account/organisations.json", "account/quizzes.json",
    ]  # fmt: skip
    told = json.loads(found.read("account/organisations.json"))
    assert (told["person"]["phone"], told["person"]["id_number"], told["person"]["name"]) == (PHONE, ID_NUMBER, "王伟")
    assert [row["staff_number"] for row in told["employments"]] == ["0012"]
    assert [row["email"] for row in told["mail_addresses"]] == ["w@example.org"]
    assert [(row["unit__name"], row["phone"]) for row in told["registrations"]] == [
        (world.hospital.name, "+8613800000009")
    ]
    assert [(row["roster__file_name"], row["shown"]) for row in told["roster_rows"]] == [
        ("名单.xlsx", {"name": "王伟"})
    ]
    assert [row["text"] for row in told["comments"]] == ["见第三节"]
    assert found.read("account/files/proofs/state-1.pdf") == b"%PDF-1.4 leave"
    ledger = json.loads(found.read("account/credits.json"))
    assert [row["public_id"] for row in ledger["entries"]] == [str(written.public_id)]
    assert list(Notification.objects.values_list("person", "kind")) == [(world.person.pk, "own_data_ready")]


def test_copy_holds_the_merged_accounts_too() -> None:
    world = World()
    other = EmploymentFactory(unit=world.hospital).person
    merging.merge(by=world.administrator, kept=world.person, merged=other, reason="同一人")
    names = archive(world.person, made(world.person)).namelist()
    assert f"merged-{other.public_id}/organisations.json" in names


def test_copy_needs_the_password_twice_and_the_right_person() -> None:
    world = World()
    client, stranger = signed_in(world.person), signed_in(world.administrator)
    page = reverse("organisations:my_data")
    assert client.post(page, {"do": "copy", "password": "wrong"}).status_code == 400
    assert PersonExport.objects.count() == 0
    assert client.post(page, {"do": "copy", "password": PASSWORD}).status_code == 302
    assert client.post(page, {"do": "copy", "password": PASSWORD}).status_code == 302
    job = PersonExport.objects.get()
    address = reverse("organisations:my_data_file", args=[job.public_id])
    assert client.post(address, {"password": PASSWORD}).status_code == 404
    own_data.run(job.pk)
    assert client.get(address).status_code == 405
    assert client.post(address, {"password": "wrong"}).status_code == 400
    assert stranger.post(address, {"password": PASSWORD}).status_code == 404
    assert Client().post(address, {"password": PASSWORD}).status_code == 302
    response = client.post(address, {"password": PASSWORD})
    assert (response.status_code, response["X-Content-SHA256"]) == (200, PersonExport.objects.get().file_sha256)
    assert zipfile.ZipFile(io.BytesIO(response.getvalue())).testzip() is None
    logged = AuditEvent.objects.filter(verb__startswith="own_data").order_by("pk")
    assert [event.verb for event in logged] == ["own_data.request", "own_data.download"]
    assert client.get(page).status_code == 200


def test_copy_is_erased_after_seven_days(django_capture_on_commit_callbacks: Any) -> None:
    world = World()
    job = made(world.person)
    key = str(job.file.name)
    assert own_data.erase_old() == 0
    PersonExport.objects.update(finished_at=timezone.now() - own_data.KEPT_FOR - timedelta(seconds=1))
    with django_capture_on_commit_callbacks(execute=True):
        assert own_data.erase_old() == 1
        assert private_storage().exists(key)
    job.refresh_from_db()
    assert (job.file.name, private_storage().exists(key), job.file_erased_at is None) == ("", False, False)
    assert own_data.erase_old() == 0
    with pytest.raises(own_data.ExportNotThere):
        own_data.open_file(person=world.person, public_id=str(job.public_id), password=PASSWORD)


# -- being forgotten


@pytest.mark.usefixtures("rule_sets")
def test_earliest_day_follows_the_last_credit_year() -> None:
    world = World()
    assert selectors.due_on(world.person) == selectors.Due(timezone.localdate(), "")
    entry(person=world.person, on=date(2026, 5, 20))
    assert selectors.due_on(world.person) == selectors.Due(date(2032, 1, 1), "last_credit_year:2026")
    page = signed_in(world.person).get(reverse("organisations:my_data"))
    assert "2032-01-01" in page.content.decode()
    assert "2026" in selectors.basis_text("last_credit_year:2026")


def test_policies_say_where_they_come_from() -> None:
    for kind, amount in (("identity", 5), ("audit", 183)):
        rule = retention.policy(kind, on=date(2026, 11, 22))
        assert (rule.amount, rule.mark, bool(rule.source and rule.title and rule.title_en)) == (amount, "M", True)
    assert retention.policy("identity", on=date(2000, 1, 1)).version == "2026.1"


@pytest.mark.usefixtures("rule_sets")
def test_agreed_request_waits_for_its_day() -> None:
    world = World()
    entry(person=world.person, on=date(2026, 5, 20))
    row = world.agreed()
    assert (row.state, erasure.queue_due()) == (JobState.CANCELLED, 0)
    world.person.refresh_from_db()
    assert world.person.name == "王伟"
    # However it came to run, it looks at the day itself.
    ErasureRequest.objects.update(state=JobState.QUEUED)
    erasure.run(row.pk)
    row.refresh_from_db()
    world.person.refresh_from_db()
    assert (row.state, world.person.name) == (JobState.CANCELLED, "王伟")


@pytest.mark.usefixtures("rule_sets")
def test_erased_person_leaves_a_ledger_without_a_name(django_capture_on_commit_callbacks: Any) -> None:
    world = World()
    proof = world.proof()
    other = EmploymentFactory(unit=world.hospital, person=PersonFactory(phone="+8613800000002")).person
    merging.merge(by=world.administrator, kept=world.person, merged=other, reason="同一人")
    world.person.refresh_from_db()
    Consent.objects.create(person=world.person, document="privacy_notice", version="2026-11", language="en")
    RoleGrantFactory(person=world.person, role=Role.LEARNER, node=world.hospital)
    copy = str(made(world.person).file.name)
    book = entry(person=world.person, rule_set_id=NATIONAL, on=date(2019, 5, 20)).book
    before = list(Entry.objects.values())
    client = signed_in(world.person)
    row = world.agreed()
    row.refresh_from_db()
    assert row.state == JobState.QUEUED
    with django_capture_on_commit_callbacks(execute=True):
        erasure.run(row.pk)
    row.refresh_from_db()
    person = Person.objects.get(pk=world.person.pk)
    assert row.state == JobState.DONE
    assert (person.name, person.username, person.email, person.phone, person.masked_id_number, person.is_active) == (
        "", f"erased-{person.public_id.hex[:20]}", None, "", "", False,
    )  # fmt: skip
    assert (person.phone_index, person.id_number_index, person.has_usable_password()) == (None, None, False)
    for left in (person.employments, person.state_periods, person.notifications, person.exports):
        assert left.count() == 0
    assert list(person.role_grants.values_list("ends", flat=True)) == [timezone.localdate()]
    assert (person.consents.count(), Person.objects.get(pk=other.pk).name) == (1, "")
    assert [private_storage().exists(key) for key in (proof, copy)] == [False, False]
    assert client.get(reverse("organisations:my_data")).status_code == 302
    assert (list(Entry.objects.values()), Book.objects.get(pk=book.pk).owner) == (before, None)
    assert (verify_ledger(), verify_judgements()) == ([], [])
    event = AuditEvent.objects.get(verb="erasure.done")
    assert (event.actor, event.after) == ("", {"account": str(person.public_id)})


def test_account_without_credits_goes_at_once_and_only_once() -> None:
    world = World()
    row = world.agreed()
    erasure.run(row.pk)
    erasure.run(row.pk)
    for history in histories.registered():
        history.erase(Person.objects.get(pk=world.person.pk))
    assert AuditEvent.objects.filter(verb="erasure.done").count() == 1
    assert Person.objects.get(pk=world.person.pk).is_active is False


def test_killed_erasure_leaves_everything_and_runs_again(django_capture_on_commit_callbacks: Any) -> None:
    world = World()
    files = [world.proof(), str(made(world.person).file.name)]
    row = world.agreed()
    killed = ErasureRequest.claim(row.pk)
    assert killed is not None
    assert ErasureRequest.release_all() == 1
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(LostLease):
        erasure._erase(killed)
    assert (Person.objects.get(pk=world.person.pk).name, world.person.state_periods.get().proof.name) == (
        "王伟", files[0],
    )  # fmt: skip
    assert [private_storage().exists(key) for key in files] == [True, True]
    with django_capture_on_commit_callbacks(execute=True):
        erasure.run(row.pk)
        assert [private_storage().exists(key) for key in files] == [True, True]
    assert Person.objects.get(pk=world.person.pk).name == ""
    assert [private_storage().exists(key) for key in files] == [False, False]


def test_merging_that_is_rolled_back_leaves_the_copy(django_capture_on_commit_callbacks: Any) -> None:
    world = World()
    other = EmploymentFactory(unit=world.hospital).person
    job = made(other)
    key = str(job.file.name)

    class FellOver(Exception):
        pass

    with django_capture_on_commit_callbacks(execute=True), pytest.raises(FellOver), transaction.atomic():
        merging.merge(by=world.administrator, kept=world.person, merged=other, reason="同一人")
        raise FellOver
    job.refresh_from_db()
    assert (str(job.file.name), private_storage().exists(key)) == (key, True)
    with django_capture_on_commit_callbacks(execute=True):
        merging.merge(by=world.administrator, kept=world.person, merged=other, reason="同一人")
    job.refresh_from_db()
    assert (job.file.name, private_storage().exists(key)) == ("", False)


def test_request_can_be_withdrawn_until_it_is_carried_out() -> None:
    world = World()
    page, client = reverse("organisations:my_data"), signed_in(world.person)
    assert client.post(page, {"do": "forget", "password": "wrong"}).status_code == 400
    assert client.post(page, {"do": "forget", "password": PASSWORD}).status_code == 302
    assert client.post(page, {"do": "forget", "password": PASSWORD}).status_code == 409
    assert client.post(page, {"do": "withdraw"}).status_code == 302
    assert client.post(page, {"do": "withdraw"}).status_code == 409
    row = world.agreed()
    assert client.get(page).status_code == 200
    assert client.post(page, {"do": "withdraw"}).status_code == 302
    row.refresh_from_db()
    assert (row.request_state, row.state) == (RequestState.WITHDRAWN, JobState.CANCELLED)
    erasure.run(row.pk)
    assert Person.objects.get(pk=world.person.pk).name == "王伟"
    assert client.post(page, {"do": "dance"}).status_code == 400


def test_decision_is_somebody_elses_and_needs_a_reason_to_refuse() -> None:
    world = World()
    row = erasure.request(person=world.person, password=PASSWORD)
    own = erasure.request(person=world.security, password=PASSWORD)
    key = str(row.public_id)
    with pytest.raises(erasure.OwnRequest):
        erasure.decide(by=world.security, public_id=str(own.public_id), accept=True)
    with pytest.raises(erasure.ReasonMissing):
        erasure.decide(by=world.security, public_id=key, accept=False, reason=" ")
    erasure.decide(by=world.security, public_id=key, accept=False, reason="有未结的学分争议")
    with pytest.raises(erasure.AlreadyDecided):
        erasure.decide(by=world.security, public_id=key, accept=True)
    about = Notification.objects.filter(person=world.person)
    assert list(about.values_list("person", "kind")) == [(world.person.pk, "erasure_refused")]
    page = signed_in(world.person).get(reverse("organisations:my_data")).content.decode()
    assert "有未结的学分争议" in page


def told(kind: str) -> list[tuple[int, str]]:
    return list(Notification.objects.filter(kind=kind).order_by("person").values_list("person", "link"))


def test_request_tells_those_who_decide_once_and_again_after_a_week() -> None:
    world = World()
    second = RoleGrantFactory(node=world.hospital, role=Role.SECURITY_ADMINISTRATOR, person__language="en").person
    row = erasure.request(person=world.person, password=PASSWORD)
    both = [(world.security.pk, "/zh-hans/manage/erasures/"), (second.pk, "/en/manage/erasures/")]
    assert (told("erasure_waiting"), erasure.remind()) == (both, 0)
    ErasureRequest.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert (erasure.remind(), erasure.remind()) == (1, 1)
    assert told("erasure_waiting") == sorted(both * 2)
    assert selectors.waiting_for(second) == 1
    home = signed_in(world.security).get(reverse("manage:home")).context["tiles"]
    assert [(tile.view, tile.count, tile.needs_work) for tile in home] == [("manage:erasures", 1, True)]
    erasure.decide(by=second, public_id=str(row.public_id), accept=False, reason="有未结的学分争议")
    ErasureRequest.objects.update(created_at=timezone.now() - timedelta(days=15))
    assert (erasure.remind(), len(told("erasure_waiting"))) == (0, 4)


def test_request_that_nobody_decides_reaches_who_can_appoint_somebody() -> None:
    world = World()
    RoleGrant.objects.filter(role=Role.SECURITY_ADMINISTRATOR).update(ends=timezone.localdate())
    operator = PersonFactory(is_superuser=True)
    erasure.request(person=world.person, password=PASSWORD)
    assert told("erasure_undecided") == [(operator.pk, "/zh-hans/manage/roles/")]
    system = RoleGrantFactory(node=world.province, role=Role.SYSTEM_ADMINISTRATOR).person
    erasure.request(person=EmploymentFactory(unit=world.hospital).person, password=PASSWORD)
    assert [person for person, _link in told("erasure_undecided")] == [operator.pk, system.pk]


def test_request_of_somebody_without_a_place_tells_who_looks_after_a_tree() -> None:
    world = World()
    RoleGrantFactory(node=world.hospital, role=Role.SECURITY_ADMINISTRATOR)
    erasure.request(person=PersonFactory(), password=PASSWORD)
    assert [person for person, _link in told("erasure_waiting")] == [world.security.pk, world.outsider.pk]


@pytest.mark.parametrize(
    ("who", "status", "decided"),
    [
        ("security", 200, RequestState.ACCEPTED),
        ("outsider", 200, RequestState.WAITING),
        ("administrator", 403, RequestState.WAITING),
        ("person", 403, RequestState.WAITING),
    ],
)
def test_erasures_are_for_security_administrators_in_scope(who: str, status: int, decided: str) -> None:
    world = World()
    row = erasure.request(person=world.person, password=PASSWORD)
    client = signed_in(getattr(world, who))
    page = client.get(reverse("manage:erasures"))
    assert page.status_code == status
    if status == 200:
        shown = [request.pk for request in page.context["page_obj"]]
        assert shown == ([row.pk] if decided == RequestState.ACCEPTED else [])
    answer = client.post(reverse("manage:erasure_decide", args=[row.public_id]), {"do": "accept"})
    assert answer.status_code == {200: 302 if decided == RequestState.ACCEPTED else 404, 403: 403}[status]
    row.refresh_from_db()
    assert row.request_state == decided
    assert Client().get(reverse("manage:erasures")).status_code == 302


def test_erasure_lists_cost_the_same_for_one_and_three() -> None:
    world, counts = World(), []
    client = signed_in(world.security)
    for further in (1, 2):
        for _number in range(further):
            person = EmploymentFactory(unit=world.hospital).person
            erasure.request(person=person, password=PASSWORD)
        client.get(reverse("manage:erasures"))
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("manage:erasures"))
        counts.append(len(asked))
    assert counts[0] == counts[1]
