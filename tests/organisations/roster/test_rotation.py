"""After a rotation of both keys, and in the midst of one, a roster that is sent again finds everybody."""

from typing import Any

import pytest

from cms.shared import rotation
from organisations.models import Person, RosterRow
from organisations.services import keys, rosters
from tests.keys import rings
from tests.organisations.roster import files
from tests.organisations.roster.conftest import Compare, outcomes, run

pytestmark = pytest.mark.django_db
SEALING = {"field_encryption", "field_index"}
# The first is known by a phone, the second by an ID number only.
ROWS = [
    ("王伟", "", "13800000001", "", "影像科", "技师"),
    ("李娜", "", "", files.id_number(2), "影像科", "主管技师"),
    ("赵敏", "", "13800000003", files.id_number(3), "影像科", "技师"),
]


def turn() -> None:
    keys.rotate_keys(wanted=SEALING, tell=lambda _line: None)


def test_roster_sent_again_after_rotation_finds_everybody(compare: Compare, keeper: Any, settings: Any) -> None:
    rings(settings, "old")
    first = compare(*ROWS)
    rosters.apply(by=keeper, roster=first)
    run(first)
    people = Person.objects.count()
    rings(settings, "new", "old")
    assert outcomes(compare(*ROWS)) == ["unchanged"] * 3
    turn()
    rings(settings, "new")
    assert outcomes(compare(*ROWS)) == ["unchanged"] * 3
    assert (Person.objects.count(), keys.report().is_sound) == (people, True)


def test_roster_in_the_midst_of_a_rotation_finds_everybody(
    compare: Compare, keeper: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rings(settings, "old")
    first = compare(*ROWS)
    rosters.apply(by=keeper, roster=first)
    run(first)
    people = Person.objects.count()
    rings(settings, "new", "old")
    monkeypatch.setattr(rotation, "CHUNK", 3)
    seen: list[list[str]] = []

    def look(_line: str) -> None:
        seen.append(outcomes(compare(*ROWS)))

    keys.rotate_keys(wanted={"field_index"}, tell=look)
    assert len(seen) > 2
    assert seen == [["unchanged"] * 3] * len(seen)
    assert Person.objects.count() == people


def test_roster_can_be_undone_after_the_rotation(compare: Compare, keeper: Any, settings: Any) -> None:
    rings(settings, "old")
    roster, people = compare(*ROWS), Person.objects.count()
    rosters.apply(by=keeper, roster=roster)
    run(roster)
    assert Person.objects.count() == people + 3
    rings(settings, "new", "old")
    turn()
    rings(settings, "new")
    assert {row.sealed[:4] for row in RosterRow.objects.all()} == {"new."}
    rosters.undo(by=keeper, roster=roster)
    run(roster)
    assert Person.objects.count() == people
