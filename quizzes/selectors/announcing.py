"""What a quiz is, for whoever is about to open it: nothing of a key, nothing of a question's words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from django.db.models import Q

from quizzes.enums import LOCKING, Navigation, QuestionType, ReviewPolicy, ReviewState
from quizzes.models import Question, Quiz, QuizDraw
from quizzes.models.bank import QUESTION_TYPES
from quizzes.selectors.attempts import WINDOW_GRACE, AttemptsSummary
from quizzes.selectors.scoring_words import words_for
from quizzes.selectors.scorings import rules_of

BY_PEOPLE = frozenset({QuestionType.ESSAY, QuestionType.FILE})


@dataclass(frozen=True)
class ScoringLine:
    """How the questions of `types` are scored, in words; `mark` says how far that was verified."""

    types: tuple[str, ...]
    words: str
    mark: str


@dataclass(frozen=True)
class Announcement:
    """`questions` counts those that stand fast and those drawn; `items` and `points` are None where some are drawn,
    because what is drawn decides on them. `may_lock`: some questions open part by part (A3, A4, case analysis).
    `not_reviewed` counts the questions that stand fast and are not reviewed by experts.
    """

    quiz: Quiz
    questions: int
    items: int | None
    points: Decimal | None
    drawn: int
    sections: tuple[str, ...]
    leaves_sections: bool
    may_lock: bool
    has_work_for_people: bool
    not_reviewed: int
    scoring: tuple[ScoringLine, ...]

    @property
    def has_several_parts(self) -> bool:
        return self.items is not None and self.items > self.questions

    @property
    def pass_percent(self) -> Decimal:
        return (self.quiz.pass_share * 100).normalize()

    @property
    def cool_down_hours(self) -> int:
        """The cool-down in whole hours, 0 where minutes say it better."""
        minutes = self.quiz.cool_down_minutes
        return minutes // 60 if minutes >= 60 and not minutes % 60 else 0

    @property
    def review_from(self) -> datetime | None:
        """From when on what was right is shown to everybody, if the quiz waits for that."""
        if self.quiz.review_policy != ReviewPolicy.AFTER_WINDOW or self.quiz.closes_at is None:
            return None
        return self.quiz.closes_at + WINDOW_GRACE


def announcement(quiz: Quiz) -> Announcement:
    """Four queries, five where questions are drawn."""
    rows = list(
        quiz.quiz_questions.filter(question__current__isnull=False)
        .order_by("section", "sort_order", "pk")
        .values_list(
            "section",
            "question__bank",
            "question__current__type",
            "question__current__items",
            "question__current__review_state",
        )
    )
    draws = list(quiz.draws.order_by("section", "sort_order", "pk"))
    titles = {section.number: section.title for section in quiz.sections.all()}
    numbers = sorted({row[0] for row in rows} | {draw.section for draw in draws})
    drawn = sum(draw.count for draw in draws)
    items = [item for _section, _bank, _type, items, _state in rows for item in items]
    drawable = _types_drawn(draws)
    types = {(bank, type) for _section, bank, type, _items, _state in rows} | drawable
    locking = [type in LOCKING and len(items) > 1 for _section, _bank, type, items, _state in rows]
    return Announcement(
        quiz=quiz,
        questions=len(rows) + drawn,
        items=None if draws else len(items),
        points=None if draws else sum((Decimal(item["points"]) for item in items), Decimal(0)),
        drawn=drawn,
        sections=tuple(titles[number] for number in numbers if titles.get(number)),
        leaves_sections=quiz.navigation == Navigation.SECTIONS and len(numbers) > 1,
        may_lock=any(locking) or any(type in LOCKING for _bank, type in drawable),
        has_work_for_people=any(type in BY_PEOPLE for _bank, type in types),
        not_reviewed=sum(state != ReviewState.PUBLISHED for *_rest, state in rows),
        scoring=_scoring(types),
    )


def _types_drawn(draws: Sequence[QuizDraw]) -> set[tuple[int, str]]:
    """(bank, type) of what could be drawn; the syllabus apart."""
    if not draws:
        return set()
    fitting = Q()
    for draw in draws:
        one = Q(bank=draw.bank_id)
        if draw.subject:
            one &= Q(subject=draw.subject)
        if draw.difficulty is not None:
            one &= Q(current__difficulty=draw.difficulty)
        if draw.type:
            one &= Q(current__type=draw.type)
        fitting |= one
    found = Question.objects.filter(fitting, current__isnull=False).order_by()
    return set(found.values_list("bank", "current__type").distinct())


def _scoring(types: Iterable[tuple[int, str]]) -> tuple[ScoringLine, ...]:
    """Types that are scored alike share a line; in the order of the types."""
    order = [str(type) for type, _label in QUESTION_TYPES]
    known = sorted(set(types), key=lambda pair: (order.index(pair[1]), pair[0]))
    rules = rules_of(bank for bank, _type in known)
    lines: dict[tuple[str, str], list[str]] = {}
    for bank, type in known:
        said = words_for(type, rules[bank].by_type[type]), rules[bank].mark_of(type)
        names = lines.setdefault(said, [])
        if (name := _name(type)) not in names:
            names.append(name)
    return tuple(ScoringLine(tuple(names), words, mark) for (words, mark), names in lines.items())


def _name(type: str) -> str:
    """The examinations' types by their codes, the others in words."""
    label = str(dict(QUESTION_TYPES)[QuestionType(type)])
    is_code = type in {"A1", "A2", "A3", "A4", "B1", "X"}
    return type if is_code else label


class WayIn(StrEnum):
    """What a learner can do with a quiz now."""

    RESUME = "resume"
    START = "start"
    AGAIN = "again"
    NOT_YET = "not_yet"
    OVER = "over"
    USED_UP = "used_up"
    MARKS = "marks"
    COOL_DOWN = "cool_down"
    EMPTY = "empty"

    @property
    def is_open(self) -> bool:
        return self in {WayIn.RESUME, WayIn.START, WayIn.AGAIN}


def way_in(quiz: Quiz, summary: AttemptsSummary, *, now: datetime, questions: int = 1) -> WayIn:
    """As opening an attempt would decide. An open attempt goes on while the server has not closed it."""
    if summary.open_attempt is not None:
        return WayIn.RESUME
    if not questions:
        return WayIn.EMPTY
    if quiz.opens_at and now < quiz.opens_at:
        return WayIn.NOT_YET
    if quiz.closes_at and now >= quiz.closes_at:
        return WayIn.OVER
    if summary.is_used_up:
        return WayIn.USED_UP
    if summary.waits_for_marks:
        return WayIn.MARKS
    if summary.next_allowed_at:
        return WayIn.COOL_DOWN
    return WayIn.AGAIN if summary.used else WayIn.START
