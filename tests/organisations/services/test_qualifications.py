from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from cms.shared.storage import private_storage
from organisations import notifications
from organisations.models import AuditEvent, Notification, Person, Qualification
from organisations.services import qualifications
from tests.factories.organisations import PersonFactory
from tests.organisations.services.test_states import PDF

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit() -> Person:
    return PersonFactory(name="管理员")


def title_of(person: Person) -> str:
    return Person.objects.values_list("title", flat=True).get(pk=person.pk)


def test_reported_title_counts_only_when_the_unit_confirms(unit: Person) -> None:
    person = PersonFactory(title="技士")
    reported = qualifications.claim(by=person, kind="title", value="技师", obtained_on=date(2024, 6, 1))
    assert (reported.state, title_of(person)) == ("claimed", "技士")
    qualifications.confirm(by=unit, qualification=reported)
    assert (reported.state, reported.decided_by, title_of(person)) == ("confirmed", unit, "技师")
    with pytest.raises(qualifications.AlreadyDecided):
        qualifications.confirm(by=unit, qualification=reported)
    notice = Notification.objects.get(person=person)
    assert notifications.message(notice, language="en").text.startswith("Confirmed: Technologist (技师).")
    assert list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True)) == [
        "qualification.claim",
        "qualification.confirm",
        "person.change",
    ]


def test_appointment_is_a_fact_of_its_own_and_lifts_nobody(unit: Person) -> None:
    person = PersonFactory(title="技师")
    qualifications.enter(by=unit, person=person, kind="title", value="技师", obtained_on=date(2020, 6, 1))
    told = qualifications.claim(by=person, kind="appointed", value="主管技师", obtained_on=date(2024, 3, 1))
    qualifications.confirm(by=unit, qualification=told)
    assert (told.state, told.name, title_of(person)) == ("confirmed", "主管技师", "技师")
    notice = Notification.objects.get(person=person)
    text = notifications.message(notice, language="en").text
    assert text.startswith("Confirmed: Appointed: Senior technologist (主管技师).")


def test_unit_adds_the_day_that_a_roster_left_out(unit: Person) -> None:
    person = PersonFactory()
    undated = qualifications.enter(by=unit, person=person, kind="title", value="技师")
    with pytest.raises(qualifications.AlreadyReported):
        qualifications.claim(by=person, kind="title", value="技师", obtained_on=date(2020, 6, 1))
    with pytest.raises(qualifications.AlreadyReported):
        qualifications.enter(by=unit, person=person, kind="title", value="技师")
    dated = qualifications.enter(by=unit, person=person, kind="title", value="技师", obtained_on=date(2020, 6, 1))
    assert (dated.pk, dated.obtained_on, dated.state) == (undated.pk, date(2020, 6, 1), "confirmed")
    with pytest.raises(qualifications.AlreadyReported):
        qualifications.enter(by=unit, person=person, kind="title", value="技师", obtained_on=date(2021, 6, 1))
    assert Qualification.objects.get().obtained_on == date(2020, 6, 1)


def test_confirming_an_older_title_does_not_lower_the_present_one(unit: Person) -> None:
    person = PersonFactory(title="主管技师")
    qualifications.confirm(by=unit, qualification=qualifications.claim(by=person, kind="title", value="技师"))
    qualifications.enter(by=unit, person=person, kind="degree", value="bachelor", subject="医学影像技术")
    assert title_of(person) == "主管技师"


def test_title_whose_confirmation_is_taken_back_falls_to_the_next(unit: Person) -> None:
    person = PersonFactory()
    low = qualifications.enter(by=unit, person=person, kind="title", value="技师")
    high = qualifications.enter(by=unit, person=person, kind="title", value="主管技师")
    assert title_of(person) == "主管技师"
    qualifications.refuse(by=unit, qualification=high, reason="证书编号查无此证")
    assert title_of(person) == "技师"
    qualifications.refuse(by=unit, qualification=low, reason="同上")
    assert title_of(person) == "none"
    # What was refused may be reported again, with another proof.
    assert qualifications.claim(by=person, kind="title", value="主管技师").state == "claimed"


def test_refusal_needs_a_reason_and_reaches_the_person(unit: Person) -> None:
    person = PersonFactory()
    reported = qualifications.claim(by=person, kind="degree", value="master")
    with pytest.raises(qualifications.ReasonMissing):
        qualifications.refuse(by=unit, qualification=reported, reason=" ")
    qualifications.refuse(by=unit, qualification=reported, reason="请上传学位证")
    text = notifications.message(Notification.objects.get(person=person), language="en").text
    assert text.startswith("Not confirmed: Master. The unit's reason: 请上传学位证")


def test_nobody_decides_about_their_own(unit: Person) -> None:
    reported = qualifications.claim(by=unit, kind="title", value="主任技师")
    for deed in (
        lambda: qualifications.confirm(by=unit, qualification=reported),
        lambda: qualifications.refuse(by=unit, qualification=reported, reason="x"),
        lambda: qualifications.enter(by=unit, person=unit, kind="degree", value="doctor"),
    ):
        with pytest.raises(qualifications.OwnQualification):
            deed()
    assert (title_of(unit), Qualification.objects.get().state) == ("none", "claimed")


@pytest.mark.parametrize(
    ("kind", "value"), [("title", "none"), ("title", "master"), ("degree", "技师"), ("other", "x")]
)
def test_unknown_titles_and_degrees_are_refused(kind: str, value: str) -> None:
    with pytest.raises(qualifications.NoSuchQualification):
        qualifications.claim(by=PersonFactory(), kind=kind, value=value)


def test_same_title_is_reported_once_and_not_before_its_day() -> None:
    person = PersonFactory()
    qualifications.claim(by=person, kind="title", value="技师")
    with pytest.raises(qualifications.AlreadyReported):
        qualifications.claim(by=person, kind="title", value="技师")
    tomorrow = timezone.localdate() + timedelta(days=1)
    with pytest.raises(qualifications.NotYetObtained):
        qualifications.claim(by=person, kind="degree", value="doctor", obtained_on=tomorrow)


def test_own_report_is_taken_back_with_its_proof_until_decided(
    unit: Person, django_capture_on_commit_callbacks
) -> None:
    person = PersonFactory()
    paper = SimpleUploadedFile("x.pdf", PDF)
    reported = qualifications.claim(by=person, kind="title", value="技师", proof=paper)
    with pytest.raises(qualifications.AlreadyDecided):
        qualifications.withdraw(by=unit, qualification=reported)
    with django_capture_on_commit_callbacks(execute=True):
        qualifications.withdraw(by=person, qualification=reported)
    assert (Qualification.objects.count(), private_storage().exists(reported.proof.name)) == (0, False)
    decided = qualifications.claim(by=person, kind="title", value="技师")
    qualifications.confirm(by=unit, qualification=decided)
    with pytest.raises(qualifications.AlreadyDecided):
        qualifications.withdraw(by=person, qualification=decided)
