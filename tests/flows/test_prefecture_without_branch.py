"""Somebody who works where the society has no branch is a learner like everybody else."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses.enums import EnrolmentState
from courses.models import Enrolment
from courses.selectors import required_lessons
from credits.models import Entry
from organisations.enums import NodeKind, Role, Tree
from organisations.models import Membership, Node, Person
from organisations.services import activation, trees
from tests.courses.test_progress import opened
from tests.factories.courses import CoursePageFactory, CurrentProjectFactory, LessonPageFactory, OfferFactory
from tests.factories.organisations import NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = pytest.mark.django_db
PASSWORD = "lead-apron-2026"


def below(parent: Node, kind: NodeKind, name: str, code: str) -> Node:
    return trees.add_place(by=None, parent=parent, tree=parent.tree, kind=kind, name=name, code=code)


def test_person_in_a_prefecture_without_a_branch_earns_credit_that_the_province_sees(rule_sets: int) -> None:
    province = NodeFactory(kind=NodeKind.PROVINCE, name="河南省", code="410000")
    society = NodeFactory(tree=Tree.SOCIETY, kind=NodeKind.SOCIETY, name="分会", code="S41", level="")
    with_branch = below(province, NodeKind.PREFECTURE, "郑州市", "4101")
    without = below(province, NodeKind.PREFECTURE, "济源市", "419001")
    below(society, NodeKind.BRANCH, "郑州分会", "S01")
    hospital = below(without, NodeKind.HOSPITAL, "济源市医院", "H1")
    keeper = RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR, node=hospital).person

    # The unit enters the person and hands over a code.
    desk = Client()
    desk.force_login(keeper)
    fields = {
        "username": "jiyuan", "name": "济源·技师", "title": "技师", "unit": str(hospital.public_id), "department": "CT",
        "kind": "staff", "begins": "2026-01-05",
    }  # fmt: skip
    page = desk.post(reverse("manage:person_new"), fields).url
    assert page == reverse("manage:person", args=[Person.objects.get(username="jiyuan").public_id])
    code = activation.issue(by=keeper, person=Person.objects.get(username="jiyuan"))

    # Activation, course, credit.
    learner = Client()
    learner.post(reverse("organisations:activate"), {"code": code, "password": PASSWORD, "agree": "on"})
    person = Person.objects.get(username="jiyuan")
    assert (person.last_login is not None, Membership.objects.filter(person=person).count()) == (True, 0)
    course = CoursePageFactory()
    LessonPageFactory(course=course, minutes=360)
    offer = OfferFactory(course=course, project=CurrentProjectFactory())
    learner.post(reverse("courses:enrol", args=[offer.public_id]))
    lesson = required_lessons(offer)[0]
    opened(person, lesson, minutes_ago=400)
    learner.post(reverse("courses:confirm_reading", args=[lesson.translation_key]))
    assert Enrolment.objects.get(person=person).state == EnrolmentState.COMPLETED
    entry = Entry.objects.get()
    assert (entry.book.owner, entry.work_unit_id) == (person, hospital.pk)

    # The province's reviewer sees the person with the credits; the other city's reviewer sees nobody.
    seen = {}
    for name, node in (("province", province), ("own city", without), ("other city", with_branch)):
        reviewer = RoleGrantFactory(role=Role.PROVINCE_REVIEWER, node=node, person=PersonFactory()).person
        client = Client()
        client.force_login(reviewer)
        rows = client.get(reverse("credits:people"), {"year": timezone.localdate().year}).context["listing"].rows
        people = client.get(reverse("manage:people")).context["rows"]
        credits = [(row.person.username, row.standing.credits > Decimal(0)) for row in rows]
        seen[name] = (credits, [row.person.username for row in people])
    found = ([("jiyuan", True)], ["jiyuan"])
    assert seen == {"province": found, "own city": found, "other city": ([], [])}
