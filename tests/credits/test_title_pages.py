"""The title path on its page, printed and in the API, for the person and for administrators."""

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from credits.enums import PathState
from credits.models import ExamPass
from credits.selectors.titles import RequirementLine, TitlePath, title_path
from credits.services import titles
from organisations.enums import HospitalLevel, NodeKind, Role
from organisations.models import AuditEvent, Node, Person
from organisations.services import qualifications
from tests.factories.credits import HENAN, entry
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]
DAY = date(2026, 11, 1)


class World:
    def __init__(self, level: str = HospitalLevel.TERTIARY) -> None:
        self.hospital = NodeFactory(kind=NodeKind.HOSPITAL, level=level)
        self.keeper = self.administrator(Role.UNIT_CREDIT_ADMINISTRATOR)
        self.person = PersonFactory(name="学员", title="技师")
        EmploymentFactory(person=self.person, unit=self.hospital)

    def administrator(self, role: Role, place: Node | None = None) -> Person:
        person: Person = RoleGrantFactory(role=role, node=place or self.hospital, begins=date(2020, 1, 1)).person
        return person

    def enter(self, kind: str, value: str, on: date | None) -> None:
        qualifications.enter(by=self.keeper, person=self.person, kind=kind, value=value, obtained_on=on)


def client(person: Person) -> Client:
    found = Client()
    found.force_login(person)
    return found


def row(path: TitlePath, id_: str) -> RequirementLine:
    assert path.next_step is not None
    return next(one for one in path.next_step.requirements if one.id == id_)


def test_path_says_where_one_is_and_what_to_enter_where_nothing_is_known() -> None:
    world = World()
    with override("en"):
        path = title_path(world.person, on=DAY)
        assert [(rung.code, rung.place) for rung in path.rungs] == [
            ("技士", "held"),
            ("技师", "current"),
            ("主管技师", "next"),
            ("副主任技师", "later"),
            ("主任技师", "later"),
        ]
        degree = row(path, "degree")
        assert (degree.state, degree.to_do) == (PathState.UNDETERMINED, "Report your degree with its day.")
    assert {one.state for one in path.steps[0].requirements} == {PathState.UNDETERMINED}


def test_confirmed_facts_give_the_figures_and_the_mark_keeps_them_undetermined() -> None:
    world = World()
    world.enter("degree", "bachelor", date(2019, 6, 30))
    world.enter("title", "技师", date(2023, 3, 1))
    with override("en"):
        years = row(title_path(world.person, on=DAY), "years")
    assert (years.state, years.stated, years.mark) == (PathState.UNDETERMINED, PathState.MISSING, "M")
    assert years.figures == (
        "3 years 8 months since 2023-03-01.",
        "Missing: 4 months; reached on 2027-03-01 at the earliest.",
    )
    assert years.earliest == date(2027, 3, 1)


def test_reported_degree_shows_both_figures_until_the_unit_confirms_it() -> None:
    world = World()
    world.enter("degree", "college", date(2015, 6, 30))
    world.enter("title", "技师", date(2021, 3, 1))
    told = qualifications.claim(by=world.person, kind="degree", value="bachelor", obtained_on=date(2020, 6, 30))
    with override("en"):
        years = row(title_path(world.person, on=DAY), "years")
        assert years.figures == (
            "Confirmed: 5 years 8 months since 2021-03-01. Missing: 4 months; reached on 2027-03-01 at the earliest.",
            "With what you reported: 5 years 8 months since 2021-03-01.",
        )
        assert years.to_do == "Ask your unit to confirm it."
    qualifications.confirm(by=world.keeper, qualification=told)
    assert row(title_path(world.person, on=DAY), "years").stated == PathState.MET


def test_grassroots_unit_opens_the_way_for_junior_college() -> None:
    world = World(HospitalLevel.GRASSROOTS)
    Person.objects.filter(pk=world.person.pk).update(title="主管技师")
    world.person.refresh_from_db()
    world.enter("degree", "college", date(2005, 6, 30))
    world.enter("appointed", "主管技师", date(2018, 1, 1))
    path = title_path(world.person, on=DAY)
    assert (row(path, "place").stated, row(path, "years").stated) == (PathState.MET, PathState.MET)


def test_years_of_credit_come_from_the_stored_judgements_and_only_warn() -> None:
    world = World()
    world.enter("degree", "bachelor", date(2019, 6, 30))
    world.enter("title", "技师", date(2023, 3, 1))
    entry(person=world.person, on=date(2025, 5, 10), minutes=600)
    with override("en"):
        credits = row(title_path(world.person, on=DAY), "credits")
    assert credits.is_warning is True
    assert credits.figures == (
        "Met in 0 of 2 closed years.",
        "Not met or not on record: 2024, 2025.",
    )


def test_page_says_confirm_with_the_personnel_office_and_never_that_somebody_is_eligible() -> None:
    world = World()
    world.enter("degree", "doctor", date(2010, 6, 30))
    world.enter("title", "技师", date(2012, 3, 1))
    for code in ("basic", "related", "professional", "practice"):
        titles.confirm(by=world.keeper, fact=titles.report_paper(by=world.person, exam="376", paper=code, year=2024))
    with override("en"):
        text = client(world.person).get(reverse("credits:my_titles")).content.decode()
    assert text.count("Confirm with your personnel office.") == 2
    assert (
        "By the figures in circulation, leaving out what is decided elsewhere: Likely, by what is recorded here."
        in text
    )
    assert "eligible" not in text.lower()
    assert "qualifies" not in text.lower()


def test_every_figure_of_the_rules_carries_its_mark_on_the_page() -> None:
    world = World()
    with override("en"):
        answer = client(world.person).get(reverse("credits:my_titles"))
    path = answer.context["path"]
    marked = [row for step in path.steps for row in step.requirements if row.mark != "A"]
    marks = len(marked) + sum(option.mark != "A" for option in path.next_step.options)
    marks += sum(exam.mark != "A" for exam in path.exams) + sum(mark != "A" for _t, _u, mark in path.sources) + 2
    assert answer.content.decode().count('<span class="mark"') == marks


def test_paper_is_reported_on_its_page_and_a_repeat_says_why_not() -> None:
    world = World()
    own = client(world.person)
    posted = {"paper": "376:basic", "year": "2025"}
    assert own.post(reverse("credits:report_paper"), posted).status_code == 302
    again = own.post(reverse("credits:report_paper"), posted)
    assert (again.status_code, list(again.context["form"].errors)) == (400, ["paper"])
    future = own.post(reverse("credits:report_paper"), {"paper": "376:related", "year": "2099"})
    assert list(future.context["form"].errors) == ["year"]
    fact = ExamPass.objects.get()
    own.post(reverse("credits:title_withdraw", args=[fact.public_id]))
    assert ExamPass.objects.count() == 0


def test_work_is_reported_on_its_page() -> None:
    world = World()
    posted = {"kind": "paper", "title": "低剂量 CT", "on": "2024-02-01", "part": "第一作者"}
    assert client(world.person).post(reverse("credits:report_work"), posted).status_code == 302
    assert [one.title for one in title_path(world.person).works] == ["低剂量 CT"]


def test_keeper_confirms_and_other_administrators_only_read() -> None:
    world = World()
    fact = titles.report_paper(by=world.person, exam="376", paper="basic", year=2025)
    page = reverse("credits:person_titles", args=[world.person.public_id])
    deed = reverse("credits:title_decide", args=[world.person.public_id, fact.public_id])
    reader = client(world.administrator(Role.DEPARTMENT_CREDIT_ADMINISTRATOR))
    assert (reader.get(page).status_code, deed in reader.get(page).content.decode()) == (200, False)
    assert reader.post(deed, {"do": "confirm"}).status_code == 403
    stranger = client(world.administrator(Role.UNIT_CREDIT_ADMINISTRATOR, NodeFactory(kind=NodeKind.HOSPITAL)))
    assert (stranger.get(page).status_code, stranger.post(deed, {"do": "confirm"}).status_code) == (404, 404)
    keeper = client(world.keeper)
    assert deed in keeper.get(page).content.decode()
    keeper.post(deed, {"do": "refuse", "reason": ""})
    fact.refresh_from_db()
    assert fact.state == "claimed"
    keeper.post(deed, {"do": "confirm"})
    fact.refresh_from_db()
    assert fact.state == "confirmed"
    assert AuditEvent.objects.filter(verb="credits.titles.read", target_id=str(world.person.public_id)).count() == 3


def test_api_gives_the_figures_of_the_page() -> None:
    world = World()
    own = client(world.person).get("/api/v1/credits/title-path/").json()
    theirs = client(world.keeper).get(f"/api/v1/credits/people/{world.person.public_id}/title-path/").json()
    assert own == theirs
    path = title_path(world.person)
    assert [step["to"] for step in own["steps"]] == [step.to for step in path.steps]
    assert [(row["id"], row["state"]) for row in own["steps"][0]["requirements"]] == [
        (row.id, row.state.value) for row in path.steps[0].requirements
    ]


@pytest.mark.parametrize("rows", [1, 3])
def test_path_asks_the_database_as_often_for_many_facts_as_for_one(rows: int) -> None:
    world = World()
    for number in range(rows):
        titles.report_paper(by=world.person, exam="376", paper="basic", year=2020 + number)
        titles.report_work(by=world.person, kind="paper", title=f"论文 {number}", on=date(2024, 1, 1 + number))
        entry(person=world.person, rule_set_id=HENAN, on=date(2025 - (number > 1), 5, 10 + number))
    title_path(world.person, on=DAY)
    with CaptureQueriesContext(connection) as found:
        title_path(world.person, on=DAY)
    assert len(found) == 6
