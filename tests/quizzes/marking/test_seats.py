"""Seats: taken once, held for a while, given back, handed in; who may sit where."""

from datetime import timedelta
from decimal import Decimal as D

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cms.shared.errors import NotFound, OutOfScope
from organisations.enums import Role
from organisations.models import AuditEvent, Person
from quizzes.enums import MarkingState
from quizzes.models import Marking, MarkingItem
from quizzes.services import marking
from tests.factories.marking import MarkingItemFactory, marker
from tests.factories.organisations import NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    return NodeFactory(parent=NodeFactory())


def hand_in(by, seat, points="5", comment="", note=""):
    return marking.hand_in(by=by, public_id=seat.public_id, points=D(points), comment=comment, note=note)


def draft(by, seat, points=None, comment="", note=""):
    return marking.save_draft(by=by, public_id=seat.public_id, points=points, comment=comment, note=note)


def test_claim_takes_the_oldest_piece_and_comes_back_to_it(place):
    MarkingItemFactory(unit=place)
    oldest = MarkingItemFactory(unit=place, opened_at=timezone.now() - timedelta(days=1))
    me = marker(place)
    seat = marking.claim_next(by=me)
    assert (seat.item, seat.round, seat.held_until - seat.claimed_at) == (oldest, 1, marking.HELD)
    assert marking.claim_next(by=me) == seat
    assert MarkingItem.objects.get(pk=oldest.pk).state == MarkingState.IN_PROGRESS
    assert [event.verb for event in AuditEvent.objects.filter(actor_id_copy=me.pk)] == ["quizzes.marking.claim"]


def test_two_markers_sit_at_one_piece_and_the_third_finds_nothing(place):
    item = MarkingItemFactory(unit=place)
    people = [marker(place) for _n in range(3)]
    assert [marking.claim_next(by=person).round for person in people[:2]] == [1, 2]
    with pytest.raises(marking.NothingToMark):
        marking.claim_next(by=people[2])
    with pytest.raises(marking.SeatTaken):
        marking.claim(by=people[2], public_id=item.public_id)


def test_piece_for_one_marker_has_one_seat(place):
    MarkingItemFactory(unit=place, markers_needed=1)
    marking.claim_next(by=marker(place))
    with pytest.raises(marking.NothingToMark):
        marking.claim_next(by=marker(place))


def test_nobody_marks_their_own_work(place):
    me = marker(place)
    item = MarkingItemFactory(unit=place, attempt__person=me)
    with pytest.raises(marking.NothingToMark):
        marking.claim_next(by=me)
    with pytest.raises(marking.OwnWork):
        marking.claim(by=me, public_id=item.public_id)
    # Nor what they did with an account that was merged into theirs.
    elder = PersonFactory()
    Person.objects.filter(pk=elder.pk).update(merged_into=me)
    other = MarkingItemFactory(unit=place, attempt__person=elder)
    with pytest.raises(marking.NothingToMark):
        marking.claim_next(by=me)
    with pytest.raises(marking.OwnWork):
        marking.claim(by=me, public_id=other.public_id)


def test_nobody_marks_one_piece_twice(place):
    item, me, elder = MarkingItemFactory(unit=place), marker(place), marker(place)
    hand_in(me, marking.claim_next(by=me))
    with pytest.raises(marking.NothingToMark):
        marking.claim_next(by=me)
    with pytest.raises(marking.MarkedBefore):
        marking.claim(by=me, public_id=item.public_id)
    # Nor with the account that a former marker was merged into.
    Person.objects.filter(pk=me.pk).update(merged_into=elder)
    with pytest.raises(marking.MarkedBefore):
        marking.claim(by=elder, public_id=item.public_id)


@pytest.mark.parametrize("role", list(Role))
def test_roles_that_mark(place, role):
    item = MarkingItemFactory(unit=place)
    person = marker(place, role)
    if role in (Role.LECTURER, Role.JUDGE, Role.QUESTION_AUTHOR):
        assert marking.claim(by=person, public_id=item.public_id).item == item
    else:
        with pytest.raises(OutOfScope):
            marking.claim(by=person, public_id=item.public_id)


def test_markers_reach_their_subtree_only(place):
    item = MarkingItemFactory(unit=place)
    beside = marker(NodeFactory())
    with pytest.raises(NotFound):
        marking.claim(by=beside, public_id=item.public_id)
    with pytest.raises(marking.NothingToMark):
        marking.claim_next(by=beside)
    above = RoleGrantFactory(role=Role.JUDGE, node=place.get_parent()).person
    assert marking.claim_next(by=above).item == item


def test_work_of_somebody_who_works_nowhere_is_for_those_who_reach_everybody(place):
    MarkingItemFactory(unit=None)
    with pytest.raises(marking.NothingToMark):
        marking.claim_next(by=marker(place))
    top = RoleGrantFactory(role=Role.LECTURER, node=place.get_parent()).person
    assert marking.claim_next(by=top).item.unit is None


def test_queue_may_be_narrowed_to_a_quiz(place):
    MarkingItemFactory(unit=place)
    other = MarkingItemFactory(unit=place)
    seat = marking.claim_next(by=marker(place), quiz=other.attempt.quiz)
    assert seat.item == other


def test_seat_that_nobody_holds_any_more_is_free_again(place):
    item = MarkingItemFactory(unit=place, markers_needed=1)
    slow, quick = marker(place), marker(place)
    late = marking.claim_next(by=slow)
    with time_machine.travel(timezone.now() + marking.HELD + timedelta(seconds=1), tick=False):
        taken = marking.claim_next(by=quick)
        assert (taken.item, taken.round) == (item, 1)
        with pytest.raises(NotFound):
            hand_in(slow, late)
    assert [seat.marker for seat in item.markings.all()] == [quick]


def test_seat_that_nobody_wanted_meanwhile_is_still_ones_own(place):
    item = MarkingItemFactory(unit=place, markers_needed=1)
    slow = marker(place)
    seat = marking.claim_next(by=slow)
    with time_machine.travel(timezone.now() + marking.HELD * 2, tick=False):
        hand_in(slow, seat, "7")
    assert item.markings.get().points == D("7.00")


def test_draft_keeps_the_seat_and_what_was_written(place):
    MarkingItemFactory(unit=place, markers_needed=1)
    me = marker(place)
    seat = marking.claim_next(by=me)
    draft(me, seat, D("3.5"), " 条理清楚 ", "再看一遍 13912345678")
    kept = Marking.objects.get(pk=seat.pk)
    assert (kept.points, kept.comment, kept.note, kept.handed_in_at) == (D("3.50"), "条理清楚", "再看一遍 ***", None)
    later = time_machine.travel(timezone.now() + marking.HELD + timedelta(hours=1), tick=False)
    with later, pytest.raises(marking.NothingToMark):
        marking.claim_next(by=marker(place))
    with time_machine.travel(timezone.now() + marking.HELD_WITH_DRAFT + timedelta(hours=1), tick=False):
        assert marking.claim_next(by=marker(place)).comment == ""


def test_give_back_leaves_an_empty_seat(place):
    item, me = MarkingItemFactory(unit=place), marker(place)
    seat = marking.claim_next(by=me)
    marking.give_back(by=me, public_id=seat.public_id)
    item.refresh_from_db()
    assert (item.state, item.markings.count()) == (MarkingState.WAITING, 0)
    assert marking.claim_next(by=me).round == 1


def test_give_back_of_one_of_two_leaves_the_other(place):
    item, first, second = MarkingItemFactory(unit=place), marker(place), marker(place)
    seat, other = marking.claim_next(by=first), marking.claim_next(by=second)
    marking.give_back(by=first, public_id=seat.public_id)
    item.refresh_from_db()
    assert (item.state, list(item.markings.all())) == (MarkingState.IN_PROGRESS, [other])
    assert marking.claim_next(by=marker(place)).round == 1


@pytest.mark.parametrize("points", ["-1", "10.01", "1.005", "NaN"])
def test_points_outside_are_refused_and_nothing_is_kept(place, points):
    MarkingItemFactory(unit=place)
    me = marker(place)
    seat = marking.claim_next(by=me)
    for deed in (hand_in, lambda by, seat, points: draft(by, seat, D(points))):
        with pytest.raises(marking.PointsOutside) as refused:
            deed(me, seat, points)
        assert refused.value.params == {"maximum": "10"}
    assert Marking.objects.get(pk=seat.pk).points is None


def test_hand_in_needs_points_and_happens_once(place):
    MarkingItemFactory(unit=place)
    me = marker(place)
    seat = marking.claim_next(by=me)
    with pytest.raises(marking.PointsMissing):
        marking.hand_in(by=me, public_id=seat.public_id, points=None, comment="", note="")
    hand_in(me, seat, "4")
    for deed in (hand_in, draft):
        with pytest.raises(marking.AlreadyHandedIn):
            deed(me, seat)
    with pytest.raises(marking.AlreadyHandedIn):
        marking.give_back(by=me, public_id=seat.public_id)
    assert Marking.objects.get(pk=seat.pk).points == D("4.00")


def test_seat_of_somebody_else_is_not_found(place):
    MarkingItemFactory(unit=place)
    seat = marking.claim_next(by=marker(place))
    other = marker(place)
    for deed in (hand_in, draft):
        with pytest.raises(NotFound):
            deed(other, seat)
    with pytest.raises(NotFound):
        marking.give_back(by=other, public_id=seat.public_id)


def test_gap_calls_a_third_marker_who_is_neither_of_the_two(place):
    item = MarkingItemFactory(unit=place)
    first, second, third = (marker(place) for _n in range(3))
    hand_in(first, marking.claim_next(by=first), "2")
    item.refresh_from_db()
    assert (item.state, item.points) == (MarkingState.IN_PROGRESS, None)
    hand_in(second, marking.claim_next(by=second), "8")
    item.refresh_from_db()
    assert (item.state, item.points) == (MarkingState.THIRD_NEEDED, None)
    for person in (first, second):
        with pytest.raises(marking.NothingToMark):
            marking.claim_next(by=person)
    seat = marking.claim_next(by=third)
    assert seat.round == 3
    marking.give_back(by=third, public_id=seat.public_id)
    item.refresh_from_db()
    assert item.state == MarkingState.THIRD_NEEDED


def test_choosing_asks_as_often_with_many_pieces_as_with_one(place):
    me, figures = marker(place), []
    for number in (1, 3):
        for _n in range(number):
            MarkingItemFactory(unit=place)
        with CaptureQueriesContext(connection) as asked:
            seat = marking.claim_next(by=me)
        figures.append(len(asked))
        marking.give_back(by=me, public_id=seat.public_id)
    assert figures[0] == figures[1]
