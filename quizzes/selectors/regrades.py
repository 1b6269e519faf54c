"""Regrades, as those who make, confirm and read them see them; and what became of one's own attempt."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When

from cms.shared.errors import NotFound
from organisations.enums import POWERS, Power
from organisations.models import Person, RoleGrant
from organisations.selectors import in_force
from quizzes.enums import LineState, RegradeStage
from quizzes.grading import regrading
from quizzes.models import Attempt, Bank, Question, QuestionRevision, Regrade, RegradeLine

CHANGED = Q(state=LineState.CHANGES)
WON = CHANGED & Q(new_passed=True) & (Q(old_passed=False) | Q(old_passed__isnull=True))
LOST = CHANGED & Q(new_passed=False, old_passed=True)
UP = CHANGED & Q(new_points__gt=F("old_points"))
DOWN = CHANGED & Q(new_points__lt=F("old_points"))
FILTERS = {
    "changes": CHANGED,
    "won": WON,
    "lost": LOST,
    "up": UP,
    "down": DOWN,
    "same": Q(state=LineState.SAME),
    "open": Q(state=LineState.OPEN),
    "unmarked": Q(state=LineState.UNMARKED),
    "later": Q(is_later=True),
}
_HEAVY = tuple(f"attempt__{name}" for name in ("paper", "shape", "answers", "opened", "locked", "refused", "marks"))


def deciders() -> list[Person]:
    """Everybody who may make and confirm regrades: at the top of a tree."""
    roles = [role.value for role in POWERS[Power.REGRADE]]
    grants = RoleGrant.objects.filter(in_force(), role__in=roles, node__depth=1, person__is_active=True)
    found = {grant.person_id: grant.person for grant in grants.select_related("person").order_by("pk")}
    return list(found.values())


def listed(*, stage: str = "", bank: int | None = None, cause: str = "") -> QuerySet[Regrade]:
    """Those that wait for somebody first, then the newest."""
    rows = Regrade.objects.select_related("question", "bank", "made_by", "confirmed_by")
    if stage:
        rows = rows.filter(regrade_stage=stage)
    if cause:
        rows = rows.filter(cause=cause)
    if bank is not None:
        rows = rows.filter(bank=bank)
    turn = Case(When(regrade_stage=RegradeStage.WAITING, then=Value(0)), default=Value(1), output_field=IntegerField())
    return rows.annotate(turn=turn).order_by("turn", "-created_at", "-pk")


def waiting_count(by: Person) -> int:
    """How many regrades wait for the word of `by`: the number in the navigation."""
    return Regrade.objects.filter(regrade_stage=RegradeStage.WAITING).exclude(_made_by(by)).count()


def _made_by(person: Person) -> Q:
    return Q(made_by=person) | Q(made_by__merged_into=person)


def is_own(regrade: Regrade, person: Person) -> bool:
    return person.pk in (regrade.made_by_id, regrade.made_by.merged_into_id)


def touches(regrade: Regrade, person: Person) -> bool:
    """Whether an attempt of the person's own is among those that change."""
    own = Q(attempt__person=person) | Q(attempt__person__merged_into=person)
    return regrade.lines.filter(own, CHANGED).exists()


def regrade_by(public_id: UUID) -> Regrade:
    """Raises NotFound."""
    rows = Regrade.objects.select_related(
        "question__bank", "question__current", "bank", "target", "scoring", "made_by", "confirmed_by", "withdrawn_by"
    )
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def lines_of(regrade: Regrade, *, show: str = "", consequence: str = "") -> QuerySet[RegradeLine]:
    """Without a learner's name: attempts by their receipts. What changes first, those that lose a pass at the top."""
    rows = regrade.lines.select_related("attempt__quiz", "grade").defer(*_HEAVY)
    if show in FILTERS:
        rows = rows.filter(FILTERS[show])
    if consequence:
        rows = rows.filter(consequence=consequence)
    turn = Case(
        When(LOST, then=Value(0)), When(WON, then=Value(1)), When(CHANGED, then=Value(2)), default=Value(3),
        output_field=IntegerField(),
    )  # fmt: skip
    return rows.annotate(turn=turn).order_by("turn", "pk")


@dataclass(frozen=True)
class Judged:
    """A revision of the question, as it may be judged by the target's key. `keys` are the items' keys in words."""

    revision: QuestionRevision
    keys: str
    fits: bool
    has_other_key: bool
    has_other_words: bool
    is_target: bool


def judged_revisions(question: Question, target: QuestionRevision | None) -> list[Judged]:
    """The question's revisions, the newest first; without a target every one fits."""
    found = []
    for revision in question.revisions.order_by("-number"):
        is_target = target is not None and revision.pk == target.pk
        found.append(
            Judged(
                revision=revision,
                keys=keys_of(revision),
                fits=target is None or _fits(revision, target),
                has_other_key=target is not None and keys_of(revision) != keys_of(target),
                has_other_words=target is not None and _words(revision) != _words(target),
                is_target=is_target,
            )
        )
    return found


def _fits(old: QuestionRevision, new: QuestionRevision) -> bool:
    if old.type != new.type or len(old.options) != len(new.options):
        return False
    keys = {item["id"]: item for item in new.items}
    shared = [item for item in old.items if item["id"] in keys]
    return bool(shared) and all(
        regrading.fits(old.type, item, keys[item["id"]], options=len(old.options)) for item in shared
    )


def keys_of(revision: QuestionRevision) -> str:
    return "; ".join(_written(item["key"]) for item in revision.items)


def _written(key: Any) -> str:
    if isinstance(key, dict):
        return ", ".join(f"{name}: {_written(value)}" for name, value in key.items())
    if isinstance(key, list):
        return ", ".join(map(_written, key))
    return str(key)


def _words(revision: QuestionRevision) -> list[Any]:
    items = [(item["stem"], item["reveal"], item["options"]) for item in revision.items]
    return [revision.stem, revision.options, items]


def questions_like(search: str, *, most: int = 20) -> list[Question]:
    """Questions by code or words, for whoever begins a regrade."""
    rows = Question.objects.filter(current__isnull=False).select_related("bank", "current")
    words = Q(code__icontains=search) | Q(subject__icontains=search) | Q(words__icontains=search)
    return list(rows.filter(words).order_by("bank__title", "code", "pk")[:most])


def banks_with_versions() -> list[Bank]:
    """Banks that score in a way of their own."""
    return list(Bank.objects.filter(scorings__isnull=False).distinct().order_by("title", "pk"))


@dataclass(frozen=True)
class GradedAgain:
    """One regrade of an attempt, for its learner. `reason` is "" as long as the quiz does not show what was right: it
    may name it."""

    line: RegradeLine
    reason: str

    @property
    def old_percent(self) -> Decimal | None:
        return _percent(self.line.old_points, self.line.old_possible)

    @property
    def new_percent(self) -> Decimal | None:
        return _percent(self.line.new_points, self.line.new_possible)


def _percent(points: Decimal | None, possible: Decimal) -> Decimal | None:
    return None if points is None else Decimal(int(points / possible * 1000)) / 10


def graded_again(attempt: Attempt, *, with_reason: bool) -> list[GradedAgain]:
    """What regrades changed in the attempt, the newest first. No query for an attempt that none was about."""
    if not attempt.rulings:
        return []
    rows = RegradeLine.objects.filter(attempt=attempt, applied_at__isnull=False, state=LineState.CHANGES)
    return [
        GradedAgain(line, line.regrade.reason if with_reason else "")
        for line in rows.select_related("regrade").order_by("-applied_at", "-pk")
    ]
