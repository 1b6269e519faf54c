"""The role matrix sends empty bodies: here the refused send what would have been valid from somebody else."""

from dataclasses import replace

import pytest

from organisations.enums import Role
from organisations.models import Person
from tests.architecture.bodies import BODIES, INSTEAD, NAMES_A_PLACE
from tests.architecture.matrix import Line, MatrixWorld, lines

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(900)]

REFUSED = ("403", "404")
ALLOWED = {"200", "201", "202", "302"}
ASKED = (
    (Role.LEARNER, True),
    (Role.DEPARTMENT_CREDIT_ADMINISTRATOR, True),
    (Role.AUDITOR, True),
    (Role.UNIT_CREDIT_ADMINISTRATOR, False),
    (Role.SYSTEM_ADMINISTRATOR, False),
)
# One of these, or the person themselves, gets through with the body: so it is valid.
KEEPERS = (
    Role.UNIT_CREDIT_ADMINISTRATOR, Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.LECTURER,
    Role.EDITOR,
)  # fmt: skip


def cell(line: Line, role: Role, is_inside: bool) -> str:
    inside, _slash, outside = line.expected[role.value].partition("/")
    return inside if is_inside or not outside else outside


def test_a_valid_body_opens_nothing_that_is_closed(matrix_world: MatrixWorld) -> None:
    world = matrix_world
    wrong, worthless = [], []
    for line in lines():
        if line.method != "post" or line.route not in BODIES:
            continue
        line = replace(line, filled_with=INSTEAD.get(line.route, line.filled_with))

        def sent_by(person: Person, line: Line = line) -> str:
            return str(world.answer(line, person, BODIES[line.route](world)))

        for role, is_inside in ASKED:
            expected, found = cell(line, role, is_inside), ""
            if expected in REFUSED:
                found = sent_by(world.holders[role, is_inside])
                is_wrong = found != expected
            elif line.route in NAMES_A_PLACE and not is_inside:
                found = sent_by(world.holders[role, is_inside])
                is_wrong = found in ALLOWED
            else:
                is_wrong = False
            if is_wrong:
                wrong.append((str(line), role.value, is_inside, expected, found))
        entitled = [world.learner, *(world.holders[role, True] for role in KEEPERS)]
        if not any(sent_by(person) in ALLOWED for person in entitled):
            worthless.append(str(line))
    assert wrong == [], "\n".join(map(str, wrong))
    assert worthless == [], "\n".join(worthless)
