"""The way to the next title: what is known of a person, what each step asks, and what nobody knows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from cms.shared import errors
from credits.enums import PaperState, PathReason, PathState
from credits.models import ExamPass, Judgement, RepresentativeWork
from credits.rules.pathway_documents import Pathway
from credits.rules.pathways import (
    DatedFact,
    ExamStanding,
    Known,
    PaperPass,
    PathRequirement,
    StepStanding,
    Work,
    exam_standing,
    steps_above,
)
from credits.selectors import title_texts as texts
from credits.selectors.pages import person_in_scope
from credits.selectors.pathways import pathway_on, today
from credits.selectors.rule_sets import NoRuleSetInForce, default_rule_set_id, rule_book
from credits.selectors.standings import standing
from credits.selectors.views import in_english
from organisations.enums import (
    HospitalLevel,
    Power,
    ProfessionalTitle,
    QualificationKind,
    QualificationState,
)
from organisations.models import Person, Qualification
from organisations.selectors import employment_on, person_in, required_scope, scope_for

_KINDS = {
    QualificationKind.TITLE.value: "title",
    QualificationKind.APPOINTMENT.value: "appointment",
    QualificationKind.DEGREE.value: "degree",
}


@dataclass(frozen=True)
class RequirementLine:
    """One requirement with its state, figures, source and what to do. `figures` are sentences."""

    id: str
    kind: str
    title: str
    state: PathState
    state_text: str
    stated: PathState
    reason: str
    figures: tuple[str, ...]
    to_do: str
    asks_report: bool
    earliest: date | None
    is_warning: bool
    mark: str
    clause: str
    source: str
    origin: str


@dataclass(frozen=True)
class OptionLine:
    """One way to a step: "Bachelor, 4 years since 技师 was obtained"."""

    degrees: str
    text: str
    mark: str


@dataclass(frozen=True)
class StepView:
    to: str
    title: str
    by: str
    state: PathState
    verdict: str
    stated: PathState
    stated_text: str
    earliest: date | None
    requirements: tuple[RequirementLine, ...]
    options: tuple[OptionLine, ...]
    mark: str


@dataclass(frozen=True)
class Rung:
    """`place`: "held", "current", "next", "later", or "passed" where the degree leads past it."""

    code: str
    title: str
    place: str
    obtained_on: date | None
    appointed_on: date | None
    is_confirmed: bool


@dataclass(frozen=True)
class PaperLine:
    code: str
    title: str
    state: PaperState
    text: str
    year: int | None
    last_year: int | None
    is_confirmed: bool


@dataclass(frozen=True)
class ExamLine:
    code: str
    title: str
    papers: tuple[PaperLine, ...]
    completed_in: int | None
    rolling_years: int
    pass_mark: str
    full_mark: str
    mark: str
    source: str


@dataclass(frozen=True)
class TitlePath:
    """A person's ladder under one version. `steps` are those above the title that the unit vouches for, next first."""

    person: Person
    on: date
    pathway: Pathway
    pathway_title: str
    authority: str
    sources: tuple[tuple[str, str, str], ...]
    current: str
    rungs: tuple[Rung, ...]
    steps: tuple[StepView, ...]
    exams: tuple[ExamLine, ...]
    passes: tuple[ExamPass, ...]
    works: tuple[RepresentativeWork, ...]
    reported_titles: tuple[Qualification, ...]

    @property
    def next_step(self) -> StepView | None:
        return self.steps[0] if self.steps else None

    @property
    def later_steps(self) -> tuple[StepView, ...]:
        return self.steps[1:]

    def paper_text(self, one: ExamPass) -> str:
        """A reported paper by name."""
        exam = self.pathway.exams.get(one.exam)
        papers = {paper.code: texts.named(paper) for paper in exam.papers} if exam is not None else {}
        return papers.get(one.paper, one.paper)

    @property
    def listed_passes(self) -> list[tuple[ExamPass, str]]:
        return [(one, self.paper_text(one)) for one in self.passes]


def title_path(person: Person, *, on: date | None = None) -> TitlePath:
    """A constant number of queries, a few more for an account that was merged. Raises NoPathwayInForce."""
    day = on or today()
    pathway = pathway_on(day)
    qualifications = list(person.qualifications.exclude(state=QualificationState.REFUSED).order_by("obtained_on", "pk"))
    passes = list(ExamPass.objects.filter(person=person).order_by("exam", "year", "paper", "pk"))
    works = list(RepresentativeWork.objects.filter(person=person).order_by("-on", "-pk"))
    known = _known(person, pathway, qualifications, passes, works, day)
    steps = steps_above(pathway, known, on=day)
    return TitlePath(
        person=person,
        on=day,
        pathway=pathway,
        pathway_title=(in_english() and pathway.title_en) or pathway.title,
        authority=_readable(pathway, pathway.authority),
        sources=tuple(
            (str((in_english() and row.get("text_en")) or row["text_zh"]), str(row.get("url", "")), str(row["conf"]))
            for row in pathway.sources
        ),
        current=texts.name_of(pathway, known.title) if known.title else "",
        rungs=tuple(_rungs(pathway, known, steps)),
        steps=tuple(_step(pathway, step) for step in steps),
        exams=tuple(_exams(pathway, steps, known, day)),
        passes=tuple(passes),
        works=tuple(works),
        reported_titles=tuple(row for row in qualifications if row.state == QualificationState.CLAIMED),
    )


def person_to_read(*, by: Person, public_id: UUID) -> Person:
    """Whose credits `by` may read. Raises OutOfScope, NotFound."""
    return person_in_scope(by=by, public_id=public_id)


def keeps(by: Person, person: Person) -> bool:
    """Whether `by` confirms what the person reports."""
    try:
        person_in(scope_for(by, Power.KEEP_PEOPLE), person.public_id)
    except errors.NotFound:
        return False
    return by.pk != person.pk


def fact_to_decide(*, by: Person, public_id: UUID, fact_id: UUID) -> ExamPass | RepresentativeWork:
    """Something reported by a person whom `by` keeps. Raises OutOfScope, NotFound."""
    person = person_in(required_scope(by, Power.KEEP_PEOPLE), public_id)
    return own_fact(person, fact_id)


def own_fact(person: Person, fact_id: UUID) -> ExamPass | RepresentativeWork:
    """Raises NotFound."""
    for model in (ExamPass, RepresentativeWork):
        found: Any = model._default_manager.filter(person=person, public_id=fact_id).select_related("person").first()
        if found is not None:
            return found  # type: ignore[no-any-return]
    raise errors.NotFound


def exam_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Exams with their papers, for a list to choose from: (exam, [("376:basic", "Basic knowledge"), …])."""
    return [
        (
            f"{exam.code} {(in_english() and exam.title_en) or exam.title}",
            [(f"{exam.code}:{paper.code}", texts.named(paper)) for paper in exam.papers],
        )
        for exam in pathway_on(today()).exams.values()
    ]


def _known(
    person: Person,
    pathway: Pathway,
    qualifications: Iterable[Qualification],
    passes: Iterable[ExamPass],
    works: Iterable[RepresentativeWork],
    day: date,
) -> Known:
    confirmed, refused = QualificationState.CONFIRMED, QualificationState.REFUSED
    employment = employment_on(person, day)
    level = employment.unit.level if employment is not None else ""
    asked = {c.rule_set for step in pathway.steps for c in step.conditions if c.kind == "years_met"}
    return Known(
        title="" if person.title == ProfessionalTitle.NONE else person.title,
        facts=tuple(
            DatedFact(_KINDS[row.kind], row.value, row.obtained_on, row.state == confirmed) for row in qualifications
        ),
        papers=tuple(
            PaperPass(one.exam, one.paper, one.year, one.state == confirmed) for one in passes if one.state != refused
        ),
        works=tuple(Work(one.on, one.state == confirmed) for one in works if one.state != refused),
        is_grassroots=level == HospitalLevel.GRASSROOTS if level else None,
        years={rule_set_id: _years(person, rule_set_id, day) for rule_set_id in sorted(asked)},
    )


def _years(person: Person, rule_set_id: str, day: date) -> dict[int, str]:
    """What the rules, or the overlay of them that applies here, make of each closed year with entries."""
    book = rule_book()
    overlays = {version.rules.id for version in book.versions if version.rules.parent.startswith(f"{rule_set_id}@")}
    usual = default_rule_set_id()
    wanted = [usual, rule_set_id] if usual in overlays else [rule_set_id]
    rows = list(
        Judgement.objects.filter(book__owner=person, rule_set_id__in=wanted, period_ends__lte=day).order_by("pk")
    )
    books = {row.book_id for row in rows}
    found: dict[int, str] = {}
    for row in sorted(rows, key=lambda row: wanted.index(row.rule_set_id)):
        year = row.period_begins.year
        version = book.in_force(row.rule_set_id, row.period_ends - timedelta(days=1))
        if version is None or year in found:
            continue
        is_current = (row.version_id, row.rules_sha256) == (version.pk, version.sha256)
        if is_current and len(books) == 1:
            found[year] = row.state_closed
        else:
            try:
                found[year] = standing(person=person, rule_set_id=row.rule_set_id, year=year, on=day).state.value
            except NoRuleSetInForce:
                continue
    return found


def _rungs(pathway: Pathway, known: Known, steps: Sequence[StepStanding]) -> Iterable[Rung]:
    at, following = pathway.rung(known.title), [pathway.rung(step.step.to) for step in steps]
    for number, one in enumerate(pathway.ladder):
        days = {
            kind: [f for f in known.facts if (f.kind, f.value) == (kind, one.code) and f.on is not None]
            for kind in ("title", "appointment")
        }
        facts = [*days["title"], *days["appointment"]]
        yield Rung(
            code=one.code,
            title=texts.named(one),
            place=_place(number, at, following),
            obtained_on=days["title"][0].on if days["title"] else None,
            appointed_on=days["appointment"][0].on if days["appointment"] else None,
            is_confirmed=number <= at and all(fact.is_confirmed for fact in facts),
        )


def _place(rung: int, at: int, following: Sequence[int]) -> str:
    if rung <= at:
        return "current" if rung == at else "held"
    if rung not in following:
        return "passed"
    return "next" if rung == following[0] else "later"


def _step(pathway: Pathway, found: StepStanding) -> StepView:
    return StepView(
        to=found.step.to,
        title=texts.name_of(pathway, found.step.to),
        by=found.step.by,
        state=found.state,
        verdict=texts.verdict(found.state),
        stated=found.stated,
        stated_text=texts.verdict(found.stated),
        earliest=found.earliest,
        requirements=tuple(_requirement(pathway, row) for row in found.requirements),
        options=tuple(_options(pathway, found)),
        mark=found.mark.value,
    )


_REPORTED = {
    PathReason.UNKNOWN_DEGREE,
    PathReason.UNKNOWN_DEGREE_DATE,
    PathReason.UNKNOWN_TITLE_DATE,
    PathReason.UNKNOWN_APPOINTMENT,
}


def _requirement(pathway: Pathway, row: PathRequirement) -> RequirementLine:
    return RequirementLine(
        id=row.id,
        kind=row.kind,
        title=texts.title_of(pathway, row),
        state=row.state,
        state_text=texts.state(row.state),
        stated=row.confirmed.state,
        reason=texts.reason(row),
        figures=tuple(texts.figures(row)),
        to_do=texts.to_do(row),
        asks_report=row.reason in _REPORTED,
        earliest=row.confirmed.earliest if row.confirmed.state == PathState.MISSING else None,
        is_warning=row.is_warning,
        mark=row.provenance.mark.value,
        clause=_readable(pathway, row.provenance.clause),
        source=_readable(pathway, row.provenance.source),
        origin=row.provenance.origin,
    )


def _readable(pathway: Pathway, text: str) -> str:
    return pathway.english.get(text, text) if in_english() else text


def _options(pathway: Pathway, found: StepStanding) -> Iterable[OptionLine]:
    for option in found.step.options:
        yield OptionLine(
            degrees=" / ".join(texts.name_of(pathway, degree) for degree in option.degrees),
            text=texts.option(pathway, option),
            mark=option.provenance.mark.value,
        )


def _exams(pathway: Pathway, steps: list[StepStanding], known: Known, day: date) -> Iterable[ExamLine]:
    """The exams of the next step, and those that the person has begun."""
    nearest = steps[0].step.exams if steps else ()
    begun = {one.exam for one in known.papers}
    for code, exam in pathway.exams.items():
        if code in begun or (code in nearest and not begun & set(nearest)):
            yield _exam(pathway, exam_standing(exam, known.papers, on=day))


def _exam(pathway: Pathway, found: ExamStanding) -> ExamLine:
    exam = found.exam
    names = {paper.code: texts.named(paper) for paper in exam.papers}
    return ExamLine(
        code=exam.code,
        title=(in_english() and exam.title_en) or exam.title,
        papers=tuple(
            PaperLine(
                code=paper.code,
                title=names[paper.code],
                state=paper.state,
                text=texts.paper_state(paper.state, paper.year, paper.last_year),
                year=paper.year,
                last_year=paper.last_year,
                is_confirmed=paper.is_confirmed,
            )
            for paper in found.papers
        ),
        completed_in=found.completed_in,
        rolling_years=exam.rolling_years,
        pass_mark=texts.amount(exam.pass_mark),
        full_mark=texts.amount(exam.full_mark),
        mark=exam.provenance.mark.value,
        source=_readable(pathway, exam.provenance.source),
    )
