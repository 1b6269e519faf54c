"""A year of a place: what the database adds up is what the export's rows say, person by person."""

import csv
import io
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from credits.exports.render import render
from credits.models import Book, ExportJob, Following, Judgement
from credits.selectors import overview, period_of_year, texts
from credits.selectors.overview import TooManyToJudge, year_of_place
from credits.selectors.overview_figures import Figures, Question, edges, shortfall_of
from credits.selectors.overview_people import Cell, People
from organisations.enums import EmploymentKind, NodeKind, PersonState, Tree
from organisations.models import Node, Person
from tests.factories.credits import HENAN, entry
from tests.factories.organisations import (
    BranchFactory,
    EmploymentFactory,
    MembershipFactory,
    NodeFactory,
    PersonFactory,
    StatePeriodFactory,
)

YEAR = 2026
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]
# Credits of the people of a hospital in a year, in hours of study; None: nobody entered anything.
HOURS = (None, 30, 60, 90, 150)
# What the rules of HENAN ask for in a year.
REQUIRED = Decimal(25)


def question(
    node: Node, *, year: int = YEAR, rule_set_id: str = HENAN, on: date = date(YEAR, 6, 30), **more: Any
) -> Question:
    version, period = period_of_year(rule_set_id, year, on=on)
    return Question(Node.objects.get(pk=node.pk), rule_set_id, year, on, version, period, **more)


class Province:
    """Two prefectures; the first with a hospital of two departments, one of them a place, the second with a county."""

    def __init__(self) -> None:
        self.top = NodeFactory(kind=NodeKind.PROVINCE)
        self.first, self.second = (NodeFactory(kind=NodeKind.PREFECTURE, parent=self.top) for _ in range(2))
        self.hospital = NodeFactory(parent=self.first)
        self.department = NodeFactory(kind=NodeKind.DEPARTMENT, parent=self.hospital, name="CT 室")
        self.county = NodeFactory(kind=NodeKind.COUNTY, parent=self.second)
        self.clinic = NodeFactory(parent=self.county)
        self.people = [
            *self.staff(self.hospital, "影像科"), *self.staff(self.department, ""), *self.staff(self.clinic, "放射科")
        ]  # fmt: skip

    def staff(self, unit: Node, department: str) -> list[Person]:
        return [self.employ(unit, hours, department=department) for hours in HOURS]

    def employ(self, unit: Node, hours: int | None, **more: Any) -> Person:
        person: Person = PersonFactory(title="技师")
        EmploymentFactory(person=person, unit=unit, **more)
        for month in range(1, 4) if hours else ():
            entry(person=person, on=date(YEAR, month, 10), minutes=hours * 20)
        return person


def exported(
    node: Node, tmp_path: Path, *, year: int = YEAR, on: date = date(YEAR, 6, 30), rule_set_id: str = HENAN
) -> list[dict[str, str]]:
    """The annual list of `node` as its file says it."""
    job = ExportJob(
        scope_paths=[Node.objects.get(pk=node.pk).path], rule_set_id=rule_set_id, period_begins=date(year, 1, 1),
        period_ends=date(year + 1, 1, 1), file_format="csv", created_at=timezone.now(), language="en",
    )  # fmt: skip
    path = tmp_path / f"{node.pk}.csv"
    with override("en"):
        render(job, path, as_of=on)
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def results(figures: Figures) -> Counter[str]:
    """How many rows say what, as the column "Result" says it."""
    with override("en"):
        said = Counter({texts.state(state): count for state, count in figures.states.items()})
        return said + Counter({"Not assessed": figures.not_assessed})


def compared(figures: Figures, rows: list[dict[str, str]]) -> None:
    """The figures of a place against the rows of its annual list."""
    with override("en"):
        away = Counter({str(PersonState(state).label): count for state, count in figures.away.items()})
    assert figures.people == len(rows)
    assert results(figures) == Counter(row["Result"] for row in rows)
    assert away == Counter(row["Person state"] for row in rows if row["Result"] == "Not assessed")
    assert [figures.credits, figures.hours, figures.registered] == [
        sum((Decimal(row[name]) for row in rows), Decimal(0))
        for name in ("Credits", "Hours", "Registered by the authority")
    ]
    assert figures.is_unverified is any(row["Verification"] for row in rows)
    assessed = [row for row in rows if row["Result"] != "Not assessed"]
    missing = [max(Decimal(0), REQUIRED - Decimal(row["Credits"])) for row in assessed]
    assert figures.missing_credits == sum(missing)
    assert figures.shortfall == Counter(shortfall_of(lack, REQUIRED) for lack in missing)


def test_every_place_adds_up_to_the_rows_of_its_export(tmp_path: Path) -> None:
    world = Province()
    StatePeriodFactory(person=world.people[1], state=PersonState.MATERNITY, begins=date(YEAR, 3, 1))
    StatePeriodFactory(person=world.people[6], state=PersonState.ABROAD, begins=date(YEAR, 3, 1), ends=date(YEAR, 4, 1))
    for place in (world.top, world.first, world.hospital, world.department, world.county):
        found = year_of_place(question(place))
        compared(found.total, exported(place, tmp_path))
        assert sum(part.figures.people for part in found.parts) == found.total.people
        assert (
            sum(part.figures.credits for part in found.parts)
            == found.total.credits
            == sum((Decimal(figure) for figure in found.total.months.values()), Decimal(0)) / 100
        )
        for part in found.parts:
            if part.node is not None:
                compared(part.figures, exported(part.node, tmp_path))
    assert year_of_place(question(world.top)).total.away == {"maternity": 1}


def test_a_hospital_tells_its_departments_places_and_written_ones() -> None:
    world = Province()
    world.employ(world.hospital, None, department="")
    world.employ(world.hospital, None, department="核医学科")
    found = year_of_place(question(world.hospital))
    assert [(part.node, part.department, part.figures.people) for part in found.parts] == [
        (world.department, "", 5), (None, "影像科", 5), (None, "核医学科", 1), (None, "", 1)
    ]  # fmt: skip
    assert [up.pk for up in found.above] == [world.top.pk, world.first.pk]
    assert [part.node for part in year_of_place(question(world.top)).parts] == [world.first, world.second]


def test_people_whose_stored_judgement_is_not_all_of_it_are_judged_and_added(tmp_path: Path) -> None:
    world = Province()
    merged, twice, stale, lost = world.people[1:5]
    other: Person = PersonFactory()
    entry(person=other, on=date(YEAR, 4, 1), minutes=600)
    Book.objects.filter(owner=other).update(owner=merged, is_primary=False)
    Person.objects.filter(pk=other.pk).update(merged_into=merged)
    EmploymentFactory(
        person=twice, unit=world.clinic, department="放射科", begins=date(YEAR, 2, 1), ends=date(YEAR, 12, 1)
    )
    Judgement.objects.filter(book__owner=stale).update(rules_sha256="0" * 64, credits=0, missing_credits=25)
    Judgement.objects.filter(book__owner=lost).delete()
    found = year_of_place(question(world.top))
    compared(found.total, exported(world.top, tmp_path))
    assert found.several == 1
    assert sum(part.figures.people for part in found.parts) == found.total.people + 1
    for part in found.parts:
        compared(part.figures, exported(part.node, tmp_path))
    assert year_of_place(question(world.second)).several == 0


def test_title_and_kind_of_employment_narrow_it() -> None:
    world = Province()
    chief = PersonFactory(title="主任技师")
    EmploymentFactory(person=chief, unit=world.clinic, kind=EmploymentKind.REHIRED)
    entry(person=chief, on=date(YEAR, 5, 1), minutes=180)
    by_title = year_of_place(question(world.top, title="主任技师")).total
    by_kind = year_of_place(question(world.top, kind=EmploymentKind.REHIRED)).total
    assert (by_title.people, by_title.credits) == (by_kind.people, by_kind.credits) == (1, Decimal("1.00"))
    assert year_of_place(question(world.top, title="主任技师", kind=EmploymentKind.STAFF)).total == Figures()


def test_a_closed_year_tells_who_failed_and_an_open_one_whom_it_is_still_open(tmp_path: Path) -> None:
    world = Province()
    after = date(YEAR + 1, 2, 1)
    EmploymentFactory(person=PersonFactory(), unit=world.clinic, begins=date(YEAR + 1, 1, 1))
    closed = question(world.top, on=after)
    found = year_of_place(closed).total
    compared(found, exported(world.top, tmp_path, on=after))
    assert (closed.day, found.states["failed"], found.states["open"]) == (date(YEAR, 12, 31), 9, 0)
    assert closed.months[-1] == f"{YEAR}-12"
    assert question(world.top).months[-1] == f"{YEAR}-06"


def test_branches_of_the_society_add_up_their_members(tmp_path: Path) -> None:
    society = NodeFactory(kind=NodeKind.SOCIETY, tree=Tree.SOCIETY)
    branch = BranchFactory(parent=society)
    members = [PersonFactory() for _ in range(3)]
    for member in members:
        MembershipFactory(person=member, branch=branch)
        entry(person=member, on=date(YEAR, 2, 1), minutes=360)
    EmploymentFactory(person=members[0], kind=EmploymentKind.TRAINEE)
    found = year_of_place(question(society))
    compared(found.total, exported(society, tmp_path))
    assert [(part.node, part.figures.people) for part in found.parts] == [(branch, 3)]
    assert year_of_place(question(society, kind=EmploymentKind.TRAINEE)).total.people == 1


@pytest.mark.parametrize("rule_set_id", ["us-arrt-ce", "au-mrpba-cpd", "cn-mohrss-pro", "cn-nhc-cme"])
def test_other_rules_say_what_their_export_says(tmp_path: Path, rule_set_id: str) -> None:
    clinic = NodeFactory()
    for number in range(3):
        person = PersonFactory()
        EmploymentFactory(person=person, unit=clinic)
        if number:
            entry(person=person, rule_set_id=rule_set_id, on=date(YEAR, 2, 1), minutes=600 * number)
    found = year_of_place(question(clinic, rule_set_id=rule_set_id)).total
    rows = exported(clinic, tmp_path, rule_set_id=rule_set_id)
    assert (found.people, found.credits, found.hours) == (
        3, sum(Decimal(row["Credits"]) for row in rows), sum(Decimal(row["Hours"]) for row in rows)
    )  # fmt: skip
    assert results(found) == Counter(row["Result"] for row in rows)


def test_too_many_people_to_judge_are_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    world = Province()
    Judgement.objects.update(rules_sha256="0" * 64)
    monkeypatch.setattr(overview, "AT_ONCE", 12)
    assert year_of_place(question(world.top)).total.people == 15
    monkeypatch.setattr(overview, "AT_ONCE", 11)
    with pytest.raises(TooManyToJudge):
        year_of_place(question(world.top))


@pytest.mark.parametrize(("has_asides", "expected"), [(False, 3), (True, 6)])
def test_queries_do_not_grow_with_the_people(has_asides: bool, expected: int) -> None:
    world = Province()
    for rows in range(2):
        if has_asides:
            merged, other = world.people[1 + rows], PersonFactory()
            entry(person=other, on=date(YEAR, 4, 1 + rows), minutes=600)
            Book.objects.filter(owner=other).update(owner=merged, is_primary=False)
        asked = question(world.top)
        with CaptureQueriesContext(connection) as queries:
            year_of_place(asked)
        assert len(queries) == expected
        world.staff(world.clinic, "放射科")


def test_shortfall_lies_in_the_quarter_that_ends_with_it() -> None:
    required = Decimal(25)
    lacks = [Decimal(text) for text in ("0", "0.01", "6.25", "6.26", "12.5", "18.75", "18.76", "25", "30")]
    assert [shortfall_of(lack, required) for lack in lacks] == [0, 1, 1, 2, 2, 3, 4, 4, 4]
    assert edges(required)[-1] == (Decimal("18.75"), Decimal(25))
    assert shortfall_of(Decimal(3), None) == 0


MRTB = "nz-mrtb-cpd"


def radiographers(place: Node) -> list[Person]:
    """By rules that ask for 40 hours in 2025 and 2026 and 15 in each year: nothing, enough in the first year, enough in
    both, all in the second, all in the first."""
    people = [PersonFactory() for _ in range(5)]
    for person in people:
        EmploymentFactory(person=person, unit=place)
    first, second = date(2025, 5, 1), date(2026, 5, 1)
    hours = [[], [(first, 15)], [(first, 20), (second, 30)], [(second, 45)], [(first, 60)]]
    for person, own in zip(people, hours, strict=True):
        for day, amount in own:
            entry(person=person, rule_set_id=MRTB, on=day, minutes=amount * 60, activity_type="any")
    return people


@pytest.mark.parametrize("on", [date(2025, 3, 1), date(2025, 12, 31), date(2026, 1, 1), date(2026, 6, 30)])
def test_a_year_inside_of_the_period_that_ends_turns_the_sums_too(tmp_path: Path, on: date) -> None:
    place = NodeFactory()
    radiographers(place)
    asked = question(place, year=on.year, rule_set_id=MRTB, on=on)
    with CaptureQueriesContext(connection) as queries:
        found = year_of_place(asked).total
    assert len(queries) == 3
    rows = exported(place, tmp_path, year=on.year, on=on, rule_set_id=MRTB)
    assert (found.people, results(found)) == (5, Counter(row["Result"] for row in rows))
    failed = People(asked, Cell(state="failed"))
    assert failed.count() == len(failed.page(None, 10)[0]) == found.states["failed"] == (2 if on.year == 2026 else 0)


def test_rules_of_their_own_judge_those_who_have_anything_and_count_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = NodeFactory()
    people = [PersonFactory() for _ in range(6)]
    for person in people:
        EmploymentFactory(person=person, unit=place)
    entry(person=people[0], rule_set_id="us-arrt-ce", minutes=600)
    Following.objects.create(
        person=people[1], rule_set_id="us-arrt-ce", begins=date(2025, 1, 1), birth_month=3, biennium_start_year=2025
    )
    StatePeriodFactory(person=people[2], state=PersonState.ABROAD, begins=date(YEAR, 3, 1))
    monkeypatch.setattr(overview, "AT_ONCE", 2)
    for rule_set_id in ("us-arrt-ce", "uk-hcpc-cpd"):
        asked = question(place, rule_set_id=rule_set_id)
        found = year_of_place(asked).total
        rows = exported(place, tmp_path, rule_set_id=rule_set_id)
        assert (found.people, found.not_assessed) == (6, 1)
        assert results(found) == Counter(row["Result"] for row in rows)
        everybody = People(asked, Cell())
        page, _following = everybody.page(None, 10)
        assert everybody.count() == 6
        assert {row.person.pk for row in page} == {person.pk for person in people}
        state = max(found.states, key=lambda one: found.states[one])
        assert People(asked, Cell(state=state)).count() == found.states[state]
    monkeypatch.setattr(overview, "AT_ONCE", 1)
    with pytest.raises(TooManyToJudge):
        year_of_place(question(place, rule_set_id="us-arrt-ce"))
