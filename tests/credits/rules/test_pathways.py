"""The title ladder: every cell of the table, edges of days, and what is not certain."""

import copy
import json
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from credits.enums import Mark, PaperState, PathReason, PathState
from credits.rules.pathway_documents import BadPathway, Pathway, build_pathway, validate_pathway
from credits.rules.pathways import (
    DatedFact,
    Known,
    PaperPass,
    PathRequirement,
    StepStanding,
    Work,
    exam_standing,
    months_between,
    step_standing,
    steps_above,
)
from credits.services.rule_sets import FOLDER

FILE = FOLDER.parent / "pathways" / "cn-title-2021@2021.51.json"
MET, MISSING, UNDETERMINED = PathState
DAY = date(2026, 6, 1)


def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def shipped() -> Pathway:
    return build_pathway(document())


@pytest.fixture(scope="module")
def verified() -> Pathway:
    """As if somebody had checked every figure against the text."""
    text = json.dumps(document()).replace('"conf": "M"', '"conf": "A"').replace('"conf": "B"', '"conf": "A"')
    return build_pathway(json.loads(text))


def step_to(pathway: Pathway, to: str, known: Known, on: date = DAY) -> StepStanding:
    return step_standing(pathway, next(step for step in pathway.steps if step.to == to), known, on=on)


def row(standing: StepStanding, id_: str) -> PathRequirement:
    return next(row for row in standing.requirements if row.id == id_)


def fact(kind: str, value: str, on: date | None, *, confirmed: bool = True) -> DatedFact:
    return DatedFact(kind, value, on, confirmed)


def holder(title: str, degree: str, **changes: Any) -> Known:
    """Somebody with a title (obtained and appointed on 1 June 2016) and a degree of 2010, both confirmed."""
    facts = [fact("degree", degree, date(2010, 6, 30))]
    if title:
        facts += [fact(kind, title, date(2016, 6, 1)) for kind in ("title", "appointment")]
    return replace(Known(title=title, facts=tuple(facts), is_grassroots=False), **changes)


# Target, degree, title before, years asked; None: this degree has no way there.
TABLE = [
    ("技士", "vocational", "", 0),
    ("技士", "college", "", 0),
    ("技师", "vocational", "技士", 5),
    ("技师", "college", "技士", 3),
    ("技师", "bachelor", "", 1),
    ("主管技师", "vocational", "技师", 7),
    ("主管技师", "college", "技师", 6),
    ("主管技师", "bachelor", "技师", 4),
    ("主管技师", "master", "技师", 2),
    ("主管技师", "doctor", "", 0),
    ("副主任技师", "bachelor", "主管技师", 5),
    ("副主任技师", "master", "主管技师", 5),
    ("副主任技师", "doctor", "主管技师", 2),
    ("主任技师", "bachelor", "副主任技师", 5),
    ("主任技师", "master", "副主任技师", 5),
    ("主任技师", "doctor", "副主任技师", 5),
]


@pytest.mark.parametrize(("to", "degree", "title", "years"), TABLE)
def test_years_of_the_table_are_reached_on_their_day_and_not_before(
    verified: Pathway, to: str, degree: str, title: str, years: int
) -> None:
    since = date(2010, 6, 30) if not title else date(2016, 6, 1)
    known = holder(title, degree)
    due = since.replace(year=since.year + years)

    reached = step_to(verified, to, known, on=due)
    assert row(reached, "degree").state == MET
    if title:
        assert (row(reached, "title").state, row(reached, "title").confirmed.subject) == (MET, title)
    if years == 0:
        assert [r.id for r in reached.requirements if r.id == "years"] == []
        return
    assert row(reached, "years").state == MET
    assert row(reached, "years").confirmed.reached == years * 12

    before = row(step_to(verified, to, known, on=date.fromordinal(due.toordinal() - 1)), "years")
    assert (before.state, before.confirmed.earliest, before.confirmed.required) == (MISSING, due, Fraction(years))


@pytest.mark.parametrize(
    ("to", "degree", "title"), [("主任技师", "college", "副主任技师"), ("主任技师", "vocational", "副主任技师")]
)
def test_degree_below_every_way_is_missing(verified: Pathway, to: str, degree: str, title: str) -> None:
    found = step_to(verified, to, holder(title, degree))
    assert (row(found, "degree").state, found.state) == (MISSING, MISSING)


def test_college_holder_reaches_associate_chief_only_in_a_grassroots_unit(verified: Pathway) -> None:
    known = holder("主管技师", "college")
    outside, inside = (step_to(verified, "副主任技师", replace(known, is_grassroots=is_it)) for is_it in (False, True))
    assert (row(outside, "place").state, row(inside, "place").state) == (MISSING, MET)
    assert row(inside, "years").confirmed.required == 7
    assert [r.id for r in inside.requirements if r.id == "works"] == []
    unknown = step_to(verified, "副主任技师", replace(known, is_grassroots=None))
    assert (row(unknown, "place").state, row(unknown, "place").reason) == (UNDETERMINED, PathReason.UNKNOWN_PLACE)


def test_vocational_holder_in_a_grassroots_unit_is_undetermined_because_the_years_are_unknown(
    verified: Pathway,
) -> None:
    found = row(step_to(verified, "副主任技师", holder("主管技师", "vocational", is_grassroots=True)), "years")
    assert (found.state, found.reason, found.confirmed.required) == (UNDETERMINED, PathReason.UNKNOWN_VALUE, None)


def test_masters_degree_with_two_readings_is_undetermined_between_them(verified: Pathway) -> None:
    known = holder("", "master")
    young = replace(known, facts=(fact("degree", "master", date(2026, 1, 31)),))
    between = row(step_to(verified, "技师", young), "years")
    assert (between.state, between.reason) == (UNDETERMINED, PathReason.UNVERIFIED_VALUE)
    assert (between.confirmed.required, between.confirmed.required_most) == (0, 1)
    assert row(step_to(verified, "技师", young, on=date(2027, 1, 31)), "years").state == MET


def test_highest_degree_decides_but_an_older_lower_one_may_come_first(verified: Pathway) -> None:
    facts = (
        fact("degree", "bachelor", date(2018, 6, 30)),
        fact("degree", "master", date(2026, 5, 1)),
        fact("title", "技师", date(2025, 6, 1)),
    )
    found = row(step_to(verified, "主管技师", Known(title="技师", facts=facts, is_grassroots=False)), "years")
    assert (found.confirmed.required, found.confirmed.earliest) == (2, date(2027, 6, 1))


def test_no_figure_of_the_shipped_pathway_is_verified_so_nothing_in_it_is_met(shipped: Pathway) -> None:
    for to, degree, title, _years in TABLE:
        found = step_to(shipped, to, holder(title, degree, papers=_all_papers(2020)), on=date(2040, 1, 1))
        assert {r.state for r in found.requirements} == {UNDETERMINED}
        assert found.state == UNDETERMINED
    years = row(step_to(shipped, "主管技师", holder("技师", "bachelor")), "years")
    assert (years.reason, years.confirmed.state, years.provenance.mark) == (
        PathReason.UNVERIFIED_VALUE,
        MET,
        Mark.M,
    )


def test_stated_outcome_and_day_follow_the_figures_as_they_stand(shipped: Pathway) -> None:
    known = holder("技师", "bachelor", papers=_all_papers(2026))
    early = step_to(shipped, "主管技师", known, on=date(2019, 1, 1))
    assert (early.state, early.stated, early.earliest) == (UNDETERMINED, MISSING, date(2020, 6, 1))
    assert step_to(shipped, "主管技师", known).stated == MET


def test_unknown_degree_shows_the_shortest_and_the_longest_years(verified: Pathway) -> None:
    known = Known(title="技师", facts=(fact("title", "技师", date(2016, 6, 1)),), is_grassroots=False)
    found = step_to(verified, "主管技师", known)
    assert (row(found, "degree").state, row(found, "degree").reason) == (UNDETERMINED, PathReason.UNKNOWN_DEGREE)
    years = row(found, "years")
    assert (years.state, years.confirmed.required, years.confirmed.required_most) == (UNDETERMINED, 0, 7)
    assert years.confirmed.reached == 120


@pytest.mark.parametrize(
    ("to", "title", "kind", "reason"),
    [
        ("主管技师", "技师", "title", PathReason.UNKNOWN_TITLE_DATE),
        ("副主任技师", "主管技师", "appointment", PathReason.UNKNOWN_APPOINTMENT),
    ],
)
def test_unknown_day_says_which_day_is_lacking(
    verified: Pathway, to: str, title: str, kind: str, reason: PathReason
) -> None:
    known = holder(title, "bachelor")
    lacking = replace(known, facts=tuple(f for f in known.facts if f.kind != kind))
    undated = replace(lacking, facts=(*lacking.facts, fact(kind, title, None)))
    for one in (lacking, undated):
        found = row(step_to(verified, to, one), "years")
        assert (found.state, found.reason, found.confirmed.since) == (UNDETERMINED, reason, None)


def test_appointment_counts_for_the_review_and_not_the_day_of_obtaining(verified: Pathway) -> None:
    facts = (
        fact("degree", "bachelor", date(2005, 6, 30)),
        fact("title", "主管技师", date(2012, 5, 1)),
        fact("appointment", "主管技师", date(2023, 1, 1)),
    )
    found = row(step_to(verified, "副主任技师", Known(title="主管技师", facts=facts, is_grassroots=False)), "years")
    assert (found.state, found.confirmed.since, found.confirmed.earliest) == (
        MISSING,
        date(2023, 1, 1),
        date(2028, 1, 1),
    )


def test_reported_fact_is_undetermined_with_both_figures(verified: Pathway) -> None:
    sure = holder("技师", "college")
    told = replace(sure, facts=(*sure.facts, fact("degree", "bachelor", date(2018, 6, 30), confirmed=False)))
    on = date(2021, 1, 1)
    assert row(step_to(verified, "主管技师", sure, on=on), "years").state == MISSING
    found = row(step_to(verified, "主管技师", told, on=on), "years")
    assert (found.state, found.reason) == (UNDETERMINED, PathReason.UNCONFIRMED_FACT)
    assert found.reported is not None
    assert (found.confirmed.required, found.reported.required) == (6, 4)


def test_reported_title_alone_never_lifts_anybody(verified: Pathway) -> None:
    known = Known(
        facts=(fact("degree", "bachelor", date(2015, 6, 30)), fact("title", "技师", date(2016, 6, 1), confirmed=False)),
        is_grassroots=False,
    )
    steps = steps_above(verified, known, on=DAY)
    assert [step.step.to for step in steps] == ["技师", "主管技师", "副主任技师", "主任技师"]
    title = row(step_to(verified, "主管技师", known), "title")
    assert (title.state, title.reason) == (UNDETERMINED, PathReason.UNCONFIRMED_FACT)


@pytest.mark.parametrize(
    ("degree", "confirmed", "following"),
    [("vocational", True, "技士"), ("college", True, "技士"), ("bachelor", True, "技师"), ("bachelor", False, "技士")],
)
def test_degree_leads_past_a_step_that_is_for_lower_ones(
    shipped: Pathway, degree: str, confirmed: bool, following: str
) -> None:
    known = Known(facts=(fact("degree", degree, date(2020, 6, 30), confirmed=confirmed),))
    assert steps_above(shipped, known, on=DAY)[0].step.to == following


def test_last_day_of_february_counts_full_years() -> None:
    assert months_between(date(2020, 2, 29), date(2021, 2, 28)) == 12
    assert months_between(date(2020, 2, 29), date(2021, 2, 27)) == 11
    assert months_between(date(2021, 5, 1), date(2021, 1, 1)) == 0


def _all_papers(year: int, exam: str = "") -> tuple[PaperPass, ...]:
    exams = [exam] if exam else ["104", "206", "376"]
    return tuple(PaperPass(e, p, year, True) for e in exams for p in ("basic", "related", "professional", "practice"))


def test_paper_is_kept_for_the_next_year_and_lapses_after_it(shipped: Pathway) -> None:
    exam = shipped.exams["376"]
    passes = [PaperPass("376", "basic", 2025, True), PaperPass("376", "related", 2024, False)]
    papers = {paper.code: paper for paper in exam_standing(exam, passes, on=date(2026, 12, 31)).papers}
    assert (papers["basic"].state, papers["basic"].last_year) == (PaperState.KEPT, 2026)
    assert (papers["related"].state, papers["related"].last_year) == (PaperState.LAPSED, 2025)
    assert (papers["practice"].state, papers["practice"].year) == (PaperState.OPEN, None)
    later = {paper.code: paper.state for paper in exam_standing(exam, passes, on=date(2027, 1, 1)).papers}
    assert later["basic"] == PaperState.LAPSED


def test_exam_is_done_when_all_papers_fall_into_two_years_in_a_row(shipped: Pathway) -> None:
    exam = shipped.exams["376"]
    first, second = _all_papers(2021, "376"), _all_papers(2022, "376")
    assert exam_standing(exam, [*first[:2], *second[2:]], on=DAY).completed_in == 2022
    apart = [*first[:2], *(replace(one, year=2023) for one in first[2:])]
    assert exam_standing(exam, apart, on=DAY).completed_in is None
    assert exam_standing(exam, _all_papers(2022, "206"), on=DAY).completed_in is None


def test_reported_papers_leave_the_exam_undetermined(verified: Pathway) -> None:
    told = tuple(replace(one, is_confirmed=False) for one in _all_papers(2025, "376"))
    found = row(step_to(verified, "主管技师", holder("技师", "bachelor", papers=told)), "papers")
    assert (found.state, found.reason, found.confirmed.reached) == (UNDETERMINED, PathReason.UNCONFIRMED_FACT, 0)
    assert found.reported is not None
    assert found.reported.reached == 4


def test_works_without_a_known_number_are_undetermined_and_counted(verified: Pathway) -> None:
    known = holder("主管技师", "bachelor", works=(Work(date(2024, 1, 1), True), Work(date(2027, 1, 1), True)))
    found = row(step_to(verified, "副主任技师", known), "works")
    assert (found.state, found.reason, found.confirmed.reached) == (UNDETERMINED, PathReason.UNKNOWN_VALUE, 1)


def test_works_with_a_number_and_a_window_count_from_its_first_day() -> None:
    data = json.loads(json.dumps(document()).replace('"conf": "M"', '"conf": "A"'))
    data["steps"][3]["also"][0] |= {"value": 2, "window_years": 5}
    pathway = build_pathway(data)
    known = holder("主管技师", "bachelor", works=(Work(date(2021, 6, 1), True), Work(date(2026, 6, 1), True)))
    assert row(step_to(pathway, "副主任技师", known), "works").state == MET
    late = row(step_to(pathway, "副主任技师", known, on=date(2026, 6, 2)), "works")
    assert (late.state, late.confirmed.reached) == (MISSING, 1)


def test_years_of_credit_warn_and_never_decide(verified: Pathway) -> None:
    years = {"cn-nhc-cme": dict.fromkeys(range(2017, 2026), "met")}
    known = holder("技师", "bachelor", papers=_all_papers(2025, "376"))
    good = step_to(verified, "主管技师", replace(known, years=years))
    assert (row(good, "credits").state, good.state) == (MET, MET)
    years["cn-nhc-cme"][2020] = "failed"
    del years["cn-nhc-cme"][2021]
    bad = step_to(verified, "主管技师", replace(known, years=years))
    assert (row(bad, "credits").state, row(bad, "credits").confirmed.gaps) == (MISSING, (2020, 2021))
    assert (row(bad, "credits").is_warning, bad.state) == (True, MET)
    nothing = row(step_to(verified, "主管技师", known), "credits")
    assert (nothing.state, nothing.reason) == (UNDETERMINED, PathReason.NO_RECORD)


WRONG = [
    (("steps", 2, "any", 0, "years"), -1, "steps[2].any[0].years"),
    (("steps", 2, "any", 1, "from"), "护士", "steps[2].any[1].from"),
    (("steps", 2, "any", 1, "from"), "主任技师", "steps[2].any[1].from"),
    (("steps", 2, "any", 1, "degree"), ["phd"], "steps[2].any[1].degree"),
    (("steps", 2, "any", 1, "since"), "hired", "steps[2].any[1].since"),
    (("steps", 1, "exams"), ["999"], "steps[1].exams"),
    (("steps", 3, "also", 0, "kind"), "luck", "steps[3].also[0].kind"),
    (("exams", 0, "rolling_years"), 0, "exams[0].rolling_years"),
    (("exams", 0, "papers"), "five", "exams[0].papers"),
    (("effective_from",), "2021-6-30", "effective_from"),
    (("effective_to",), "2020-01-01", "effective_to"),
    (("time_zone",), "Mars/Base", "time_zone"),
    (("conf",), "sure", "conf"),
    (("ladder", "rungs", 1, "code"), "技士", "ladder.rungs[1].code"),
]


@pytest.mark.parametrize(("at", "value", "path"), WRONG)
def test_wrong_field_is_named(at: tuple[Any, ...], value: Any, path: str) -> None:
    data = copy.deepcopy(document())
    place: Any = data
    for key in at[:-1]:
        place = place[key]
    place[at[-1]] = value
    assert path in [fault.path for fault in validate_pathway(data)]
    with pytest.raises(BadPathway, match=path.replace("[", r"\[").replace("]", r"\]")):
        build_pathway(data)


def test_shipped_pathway_has_no_fault() -> None:
    assert [str(fault) for fault in validate_pathway(document())] == []
