"""How far a person is on the way to each title. Nothing unknown is ever met, nobody is ever called eligible.

What rests on an unverified value, or on what the person reported and nobody confirmed, is undetermined; both figures
stand in the result: by what is confirmed, and with what is reported.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from credits.enums import JudgementState, Mark, PaperState, PathReason, PathState
from credits.rules.documents import Provenance, worst
from credits.rules.pathway_documents import Condition, Exam, Option, Pathway, Step
from credits.rules.periods import add_months

MET, MISSING, UNDETERMINED = PathState
_ORDER = (MET, UNDETERMINED, MISSING)


@dataclass(frozen=True)
class DatedFact:
    """A title obtained, an appointment to a title, or a degree; `on` None: the day is not known."""

    kind: str
    value: str
    on: date | None
    is_confirmed: bool


@dataclass(frozen=True)
class PaperPass:
    exam: str
    paper: str
    year: int
    is_confirmed: bool


@dataclass(frozen=True)
class Work:
    on: date
    is_confirmed: bool


@dataclass(frozen=True)
class Known:
    """What is known of a person. `title` is the one that the unit vouches for ("": none).

    `is_grassroots` None: no place of work is known. `years`: rule set → calendar year → what it makes of that year.
    """

    title: str = ""
    facts: tuple[DatedFact, ...] = ()
    papers: tuple[PaperPass, ...] = ()
    works: tuple[Work, ...] = ()
    is_grassroots: bool | None = None
    years: Mapping[str, Mapping[int, str]] = field(default_factory=dict)

    def confirmed(self) -> "Known":
        """Without what the person alone says."""
        return replace(
            self,
            facts=tuple(fact for fact in self.facts if fact.is_confirmed),
            papers=tuple(paper for paper in self.papers if paper.is_confirmed),
            works=tuple(work for work in self.works if work.is_confirmed),
        )


@dataclass(frozen=True)
class Reading:
    """A requirement as the document's figures have it. Years count in whole months reached; other things in units.

    `required_most` differs from `required` where several figures are in use. `earliest`: the first day on which it
    would be reached. `subject`: the degree or title asked for. `gaps`: years that were not met.
    """

    state: PathState
    reason: PathReason
    required: Fraction | None = None
    required_most: Fraction | None = None
    reached: int | None = None
    since: date | None = None
    earliest: date | None = None
    subject: str = ""
    gaps: tuple[int, ...] = ()


@dataclass(frozen=True)
class PathRequirement:
    """`confirmed`: by what is confirmed; `reported`: with what is only reported, None where it says the same."""

    id: str
    kind: str
    state: PathState
    reason: PathReason
    confirmed: Reading
    reported: Reading | None
    provenance: Provenance
    condition: Condition | None = None

    @property
    def is_warning(self) -> bool:
        return self.condition is not None and self.condition.is_warning


@dataclass(frozen=True)
class StepStanding:
    """`stated`: what the figures say as they stand, verified or not, leaving out what nobody can see from here."""

    step: Step
    state: PathState
    stated: PathState
    earliest: date | None
    requirements: tuple[PathRequirement, ...]
    mark: Mark


@dataclass(frozen=True)
class PaperStanding:
    """`year`: of the last pass; `last_year`: the last exam year in which it still counts."""

    code: str
    state: PaperState
    year: int | None
    last_year: int | None
    is_confirmed: bool


@dataclass(frozen=True)
class ExamStanding:
    exam: Exam
    papers: tuple[PaperStanding, ...]
    completed_in: int | None

    @property
    def kept(self) -> int:
        return sum(paper.state in {PaperState.KEPT, PaperState.DONE} for paper in self.papers)


def steps_above(pathway: Pathway, known: Known, *, on: date) -> list[StepStanding]:
    """Every step above the title that is confirmed, the next one first; without those that a degree passes over."""
    steps = sorted(pathway.steps, key=lambda step: pathway.rung(step.to))
    sure = known.confirmed()
    steps = [step for step in steps if not _is_passed_over(pathway, step, sure)]
    return [
        step_standing(pathway, step, known, on=on)
        for step in steps
        if pathway.rung(step.to) > pathway.rung(known.title)
    ]


def _is_passed_over(pathway: Pathway, step: Step, known: Known) -> bool:
    """Whether the step is for lower degrees only, and a higher one is open to the person's own without a title."""
    own = max((pathway.degree_rank(fact.value) for fact in known.facts if fact.kind == "degree"), default=-1)
    if own <= max(pathway.degree_rank(degree) for option in step.options for degree in option.degrees):
        return False
    above = [one for one in pathway.steps if pathway.rung(one.to) > pathway.rung(step.to)]
    return any(not option.title and _lowest(pathway, option) <= own for one in above for option in one.options)


def step_standing(pathway: Pathway, step: Step, known: Known, *, on: date) -> StepStanding:
    sure = _requirements(pathway, step, known.confirmed(), on)
    told = {row.id: row for row in _requirements(pathway, step, known, on)}
    rows = [_merged(row, told.pop(row.id, None)) for row in sure]
    # What only the reported way asks (another degree, another condition) is not settled either.
    rows += [_merged(replace(row, confirmed=_unsettled(row.confirmed)), row) for row in told.values()]
    deciding = [row for row in rows if not row.is_warning]
    visible = [
        row.confirmed for row in deciding if row.confirmed.reason not in {PathReason.OUTSIDE, PathReason.UNKNOWN_VALUE}
    ]
    missing = [reading for reading in visible if reading.state == MISSING]
    days = [reading.earliest for reading in missing if reading.earliest is not None]
    return StepStanding(
        step=step,
        state=_worst(row.state for row in deciding),
        stated=_worst(reading.state for reading in visible),
        earliest=max(days) if days and len(days) == len(missing) else None,
        requirements=tuple(rows),
        mark=worst(*(row.provenance.mark for row in rows)),
    )


def exam_standing(exam: Exam, passes: Iterable[PaperPass], *, on: date) -> ExamStanding:
    """The papers of one exam: what is passed, what still counts, and until which exam year.

    All papers passed within `rolling_years` exam years in a row make the exam; a pass outside of them has lapsed.
    """
    own = [one for one in passes if one.exam == exam.code]
    years = {paper.code: sorted({one.year for one in own if one.paper == paper.code}) for paper in exam.papers}
    ends = sorted({year for found in years.values() for year in found})
    completed = next(
        (
            last
            for last in ends
            if exam.papers
            and all(any(last - exam.rolling_years < y <= last for y in found) for found in years.values())
        ),
        None,
    )
    rows = []
    for paper in exam.papers:
        passed = years[paper.code]
        chosen = [y for y in passed if completed is not None and completed - exam.rolling_years < y <= completed]
        latest = chosen or passed
        year = latest[-1] if latest else None
        last = None if year is None else year + exam.rolling_years - 1
        if completed is not None:
            state = PaperState.DONE
        elif last is None:
            state = PaperState.OPEN
        else:
            state = PaperState.KEPT if on.year <= last else PaperState.LAPSED
        sure = any(one.is_confirmed for one in own if (one.paper, one.year) == (paper.code, year))
        rows.append(PaperStanding(paper.code, state, year, last, sure))
    return ExamStanding(exam, tuple(rows), completed)


def add_years(day: date, years: Fraction) -> date:
    return add_months(day, int(years * 12))


def months_between(since: date, on: date) -> int:
    """Whole months from `since` to `on`; 0 before `since`."""
    months = (on.year - since.year) * 12 + on.month - since.month
    return max(0, months if add_months(since, months) <= on else months - 1)


def _worst(states: Iterable[PathState]) -> PathState:
    return max(states, key=_ORDER.index, default=MET)


def _merged(row: PathRequirement, told: PathRequirement | None) -> PathRequirement:
    sure = row.confirmed
    reported = told.confirmed if told is not None and told.confirmed != sure else None
    if told is None or (reported is not None and reported.state != sure.state):
        # Without the confirmed way's counterpart the reported facts lead another way.
        state, reason = UNDETERMINED, PathReason.UNCONFIRMED_FACT
    elif sure.state == UNDETERMINED:
        state, reason = UNDETERMINED, sure.reason
    elif not row.provenance.is_verified:
        state, reason = UNDETERMINED, PathReason.UNVERIFIED_VALUE
    else:
        state, reason = sure.state, sure.reason
    return replace(row, state=state, reason=reason, reported=reported)


def _unsettled(reading: Reading) -> Reading:
    return replace(reading, state=UNDETERMINED, reason=PathReason.UNCONFIRMED_FACT)


def _row(
    id_: str, kind: str, reading: Reading, provenance: Provenance, condition: Condition | None = None
) -> PathRequirement:
    return PathRequirement(id_, kind, reading.state, reading.reason, reading, None, provenance, condition)


def _requirements(pathway: Pathway, step: Step, known: Known, on: date) -> list[PathRequirement]:
    if _degrees(pathway, known, 0):
        rows = min((_way(pathway, option, known, on) for option in step.options), key=_distance)
    else:
        rows = _way_without_degree(pathway, step, known, on)
    if step.by == "exam" and step.exams:
        rows.append(_papers(pathway, step, known, on))
    rows += [
        _row(
            condition.id,
            condition.kind,
            _condition_reading(condition, known, on, pathway),
            condition.provenance,
            condition,
        )
        for condition in step.conditions
        if not (condition.unless == "grassroots" and known.is_grassroots)
    ]
    return rows


def _distance(rows: list[PathRequirement]) -> tuple[bool, int, int, date]:
    """How far away a way is: the nearest one is the person's. Ways for another degree come last."""
    readings = [row.confirmed for row in rows]
    missing = [reading for reading in readings if reading.state == MISSING]
    days = [reading.earliest for reading in missing if reading.earliest is not None]
    other_degree = any(row.id == "degree" and row.confirmed.state == MISSING for row in rows)
    return (
        other_degree,
        _ORDER.index(_worst(r.state for r in readings)),
        len(missing) - len(days),
        max(days, default=date.min),
    )


def _way(pathway: Pathway, option: Option, known: Known, on: date) -> list[PathRequirement]:
    rows = [_row("degree", "degree", _degree(pathway, option, known), option.provenance)]
    if option.title:
        held = pathway.rung(_title(pathway, known)) >= pathway.rung(option.title)
        reading = Reading(
            MET if held else MISSING,
            PathReason.REACHED if held else PathReason.NOT_REACHED,
            subject=option.title,
        )
        rows.append(_row("title", "title", reading, pathway.ladder_provenance))
    if option.years != 0 or option.readings:
        rows.append(_row("years", f"years_{option.since}", _years(pathway, option, known, on), option.provenance))
    if option.only_if == "grassroots":
        rows.append(_row("place", "place", _place(known), option.provenance))
    return rows


def _way_without_degree(pathway: Pathway, step: Step, known: Known, on: date) -> list[PathRequirement]:
    """Which way is the person's cannot be said: the years of the shortest and of the longest stand side by side."""
    unknown = Reading(UNDETERMINED, PathReason.UNKNOWN_DEGREE)
    mark = replace(step.options[0].provenance, mark=worst(*(option.provenance.mark for option in step.options)))
    rows = [_row("degree", "degree", unknown, mark)]
    title = next((option.title for option in step.options if option.title), "")
    if title:
        held = pathway.rung(_title(pathway, known)) >= pathway.rung(title)
        reading = Reading(MET, PathReason.REACHED, subject=title) if held else replace(unknown, subject=title)
        rows.append(_row("title", "title", reading, pathway.ladder_provenance))
    asked = [value for option in step.options for value in (option.years, *option.readings) if value is not None]
    waiting = [option for option in step.options if option.years or option.readings]
    if waiting:
        # Of a title that is held the years can be told whatever the degree is.
        option = max(waiting, key=lambda option: bool(option.title))
        reading = replace(_years(pathway, option, known, on), state=UNDETERMINED, reason=PathReason.UNKNOWN_DEGREE)
        reading = replace(reading, required=min(asked), required_most=max(asked), earliest=None)
        rows.append(_row("years", f"years_{option.since}", reading, option.provenance))
    return rows


def _title(pathway: Pathway, known: Known) -> str:
    """The highest title: the one that is vouched for, or a higher one among the facts."""
    titles = [known.title, *(fact.value for fact in known.facts if fact.kind == "title")]
    return max(titles, key=pathway.rung)


def _degrees(pathway: Pathway, known: Known, rank: int) -> list[DatedFact]:
    """Degrees of at least `rank`."""
    return [fact for fact in known.facts if fact.kind == "degree" and pathway.degree_rank(fact.value) >= rank]


def _lowest(pathway: Pathway, option: Option) -> int:
    return min(pathway.degree_rank(degree) for degree in option.degrees)


def _degree(pathway: Pathway, option: Option, known: Known) -> Reading:
    rank = _lowest(pathway, option)
    subject = pathway.degrees[rank].code
    if not _degrees(pathway, known, 0):
        return Reading(UNDETERMINED, PathReason.UNKNOWN_DEGREE, subject=subject)
    if _degrees(pathway, known, rank):
        return Reading(MET, PathReason.REACHED, subject=subject)
    return Reading(MISSING, PathReason.NOT_REACHED, subject=subject)


def _since(pathway: Pathway, option: Option, known: Known) -> tuple[date | None, PathReason]:
    """From which day years count, and what is missing where that is not known."""
    if option.since == "degree":
        days = [fact.on for fact in _degrees(pathway, known, _lowest(pathway, option)) if fact.on is not None]
        return min(days, default=None), PathReason.UNKNOWN_DEGREE_DATE
    kind, reason = (
        ("appointment", PathReason.UNKNOWN_APPOINTMENT)
        if option.since == "appointed"
        else ("title", PathReason.UNKNOWN_TITLE_DATE)
    )
    days = [fact.on for fact in known.facts if fact.kind == kind and fact.value == option.title and fact.on is not None]
    return min(days, default=None), reason


def _years(pathway: Pathway, option: Option, known: Known, on: date) -> Reading:
    since, lacking = _since(pathway, option, known)
    asked = [value for value in (option.years, *option.readings) if value is not None]
    reached = None if since is None else months_between(since, on)
    subject = option.title if option.since != "degree" else pathway.degrees[_lowest(pathway, option)].code
    blank = Reading(UNDETERMINED, lacking, since=since, reached=reached, subject=subject)
    if asked:
        blank = replace(blank, required=min(asked), required_most=max(asked))
    if option.title and pathway.rung(_title(pathway, known)) < pathway.rung(option.title):
        return replace(blank, state=MISSING, reason=PathReason.NOT_REACHED)
    if since is None:
        return blank
    if not asked or option.years is None:
        return replace(blank, reason=PathReason.UNKNOWN_VALUE)
    first, last = add_years(since, min(asked)), add_years(since, max(asked))
    if on >= last:
        return replace(blank, state=MET, reason=PathReason.REACHED, earliest=last)
    if on >= first:
        # Some of the figures in use are reached, others are not.
        return replace(blank, reason=PathReason.UNVERIFIED_VALUE, earliest=last)
    return replace(blank, state=MISSING, reason=PathReason.NOT_REACHED, earliest=last)


def _place(known: Known) -> Reading:
    if known.is_grassroots is None:
        return Reading(UNDETERMINED, PathReason.UNKNOWN_PLACE)
    if known.is_grassroots:
        return Reading(MET, PathReason.REACHED)
    return Reading(MISSING, PathReason.NOT_REACHED)


def _papers(pathway: Pathway, step: Step, known: Known, on: date) -> PathRequirement:
    """The exam that the person is furthest in; the first one where none was begun."""
    found = [exam_standing(pathway.exams[code], known.papers, on=on) for code in step.exams]
    best = max(found, key=lambda one: (one.completed_in is not None, one.kept))
    reading = Reading(
        MET if best.completed_in is not None else MISSING,
        PathReason.REACHED if best.completed_in is not None else PathReason.NOT_REACHED,
        required=Fraction(len(best.papers)),
        required_most=Fraction(len(best.papers)),
        reached=best.kept,
        subject=best.exam.code,
    )
    return _row("papers", "papers", reading, best.exam.provenance)


def _condition_reading(condition: Condition, known: Known, on: date, pathway: Pathway) -> Reading:
    if condition.kind == "works":
        begins = None if condition.window_years is None else add_years(on, Fraction(-condition.window_years))
        count = sum(1 for work in known.works if work.on <= on and (begins is None or work.on >= begins))
        if condition.value is None or condition.window_years is None:
            return Reading(UNDETERMINED, PathReason.UNKNOWN_VALUE, required=condition.value, reached=count)
        enough = count >= condition.value
        return Reading(
            MET if enough else MISSING,
            PathReason.REACHED if enough else PathReason.NOT_REACHED,
            required=condition.value,
            required_most=condition.value,
            reached=count,
            since=begins,
        )
    if condition.kind == "years_met":
        return _years_met(condition, known, on, pathway)
    return Reading(UNDETERMINED, PathReason.OUTSIDE)


def _years_met(condition: Condition, known: Known, on: date, pathway: Pathway) -> Reading:
    """The closed years after the one of the last title: each has to be met."""
    title = _title(pathway, known)
    days = [fact.on for fact in known.facts if fact.kind == "title" and fact.value == title and fact.on is not None]
    if pathway.rung(title) < 0:
        return Reading(UNDETERMINED, PathReason.NO_RECORD)
    if not days:
        return Reading(UNDETERMINED, PathReason.UNKNOWN_TITLE_DATE, subject=title)
    since = min(days)
    states = known.years.get(condition.rule_set, {})
    asked = range(since.year + 1, on.year)
    gaps = tuple(year for year in asked if states.get(year) != JudgementState.MET)
    blank = Reading(
        MET,
        PathReason.REACHED,
        required=Fraction(len(asked)),
        required_most=Fraction(len(asked)),
        reached=len(asked) - len(gaps),
        since=since,
        gaps=gaps,
    )
    if not gaps:
        return blank
    if any(states.get(year) == JudgementState.FAILED for year in gaps):
        return replace(blank, state=MISSING, reason=PathReason.NOT_REACHED)
    return replace(blank, state=UNDETERMINED, reason=PathReason.NO_RECORD)
