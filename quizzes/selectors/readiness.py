"""Whether the banks can fill a quiz, before anybody opens it; its rows may be typed and not saved yet."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar, cast

from django.db.models import Q
from django.utils.translation import gettext as _

from quizzes import drawing
from quizzes.enums import ReviewState
from quizzes.models import Bank, Question, QuestionRevision, Quiz, QuizDraw, QuizQuestion

Row = TypeVar("Row", QuizQuestion, QuizDraw)
# As many unreviewed questions are named; the others are counted.
NAMED = 20


@dataclass(frozen=True)
class Span:
    """At least and at most: draws may take questions with more or fewer points."""

    least: Decimal
    most: Decimal

    @property
    def is_exact(self) -> bool:
        return self.least == self.most

    def plus(self, other: "Span") -> "Span":
        return Span(self.least + other.least, self.most + other.most)


NOTHING = Span(Decimal(0), Decimal(0))


@dataclass(frozen=True)
class Cell:
    """A draw, by its place in the quiz from 1 on.

    `fitting` questions of the bank fit it; `fixed` more do, but stand in the quiz already. `given` are left to it when
    every question is divided among the draws as well as can be. With `missing`, it and its `rivals` together want
    `wanted`, and only `found` different ones fit any of them.
    """

    number: int
    label: str
    section: int
    needed: int
    fitting: int
    fixed: int
    unreviewed: int
    given: int
    rivals: tuple[int, ...] = ()
    wanted: int = 0
    found: int = 0

    @property
    def missing(self) -> int:
        return self.needed - self.given


@dataclass(frozen=True)
class Readiness:
    """`questions` are what a paper has, `items` what it asks, each of them with `points`.

    `unreviewed` counts the fixed questions that experts have not published, `named` are the first of them;
    `may_be_unreviewed` counts those that a draw may take. `untitled` and `empty` are numbers of sections.
    """

    cells: tuple[Cell, ...]
    questions: int
    items: Span
    points: Span
    minutes: int | None
    unreviewed: int
    named: tuple[Question, ...]
    may_be_unreviewed: int
    untitled: tuple[int, ...]
    empty: tuple[int, ...]

    @property
    def short(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if cell.missing)

    @property
    def is_ready(self) -> bool:
        return bool(self.questions) and not self.short

    @property
    def seconds_an_item(self) -> int | None:
        """How long a learner has for each, if the time is divided evenly."""
        return int(self.minutes * 60 / self.items.most) if self.minutes and self.items.most else None


@dataclass(frozen=True)
class Known:
    """What must be known of a question to say whether it fits, and what it adds to a paper."""

    bank: int
    subject: str
    difficulty: int
    type: str
    codes: Sequence[str]
    is_reviewed: bool = True
    items: int = 0
    points: Decimal = Decimal(0)

    @classmethod
    def of(cls, question: Question) -> "Known":
        """Needs `question.current`, which must be there."""
        current = cast(QuestionRevision, question.current)
        return cls(question.bank_id, question.subject, current.difficulty, current.type, question.syllabus_codes)

    def fits(self, draw: QuizDraw) -> bool:
        return (
            self.bank == draw.bank_id
            and draw.subject in ("", self.subject)
            and draw.difficulty in (None, self.difficulty)
            and draw.type in ("", self.type)
            and (not draw.syllabus_code or draw.syllabus_code in self.codes)
        )


_FIELDS = ("pk", "bank", "subject", "current__difficulty", "current__type", "syllabus_codes")


def in_order(rows: Iterable[Row]) -> list[Row]:
    """The rows of a quiz as its paper has them: by section, then as its author put them."""
    return sorted(rows, key=lambda row: (row.section, row.sort_order or 0, row.pk or 0))


def candidates(draws: Sequence[QuizDraw], *, taken: Collection[int] = ()) -> list[list[int]]:
    """Of each draw the questions that fit it, without those `taken`, in one query."""
    rows = Question.objects.filter(bank__in={draw.bank_id for draw in draws}, current__isnull=False)
    known = {pk: Known(*about) for pk, *about in rows.order_by("pk").values_list(*_FIELDS)}
    return _fitting(known, draws, set(taken))


def _fitting(known: Mapping[int, Known], draws: Sequence[QuizDraw], taken: Collection[int]) -> list[list[int]]:
    return [[pk for pk, question in known.items() if pk not in taken and question.fits(draw)] for draw in draws]


def readiness(quiz: Quiz) -> Readiness:
    """Three queries beside those for the rows of a saved quiz, whatever their number. Half-typed rows do not count."""
    fixed = [row for row in in_order(quiz.quiz_questions.all()) if row.question_id]
    draws = [row for row in in_order(quiz.draws.all()) if row.bank_id and row.count]
    division = _divide(fixed, draws)
    known, fitting = division.known, division.fitting
    standing = {row.question_id: known[row.question_id] for row in fixed if row.question_id in known}
    items, points = NOTHING, NOTHING
    for question in standing.values():
        items, points = items.plus(_span([question.items], 1)), points.plus(_span([question.points], 1))
    for draw, offered in zip(draws, fitting, strict=True):
        items = items.plus(_span([known[pk].items for pk in offered], draw.count))
        points = points.plus(_span([known[pk].points for pk in offered], draw.count))
    waiting = [pk for pk, question in standing.items() if not question.is_reviewed]
    used, titled = {row.section for row in (*fixed, *draws)}, {section.number for section in quiz.sections.all()}
    return Readiness(
        cells=tuple(division.cell(place, draw) for place, draw in enumerate(draws)),
        questions=len(standing) + sum(draw.count for draw in draws),
        items=items,
        points=points,
        minutes=quiz.time_limit_minutes,
        unreviewed=len(waiting),
        named=tuple(Question.objects.filter(pk__in=waiting[:NAMED]).order_by("code", "pk")) if waiting else (),
        may_be_unreviewed=len({pk for offered in fitting for pk in offered if not known[pk].is_reviewed}),
        untitled=tuple(sorted(used - titled)) if titled or used - {1} else (),
        empty=tuple(sorted(titled - used)),
    )


@dataclass(frozen=True)
class _Division:
    """The questions divided among the draws, which are named by their place; `numbers` are those of the form."""

    known: Mapping[int, Known]
    taken: Collection[int]
    fitting: Sequence[Sequence[int]]
    given: Sequence[Sequence[int]]
    short: Mapping[int, drawing.Shortage]
    numbers: Mapping[int, int]
    titles: Mapping[int, str]

    def cell(self, place: int, draw: QuizDraw) -> Cell:
        fitting, short = self.fitting[place], self.short.get(place)
        return Cell(
            number=self.numbers[place],
            label=_label(draw, self.titles[draw.bank_id]),
            section=draw.section,
            needed=draw.count,
            fitting=len(fitting),
            fixed=sum(1 for pk in self.taken if pk in self.known and self.known[pk].fits(draw)),
            unreviewed=sum(1 for pk in fitting if not self.known[pk].is_reviewed),
            given=len(self.given[place]),
            rivals=tuple(sorted(self.numbers[rival] for rival in short.rivals if rival != place)) if short else (),
            wanted=short.wanted if short else 0,
            found=short.found if short else 0,
        )


def _divide(fixed: Sequence[QuizQuestion], draws: Sequence[QuizDraw]) -> _Division:
    taken, banks = {row.question_id for row in fixed}, {draw.bank_id for draw in draws}
    known = _all_known(banks, taken)
    fitting, counts = _fitting(known, draws, taken), [draw.count for draw in draws]
    given = drawing.allot(fitting, counts)
    # A later row of the form may belong to an earlier section.
    typed = sorted(range(len(draws)), key=lambda place: (draws[place].sort_order or 0, draws[place].pk or 0))
    return _Division(
        known=known,
        taken=taken,
        fitting=fitting,
        given=given,
        short={shortage.draw: shortage for shortage in drawing.shortages(fitting, counts, given)},
        numbers={place: number for number, place in enumerate(typed, 1)},
        titles=dict(Bank.objects.filter(pk__in=banks).values_list("pk", "title")),
    )


def _all_known(banks: Collection[int], fixed: Collection[int]) -> dict[int, Known]:
    rows = Question.objects.filter(Q(bank__in=banks) | Q(pk__in=fixed), current__isnull=False).order_by("pk")
    told = rows.values_list(*_FIELDS, "current__review_state", "current__items").iterator(chunk_size=500)
    return {
        pk: Known(bank, subject, difficulty, type, codes, state == ReviewState.PUBLISHED, len(items), _points(items))
        for pk, bank, subject, difficulty, type, codes, state, items in told
    }


def _points(items: Iterable[Mapping[str, Any]]) -> Decimal:
    return sum((Decimal(item["points"]) for item in items), Decimal(0))


def _span(offered: Iterable[int | Decimal], count: int) -> Span:
    """What `count` of these come to at least and at most."""
    ordered = sorted(map(Decimal, offered))
    return Span(sum(ordered[:count], Decimal(0)), sum(ordered[max(len(ordered) - count, 0) :], Decimal(0)))


def _label(draw: QuizDraw, bank: str) -> str:
    parts = [bank, draw.subject, draw.get_type_display()]
    if draw.difficulty is not None:
        parts.append(_("difficulty %(number)s") % {"number": draw.difficulty})
    if draw.syllabus_code:
        parts.append(_("syllabus %(code)s") % {"code": draw.syllabus_code})
    return " · ".join(part for part in parts if part)
