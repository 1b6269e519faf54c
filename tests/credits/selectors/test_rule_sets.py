from datetime import date

import pytest

from credits.selectors import in_force, is_usual_project_number, period_of_year, rule_book
from tests.factories.credits import HENAN, NATIONAL

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]

DAY = date(2026, 5, 1)


@pytest.mark.parametrize(
    ("number", "rule_set_id", "usual"),
    [
        ("2026-09-01-012 (国)", HENAN, True),
        ("2026-09-01-012(备)", HENAN, True),
        ("L20260012", HENAN, False),
        ("2026-09-01-012", NATIONAL, False),
        ("anything", "cn-mohrss-pro", True),
        ("anything", "nowhere", True),
    ],
)
def test_project_number_is_compared_with_what_the_rules_describe(number: str, rule_set_id: str, usual: bool) -> None:
    assert is_usual_project_number(number, rule_set_id, DAY) is usual


def test_version_in_force_falls_back_to_the_parent_before_the_overlay() -> None:
    assert in_force(HENAN, DAY).rules.key == "cn-henan-cme@2025.1"
    assert in_force(HENAN, date(2024, 12, 31)).rules.key == "cn-nhc-cme@2006.1"
    assert rule_book().in_force(HENAN, date(2006, 12, 31)) is None


def test_period_of_a_year_in_which_the_rules_begin_is_clipped() -> None:
    version, period = period_of_year("cn-satcm-cme", 2026, on=date(2026, 1, 5))
    assert version.rules.key == "cn-satcm-cme@2026.1"
    assert period is not None
    assert (period.begins, period.ends) == (date(2026, 2, 11), date(2027, 1, 1))


def test_period_of_the_running_year_is_the_one_that_holds_today() -> None:
    _version, period = period_of_year("ca-sk-samrt-ce", 2026, on=date(2026, 6, 1))
    assert period is not None
    assert (period.begins, period.ends) == (date(2025, 12, 1), date(2026, 12, 1))


def test_shipped_names_are_complete_in_english() -> None:
    missing = []
    for version in rule_book().versions:
        rules = version.rules
        named = [(kind.title, kind.title_en) for kind in rules.types.values()]
        named += [(title, rules.categories_en[code]) for code, title in rules.categories.items()]
        missing += [(rules.key, title) for title, title_en in named if not title.isascii() and not title_en]
    assert missing == []
