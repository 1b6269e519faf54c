from datetime import date
from decimal import Decimal

import pytest

from credits.enums import Mark
from credits.selectors import estimate
from tests.factories.credits import HENAN

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]

DAY = date(2026, 5, 1)


@pytest.mark.parametrize(
    ("activity_type", "minutes", "time_scale", "credits", "hours"),
    [
        ("project_attend", 240, 1, Decimal("1.33"), Decimal(4)),
        ("promo_online", 8, 30, Decimal("1.33"), Decimal(4)),
        ("practice", 3000, 1, Decimal(5), Decimal(50)),
        ("mandate", 240, 1, None, Decimal(4)),
    ],
)
def test_estimate_says_what_an_activity_would_earn(
    activity_type: str, minutes: int, time_scale: int, credits: Decimal | None, hours: Decimal
) -> None:
    found = estimate(rule_set_id=HENAN, activity_type=activity_type, minutes=minutes, on=DAY, time_scale=time_scale)
    assert found is not None
    assert (found.credits, found.hours, found.mark) == (credits, hours, Mark.M)


def test_estimate_of_what_the_rules_do_not_know_is_none() -> None:
    assert estimate(rule_set_id=HENAN, activity_type="hunting", minutes=60, on=DAY) is None
    assert estimate(rule_set_id="nowhere", activity_type="practice", minutes=60, on=DAY) is None
