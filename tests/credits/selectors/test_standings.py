from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from credits.enums import JudgementState, LineReason, Mark, RequirementState
from credits.models import Book, Judgement, RuleSetVersion
from credits.selectors import (
    NoRuleSetInForce,
    rule_sets_of,
    standing,
    standings,
    years_with_entries,
)
from credits.services.awards import reverse
from tests.factories.credits import HENAN, NATIONAL, entry
from tests.factories.organisations import PersonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]

RUNNING, CLOSED = date(2026, 6, 30), date(2027, 1, 1)


def test_standing_without_entries_is_open_and_fails_with_the_year() -> None:
    person = PersonFactory()
    running = standing(person=person, rule_set_id=HENAN, year=2026, on=RUNNING)
    closed = standing(person=person, rule_set_id=HENAN, year=2026, on=CLOSED)
    assert (running.state, closed.state) == (JudgementState.OPEN, JudgementState.FAILED)
    assert (running.credits, running.hours, running.credits_registered, running.lines) == (0, 0, 0, ())
    assert [(goal.id, goal.required, goal.missing) for goal in running.goals] == [("total", 25, 25), ("hours", 90, 90)]
    assert (running.period_begins, running.period_ends) == (date(2026, 1, 1), date(2027, 1, 1))


def test_standing_that_rests_on_unverified_credit_shows_both_figures() -> None:
    person = PersonFactory()
    entry(person=person, minutes=90 * 60)
    found = standing(person=person, rule_set_id=HENAN, year=2026, on=CLOSED)
    total, hours = found.goals
    assert found.state == JudgementState.UNDETERMINED
    # 30 by the document; 40 if an hour of study has 45 minutes, which nobody has settled either.
    assert (total.reached, total.reached_verified, total.reached_if_unverified) == (30, 0, 40)
    assert total.state == RequirementState.UNDETERMINED
    assert (hours.state, hours.reached) == (RequirementState.MET, 90)
    assert found.marks == (Mark.B, Mark.M)


def test_standing_lists_every_entry_with_its_reason() -> None:
    person = PersonFactory()
    wrong = entry(person=person, minutes=60)
    entry(person=person, activity_type="practice", minutes=360, on=date(2026, 6, 1))
    reverse(entry=wrong, by=None, reason="学时登记有误")
    found = standing(person=person, rule_set_id=HENAN, year=2026, on=RUNNING)
    assert [(line.reason, line.credits, line.taken_back_because) for line in found.lines] == [
        (LineReason.REVERSED, 0, "学时登记有误"),
        (LineReason.COUNTED, 1, ""),
        (LineReason.REVERSAL, 0, ""),
    ]
    assert (found.credits, found.hours) == (1, 6)
    assert found.by_category == {"practice": 1}


def test_standing_before_the_overlay_is_judged_by_its_parent() -> None:
    person = PersonFactory()
    entry(person=person, on=date(2024, 5, 1), activity_type="nat_attend", minutes=540)
    found = standing(person=person, rule_set_id=HENAN, year=2024, on=RUNNING)
    assert (found.version.key, found.credits) == ("cn-nhc-cme@2006.1", 3)
    assert standing(person=person, rule_set_id=NATIONAL, year=2024, on=RUNNING).credits == 0


def test_standing_under_unknown_rules_is_refused() -> None:
    with pytest.raises(NoRuleSetInForce):
        standing(person=PersonFactory(), rule_set_id="nowhere", year=2026)
    with pytest.raises(NoRuleSetInForce):
        standing(person=PersonFactory(), rule_set_id=HENAN, year=1999)


def test_standing_whose_period_hangs_on_unknown_facts_is_undetermined() -> None:
    found = standing(person=PersonFactory(), rule_set_id="us-arrt-ce", year=2026, on=RUNNING)
    assert (found.state, found.period_begins) == (JudgementState.UNDETERMINED, None)


def test_standing_over_two_books_keeps_caps_in_common() -> None:
    person, other = PersonFactory(), PersonFactory()
    for owner in (person, other):
        entry(person=owner, activity_type="popsci", quantity=Decimal(8), unit="credit")
    Book.objects.filter(owner=other).update(owner=person, is_primary=False)
    assert standing(person=person, rule_set_id=HENAN, year=2026).credits == 10


def test_standing_follows_rules_whose_text_changed() -> None:
    person = PersonFactory()
    entry(person=person, activity_type="practice", minutes=360)
    version = RuleSetVersion.objects.get(rule_set_id=HENAN)
    version.document["activity_types"][0]["credit"] = {"mode": "flat", "credits": 3, "per": "session"}
    version.document_sha256 = "f" * 64
    version.save()
    assert Judgement.objects.get().credits == 1
    assert standing(person=person, rule_set_id=HENAN, year=2026).credits == 3


def test_standing_speaks_the_readers_language() -> None:
    person = PersonFactory()
    entry(person=person, activity_type="practice", minutes=360)
    found = standing(person=person, rule_set_id=HENAN, year=2026, on=RUNNING)
    with translation.override("en"):
        assert found.version_title == "Henan continuing medical education (from 2025)"
        assert found.goals[0].title == "At least 25 credits"
        assert found.goals[0].state_text == "Still open"
        assert found.lines[0].text == "Counted in full."


@pytest.mark.parametrize("people", [1, 3])
def test_standings_of_many_take_constant_queries(people: int, django_assert_num_queries: Any) -> None:
    chosen = [PersonFactory() for _ in range(people)]
    for person in chosen:
        entry(person=person)
    with django_assert_num_queries(5):
        found = standings(people=chosen, rule_set_id=HENAN, year=2026, on=RUNNING, with_lines=True)
    assert [row.credits for row in found] == [Decimal(1)] * people
    with django_assert_num_queries(4):
        standings(people=chosen, rule_set_id=HENAN, year=2026, on=RUNNING)


def test_years_and_rule_sets_of_a_person() -> None:
    person = PersonFactory()
    entry(person=person, on=date(2024, 5, 1), activity_type="nat_attend")
    entry(person=person, on=date(2026, 5, 1))
    entry(person=person, on=date(2025, 5, 1), rule_set_id="cn-mohrss-pro", activity_type="training")
    assert years_with_entries(person) == [2026, 2025, 2024]
    assert years_with_entries(person, HENAN) == [2026, 2024]
    assert rule_sets_of(person) == [HENAN, "cn-mohrss-pro"]
