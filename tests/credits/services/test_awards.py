from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from cms.shared.errors import DomainError, InvalidInput
from credits.enums import CreditRole, GrantMethod
from credits.models import Book, Entry, Feed, Judgement
from credits.selectors import NoRuleSetInForce, standing
from credits.services.awards import DemoNotAllowed, DuplicateActivity, OverlappingActivity, award, reverse
from organisations.models import AuditEvent, Notification
from organisations.notifications import message
from tests.factories.credits import HENAN, ProjectFactory, activity, entry
from tests.factories.organisations import EmploymentFactory, PersonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]


def test_award_writes_entry_feed_and_judgement() -> None:
    employment = EmploymentFactory()
    project = ProjectFactory()
    written = entry(person=employment.person, minutes=180, project=project)
    assert (written.position, written.revision, written.rule_set_version) == (1, 1, "cn-henan-cme@2025.1")
    assert (written.category, written.project_number) == ("recommended", project.number)
    assert (written.work_unit_id, written.work_unit_name, written.department) == (
        employment.unit_id,
        employment.unit.name,
        "影像科",
    )
    book = Book.objects.get(owner=employment.person)
    assert (book.last_position, book.last_mac) == (1, written.mac)
    assert list(Feed.objects.values_list("position", "entry")) == [(1, written.pk)]
    judgement = Judgement.objects.get()
    assert (judgement.credits, judgement.hours, judgement.entries_judged) == (Decimal("1.00"), Decimal("3.00"), 1)


def test_award_of_the_same_activity_returns_the_same_entry() -> None:
    person = PersonFactory()
    done = activity()
    first = award(person=person, activity=done, rule_set_id=HENAN, how=GrantMethod.ASSESSMENT)
    again = award(person=person, activity=done, rule_set_id=HENAN, how=GrantMethod.MANUAL)
    assert (again.pk, Entry.objects.count(), Book.objects.count()) == (first.pk, 1, 1)


def test_award_of_one_session_in_two_roles_makes_two_entries() -> None:
    person = PersonFactory()
    entry(person=person, id="one")
    entry(person=person, id="one", role=CreditRole.TEACHER, activity_type="project_teach")
    assert Entry.objects.count() == 2


@pytest.mark.parametrize(
    ("last_instant", "day", "version"),
    [
        (datetime(2024, 12, 31, 15, 59, tzinfo=UTC), date(2024, 12, 31), "cn-nhc-cme@2006.1"),
        (datetime(2024, 12, 31, 16, 0, tzinfo=UTC), date(2025, 1, 1), "cn-henan-cme@2025.1"),
    ],
)
def test_award_at_new_year_takes_the_local_day(last_instant: datetime, day: date, version: str) -> None:
    written = entry(begins_at=datetime(2024, 12, 31, 8, tzinfo=UTC), ends_at=last_instant)
    assert (written.ends_on, written.rule_set_version) == (day, version)


def test_reversal_takes_the_credit_back_and_allows_a_new_revision() -> None:
    person, administrator = PersonFactory(), PersonFactory()
    done = activity(minutes=360)
    first = award(person=person, activity=done, rule_set_id=HENAN, how=GrantMethod.ASSESSMENT)
    back = reverse(entry=first, by=administrator, reason="学时登记有误")
    assert reverse(entry=first, by=administrator, reason="again").pk == back.pk
    assert (back.reverses_id, back.position, back.activity_id) == (first.pk, 2, str(first.public_id))
    assert standing(person=person, rule_set_id=HENAN, year=2026).credits == Decimal(0)
    second = award(person=person, activity=done, rule_set_id=HENAN, how=GrantMethod.ASSESSMENT)
    assert (second.revision, second.position) == (2, 3)
    assert standing(person=person, rule_set_id=HENAN, year=2026).credits == Decimal(2)
    assert list(AuditEvent.objects.values_list("verb", "actor_id_copy")) == [
        ("credits.entry_reversed", administrator.pk)
    ]
    assert list(Notification.objects.values_list("person", "kind")) == [(person.pk, "credits.entry_reversed")]


def test_duplicate_of_overlapping_time_is_refused_logged_and_told() -> None:
    person = PersonFactory()
    first = entry(person=person, title="冠脉 CTA 规范化扫描")
    with pytest.raises(DuplicateActivity) as refused:
        entry(person=person, title="冠脉CTA规范化扫描。", kind="claim")
    assert refused.value.params == {
        "title": "冠脉 CTA 规范化扫描",
        "day": "2026-05-20",
        "entry": str(first.public_id),
    }
    assert (refused.value.code, refused.value.http_status) == ("duplicate_activity", 409)
    assert Entry.objects.count() == 1
    assert AuditEvent.objects.get().verb == "credits.duplicate_refused"
    assert Notification.objects.get().person == person


def test_duplicate_may_count_under_another_rule_set() -> None:
    person = PersonFactory()
    entry(person=person, title="同一讲座")
    entry(person=person, title="同一讲座", rule_set_id="cn-mohrss-pro", activity_type="training")
    assert Entry.objects.count() == 2


def test_duplicate_needs_the_same_time() -> None:
    person = PersonFactory()
    entry(person=person, title="每月病例讨论", on=date(2026, 3, 1))
    entry(person=person, title="每月病例讨论", on=date(2026, 4, 1))
    assert Entry.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"quantity": Decimal(-1)}, InvalidInput),
        ({"ends_at": datetime(2026, 5, 20, 11, tzinfo=UTC)}, InvalidInput),
        ({"time_scale": 30}, DemoNotAllowed),
        ({"on": date(1990, 1, 1)}, NoRuleSetInForce),
    ],
)
def test_award_of_what_cannot_be_recorded_is_refused(changes: dict[str, Any], error: type[DomainError]) -> None:
    with pytest.raises(error):
        entry(**changes)
    assert Entry.objects.count() == 0


def test_award_of_scaled_minutes_needs_a_site_that_allows_demos(settings: Any) -> None:
    person = PersonFactory()
    settings.DEMO_ALLOWED = True
    written = entry(person=person, minutes=6, time_scale=30, is_demo=True)
    assert (written.quantity, written.time_scale, written.is_demo) == (Decimal(6), 30, True)
    found = standing(person=person, rule_set_id=HENAN, year=2026)
    assert (found.hours, found.credits, found.has_demo) == (Decimal(3), Decimal(1), True)
    settings.DEMO_ALLOWED = False
    with pytest.raises(DemoNotAllowed):
        entry(minutes=6, time_scale=30, is_demo=True)


def test_reversal_needs_a_reason_and_an_entry_of_its_own() -> None:
    first = entry()
    with pytest.raises(InvalidInput):
        reverse(entry=first, by=None, reason="  ")
    back = reverse(entry=first, by=None, reason="登记有误")
    with pytest.raises(InvalidInput):
        reverse(entry=back, by=None, reason="反悔")


def test_messages_about_the_book_say_what_to_do() -> None:
    person = PersonFactory()
    first = entry(person=person, title="冠脉 CTA")
    with pytest.raises(DuplicateActivity):
        entry(person=person, title="冠脉CTA", kind="claim")
    reverse(entry=first, by=None, reason="登记有误")
    told = list(Notification.objects.order_by("pk"))
    assert [row.link for row in told] == [
        f"/zh-hans/credits/?year=2026&rules={HENAN}",
        f"/zh-hans/credits/entries/{first.public_id}/objection/",
    ]
    refused, taken_back = (message(row, language="en") for row in told)
    assert refused.subject == "An activity was not recorded a second time"
    assert refused.text.startswith("“冠脉CTA” is the same activity at the same time as “冠脉 CTA” of 2026-05-20")
    assert taken_back.subject == "An entry in your credit book was taken back"
    assert taken_back.text.startswith("“冠脉 CTA” no longer counts. Reason: 登记有误.")


def test_refusal_stays_logged_when_the_caller_goes_on() -> None:
    person = PersonFactory()
    entry(person=person, title="同一讲座")
    with transaction.atomic():
        try:
            entry(person=person, title="同一讲座")
        except DuplicateActivity:
            entry(person=person, title="另一讲座", on=date(2026, 7, 1))
    assert [event.verb for event in AuditEvent.objects.all()] == ["credits.duplicate_refused"]
    assert Entry.objects.count() == 2


def test_sessions_at_the_same_hours_are_refused_and_name_the_first() -> None:
    person = PersonFactory()
    first = entry(person=person, kind="session", title="读片会", minutes=180)
    with pytest.raises(OverlappingActivity) as refused:
        entry(person=person, kind="session", title="护理讲座", minutes=120)
    assert refused.value.params == {"title": "读片会", "day": "2026-05-20", "entry": str(first.public_id)}
    assert (refused.value.code, refused.value.http_status) == ("overlapping_activity", 409)
    told = message(Notification.objects.get(), language="en")
    assert told.subject == "An activity was not recorded: its time is taken"
    assert told.text.startswith("While “护理讲座” took place you were at “读片会” of 2026-05-20")
    reverse(entry=first, by=None, reason="未参加")
    entry(person=person, kind="session", title="护理讲座", minutes=120)
    assert Entry.objects.filter(title="护理讲座").count() == 1


def test_course_studied_in_the_hours_of_a_session_is_refused_under_that_rule_set_only() -> None:
    person = PersonFactory()
    entry(person=person, kind="session", minutes=180)
    with pytest.raises(OverlappingActivity):
        entry(person=person, minutes=180)
    entry(person=person, minutes=180, rule_set_id="cn-mohrss-pro", activity_type="training")
    assert sorted(Entry.objects.values_list("rule_set_id", flat=True)) == ["cn-henan-cme", "cn-mohrss-pro"]
