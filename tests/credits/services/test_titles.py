"""Exam papers and works: reported by the person, confirmed by the unit."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from cms.shared import errors
from credits.models import ExamPass, RepresentativeWork
from credits.services import histories, titles
from organisations import notifications
from organisations.models import AuditEvent, Notification, Person
from tests.factories.organisations import PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit() -> Person:
    return PersonFactory(name="管理员")


def paper(person: Person, **changes: Any) -> ExamPass:
    fields: dict[str, Any] = {"by": person, "exam": "376", "paper": "basic", "year": 2025}
    return titles.report_paper(**(fields | changes))


def work(person: Person, on: date = date(2024, 3, 1)) -> RepresentativeWork:
    return titles.report_work(by=person, kind="protocol", title=" 冠脉 CTA 检查规范 ", on=on, part="执笔")


def test_paper_waits_until_the_unit_confirms_it_and_the_person_is_told(unit: Person) -> None:
    person = PersonFactory(language="en")
    reported = paper(person)
    assert reported.state == "claimed"
    titles.confirm(by=unit, fact=reported)
    assert (reported.state, reported.decided_by) == ("confirmed", unit)
    with pytest.raises(titles.AlreadyDecided):
        titles.confirm(by=unit, fact=reported)
    told = notifications.message(Notification.objects.get(person=person), language="en").text
    assert told.startswith("Confirmed: 376/basic 2025.")
    assert list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True)) == [
        "credits.titles.report",
        "credits.titles.confirm",
    ]


def test_refusal_needs_a_reason_and_lets_the_person_report_again(unit: Person) -> None:
    person = PersonFactory()
    reported = paper(person)
    with pytest.raises(titles.ReasonMissing):
        titles.refuse(by=unit, fact=reported, reason=" ")
    with pytest.raises(titles.AlreadyReported):
        paper(person)
    titles.refuse(by=unit, fact=reported, reason="成绩单查无此科")
    assert paper(person).state == "claimed"
    assert ExamPass.objects.filter(person=person).count() == 2


def test_nobody_confirms_their_own(unit: Person) -> None:
    with pytest.raises(titles.OwnFact):
        titles.confirm(by=unit, fact=work(unit))


def test_withdrawing_ends_with_the_decision(unit: Person) -> None:
    person = PersonFactory()
    open_, decided = work(person), work(person)
    titles.confirm(by=unit, fact=decided)
    titles.withdraw(by=person, fact=open_)
    with pytest.raises(titles.AlreadyDecided):
        titles.withdraw(by=person, fact=decided)
    assert [row.pk for row in RepresentativeWork.objects.all()] == [decided.pk]


@pytest.mark.parametrize("wrong", [{"exam": "999"}, {"paper": "luck"}])
def test_unknown_paper_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(titles.NoSuchPaper):
        paper(PersonFactory(), **wrong)


def test_what_lies_in_the_future_is_refused() -> None:
    person, today = PersonFactory(), timezone.localdate()
    with pytest.raises(titles.NotYet):
        paper(person, year=today.year + 1)
    with pytest.raises(titles.NotYet):
        work(person, on=today + timedelta(days=1))
    with pytest.raises(errors.InvalidInput):
        titles.report_work(by=person, kind="poem", title="诗", on=today)


def test_merging_keeps_the_confirmed_paper_and_every_work(unit: Person) -> None:
    kept, merged = PersonFactory(), PersonFactory()
    paper(kept)
    titles.confirm(by=unit, fact=paper(merged))
    paper(merged, paper="related")
    work(merged)
    moved = histories.move(kept, merged)
    assert (moved["credits.ExamPass"], moved["credits.RepresentativeWork"]) == (2, 1)
    rows = ExamPass.objects.filter(person=kept).order_by("paper").values_list("paper", "state")
    assert list(rows) == [("basic", "confirmed"), ("related", "claimed")]
    left = histories.count(merged)
    assert (left["credits.ExamPass"], left["credits.RepresentativeWork"]) == (0, 0)


def test_own_data_holds_papers_and_works_and_erasure_forgets_them() -> None:
    person = PersonFactory()
    paper(person)
    work(person)
    told = histories.export(person).data
    assert [(row["exam"], row["paper"], row["year"]) for row in told["exam_papers"]] == [("376", "basic", 2025)]
    assert [row["title"] for row in told["works"]] == ["冠脉 CTA 检查规范"]
    histories.erase(person)
    assert (ExamPass.objects.count(), RepresentativeWork.objects.count()) == (0, 0)
