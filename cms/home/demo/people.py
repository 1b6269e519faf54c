"""The demonstration's people: one of every role, and learners at the edges of the rules. Nobody is real."""

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.hashers import make_password

from cms.home.demo.places import PROVINCE, SOCIETY
from organisations.enums import PersonState, ProfessionalTitle, Role
from organisations.models import Membership, Node, Person, StatePeriod
from organisations.services import people, roles

PASSWORD = "isocenter-demo"  # noqa: S105 - printed at every start of the demonstration, refused by production


@dataclass(frozen=True)
class DemoPerson:
    username: str
    name: str
    title: str
    unit: str
    department: str
    role: Role
    node: str
    since: date = date(2019, 7, 1)
    state: str = PersonState.ACTIVE
    branch: str = "DS01"


P = ProfessionalTitle
TEACHING = "D410101"
PEOPLE = (
    DemoPerson("learner", "演示·技师甲", P.TECHNICIAN, TEACHING, "CT室", Role.LEARNER, TEACHING),
    DemoPerson("township", "演示·技士乙", P.ASSISTANT_TECHNICIAN, "D410103", "放射科", Role.LEARNER, "D410103"),
    DemoPerson("newcomer", "演示·新入职丙", P.NONE, TEACHING, "普通放射室", Role.LEARNER, TEACHING, date(2026, 7, 1)),
    DemoPerson("senior", "演示·主管技师丁", P.SUPERVISING, "D410301", "CT室", Role.LEARNER, "D410301", branch="DS06"),
    DemoPerson("associate", "演示·副主任技师戊", P.ASSOCIATE_CHIEF, TEACHING, "磁共振室", Role.LEARNER, TEACHING),
    DemoPerson("chief", "演示·主任技师己", P.CHIEF, "D411301", "放射科", Role.LEARNER, "D411301", branch="DS03"),
    DemoPerson(
        "maternity", "演示·产假庚", P.TECHNICIAN, TEACHING, "CT室", Role.LEARNER, TEACHING, state=PersonState.MATERNITY
    ),
    DemoPerson("rehired", "演示·返聘辛", P.SUPERVISING, "D410102", "放射科", Role.LEARNER, "D410102", date(2025, 3, 1)),
    DemoPerson("dual", "演示·双证壬", P.SUPERVISING, TEACHING, "CT室", Role.LEARNER, TEACHING),
    DemoPerson("abroad", "演示·境外执业亥", P.NONE, TEACHING, "CT室", Role.LEARNER, TEACHING, date(2021, 9, 1)),
    DemoPerson("editor", "演示·编辑癸", P.SUPERVISING, TEACHING, "", Role.EDITOR, SOCIETY),
    DemoPerson("author", "演示·命题人子", P.SUPERVISING, TEACHING, "CT室", Role.QUESTION_AUTHOR, SOCIETY),
    DemoPerson("lecturer", "演示·讲师丑", P.ASSOCIATE_CHIEF, TEACHING, "CT室", Role.LECTURER, SOCIETY),
    DemoPerson("judge", "演示·评委寅", P.CHIEF, TEACHING, "CT室", Role.JUDGE, SOCIETY),
    DemoPerson(
        "department", "演示·科室管理员卯", P.SUPERVISING, TEACHING, "CT室", Role.DEPARTMENT_CREDIT_ADMINISTRATOR,
        "D410101CT",
    ),
    DemoPerson("admin", "演示·单位管理员辰", P.NONE, TEACHING, "科教科", Role.UNIT_CREDIT_ADMINISTRATOR, TEACHING),
    DemoPerson("county", "演示·县级审核员巳", P.NONE, "D410102", "", Role.COUNTY_REVIEWER, "D4101X"),
    DemoPerson("city", "演示·市级审核员午", P.NONE, TEACHING, "", Role.CITY_REVIEWER, "4101"),
    DemoPerson("province", "演示·省级审核员未", P.NONE, TEACHING, "", Role.PROVINCE_REVIEWER, PROVINCE),
    DemoPerson("secretary", "演示·学会秘书申", P.SUPERVISING, TEACHING, "", Role.BRANCH_SECRETARY, SOCIETY),
    DemoPerson("auditor", "演示·审计酉", P.NONE, TEACHING, "", Role.AUDITOR, PROVINCE),
    DemoPerson("system", "演示·系统管理员戌", P.NONE, TEACHING, "", Role.SYSTEM_ADMINISTRATOR, PROVINCE),
    DemoPerson("security", "演示·安全管理员亥", P.NONE, TEACHING, "", Role.SECURITY_ADMINISTRATOR, PROVINCE),
)  # fmt: skip


def load(places: dict[str, Node]) -> dict[str, Person]:
    """Everybody by user name; who is already there is left alone."""
    present = {person.username: person for person in Person.objects.filter(is_demo=True)}
    # Hashed once for everybody: Argon2 takes its time on purpose.
    password = make_password(PASSWORD)
    for one in PEOPLE:
        if one.username in present:
            continue
        person = people.create_person(by=None, username=one.username, name=one.name, title=one.title, is_demo=True)
        person.password = password
        person.save(update_fields=["password"])
        if one.state != PersonState.ACTIVE:
            StatePeriod.objects.create(person=person, state=one.state, begins=date(2026, 6, 1), note="演示")
        people.employ(by=None, person=person, unit=places[one.unit], begins=one.since, department=one.department)
        Membership.objects.create(person=person, branch=places[one.branch], begins=one.since)
        roles.grant_role(by=None, person=person, role=one.role, node=places[one.node], begins=one.since)
        present[one.username] = person
    return present
