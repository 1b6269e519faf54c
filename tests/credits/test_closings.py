"""Closing days: set by a place, inherited downwards, shown with what is missing and what would fill it."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cms.shared import errors
from courses.enums import LessonKind
from courses.models import LessonPage
from courses.services.enrolment import enrol
from credits.enums import Mark
from credits.models import Judgement, YearClosing
from credits.selectors import standing, today_in
from credits.selectors.closings import closing_of
from credits.selectors.pages import year_page
from credits.services import closings
from organisations.enums import Role
from organisations.models import AuditEvent, Person
from tests.factories.courses import CurrentProjectFactory, course_with
from tests.factories.credits import HENAN, entry
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]


class World:
    def __init__(self) -> None:
        self.province = NodeFactory()
        self.hospital = NodeFactory(parent=self.province)
        self.department = NodeFactory(parent=self.hospital)
        self.learner: Person = PersonFactory()
        EmploymentFactory(person=self.learner, unit=self.department, begins=date(2020, 1, 1))
        self.unit = self._holder(Role.UNIT_CREDIT_ADMINISTRATOR, self.hospital)
        self.reviewer = self._holder(Role.PROVINCE_REVIEWER, self.province)
        self.year = today_in(HENAN).year

    @staticmethod
    def _holder(role: Role, node: Any) -> Person:
        return RoleGrantFactory(role=role, node=node, begins=date(2020, 1, 1)).person

    def closed(self, on: date, *, by: str = "unit", node: Any = None, note: str = "市卫健委通知") -> YearClosing:
        return closings.set_closing(
            by=getattr(self, by), node=node or self.hospital, rule_set_id=HENAN, year=self.year, closes_on=on, note=note
        )

    def seen(self, on: date | None = None) -> Any:
        return closing_of(person=self.learner, rule_set_id=HENAN, year=self.year, on=on or date(self.year, 11, 1))

    def client(self, who: str) -> Client:
        client = Client()
        client.force_login(getattr(self, who), backend="django.contrib.auth.backends.ModelBackend")
        return client


def test_nearest_place_decides_and_without_its_day_the_place_above() -> None:
    world = World()
    assert world.seen() is None
    world.closed(date(world.year, 12, 10), by="reviewer", node=world.province)
    assert (world.seen().place, world.seen().closes_on) == (world.province.name, date(world.year, 12, 10))
    own = world.closed(date(world.year, 11, 30))
    assert (world.seen().place, world.seen().days_left, world.seen().is_over) == (world.hospital.name, 29, False)
    assert [world.seen(date(world.year, month, day)).is_over for month, day in ((11, 30), (12, 1))] == [False, True]
    closings.remove_closing(by=world.unit, closing=own)
    assert world.seen().place == world.province.name
    verbs = ["credits.closing.set", "credits.closing.set", "credits.closing.remove"]
    told = AuditEvent.objects.filter(verb__startswith="credits.closing").order_by("pk")
    assert list(told.values_list("verb", flat=True)) == verbs


def test_closing_day_lies_near_the_year_has_a_source_and_a_place_of_ones_scope() -> None:
    world = World()
    for wrong in (date(world.year - 1, 12, 31), date(world.year + 1, 12, 31)):
        with pytest.raises(closings.NotInTheYear):
            world.closed(wrong)
    with pytest.raises(closings.SourceMissing):
        world.closed(date(world.year, 11, 30), note=" ")
    with pytest.raises(errors.OutOfScope):
        world.closed(date(world.year, 11, 30), node=world.province)
    assert not YearClosing.objects.exists()


def test_page_sets_changes_and_removes_a_closing_day() -> None:
    world = World()
    client, path = world.client("unit"), reverse("manage:closings")
    wish = {"place": str(world.hospital.public_id), "year": world.year, "rule_set": HENAN, "note": "院内通知"}
    assert client.post(path, wish | {"closes_on": f"{world.year + 2}-01-01"}).status_code == 400
    for day in ("11-30", "12-05"):
        assert client.post(path, wish | {"closes_on": f"{world.year}-{day}"}).status_code == 302
    row = YearClosing.objects.get()
    assert (row.closes_on, row.set_by) == (date(world.year, 12, 5), world.unit)
    assert client.get(path).content.decode().count("院内通知") == 1
    assert world.client("learner").get(path).status_code == 403
    assert client.post(reverse("manage:closing_remove", args=[row.public_id])).status_code == 302
    assert not YearClosing.objects.exists()


def test_year_page_says_by_when_and_after_it_that_the_year_is_closed() -> None:
    world = World()
    client, today = world.client("learner"), today_in(HENAN)
    for days, badge in ((0, "notice--info"), (-1, "notice--warn")):
        YearClosing.objects.all().delete()
        row = YearClosing(node=world.hospital, rule_set_id=HENAN, year=world.year, note="院内通知", set_by=world.unit)
        row.closes_on = today + timedelta(days=days)
        row.save()
        page = client.get(reverse("credits:my_credits")).content.decode()
        start = page.index("院内通知")
        assert page.rindex("notice--", 0, start) == page.rindex(badge, 0, start)


def test_ring_and_bars_show_the_judged_figures_with_their_marks() -> None:
    world = World()
    entry(person=world.learner, on=date(world.year, 3, 1))
    page = year_page(person=world.learner)
    found = page.standing
    assert page.ring is not None
    assert page.ring.goal.reached == found.credits == Judgement.objects.get().credits
    assert page.ring.share == int(found.credits * 100 / page.ring.goal.required)
    assert sum((bar.credits for bar in page.categories), Decimal(0)) == found.credits > 0
    assert {bar.mark for bar in page.categories} == {line.mark for line in found.lines}


def test_open_courses_fill_what_is_missing_and_completed_ones_do_not() -> None:
    world = World()
    assert year_page(person=world.learner, is_own=True).fillers == ()
    offer, other = (course_with([LessonKind.READING], project=CurrentProjectFactory()) for _number in range(2))
    LessonPage.objects.update(minutes=180)
    enrol(person=world.learner, offer=offer)
    page = year_page(person=world.learner, is_own=True)
    assert sorted((one.title, one.is_begun) for one in page.fillers) == sorted(
        [(offer.course.title, True), (other.course.title, False)]
    )
    assert (page.filling_minutes > 0, page.filling_credits > 0, page.filling_mark in Mark) == (True, True, True)
    assert year_page(person=world.learner).fillers == ()
    client = world.client("learner")
    assert client.get(reverse("credits:my_credits")).content.decode().count(other.course.title) == 1
    world.learner.enrolments.update(state="completed", completed_at=timezone.now())
    assert [one.title for one in year_page(person=world.learner, is_own=True).fillers] == [other.course.title]


@pytest.mark.parametrize("entries", [1, 50])
def test_standing_of_a_person_takes_at_most_six_statements(entries: int) -> None:
    person = PersonFactory()
    for number in range(entries):
        entry(person=person, on=date(2026, 1, 1) + timedelta(days=number))
    standing(person=person, rule_set_id=HENAN, year=2026)
    with CaptureQueriesContext(connection) as asked:
        assert len(standing(person=person, rule_set_id=HENAN, year=2026).lines) == entries
    assert len(asked) <= 6
