from datetime import date
from decimal import Decimal

import pytest

from cms.shared.errors import Conflict
from credits.enums import OfficialState
from credits.models import EntryStatus
from credits.selectors import standing
from credits.services.awards import reverse
from credits.services.statuses import set_status
from tests.factories.credits import HENAN, entry
from tests.factories.organisations import PersonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]


def test_standing_carries_what_is_recorded_and_what_is_registered() -> None:
    person, reviewer = PersonFactory(), PersonFactory()
    first = entry(person=person, minutes=360)
    entry(person=person, minutes=180, on=date(2026, 6, 1))
    for _ in range(2):
        set_status(entry=first, state=OfficialState.REGISTERED, on=date(2026, 7, 1), by=reviewer, reference="R-1")
    found = standing(person=person, rule_set_id=HENAN, year=2026)
    assert (found.credits, found.credits_registered) == (Decimal(3), Decimal(2))
    assert [(line.official_state, line.official_reference) for line in found.lines] == [
        (OfficialState.REGISTERED, "R-1"),
        (OfficialState.RECORDED, ""),
    ]
    assert EntryStatus.objects.count() == 1


def test_status_that_is_newest_holds() -> None:
    person = PersonFactory()
    first = entry(person=person)
    set_status(entry=first, state=OfficialState.REGISTERED, on=date(2026, 7, 1), by=None)
    set_status(entry=first, state=OfficialState.RETURNED, on=date(2026, 7, 9), by=None, reference="材料不全")
    assert standing(person=person, rule_set_id=HENAN, year=2026).credits_registered == Decimal(0)


def test_entry_taken_back_is_not_registered_any_more() -> None:
    person = PersonFactory()
    first = entry(person=person)
    set_status(entry=first, state=OfficialState.REGISTERED, on=date(2026, 7, 1), by=None)
    reverse(entry=first, by=None, reason="登记有误")
    assert standing(person=person, rule_set_id=HENAN, year=2026).credits_registered == Decimal(0)
    with pytest.raises(Conflict):
        set_status(entry=first, state=OfficialState.REGISTERED, on=date(2026, 8, 1), by=None)
