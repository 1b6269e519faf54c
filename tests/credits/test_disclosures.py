"""Full ID numbers leave the site only in an export that a second person agreed to, and not for long."""

import csv
import io
from datetime import date, timedelta

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cms.shared import errors
from cms.shared.jobs import JobState
from cms.shared.storage import private_storage
from credits.models import Disclosure, ExportJob
from credits.services import disclosures, exports
from organisations.enums import RequestState, Role
from organisations.models import AuditEvent, Notification, Person
from tests.factories.credits import HENAN
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

YEAR = timezone.localdate().year
ID_NUMBER, MASKED = "410102199003074516", "4101**********4516"
pytestmark = pytest.mark.usefixtures("rule_sets")


class World:
    def __init__(self) -> None:
        self.province = NodeFactory()
        self.hospital = NodeFactory(parent=self.province)
        self.other = NodeFactory(parent=self.province)
        self.learner: Person = PersonFactory(name="李娜", id_number=ID_NUMBER)
        EmploymentFactory(person=self.learner, unit=self.hospital, begins=date(2020, 1, 1))
        self.administrator = self._holder(Role.UNIT_CREDIT_ADMINISTRATOR, self.hospital)
        self.department = self._holder(Role.DEPARTMENT_CREDIT_ADMINISTRATOR, self.hospital)
        self.security = self._holder(Role.SECURITY_ADMINISTRATOR, self.province)
        self.outsider = self._holder(Role.SECURITY_ADMINISTRATOR, self.other)

    def _holder(self, role: Role, node: object) -> Person:
        return RoleGrantFactory(role=role, node=node, begins=date(2020, 1, 1)).person

    def client(self, who: str) -> Client:
        client = Client()
        if who != "anonymous":
            client.force_login(getattr(self, who), backend="django.contrib.auth.backends.ModelBackend")
        return client

    def asked(self, by: Person | None = None, file_format: str = "csv", reason: str = "市卫健委年报") -> Disclosure:
        return disclosures.request(
            by=by or self.administrator, node=self.hospital, rule_set_id=HENAN, year=YEAR, file_format=file_format,
            reason=reason,
        )  # fmt: skip

    def agreed(self, file_format: str = "csv") -> Disclosure:
        row = self.asked(file_format=file_format)
        return disclosures.decide(by=self.security, public_id=str(row.public_id), accept=True)

    def made(self, file_format: str = "csv") -> ExportJob:
        row = self.agreed(file_format)
        assert row.job is not None
        exports.run_export(row.job.pk)
        row.job.refresh_from_db()
        return row.job


def content(job: ExportJob) -> bytes:
    with private_storage().open(job.file_key) as file:
        return bytes(file.read())


def test_agreed_file_holds_full_numbers_under_a_watermark() -> None:
    world = World()
    job = world.made()
    rows = list(csv.reader(io.StringIO(content(job).decode("utf-8-sig"))))
    assert (job.state, rows[2][2], len(rows)) == (JobState.DONE, ID_NUMBER, 3)
    mark = rows[0][0]
    assert [mark.count(str(part)) for part in (world.administrator.name, world.administrator.public_id)] == [1, 1]
    assert (mark.count(world.security.name), mark.count(f"{timezone.localtime():%Y-%m-%d}") > 0) == (1, True)


def test_agreed_workbook_bears_the_watermark_on_every_sheet() -> None:
    world = World()
    book = openpyxl.load_workbook(io.BytesIO(content(world.made("xlsx"))))
    marks = [sheet["A1"].value for sheet in book.worksheets]
    assert [str(world.administrator.public_id) in mark for mark in marks] == [True, True]
    assert (book.worksheets[0]["C3"].value, book.worksheets[0]["C3"].data_type) == (ID_NUMBER, "s")


def test_ordinary_export_stays_masked_beside_an_agreed_one() -> None:
    world = World()
    world.agreed()
    job = exports.request_export(
        by=world.administrator, node=world.hospital, rule_set_id=HENAN, year=YEAR, file_format="csv", reason="年报"
    )
    exports.run_export(job.pk)
    job.refresh_from_db()
    rows = list(csv.reader(io.StringIO(content(job).decode("utf-8-sig"))))
    assert rows[1][2] == MASKED
    assert ID_NUMBER not in content(job).decode("utf-8-sig")


def test_nothing_is_made_before_somebody_else_agreed() -> None:
    world = World()
    row = world.asked()
    assert (row.state, row.job, ExportJob.objects.count()) == (RequestState.WAITING, None, 0)
    assert world.asked().pk == row.pk
    assert list(Notification.objects.values_list("person", "kind")) == [
        (world.security.pk, "credits.disclosure_waiting")
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"state": RequestState.REFUSED},
        {"state": RequestState.WAITING},
        {"expires_at": timezone.now() - timedelta(seconds=1)},
        {"expires_at": None},
        {"decided_by": None},
    ],
)
def test_job_without_a_standing_agreement_makes_no_file(changes: dict[str, object]) -> None:
    world = World()
    row = world.agreed()
    Disclosure.objects.filter(pk=row.pk).update(**changes)
    assert row.job is not None
    exports.run_export(row.job.pk)
    row.job.refresh_from_db()
    assert (row.job.state, row.job.error_code, row.job.file_key) == (JobState.FAILED, "disclosure_lapsed", "")


def test_own_agreement_makes_no_file() -> None:
    world = World()
    row = world.agreed()
    Disclosure.objects.filter(pk=row.pk).update(decided_by=world.administrator)
    assert row.job is not None
    exports.run_export(row.job.pk)
    row.job.refresh_from_db()
    assert row.job.error_code == "disclosure_lapsed"


def test_request_needs_a_reason_and_the_right_to_see_numbers() -> None:
    world = World()
    with pytest.raises(disclosures.ReasonMissing):
        world.asked(reason=" ")
    for person in (world.department, world.security, world.learner):
        with pytest.raises(errors.OutOfScope):
            world.asked(by=person)
    assert Disclosure.objects.count() == 0


def test_decision_is_somebody_elses_once_and_in_time() -> None:
    world = World()
    both = world.administrator
    RoleGrantFactory(person=both, role=Role.SECURITY_ADMINISTRATOR, node=world.province)
    row = world.asked()
    key = str(row.public_id)
    with pytest.raises(disclosures.OwnRequest):
        disclosures.decide(by=both, public_id=key, accept=True)
    with pytest.raises(errors.NotFound):
        disclosures.decide(by=world.outsider, public_id=key, accept=True)
    with pytest.raises(errors.OutOfScope):
        disclosures.decide(by=world.department, public_id=key, accept=True)
    with pytest.raises(disclosures.DecisionWithoutReason):
        disclosures.decide(by=world.security, public_id=key, accept=False)
    disclosures.decide(by=world.security, public_id=key, accept=False, reason="年报不需要完整号码")
    with pytest.raises(disclosures.AlreadyDecided):
        disclosures.decide(by=world.security, public_id=key, accept=True)
    told = Notification.objects.get(person=both)
    assert (told.kind, told.params["reason"]) == ("credits.disclosure_refused", "年报不需要完整号码")
    late = world.asked()
    Disclosure.objects.filter(pk=late.pk).update(created_at=timezone.now() - disclosures.VALID_FOR)
    with pytest.raises(disclosures.AlreadyDecided):
        disclosures.decide(by=world.security, public_id=str(late.public_id), accept=True)
    disclosures.erase_old()
    late.refresh_from_db()
    assert (late.state, ExportJob.objects.count()) == (RequestState.WITHDRAWN, 0)


def test_download_is_logged_and_ends_with_the_seven_days() -> None:
    world = World()
    job = world.made()
    key, client = job.file_key, world.client("administrator")
    address = reverse("credits:export_download", args=[job.public_id])
    with exports.open_file(by=world.administrator, job=job) as file:
        assert file.read() == content(job)
    logged = AuditEvent.objects.get(verb="credits.disclosure.download")
    assert (logged.actor_id_copy, logged.after["rows"]) == (world.administrator.pk, 1)
    assert world.client("security").get(address).status_code == 404
    assert disclosures.erase_old() == 0
    Disclosure.objects.update(expires_at=timezone.now())
    assert client.get(address).status_code == 410
    assert (disclosures.erase_old(), disclosures.erase_old()) == (1, 0)
    job.refresh_from_db()
    assert (job.file_key, private_storage().exists(key)) == ("", False)
    assert client.get(address).status_code == 410
    assert client.get(reverse("credits:exports")).status_code == 200
    assert AuditEvent.objects.filter(verb="credits.disclosure.erase").count() == 1


def test_form_asks_for_the_reason_and_tells_what_happens_next() -> None:
    world = World()
    client = world.client("administrator")
    form = {
        "place": str(world.hospital.public_id), "year": YEAR, "rule_set": HENAN, "file_format": "csv",
        "column_set": "annual-list@2026.1", "layout": "one", "encoding": "utf-8", "full_numbers": "on",
    }  # fmt: skip
    refused = client.post(reverse("credits:export_request"), form)
    assert (refused.status_code, list(refused.context["form"].errors)) == (400, ["reason"])
    assert client.post(reverse("credits:export_request"), {**form, "reason": "市年报"}).status_code == 302
    assert (Disclosure.objects.get().reason, ExportJob.objects.count()) == ("市年报", 0)
    assert client.get(reverse("credits:exports")).content.decode().count("市年报") == 1


@pytest.mark.parametrize(
    ("who", "status", "shown"),
    [
        ("security", 200, 1),
        ("outsider", 200, 0),
        ("administrator", 403, 0),
        ("learner", 403, 0),
        ("anonymous", 302, 0),
    ],
)
def test_requests_are_decided_by_security_administrators_in_scope(who: str, status: int, shown: int) -> None:
    world = World()
    row = world.asked()
    client = world.client(who)
    page = client.get(reverse("manage:disclosures"))
    assert page.status_code == status
    if status == 200:
        assert len(page.context["page_obj"]) == shown
    answer = client.post(reverse("manage:disclosure_decide", args=[row.public_id]), {"do": "accept"})
    assert answer.status_code == {200: 302 if shown else 404, 403: 403, 302: 302}[status]
    row.refresh_from_db()
    assert row.state == (RequestState.ACCEPTED if shown else RequestState.WAITING)


def test_lists_cost_the_same_for_one_and_three() -> None:
    world, counts = World(), []
    security, own = world.client("security"), world.client("administrator")
    for years in ((0,), (1, 2)):
        for back in years:
            disclosures.request(
                by=world.administrator, node=world.hospital, rule_set_id=HENAN, year=YEAR - back, file_format="csv",
                reason="年报",
            )  # fmt: skip
        found = []
        for client, name in ((security, "manage:disclosures"), (own, "credits:exports")):
            client.get(reverse(name))
            with CaptureQueriesContext(connection) as asked:
                client.get(reverse(name))
            found.append(len(asked))
        counts.append(found)
    assert counts[0] == counts[1]
