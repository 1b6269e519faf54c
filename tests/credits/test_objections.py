"""Objections to lines of the book: made, seen with what was measured, answered in time, mended in the book."""

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from cms.shared import errors
from courses.enums import LessonKind
from courses.models import Enrolment
from courses.services.enrolment import enrol
from credits.enums import Mark, ObjectionOutcome, Remedy
from credits.models import Entry, EntryObjection
from credits.rules.working_days import FOLDER, SATURDAY, WEEKENDS, holidays, working_day_after
from credits.selectors import review_position, standing
from credits.selectors.evidence import facts_of
from credits.selectors.objections import case_of, objections_in
from credits.services import awards, histories, objections
from organisations.enums import Power, Role
from organisations.models import AuditEvent, Notification, Person
from organisations.selectors import scope_for
from tests.factories.courses import course_with
from tests.factories.credits import HENAN, activity, entry
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]


class World:
    """A hospital of a city of a province, with a reviewer on each level and a learner."""

    def __init__(self) -> None:
        self.province = NodeFactory()
        self.city = NodeFactory(parent=self.province)
        self.hospital = NodeFactory(parent=self.city)
        self.learner: Person = PersonFactory(name="李娜")
        EmploymentFactory(person=self.learner, unit=self.hospital, begins=date(2020, 1, 1))
        self.unit = self._holder(Role.UNIT_CREDIT_ADMINISTRATOR, self.hospital)
        self.reviewer = self._holder(Role.CITY_REVIEWER, self.city)
        self.outsider = self._holder(Role.CITY_REVIEWER, NodeFactory(parent=self.province))
        self.entry = entry(person=self.learner, on=timezone.localdate() - timedelta(days=1))

    @staticmethod
    def _holder(role: Role, node: Any) -> Person:
        return RoleGrantFactory(role=role, node=node, begins=date(2020, 1, 1)).person

    def made(self, text: str = "时长少算了", **changes: Any) -> EntryObjection:
        return objections.object_to(**({"by": self.learner, "entry": self.entry, "text": text} | changes))

    def client(self, who: str) -> Client:
        client = Client()
        if who != "anonymous":
            client.force_login(getattr(self, who), backend="django.contrib.auth.backends.ModelBackend")
        return client

    def figures(self) -> Decimal:
        return standing(person=self.learner, rule_set_id=HENAN, year=self.entry.ends_on.year).credits


def told(kind: str) -> list[int]:
    return list(Notification.objects.filter(kind=f"credits.{kind}").order_by("pk").values_list("person", flat=True))


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (date(2026, 11, 16), date(2026, 11, 23)),  # a Monday
        (date(2026, 11, 20), date(2026, 11, 27)),  # a Friday
        (date(2026, 11, 21), date(2026, 11, 27)),  # a Saturday
        (date(2026, 11, 22), date(2026, 11, 27)),
    ],
)
def test_five_working_days_leave_weekends_out(day: date, due: date) -> None:
    assert working_day_after(day, 5, WEEKENDS) == due
    assert WEEKENDS.mark(day, due) == Mark.M


@pytest.mark.parametrize(
    ("day", "due", "mark"),
    [
        (date(2026, 9, 30), date(2026, 10, 13), Mark.B),  # the national holiday, and the Saturday that makes up for it
        (date(2026, 2, 13), date(2026, 2, 27), Mark.B),  # a Saturday that is worked, then the Spring Festival
        (date(2026, 11, 20), date(2026, 11, 27), Mark.B),
        (date(2026, 12, 28), date(2027, 1, 4), Mark.M),  # nobody has said yet which days of 2027 are off
        (date(2027, 1, 4), date(2027, 1, 11), Mark.M),
        (date(2024, 12, 27), date(2025, 1, 6), Mark.M),
    ],
)
def test_five_working_days_leave_public_holidays_out(day: date, due: date, mark: Mark) -> None:
    known = holidays(settings.HOLIDAYS)
    assert (working_day_after(day, 5, known), known.mark(day, due)) == (due, mark)


def test_every_file_of_holidays_can_be_read() -> None:
    files = sorted(FOLDER.glob("*.json"))
    assert [path.stem for path in files] == [settings.HOLIDAYS]
    for path in files:
        known = holidays(path.stem)
        document = json.loads(path.read_text(encoding="utf-8"))
        assert path.stem == f"{document['id']}@{document['version']}"
        assert all(year["source"] for year in document["years"])
        assert [day for day in known.worked if day.weekday() < SATURDAY or day in known.off] == []
        # A year has 11 holidays or more since 2008; days are moved, not given: what is off is worked for elsewhere.
        for year in known.marks:
            off = sum(day.year == year and day.weekday() < SATURDAY for day in known.off)
            assert off - sum(day.year == year for day in known.worked) in range(8, 15)
    assert holidays("") is WEEKENDS


def test_last_day_to_answer_is_marked_where_holidays_are_not_official(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    made = world.made()
    with override("en"):
        for name, mark in ((settings.HOLIDAYS, made.due_mark), ("", Mark.M)):
            monkeypatch.setattr(settings, "HOLIDAYS", name)
            assert made.due_mark == mark != Mark.A
            own = world.client("learner").get(reverse("credits:objections")).content.decode()
            told = f'Answer due by {made.due_on:%Y-%m-%d} <span class="mark">to be verified</span>'
            assert own.count(told) == 1
            page = world.client("unit").get(reverse("manage:entry_objection", args=[made.public_id]))
            assert page.content.decode().count(told) == 1


def test_no_working_day_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        working_day_after(date(2026, 11, 16), 0, WEEKENDS)


def test_objection_goes_to_the_nearest_reviewers_and_says_by_when() -> None:
    world = World()
    made = world.made()
    assert (made.unit, made.desk, made.year) == (world.hospital, world.hospital, world.entry.ends_on.year)
    assert made.due_on == working_day_after(timezone.localdate(), 5, holidays(settings.HOLIDAYS))
    assert told("objection_made") == [world.unit.pk]
    assert AuditEvent.objects.filter(verb="credits.objection.make").count() == 1


def test_reviewer_who_objects_is_answered_one_level_up() -> None:
    world = World()
    EmploymentFactory(person=world.unit, unit=world.hospital, begins=date(2020, 1, 1))
    made = world.made(by=world.unit, entry=entry(person=world.unit))
    assert (made.desk, told("objection_made")) == (world.city, [world.reviewer.pk])
    with pytest.raises(objections.OwnObjection):
        objections.reject(by=world.unit, objection=made, text="不")


def test_line_has_one_open_objection_and_may_be_objected_to_again() -> None:
    world = World()
    first = world.made()
    with pytest.raises(objections.AlreadyOpen):
        world.made()
    objections.reject(by=world.unit, objection=first, text="记录与实测一致")
    assert world.made().pk != first.pk


def test_objection_needs_words_a_unit_and_ones_own_line() -> None:
    world = World()
    with pytest.raises(objections.NothingSaid):
        world.made("  ")
    with pytest.raises(errors.OutOfScope):
        world.made(by=world.unit)
    stranger = PersonFactory()
    with pytest.raises(objections.NoUnit):
        world.made(by=stranger, entry=entry(person=stranger))


def test_numbers_in_the_words_are_not_kept() -> None:
    world = World()
    made = world.made("我的电话 13800138000，请回电")
    objections.reject(by=world.unit, objection=made, text="身份证 410102199003074516 已核")
    assert EntryObjection.objects.values_list("text", "answer").get() == ("我的电话 ***，请回电", "身份证 *** 已核")


def test_upheld_objection_takes_the_entry_back_and_names_the_reversal() -> None:
    world = World()
    before = world.figures()
    done = objections.uphold(by=world.unit, objection=world.made(), text="重复记录", remedy=Remedy.TAKE_BACK)
    reversal = Entry.objects.get(reverses=world.entry)
    assert (done.outcome, done.correction, done.answered_by) == (ObjectionOutcome.UPHELD, reversal, world.unit)
    assert (before > 0, world.figures()) == (True, Decimal(0))
    assert told("objection_answered") == [world.learner.pk]


def test_upheld_appeal_against_a_withdrawal_records_the_activity_again() -> None:
    world = World()
    before = world.figures()
    awards.reverse(entry=world.entry, by=world.unit, reason="误判")
    made = world.made()
    assert (case_of(made).may_take_back, case_of(made).may_record_again) == (False, True)
    done = objections.uphold(by=world.unit, objection=made, text="撤回有误", remedy=Remedy.RECORD_AGAIN)
    assert done.correction is not None
    assert (done.correction.revision, done.correction.activity_id) == (2, world.entry.activity_id)
    assert (world.figures(), case_of(done).may_record_again) == (before, False)


def test_missing_activity_is_mended_by_an_entry_recorded_since_and_by_no_other() -> None:
    world = World()
    made = objections.report_missing(by=world.learner, rule_set_id=HENAN, year=2026, text="少了一次培训")
    for wrong in (None, world.entry, entry(person=world.unit)):
        with pytest.raises(objections.CorrectionMissing):
            objections.uphold(by=world.unit, objection=made, text="已补", remedy=Remedy.NAMED, correction=wrong)
    later = entry(person=world.learner, on=date(2026, 3, 1))
    done = objections.uphold(by=world.unit, objection=made, text="已补", remedy=Remedy.NAMED, correction=later)
    assert done.correction == later


def test_answer_is_given_once_and_the_refused_one_leaves_the_book_alone() -> None:
    world = World()
    made = world.made()
    objections.reject(by=world.unit, objection=made, text="一致")
    with pytest.raises(objections.AlreadyAnswered), transaction.atomic():
        objections.uphold(by=world.reviewer, objection=made, text="撤回", remedy=Remedy.TAKE_BACK)
    with pytest.raises(objections.AlreadyAnswered):
        objections.reject(by=world.reviewer, objection=made, text="一致")
    assert not Entry.objects.filter(reverses=world.entry).exists()


def test_database_holds_no_half_answered_objection() -> None:
    made = World().made()
    with pytest.raises(IntegrityError), transaction.atomic():
        EntryObjection.objects.filter(pk=made.pk).update(outcome="upheld", answered_at=timezone.now())


def test_review_position_grows_with_every_answer_whatever_its_order() -> None:
    world = World()
    first, second = world.made(), world.made(entry=entry(person=world.learner))
    positions = [review_position()]
    for made in (second, first):
        objections.reject(by=world.unit, objection=made, text="一致")
        positions.append(review_position())
    histories.erase(world.learner)
    assert [*positions, review_position()] == [0, 1, 2, 2]
    assert set(EntryObjection.objects.values_list("person", "text", "answer")) == {(None, "", "")}


def test_overdue_objection_goes_to_the_next_level_once() -> None:
    world = World()
    made = world.made()
    assert objections.escalate_overdue() == 0
    EntryObjection.objects.filter(pk=made.pk).update(due_on=timezone.localdate() - timedelta(days=1))
    assert (objections.escalate_overdue(), objections.escalate_overdue()) == (1, 0)
    made.refresh_from_db()
    assert (made.desk, made.is_overdue, told("objection_overdue")) == (world.city, True, [world.reviewer.pk])


def test_overdue_objection_without_a_level_above_is_told_again_where_it_lies() -> None:
    world = World()
    made = world.made()
    world.reviewer.role_grants.all().delete()
    EntryObjection.objects.filter(pk=made.pk).update(due_on=timezone.localdate() - timedelta(days=1))
    assert (objections.escalate_overdue(), told("objection_overdue")) == (1, [world.unit.pk])


def test_merged_account_brings_its_objections() -> None:
    world = World()
    kept = PersonFactory()
    made = world.made()
    assert histories.move(kept, world.learner)["credits.EntryObjection"] == 1
    assert EntryObjection.objects.get(pk=made.pk).person == kept
    assert [row["text"] for row in histories.export(kept).data["objections_to_entries"]] == [made.text]


def test_filters_find_open_overdue_own_level_and_answered() -> None:
    world = World()
    answered, late, fresh = (world.made(entry=entry(person=world.learner)) for _number in range(3))
    objections.reject(by=world.unit, objection=answered, text="一致")
    EntryObjection.objects.filter(pk=late.pk).update(due_on=timezone.localdate() - timedelta(days=1))
    objections.escalate_overdue()

    def found(by: Person, **asked: str) -> list[int]:
        scope = scope_for(by, Power.REVIEW_CREDITS)
        return list(objections_in(scope, by=by, **asked).values_list("pk", flat=True))

    assert found(world.unit) == [late.pk, fresh.pk, answered.pk]
    assert found(world.unit, state="open") == [late.pk, fresh.pk]
    assert found(world.reviewer, state="overdue") == [late.pk]
    assert found(world.reviewer, state="answered") == [answered.pk]
    assert found(world.reviewer, search="李娜") == [late.pk, fresh.pk, answered.pk]
    assert found(world.reviewer, search="王") == []
    assert found(world.outsider) == []


def test_reviewer_sees_what_the_server_measured_of_the_course() -> None:
    world = World()
    offer = course_with([LessonKind.READING])
    enrol(person=world.learner, offer=offer)
    enrolment = Enrolment.objects.get(person=world.learner)
    done = awards.award(
        person=world.learner,
        activity=activity(id=str(enrolment.course_key), occurrence=str(offer.public_id)),
        rule_set_id=HENAN,
        how=awards.GrantMethod.ASSESSMENT,
    )
    with override("en"):
        facts = facts_of(done)
    assert [fact.title for fact in facts][:2] == ["Offer", "Enrolment"]
    assert facts[0].text.endswith("; 90% of a lecture to watch; at most 2× speed")
    assert facts_of(entry(kind="claim")) == []
    assert facts_of(entry()) == []


# Pages


def test_learner_objects_on_the_page_of_the_line_and_reads_the_answer() -> None:
    world = World()
    client = world.client("learner")
    path = reverse("credits:objection_new", args=[world.entry.public_id])
    year = reverse("credits:my_credits")
    assert client.get(year).content.decode().count(f'"{path}"') == 1
    assert client.post(path, {"text": ""}).status_code == 400
    assert client.post(path, {"text": "时长少算了"}).url == reverse("credits:objections")
    assert client.post(path, {"text": "再说一次"}).status_code == 400
    assert client.get(year).content.decode().count(f'"{path}"') == 0
    made = EntryObjection.objects.get()
    objections.reject(by=world.unit, objection=made, text="与实测一致")
    page = client.get(reverse("credits:objections")).content.decode()
    assert (page.count("时长少算了"), page.count("与实测一致")) == (1, 1)


def test_learner_reports_what_is_missing() -> None:
    world = World()
    client = world.client("learner")
    path = reverse("credits:objection_missing")
    year = timezone.localdate().year
    assert client.post(path, {"year": "1999", "rule_set": HENAN, "text": "少了"}).status_code == 400
    assert client.post(path, {"year": year, "rule_set": HENAN, "text": "少了"}).status_code == 302
    assert EntryObjection.objects.values_list("entry", "year", "rule_set_id").get() == (None, year, HENAN)


@pytest.mark.parametrize(
    ("who", "status", "answered"),
    [
        ("learner", 403, 403),
        ("unit", 200, 302),
        ("reviewer", 200, 302),
        ("outsider", 404, 404),
        ("anonymous", 302, 302),
    ],
)
def test_objection_is_read_and_answered_in_scope_only(who: str, status: int, answered: int) -> None:
    world = World()
    made = world.made()
    client = world.client(who)
    assert client.get(reverse("manage:entry_objection", args=[made.public_id])).status_code == status
    said = {"decision": "rejected", "text": "一致"}
    assert client.post(reverse("manage:entry_objection_answer", args=[made.public_id]), said).status_code == answered
    made.refresh_from_db()
    assert (made.answer == "一致") == (who in ("unit", "reviewer"))


def test_reviewer_upholds_on_the_page() -> None:
    world = World()
    made = world.made()
    path = reverse("manage:entry_objection_answer", args=[made.public_id])
    client = world.client("unit")
    assert client.post(path, {"decision": "record_again", "text": "对"}).status_code == 400
    assert client.post(path, {"decision": "take_back", "text": ""}).status_code == 400
    assert client.post(path, {"decision": "take_back", "text": "重复"}).status_code == 302
    assert Entry.objects.get(reverses=world.entry).reason == "重复"


def test_list_is_a_file_too_and_reading_is_logged() -> None:
    world = World()
    world.made()
    client = world.client("unit")
    found = client.get(reverse("manage:entry_objections_csv"))
    rows = b"".join(found.streaming_content).decode("utf-8-sig").splitlines()
    assert (len(rows), rows[1].split(",")[0]) == (2, "李娜")
    client.get(reverse("manage:entry_objections"))
    assert AuditEvent.objects.filter(verb__in=["list.download", "list.read"]).count() == 2


def test_list_asks_as_often_with_three_objections_as_with_one() -> None:
    world = World()
    client, figures = world.client("unit"), []
    for count in (1, 2):
        for _number in range(count):
            world.made(entry=entry(person=world.learner))
        client.get(reverse("manage:entry_objections"))
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("manage:entry_objections"))
        figures.append(len(asked))
    assert figures[0] == figures[1]
