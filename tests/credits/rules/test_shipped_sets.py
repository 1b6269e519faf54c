"""Each of the shipped versions judges one person as its document says: figures, hours and every requirement."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from credits.enums import JudgementState, RequirementState
from credits.rules import Anchors, Declaration, Declared, Fact, RuleSet, judge, period_for, rounded
from tests.credits.rules.shipped import read_books

MET, OPEN, FAILED, UNDETERMINED = RequirementState
RCEEM = {"approvals": frozenset({"RCEEM"})}
REFLECTED = {"fields": frozenset({"reflection"})}
FILED = {"evidence": frozenset({"certificate"})}
DONE = Declaration(Decimal(1), is_confirmed=True)


def did(kind: str, quantity: str | int, day: date, unit: str = "hour", **changes: Any) -> Fact:
    fields: dict[str, Any] = {"key": f"{kind} {day} {quantity} {len(changes)}", "role": "learner"} | changes
    return Fact(
        activity=f"course:{fields['key']}",
        activity_type=kind,
        quantity=Decimal(quantity),
        unit=unit,
        ends_on=day,
        **fields,
    )


@dataclass(frozen=True)
class Check:
    """A person of the period that holds `on`, and what the period is worth once it is over."""

    on: date
    facts: list[Fact]
    credits: str
    hours: str
    closed: JudgementState
    requirements: dict[str, RequirementState]
    declared: Declared = field(default_factory=Declared)
    anchors: Anchors = field(default_factory=Anchors)


CHECKS: dict[str, Check] = {
    "au-mrpba-cpd@2015.1": Check(
        date(2022, 1, 1),
        [did("sub", 12, date(year, 3, 1), **REFLECTED) for year in (2022, 2023, 2024)]
        + [did("gen", 8, date(year, 3, 1)) for year in (2022, 2023, 2024)],
        "60",
        "60",
        JudgementState.MET,
        {"total": MET, "year": MET, "sub": MET, "reflect": MET},
    ),
    "ca-on-cmrito-qa@2020.1": Check(
        date(2024, 5, 1),
        [did("formal", 25, date(2024, 5, 1))],
        "25",
        "25",
        JudgementState.UNDETERMINED,
        {"total": MET, "portfolio": UNDETERMINED},
    ),
    "ca-sk-samrt-ce@2020.1": Check(
        date(2024, 5, 1),
        [did("any", 10, date(2024, 5, 1))],
        "10",
        "10",
        JudgementState.UNDETERMINED,  # An hour as one credit is from memory.
        {"total": UNDETERMINED},
    ),
    "cn-henan-cme@2025.1": Check(
        date(2026, 5, 1),
        [did("practice", 20, date(2026, 5, 1)), did("project_attend", 75, date(2026, 6, 1))],
        "28.2",
        "95",
        JudgementState.UNDETERMINED,
        {"total": UNDETERMINED, "hours": MET, "self_cap": MET},
    ),
    "cn-mohrss-pro@2015.25": Check(
        date(2024, 5, 1),
        [did("training", 59, date(2024, 5, 1)), did("public", 31, date(2024, 5, 1))],
        "90",
        "90",
        JudgementState.UNDETERMINED,
        {"total": UNDETERMINED, "pro_share": UNDETERMINED},
    ),
    "cn-nhc-cme@2006.1": Check(
        date(2018, 5, 1),
        [
            did("nat_attend", 60, date(2018, 4, 1)),  # 20, at most 10 for one project
            did("unit_lecture", 30, date(2018, 5, 1), "session"),  # 15, at most 10 a year
            did("self_review", 9999, date(2018, 6, 1), "char_zh"),  # 4 full thousands of two
            did("paper", 1, date(2018, 7, 1), "article", level="provincial/1"),
        ],
        "29",
        "60",
        JudgementState.UNDETERMINED,
        {"total": UNDETERMINED, "I": UNDETERMINED, "II": UNDETERMINED, "nat5y": UNDETERMINED, "no_swap": MET},
    ),
    "cn-nhc-cme@2024.20": Check(
        date(2025, 5, 1),
        [
            did("project_attend", 60, date(2025, 5, 1)),
            did("book", 8, date(2025, 6, 1), "credit"),
            did("popsci", 7, date(2025, 7, 1), "credit"),
        ],
        "30",
        "60",
        JudgementState.FAILED,
        {"total": UNDETERMINED, "hours": FAILED, "self_cap": MET},
    ),
    "cn-satcm-cme@2026.1": Check(
        date(2026, 5, 1),
        [did("project_attend", 90, date(2026, 5, 1))],
        "0",
        "0",
        JudgementState.UNDETERMINED,  # The version names no kind of activity yet.
        {"total": UNDETERMINED},
    ),
    "eu-eaccme-credit@2023.07": Check(
        date(2026, 5, 1),
        [did("live", 10, date(2026, 5, 1)), did("live", 29, date(2026, 5, 2), "minute")],
        "8",
        "10.48",
        JudgementState.RECORD_ONLY,
        {},
    ),
    "jp-jart-count@2003.1": Check(
        date(2010, 5, 1),
        [did("study", 3, date(2010, 5, 1)), did("intl", 3, date(2015, 5, 1))],
        "9",
        "6",
        JudgementState.RECORD_ONLY,
        {},
    ),
    "jp-xct-nintei@2021.1": Check(
        date(2024, 5, 1),
        [did("unit", 30, date(2024, 5, 1), "credit")],
        "30",
        "0",
        JudgementState.MET,
        {"total": MET, "el": MET},
        Declared(steps={"renewal_elearning": DONE, "confirmation_test": DONE}),
        Anchors(credential_earned_on=date(2022, 2, 28)),
    ),
    "nz-mrtb-cpd@2017.1": Check(
        date(2018, 5, 1),
        [did("sub", 6, date(year, month, 1), **FILED) for year in (2017, 2018, 2019) for month in (5, 9)]
        + [did("gen", 6, date(year, month, 2), **FILED) for year in (2017, 2018) for month in (5, 9)],
        "60",
        "60",
        JudgementState.MET,
        {"total": MET, "year": MET, "sub": MET, "evidence": MET, "practice": MET},
        Declared(figures={"clinical_hours": Declaration(Decimal(880), is_confirmed=True)}),
    ),
    "nz-mrtb-cpd@2023.1": Check(
        date(2024, 5, 1),
        [did("any", 26, date(2023, 5, 1)), did("any", 14, date(2024, 5, 1))],
        "40",
        "40",
        JudgementState.FAILED,
        {"total": MET, "year": FAILED},
    ),
    "uk-cor-accreditation@2008.1": Check(
        date(2026, 3, 31),
        [did("any", 1, date(2025, n, 1), "activity", fields=frozenset({"outcome_tag"})) for n in range(1, 13)],
        "12",
        "0",
        JudgementState.MET,
        {"n": MET, "outcomes": MET},
    ),
    "uk-hcpc-cpd@2006.1": Check(
        date(2025, 5, 1),
        [
            did(
                "any",
                1,
                date(2025, n, 1),
                "activity",
                category=category,
                fields=frozenset({"benefit_to_practice", "benefit_to_service_user"}),
            )
            for n, category in enumerate(("work_based", "formal", "self_directed"), 1)
        ],
        "3",
        "0",
        JudgementState.MET,
        {"mix": MET, "continuous": UNDETERMINED, "reflect": MET},  # The advice is from memory and decides nothing.
    ),
    "us-arrt-ce@2024.09": Check(
        date(2026, 4, 1),
        [
            did("rceem", 16, date(2025, 6, 1), **RCEEM),
            did("rceem_plus", 2, date(2025, 7, 1), **RCEEM),
            did("acls", 1, date(2025, 8, 1), "activity", evidence=frozenset({"proof"})),
            did("rceem", 40, date(2025, 9, 1)),
        ],
        "24",
        "18",
        JudgementState.MET,
        {"total": MET},
        Declared({"credential": "R.T."}),
        Anchors(birth_month=5, biennium_start_year=2023),
    ),
    "us-arrt-cqr@2024.09": Check(
        date(2020, 5, 1),
        [],
        "0",
        "0",
        JudgementState.UNDETERMINED,
        {"steps": UNDETERMINED},
        Declared({"credential_earned": date(2012, 3, 1)}, steps={"professional_profile": DONE}),
        Anchors(credential_earned_on=date(2012, 3, 1)),
    ),
}


@pytest.mark.parametrize("key", sorted(read_books()))
def test_shipped_version_judges_as_its_document_says(books: dict[str, RuleSet], key: str) -> None:
    check, book = CHECKS[key], books[key]
    judged = judge(book, period_for(book, check.on, check.anchors), check.facts, declared=check.declared)
    assert (rounded(judged.credits), rounded(judged.hours)) == (Decimal(check.credits), Decimal(check.hours))
    assert {result.id: result.closed for result in judged.requirements} == check.requirements
    assert judged.closed == check.closed
    known = {(item.provenance.clause, item.provenance.source) for item in (*book.types.values(), *book.requirements)}
    known |= {(str(r.data.get("note")), r.provenance.source) for r in book.requirements}
    known.add((book.authority, book.sources[0]))
    assert {(line.clause, line.source) for line in judged.lines.values()} <= known
