"""Markers who come at the same moment."""

import itertools

import pytest

from quizzes.services import marking
from tests.factories.marking import MarkingItemFactory, marker
from tests.factories.organisations import NodeFactory
from tests.quizzes.concurrency import race

pytestmark = pytest.mark.slow

MARKERS = 6


@pytest.mark.parametrize("chooses", [True, False])
def test_markers_who_come_at_once_never_share_a_seat(committed_db, chooses):
    place = NodeFactory()
    item = MarkingItemFactory(unit=place)
    people, turn = [marker(place) for _n in range(MARKERS)], itertools.count()

    def work():
        by = people[next(turn)]
        try:
            return (marking.claim(by=by, public_id=item.public_id) if chooses else marking.claim_next(by=by)).round
        except (marking.NothingToMark, marking.SeatTaken):
            return 0

    assert sorted(race(MARKERS, work)) == [0] * (MARKERS - 2) + [1, 2]
    assert sorted(item.markings.values_list("round", flat=True)) == [1, 2]
