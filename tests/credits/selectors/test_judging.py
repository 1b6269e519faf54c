"""The seam between the book and the rules: what an entry tells them, and what a stored judgement says on a day."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.core.management import call_command
from django.utils.translation import override
from hypothesis import given, settings

from credits.enums import GrantMethod, LineReason, RequirementReason, RequirementState
from credits.models import Judgement
from credits.rules import Declared, Period, Supplement
from credits.rules.validation import Problem, ProblemCode
from credits.selectors import rule_book, texts
from credits.selectors.judging import fact_of, figures_of, judge_entries, requirement_state
from credits.selectors.problems import problem_text
from credits.services.awards import award
from credits.services.verification import verify_judgements
from tests.credits.rules.test_properties import Case, cases
from tests.factories.credits import activity, entry
from tests.factories.organisations import PersonFactory

pytestmark = pytest.mark.django_db
ARRT, AUSTRALIA = "us-arrt-ce", "au-mrpba-cpd"
BIENNIUM = Period(date(2025, 5, 1), date(2027, 5, 1))


@pytest.mark.parametrize(
    ("evidence", "how", "expected"),
    [
        ((), GrantMethod.ASSESSMENT, (frozenset(), Fraction(1), None)),
        ((), GrantMethod.ATTENDANCE, (frozenset(), None, None)),
        (
            ({"kind": "approval", "scheme": "RCEEM", "reference": "ABC-1"}, {"kind": "attempt", "sha256": "0"}),
            GrantMethod.ASSESSMENT,
            (frozenset({"RCEEM"}), Fraction(1), frozenset({"attempt"})),
        ),
        (({"kind": "approval", "scheme": "RCEEM"},), GrantMethod.ASSESSMENT, (frozenset(), Fraction(1), None)),
        (({"kind": "attendance", "share": "0.75"},), GrantMethod.ATTENDANCE, (frozenset(), Fraction(3, 4), None)),
    ],
)
def test_entry_tells_the_rules_of_its_approval_attendance_and_evidence(
    rule_sets: int, evidence: tuple[dict[str, Any], ...], how: GrantMethod, expected: tuple[Any, ...]
) -> None:
    one = activity(activity_type="rceem", evidence=evidence)
    fact = fact_of(award(person=PersonFactory(), activity=one, rule_set_id=ARRT, how=how), set())
    assert (fact.approvals, fact.attended, fact.evidence) == expected


def test_entry_without_recognised_approval_is_not_counted_until_one_is_written_to_it(rule_sets: int) -> None:
    version = rule_book().in_force(ARRT, date(2026, 5, 20))
    assert version is not None
    row = entry(rule_set_id=ARRT, activity_type="rceem", minutes=1500)
    known = Declared({"credential": "R.T."})
    plain = judge_entries(version, BIENNIUM, [row], declared=known)
    line = plain.lines[str(row.public_id)]
    assert (plain.credits, plain.hours, plain.closed) == (Decimal(0), Decimal(0), "failed")
    assert (line["state"], line["reason"]) == ("not_counted", LineReason.NO_APPROVAL)
    approved = {row.pk: Supplement(approvals=frozenset({"RCEEM"}))}
    judged = judge_entries(version, BIENNIUM, [row], declared=known, supplements=approved)
    assert (judged.credits, judged.lines[str(row.public_id)]["state"]) == (Decimal("25.00"), "counted")


def test_judgement_says_that_a_year_inside_its_period_was_missed(rule_sets: int) -> None:
    version = rule_book().in_force(AUSTRALIA, date(2024, 12, 1))
    assert version is not None
    period = Period(date(2024, 12, 1), date(2027, 12, 1))
    figures = judge_entries(version, period, [])
    year = next(row for row in figures.requirements if row["id"] == "year")
    assert year["turns"] == [["2025-12-01", "failed"]]
    days = [date(2025, 11, 30), date(2025, 12, 1), date(2027, 12, 1)]
    assert [requirement_state(year, day, period) for day in days] == ["open", "failed", "failed"]
    assert [figures.state_on(day, period) for day in days] == ["open", "failed", "failed"]


def test_judgement_of_an_earlier_engine_is_not_taken_for_fresh(
    rule_sets: int, capsys: pytest.CaptureFixture[str]
) -> None:
    entry(activity_type="practice", minutes=360)
    Judgement.objects.update(rules_sha256="0" * 64, credits=0)
    call_command("load_rule_sets")
    assert capsys.readouterr().out.splitlines()[-1] == "1 judgements were made anew."
    assert Judgement.objects.get().credits == 1


def test_every_reason_has_its_sentence() -> None:
    zero = Decimal(0)
    lines = [texts.line_reason(reason, limit=zero, credits=zero, earned=zero) for reason in LineReason]
    goals = [texts.requirement_reason(reason, low=zero, high=zero) for reason in RequirementReason]
    states = [texts.state(state) for state in RequirementState]
    every = [*lines, *goals, *states]
    assert len(set(every)) == len(every)
    assert [text for text in every if "%" in text] == []


def test_every_problem_has_its_sentence_and_begins_with_its_field() -> None:
    names = ("line", "column", "byte", "found", "expected", "allowed", "limit", "begins", "parent", "zone")
    names += ("category", "cap", "columns", "requirement", "reason", "kind", "tag")
    told = [problem_text(Problem("period.type", code, dict.fromkeys(names, "§"))) for code in ProblemCode]
    assert len(set(told)) == len(told)
    assert [text for text in told if not text.startswith("period.type: ") or "%" in text] == []
    with override("en"):
        broken = problem_text(Problem("", ProblemCode.BROKEN_JSON, {"line": "3", "column": "7"}))
    assert broken == "The file is not valid JSON: look at line 3, column 7."


def test_stored_judgement_says_what_is_missing_and_what_each_month_added(rule_sets: int) -> None:
    person = PersonFactory()
    for day, minutes in [(date(2026, 1, 10), 100), (date(2026, 1, 20), 100), (date(2026, 3, 1), 100)]:
        entry(person=person, on=day, minutes=minutes)
    stored = Judgement.objects.get()
    required = next(Decimal(row["required"]) for row in stored.requirements if row["kind"] == "min_total")
    assert sum(stored.by_month.values()) == stored.credits * 100 > 0
    assert list(stored.by_month) == ["2026-01", "2026-03"]
    assert stored.missing_credits == required - stored.credits
    assert stored.is_unverified is any(row["mark"] != "A" for row in [*stored.requirements, *stored.lines.values()])
    entry(person=person, on=date(2026, 4, 1), minutes=180 * 40)
    stored.refresh_from_db()
    assert (stored.missing_credits, sum(stored.by_month.values())) == (0, stored.credits * 100)
    assert verify_judgements() == []
    Judgement.objects.update(missing_credits=1)
    assert [problem.fault for problem in verify_judgements()] == ["stale_judgement"]


@settings(max_examples=60)
@given(case=cases(("nz-mrtb-cpd@2023.1", "nz-mrtb-cpd@2017.1", "au-mrpba-cpd@2015.1", "uk-hcpc-cpd@2006.1")))
def test_a_whole_turns_once_at_most_and_is_open_before(case: Case) -> None:
    figures, period = figures_of(case.judge(), set()), case.period
    day, to = figures.turn(period)
    days = [date.fromisoformat(turn) for row in figures.requirements for turn, _state in row["turns"]]
    for on in {period.begins, period.ends - date.resolution, *days}:
        state = figures.state_on(on, period)
        assert state == (to if day is not None and on >= day else figures.state_on(period.begins, period))
        assert day is None or on >= day or state == "open"
