"""The markers' desk: what waits, one piece with all that its marker may see, and how far marking has come."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Min, Q, QuerySet
from django.utils import timezone

from cms.shared.errors import NotFound
from organisations.enums import Power
from organisations.models import Person
from organisations.scopes import Scope
from organisations.selectors import scope_for
from organisations.selectors.powers import reaches_everybody
from quizzes import selectors
from quizzes.enums import MarkingState, QuestionType
from quizzes.models import AnswerFile, Marking, MarkingItem, Quiz
from quizzes.querysets import MarkingItemQuerySet

SHOWN = 50
_HEAVY = ("attempt__paper", "attempt__answers", "attempt__marks")


def reached(scope: Scope) -> MarkingItemQuerySet:
    """The work of people of `scope`. One query to see whether it reaches everybody."""
    return MarkingItem.objects.in_scope(scope, everybody=reaches_everybody(scope))


def waiting_for(by: Person, scope: Scope, *, quiz: str = "", state: str = "") -> QuerySet[MarkingItem]:
    """What `by` may begin to mark, the oldest first; `quiz`: the public id of one; `state`: one MarkingState."""
    rows = reached(scope).open_to(by, at=timezone.now())
    if quiz:
        rows = rows.filter(attempt__quiz__public_id=quiz)
    if state:
        rows = rows.filter(state=state)
    return rows.select_related("attempt__quiz").defer(*_HEAVY)


def waiting_count(by: Person) -> int:
    """How many pieces `by` may begin to mark, and has begun: the number in the navigation."""
    scope = scope_for(by, Power.MARK)
    if not scope:
        return 0
    return reached(scope).open_to(by, at=timezone.now()).count() + begun_by(by).count()


def quizzes_waiting(by: Person, scope: Scope) -> list[tuple[str, str, int]]:
    """(public id, title, number of pieces) of every quiz with something for `by`, those with most first."""
    rows = reached(scope).open_to(by, at=timezone.now()).order_by()
    # A sub-query, so that the seats are counted once a piece and the pieces once a quiz.
    found = MarkingItem.objects.filter(pk__in=rows.values("pk")).values(
        "attempt__quiz__public_id", "attempt__quiz__title"
    )
    counted = found.annotate(number=Count("pk")).order_by("-number", "attempt__quiz")
    return [
        (str(row["attempt__quiz__public_id"]), row["attempt__quiz__title"], row["number"]) for row in counted[:SHOWN]
    ]


def begun_by(by: Person) -> QuerySet[Marking]:
    """Seats that `by` has not handed in, the longest held first."""
    rows = Marking.objects.filter(marker=by, handed_in_at__isnull=True)
    heavy = [f"item__{field}" for field in _HEAVY]
    return rows.select_related("item__attempt__quiz").defer(*heavy).order_by("claimed_at", "pk")


def handed_in_by(by: Person) -> list[Marking]:
    """What `by` handed in last, at most ten, the newest first."""
    rows = Marking.objects.filter(marker=by, handed_in_at__isnull=False)
    heavy = [f"item__{field}" for field in _HEAVY]
    return list(rows.select_related("item__attempt__quiz").defer(*heavy).order_by("-handed_in_at", "-pk")[:10])


def quiz_by_id(public_id: str) -> Quiz | None:
    try:
        return Quiz.objects.filter(public_id=UUID(public_id)).first() if public_id else None
    except ValueError as error:
        raise NotFound from error


@dataclass(frozen=True)
class Desk:
    """One seat with what its marker may see: never who else marks, or how, while it is blind.

    `learner` and `others` are None and empty where marking is blind. `text` is the essay, `file` what was sent.
    """

    seat: Marking
    item: MarkingItem
    quiz: Quiz
    stem: str
    case: str
    guidance: str
    text: str
    file: AnswerFile | None
    images: tuple[selectors.ImageView, ...]
    learner: Person | None
    others: tuple[Marking, ...]

    @property
    def characters(self) -> int:
        return len(self.text)

    @property
    def file_name(self) -> str:
        """What the marker's copy is called: nothing of the learner's own name for it."""
        return f"answer-{str(self.item.public_id)[:8]}.{self.file.extension}" if self.file else ""


def desk_of(*, by: Person, public_id: UUID) -> Desk:
    """One's own seat. Raises NotFound, also for somebody else's. Three queries at most."""
    rows = Marking.objects.filter(public_id=public_id, marker=by)
    seat = rows.select_related("item__attempt__quiz", "item__attempt__person").first()
    if seat is None or seat.item.attempt is None:
        raise NotFound
    item, attempt = seat.item, seat.item.attempt
    group, found = _asked(attempt.paper, item.item)
    value = str(attempt.answers.get(item.item, {}).get("value", ""))
    is_file = item.type == QuestionType.FILE
    key = found.get("key")
    others: QuerySet[Marking] = Marking.objects.none()
    if not item.is_blind:
        others = item.markings.filter(handed_in_at__isnull=False).exclude(pk=seat.pk).select_related("marker")
    return Desk(
        seat=seat,
        item=item,
        quiz=attempt.quiz,
        stem=found["stem"] or group["stem"],
        case=group["stem"] if found["stem"] else "",
        guidance=str(key.get("guidance", "")) if isinstance(key, dict) else "",
        text="" if is_file else value,
        file=AnswerFile.objects.filter(attempt=attempt, item=item.item, public_id=value).first() if is_file else None,
        images=tuple(
            selectors.ImageView(image["id"], image["alt"], image["width"], image["height"])
            for image in group["images"]
            if image["item"] in (None, item.item)
        ),
        learner=None if item.is_blind else attempt.person,
        others=tuple(others.order_by("round")),
    )


def image_for(*, by: Person, public_id: UUID, image_id: int) -> Any:
    """The picture of the library behind an image of the question that `by` marks. Raises NotFound."""
    desk = desk_of(by=by, public_id=public_id)
    attempt = desk.item.attempt
    if attempt is None or image_id not in {image.id for image in desk.images}:
        raise NotFound
    return selectors.image_of(attempt, image_id)


def _asked(paper: Any, item: str) -> tuple[dict[str, Any], dict[str, Any]]:
    for group in paper["groups"]:
        for found in group["items"]:
            if found["id"] == item:
                return group, found
    raise NotFound


@dataclass(frozen=True)
class Progress:
    """How far the marking of one quiz has come; `oldest_at` is when the oldest piece that is not done came in."""

    quiz: UUID
    quiz_title: str
    waiting: int
    in_progress: int
    third_needed: int
    done: int
    oldest_at: datetime | None

    @property
    def total(self) -> int:
        return self.waiting + self.in_progress + self.third_needed + self.done


def progress_rows(scope: Scope) -> "QuerySet[Any, Any]":
    """A row for every quiz with work of people of `scope`: most to do first. To be read by `as_progress`."""
    not_done = ~Q(state=MarkingState.DONE)
    return (
        reached(scope)
        .values(quiz=F("attempt__quiz__public_id"), quiz_title=F("attempt__quiz__title"))
        .annotate(
            waiting=Count("pk", filter=Q(state=MarkingState.WAITING)),
            in_progress=Count("pk", filter=Q(state=MarkingState.IN_PROGRESS)),
            third_needed=Count("pk", filter=Q(state=MarkingState.THIRD_NEEDED)),
            done=Count("pk", filter=Q(state=MarkingState.DONE)),
            open=Count("pk", filter=not_done),
            oldest_at=Min("opened_at", filter=not_done),
        )
        .order_by("-open", "attempt__quiz")
    )


def as_progress(row: dict[str, Any]) -> Progress:
    return Progress(**{name: value for name, value in row.items() if name != "open"})
