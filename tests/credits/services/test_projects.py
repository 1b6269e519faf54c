"""The register's rules, whatever the door, and what they mean for a grant."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils.translation import override

from cms.shared.errors import Conflict, DomainError, OutOfScope
from credits import registry
from credits.enums import CreditRole, GrantMethod, ProjectState
from credits.models import Entry, Project
from credits.registry import Stated, TermKind
from credits.selectors import projects as selectors
from credits.services import projects
from credits.services.awards import OutsideProject, ProjectFull, award, reverse
from credits.services.group_entries import award_many
from organisations.deeds import Deed
from organisations.enums import Role
from organisations.models import AuditEvent, Person
from tests.factories.credits import HENAN, ProjectFactory, activity, entry
from tests.factories.organisations import NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]

STATED = Stated(
    number="2026-09-01-001 (国)",
    year=2026,
    title="CT 低剂量扫描",
    level="national",
    kind="recommended",
    form="in_person",
    discipline="影像医学",
    begins=date(2026, 5, 10),
    ends=date(2026, 5, 20),
    days=3,
    theory_hours=Decimal(12),
    practice_hours=Decimal(6),
    hours=Decimal(18),
    credits=Decimal(6),
    quota=5,
    organiser="演示·影像技术学分会",
)


def in_english(error: DomainError) -> str:
    with override("en"):
        return str(error)


def keeper(role: Role = Role.PROVINCE_REVIEWER) -> Person:
    return RoleGrantFactory(role=role, node=NodeFactory(), begins=date(2020, 1, 1)).person


def wrong(**changes: Any) -> list[tuple[str, str]]:
    with pytest.raises(projects.BadProject) as raised, override("en"):
        projects.check(replace(STATED, **changes))
    return [(problem.field, problem.code.value) for problem in raised.value.problems]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"title": " ", "organiser": ""}, [("title", "missing"), ("organiser", "missing")]),
        ({"level": "galactic"}, [("level", "unknown_term")]),
        ({"kind": "elsewise", "form": "x"}, [("kind", "unknown_term"), ("form", "unknown_term")]),
        ({"theory_hours": Decimal(-1)}, [("theory_hours", "negative")]),
        ({"hours": Decimal("17.99")}, [("hours", "does_not_add_up")]),
        ({"practice_hours": None}, [("hours", "does_not_add_up")]),
        ({"credits": Decimal("1.005")}, [("credits", "too_fine")]),
        ({"credits": Decimal(1000)}, [("credits", "out_of_range")]),
        ({"ends": date(2026, 5, 9), "days": None}, [("ends", "ends_first")]),
        ({"days": 12}, [("days", "more_days")]),
        ({"quota": 0}, [("quota", "out_of_range")]),
        ({"year": 26}, [("year", "out_of_range")]),
        ({"number": "九" * 61}, [("number", "too_long")]),
        ({"remark": "a\x07b"}, [("remark", "not_printable")]),
    ],
)
def test_project_is_refused_with_the_field_that_is_wrong(changes: dict[str, Any], found: list[Any]) -> None:
    assert wrong(**changes) == found
    assert Project.objects.count() == 0


def test_hours_that_do_not_add_up_are_told_with_their_figures() -> None:
    with override("en"), pytest.raises(projects.BadProject) as raised:
        projects.check(replace(STATED, hours=Decimal(20)))
    assert str(raised.value) == (
        "Hours of theory (12) and hours of practice (6) make 18, but the total says 20. Correct one of the three."
    )


def test_total_that_is_not_told_is_the_sum_of_its_parts() -> None:
    assert projects.check(replace(STATED, hours=None)).hours == Decimal(18)
    assert projects.check(replace(STATED, hours=None, theory_hours=None, practice_hours=None)).hours is None


def test_only_who_keeps_the_register_for_everybody_writes_in_it() -> None:
    below = NodeFactory(parent=NodeFactory())
    outsiders = [PersonFactory(), RoleGrantFactory(role=Role.SYSTEM_ADMINISTRATOR, node=below).person]
    outsiders.append(keeper(Role.UNIT_CREDIT_ADMINISTRATOR))
    for person in outsiders:
        with pytest.raises(OutOfScope):
            projects.add(by=person, stated=STATED)
    for role in (Role.PROVINCE_REVIEWER, Role.SYSTEM_ADMINISTRATOR):
        projects.add(by=keeper(role), stated=replace(STATED, number=f"1-{role}"))
    assert Project.objects.count() == 2


def test_added_project_is_logged_without_the_name_of_its_head() -> None:
    by = keeper()
    project = projects.add(by=by, stated=replace(STATED, person_in_charge="王主任", place="郑州 13812345678"))
    assert project.stated == replace(STATED, person_in_charge="王主任", place="郑州 ***", hours=Decimal(18))
    event = AuditEvent.objects.get(verb=Deed.PROJECT_ADD)
    assert (event.actor_id_copy, event.after["person_in_charge"], event.after["quota"]) == (by.pk, "…", 5)


@pytest.mark.parametrize("number", ["2026-09-01-001 (国)", "2026-09-01-001(国)", "２０２６-09-01-001（国）"])
def test_same_number_in_another_spelling_is_the_same_project(number: str) -> None:
    by = keeper()
    projects.add(by=by, stated=STATED)
    with pytest.raises(projects.NumberTaken):
        projects.add(by=by, stated=replace(STATED, number=number))
    assert Project.objects.count() == 1


def test_number_that_looks_otherwise_is_only_a_ground_for_a_warning() -> None:
    by = keeper()
    usual = projects.add(by=by, stated=STATED)
    unusual = projects.add(by=by, stated=replace(STATED, number="L-2026-17"))
    assert (selectors.is_usual_number(usual), selectors.is_usual_number(unusual)) == (True, False)


def test_change_writes_what_changed_and_waits_for_nobody_elses_version() -> None:
    by = keeper()
    project = projects.add(by=by, stated=STATED)
    changed = projects.change(by=by, project=project, seen=0, stated=replace(STATED, title="CT 新进展", quota=None))
    assert (changed.title, changed.quota, changed.changes) == ("CT 新进展", None, 1)
    event = AuditEvent.objects.get(verb=Deed.PROJECT_CHANGE)
    assert event.before == {"title": "CT 低剂量扫描", "quota": 5}
    assert event.after == {"title": "CT 新进展", "quota": None}
    with pytest.raises(Conflict):
        projects.change(by=by, project=project, seen=0, stated=STATED)


def test_words_that_an_older_row_has_may_stay() -> None:
    by = keeper()
    project = ProjectFactory(kind="老项目", level="national")
    kept = replace(project.stated, title="别名")
    assert projects.change(by=by, project=project, seen=0, stated=kept).kind_label == "老项目"
    with pytest.raises(projects.BadProject):
        projects.change(by=by, project=project, seen=1, stated=replace(kept, kind="新词"))


def test_closed_lists_are_read_in_the_language_of_the_page() -> None:
    project = ProjectFactory(level="tcm_city", kind="promotion", form="remote")
    with override("zh-hans"):
        assert (project.level_label, project.kind_label, project.form_label) == ("中医市级", "推广项目", "远程")
    with override("en"):
        assert (project.level_label, project.kind_label) == ("City, traditional medicine", "Promotion project")
    assert registry.code_of(TermKind.KIND, " 推 广 ") == "promotion"
    words = [word for kind in TermKind for term in registry.terms(kind) for word in {(kind, one) for one in term.words}]
    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("on", "granted"),
    [
        (date(2026, 5, 9), False),
        (date(2026, 5, 10), True),
        (date(2026, 5, 20), True),
        (date(2026, 5, 21), False),
    ],
)
def test_grant_lies_inside_the_days_of_its_project(on: date, granted: bool) -> None:
    project = projects.add(by=keeper(), stated=STATED)
    if granted:
        assert entry(on=on, project=project).project_number == STATED.number
        return
    person = PersonFactory()
    with pytest.raises(OutsideProject) as raised:
        entry(person=person, on=on, project=project)
    assert in_english(raised.value) == (
        f"The project 2026-09-01-001 (国) grants credit from 2026-05-10 to 2026-05-20; this activity ran from {on} to "
        f"{on}. Have the dates corrected, or record it without the project."
    )
    event = AuditEvent.objects.get(verb=Deed.PROJECT_REFUSED)
    assert (Entry.objects.count(), event.target_id, event.after["why"]) == (0, str(person.public_id), "outside_project")


def test_closed_project_grants_nothing_from_that_day_and_again_when_reopened() -> None:
    by = keeper()
    project = projects.add(by=by, stated=STATED)
    with pytest.raises(projects.ReasonMissing):
        projects.close(by=by, project=project, seen=0, on=date(2026, 5, 15), reason=" ")
    project = projects.close(by=by, project=project, seen=0, on=date(2026, 5, 15), reason="主管部门撤销")
    entry(on=date(2026, 5, 14), project=project)
    with pytest.raises(OutsideProject):
        entry(on=date(2026, 5, 15), project=project)
    project = projects.reopen(by=by, project=project, seen=1)
    entry(on=date(2026, 5, 15), project=project)
    with pytest.raises(projects.NotClosed):
        projects.reopen(by=by, project=project, seen=2)
    told = AuditEvent.objects.filter(verb__in=[Deed.PROJECT_CLOSE, Deed.PROJECT_REOPEN]).order_by("pk")
    assert [event.verb for event in told] == [Deed.PROJECT_CLOSE, Deed.PROJECT_REOPEN]


def test_places_are_for_learners_each_once_and_free_again_after_a_reversal() -> None:
    by = keeper()
    project = projects.add(by=by, stated=replace(STATED, quota=2))
    day = date(2026, 5, 12)
    first, second = PersonFactory(), PersonFactory()
    one = entry(person=first, on=day, project=project)
    entry(person=second, on=day, project=project)
    entry(person=first, on=date(2026, 5, 13), project=project)  # the same place
    entry(on=day, project=project, role=CreditRole.TEACHER, activity_type="project_teach")
    with pytest.raises(ProjectFull) as raised:
        entry(on=day, project=project)
    assert in_english(raised.value).startswith("All 2 places of the project 2026-09-01-001 (国) are taken.")
    assert selectors.places_taken([project.pk]) == {project.pk: 2}
    reverse(entry=one, by=None, reason="未参加")
    with pytest.raises(ProjectFull):  # the other entry still holds the place
        entry(on=day, project=project)
    for mine in Entry.objects.filter(book__owner=first, reverses__isnull=True, reversed_by__isnull=True):
        reverse(entry=mine, by=None, reason="未参加")
    entry(on=day, project=project)
    assert selectors.places_taken([project.pk]) == {project.pk: 2}


def test_one_activity_under_two_rule_sets_takes_one_place() -> None:
    project = projects.add(by=keeper(), stated=replace(STATED, quota=1))
    person, done = PersonFactory(), activity(on=date(2026, 5, 12), project=project)
    for rule_set_id in (HENAN, "cn-nhc-cme"):
        award(person=person, activity=done, rule_set_id=rule_set_id, how=GrantMethod.ATTENDANCE)
    assert (Entry.objects.count(), selectors.places_taken([project.pk])) == (2, {project.pk: 1})


def test_group_gets_the_places_that_are_left_and_the_rest_are_named() -> None:
    project = projects.add(by=keeper(), stated=replace(STATED, quota=2))
    people = [PersonFactory() for _ in range(3)]
    done = activity(on=date(2026, 5, 12), project=project)
    found = award_many(people=people, activity=done, rule_set_id=HENAN, how=GrantMethod.ATTENDANCE)
    assert len(found.entries) == 2
    assert [(person, refusal.code) for person, refusal in found.refused] == [(people[2], "project_full")]


def test_what_was_granted_holds_number_days_and_places() -> None:
    by = keeper()
    project = projects.add(by=by, stated=STATED)
    for _ in range(2):
        entry(on=date(2026, 5, 12), project=project)
    for changes, code in (
        ({"number": "2026-09-01-002 (国)"}, "project_number_granted"),
        ({"begins": date(2026, 5, 13), "days": None}, "project_days_granted"),
        ({"ends": date(2026, 5, 11), "days": None}, "project_days_granted"),
        ({"quota": 1}, "project_places_granted"),
    ):
        with pytest.raises(DomainError) as raised:
            projects.change(by=by, project=project, seen=0, stated=replace(STATED, **changes))
        assert raised.value.code == code
    assert projects.change(by=by, project=project, seen=0, stated=replace(STATED, quota=2)).quota == 2


def test_standing_of_projects_on_a_day() -> None:
    by = keeper()
    plain = projects.add(by=by, stated=STATED)
    full = projects.add(by=by, stated=replace(STATED, number="2", quota=1))
    entry(on=date(2026, 5, 12), project=full)
    closed = projects.add(by=by, stated=replace(STATED, number="3"))
    closed = projects.close(by=by, project=closed, seen=0, on=date(2026, 5, 15), reason="撤销")

    def states(on: date) -> list[str]:
        found = selectors.standings_of([plain, full, closed], on=on)
        return [found[project.pk].state.value for project in (plain, full, closed)]

    assert states(date(2026, 5, 9)) == ["coming", "coming", "coming"]
    assert states(date(2026, 5, 14)) == ["open", "full", "open"]
    assert states(date(2026, 5, 15)) == ["open", "full", "closed"]
    assert states(date(2026, 5, 21)) == ["over", "over", "closed"]
    found = selectors.standings_of([full], on=date(2026, 5, 14))[full.pk]
    assert (found.state, found.taken, found.left) == (ProjectState.FULL, 1, 0)


@pytest.mark.parametrize("count", [1, 3])
def test_standings_of_projects_take_one_statement(count: int, django_assert_num_queries) -> None:
    found = [ProjectFactory(quota=3) for _ in range(count)]
    with django_assert_num_queries(1):
        selectors.standings_of(found, on=date(2026, 5, 12))
