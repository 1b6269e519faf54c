"""Every address of ours, for every role in and out of its scope. A new address fails here until it has a line."""

import pytest

from tests.architecture.matrix import FILE, HEADER, Line, MatrixWorld, known, lines

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(900)]

PARTS = 6


def test_the_matrix_names_every_address() -> None:
    assert {line.route for line in lines()} == set(known())


def test_the_matrix_names_every_role() -> None:
    assert tuple(FILE.read_text(encoding="utf-8").splitlines()[0].split("\t")) == HEADER


@pytest.mark.parametrize("part", range(PARTS))
def test_every_role_is_answered_as_written_down(matrix_world: MatrixWorld, part: int) -> None:
    wrong: list[tuple[Line, dict[str, tuple[str, str]]]] = []
    for line in lines()[part::PARTS]:
        found = matrix_world.answers(line)
        differing = {name: (line.expected[name], found[name]) for name in found if line.expected[name] != found[name]}
        if differing:
            wrong.append((line, differing))
    assert wrong == []
