"""The role matrix asks holders on hospitals; here they sit where their roles belong besides: above, below, in a branch.

What such a holder gets is derived from the matrix: in whose subtree the thing lies is answered as on its hospital,
everybody else as on another hospital.
"""

import pytest

from organisations.enums import ROLE_PLACES, NodeKind, Role
from organisations.models import Employment, Node, Objection
from tests.architecture.matrix import ROLES, Line, MatrixWorld, lines
from tests.factories.organisations import BranchFactory, NodeFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(900)]

# What hangs on the learner alone, wherever they belong; and what hangs on the place where they work.
OF_THE_PERSON = frozenset(
    {
        "person",
        "state",
        "qualification",
        "membership",
        "on_site",
        "audit event",
        "erasure",
        "declaration",
        "exam pass",
        "statement",
        "closed account",
    }
)
OF_THE_WORKPLACE = frozenset({"employment", "objection"})
# Taken by one person: nobody else has it, wherever they sit.
OF_ITS_TAKER = frozenset({"marking"})


def telling(role: Role, *, is_short: bool) -> list[Line]:
    """The lines on which it matters where a holder of `role` sits; in short one per object and method."""
    found = [line for line in lines() if "/" in line.expected[role.value] and line.filled_with not in OF_ITS_TAKER]
    return list({(line.filled_with, line.method): line for line in found}.values()) if is_short else found


def differing(
    world: MatrixWorld, place: Node, reached: frozenset[str] | None, *, is_short: bool = False
) -> list[tuple[str, ...]]:
    """Where holders on `place`, of whom `reached` lies below (None: all), are answered otherwise than derived."""
    wrong = []
    for role in ROLES:
        if place.kind not in ROLE_PLACES[role]:
            continue
        holder = world.holder(role, place)
        for line in telling(role, is_short=is_short):
            is_inside = reached is None or line.filled_with in reached
            inside, outside = line.expected[role.value].split("/")
            expected, found = inside if is_inside else outside, str(world.answer(line, holder))
            if found != expected:
                wrong.append((str(line), role.value, place.kind, expected, found))
    return wrong


def test_holders_above_reach_down_and_those_beside_do_not(matrix_world: MatrixWorld) -> None:
    world = matrix_world
    beside = NodeFactory(kind=NodeKind.PROVINCE, name="外省")
    wrong = []
    wrong += differing(world, world.county, None)
    wrong += differing(world, world.other_county, frozenset())
    wrong += differing(world, world.prefecture, None, is_short=True)
    wrong += differing(world, world.other_prefecture, frozenset(), is_short=True)
    wrong += differing(world, world.province, None, is_short=True)
    # Whoever audits a whole tree reads the whole log.
    wrong += differing(world, beside, frozenset({"audit event"}), is_short=True)
    assert wrong == [], "\n".join(map(str, wrong))


def test_holders_of_a_department_reach_those_who_work_there(matrix_world: MatrixWorld) -> None:
    world = matrix_world
    department, beside = (NodeFactory(parent=world.hospital, kind=NodeKind.DEPARTMENT, name=name) for name in "甲乙")
    Employment.objects.filter(person=world.learner).update(unit=department)
    Objection.objects.filter(person=world.learner).update(unit=department)
    wrong = differing(world, department, OF_THE_PERSON | OF_THE_WORKPLACE)
    wrong += differing(world, beside, frozenset())
    assert wrong == [], "\n".join(map(str, wrong))


def test_holders_of_a_branch_and_of_the_society_reach_its_members(matrix_world: MatrixWorld) -> None:
    world, branch = matrix_world, matrix_world.membership.branch
    society = branch.get_parent()
    wrong = differing(world, branch, OF_THE_PERSON)
    wrong += differing(world, BranchFactory(parent=society), frozenset(), is_short=True)
    wrong += differing(world, society, OF_THE_PERSON, is_short=True)
    assert wrong == [], "\n".join(map(str, wrong))
