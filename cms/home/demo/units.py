"""What waits for the demonstration's administrators: an alliance, states, a substitute, a report, a registration."""

from datetime import date, timedelta

from django.utils import timezone

from cms.home.demo.places import OLD_SITE
from organisations.enums import EmploymentKind, PersonState, PlaceChangeKind, QualificationKind, Role
from organisations.models import (
    Alliance,
    Employment,
    Node,
    Objection,
    Person,
    Qualification,
    RoleGrant,
    StatePeriod,
)
from organisations.services import (
    alliances,
    objections,
    people,
    qualifications,
    registrations,
    roles,
    states,
    trees,
)

ALLIANCE = "DYL01"
APPLICANT = "applicant"
# (user name, kind, staff number)
WORK = (
    ("learner", EmploymentKind.STAFF, "演示-0001"),
    ("newcomer", EmploymentKind.TRAINEE, "演示-0002"),
    ("rehired", EmploymentKind.REHIRED, "演示-0003"),
    ("dual", EmploymentKind.CONTRACT, "演示-0004"),
)
# (user name, state, first day, first day without it, note)
STATES = (
    ("newcomer", PersonState.NEW, date(2026, 7, 1), date(2027, 1, 1), "演示·2026 年新入职"),
    ("associate", PersonState.ABROAD, date(2024, 3, 1), date(2024, 12, 1), "演示·境外进修"),
)


def load(places: dict[str, Node], persons: dict[str, Person]) -> None:
    """Everything of this part; what is already there is left alone."""
    keeper, system, hospital = persons["admin"], persons["system"], places["D410101"]
    _work(keeper, persons)
    _states(keeper, persons)
    _roles(system, keeper, persons, places)
    if not Alliance.objects.filter(code=ALLIANCE).exists():
        alliance = alliances.found(
            by=system, name="演示·郑州影像专科联盟", name_en="Demo Zhengzhou imaging alliance", code=ALLIANCE,
            lead=hospital, begins=date(2025, 1, 1),
        )  # fmt: skip
        for code in ("D410102", "D410103", "DS01"):
            alliances.join(by=system, alliance=alliance, node=places[code], begins=date(2025, 1, 1))
    _close(system, places[OLD_SITE])
    _reports(keeper, persons)
    _requests(hospital, persons)


def _work(keeper: Person, persons: dict[str, Person]) -> None:
    for name, kind, number in WORK:
        employment = Employment.objects.select_related("person", "unit").get(person=persons[name], ends=None)
        if not employment.staff_number:
            people.change_employment(by=keeper, employment=employment, kind=kind, staff_number=number)


def _states(keeper: Person, persons: dict[str, Person]) -> None:
    for name, state, begins, ends, note in STATES:
        if not StatePeriod.objects.filter(person=persons[name], state=state).exists():
            states.add_state(by=keeper, person=persons[name], state=state, begins=begins, ends=ends, note=note)


def _roles(system: Person, keeper: Person, persons: dict[str, Person], places: dict[str, Node]) -> None:
    role, society = Role.SYSTEM_ADMINISTRATOR, places["DS4100"]
    if not RoleGrant.objects.filter(person=system, role=role, node=society).exists():
        roles.grant_role(by=None, person=system, role=role, node=society, begins=date(2019, 7, 1))
    held = RoleGrant.objects.get(person=keeper, role=Role.UNIT_CREDIT_ADMINISTRATOR)
    if not held.substitutes.exists():
        roles.appoint_substitute(
            by=keeper, grant=held, person=persons["author"], begins=date(2026, 11, 1), ends=date(2026, 12, 15),
            reason="演示·年休假期间代理",
        )  # fmt: skip


def _close(system: Person, place: Node) -> None:
    """A place that closes some weeks from now; once, whatever became of it since."""
    if not place.changes.filter(kind=PlaceChangeKind.CLOSED).exists():
        trees.close_place(by=system, node=place, on=timezone.localdate() + timedelta(days=60))


def _reports(keeper: Person, persons: dict[str, Person]) -> None:
    dual, learner = persons["dual"], persons["learner"]
    if not Qualification.objects.filter(person=dual).exists():
        qualifications.claim(
            by=dual, kind=QualificationKind.TITLE, value="副主任技师", obtained_on=date(2026, 9, 30),
            institution="演示·省人社厅",
        )  # fmt: skip
    if not Qualification.objects.filter(person=learner).exists():
        qualifications.enter(
            by=keeper, person=learner, kind=QualificationKind.TITLE, value="技师", obtained_on=date(2022, 6, 1),
            institution="演示·省人社厅",
        )  # fmt: skip
        qualifications.claim(
            by=learner, kind=QualificationKind.DEGREE, value="bachelor", obtained_on=date(2019, 6, 30),
            subject="医学影像技术", institution="演示·医学院",
        )  # fmt: skip


def _requests(hospital: Node, persons: dict[str, Person]) -> None:
    if not Objection.objects.filter(person=persons["learner"]).exists():
        objections.object_to(by=persons["learner"], text="演示：我的科室应为“CT 与核医学室”。")
    if not Person.objects.filter(username=APPLICANT).exists():
        applicant = people.create_person(by=None, username=APPLICANT, name="演示·自行注册甲", is_demo=True)
        applicant.password = persons["learner"].password
        applicant.save(update_fields=["password"])
        registrations.join(person=applicant, unit=hospital, department="CT室")
