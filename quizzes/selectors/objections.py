"""Objections to questions, as the learner who made them and those who keep the questions see them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from cms.shared.errors import NotFound
from organisations.enums import POWERS, Power
from organisations.models import Person, RoleGrant
from organisations.selectors import in_force
from quizzes import selectors
from quizzes.enums import ObjectionState, QuestionType
from quizzes.models import Attempt, QuestionImage, QuestionObjection, QuestionRevision
from quizzes.selectors import GroupView, ItemView, Sheet

_HEAVY = ("attempt__shape", "attempt__opened", "attempt__locked", "attempt__refused")


@dataclass(frozen=True)
class Said:
    """One objection to an item, for its learner. `answer` is "" until the review is allowed: it may name the key."""

    objection: QuestionObjection
    answer: str


def said_of(sheet: Sheet) -> dict[str, list[Said]]:
    """What the learner of a closed attempt objected to, by item, the newest first. One query."""
    found: dict[str, list[Said]] = {}
    for row in sheet.attempt.objections.order_by("-made_at", "-pk"):
        answer = row.answer if sheet.is_review_allowed else ""
        found.setdefault(row.item, []).append(Said(row, answer))
    return found


@dataclass(frozen=True)
class Asked:
    """A question of one's own closed attempt: `group` holds the one `item`."""

    sheet: Sheet
    group: GroupView
    item: ItemView


def asked_of(sheet: Sheet, item: UUID) -> Asked:
    """Raises NotFound for an item that is not on the paper."""
    for group in sheet.groups:
        for view in group.items:
            if view.id == str(item):
                return Asked(sheet, replace(group, items=(view,)), view)
    raise NotFound


def listed(*, state: str = "", bank: int | None = None, search: str = "") -> QuerySet[QuestionObjection]:
    """Objections, those that wait first, the oldest of them at the top; the answered ones the newest first.

    `bank`: a key; `search`: in the question's code, subject and words, and in what was said.
    """
    rows = QuestionObjection.objects.select_related("attempt__quiz", "question__bank", "answered_by")
    rows = rows.defer("attempt__paper", "attempt__answers", "attempt__marks", *_HEAVY)
    if state:
        rows = rows.filter(state=state)
    if bank is not None:
        rows = rows.filter(question__bank=bank)
    if search:
        words = Q(question__code__icontains=search) | Q(question__subject__icontains=search)
        rows = rows.filter(words | Q(question__words__icontains=search) | Q(text__icontains=search))
    return rows.order_by(F("answered_at").desc(nulls_first=True), "made_at", "pk")


def waiting_count(by: Person) -> int:
    """How many objections `by` may answer: the number in the navigation."""
    return QuestionObjection.objects.filter(state=ObjectionState.OPEN).exclude(_own(by)).count()


def _own(person: Person) -> Q:
    return Q(attempt__person=person) | Q(attempt__person__merged_into=person)


def is_own(objection: QuestionObjection, person: Person) -> bool:
    """Also what was done with an account that was merged into this one. Needs `attempt.person`."""
    learner = objection.attempt.person
    return person.pk in (learner.pk, learner.merged_into_id)


@dataclass(frozen=True)
class Case:
    """An objection with the facts, without the learner's name: the question as it was put, with the answer, the key and
    the points; which revision it was and which one is asked now."""

    objection: QuestionObjection
    group: GroupView
    item: ItemView
    revision: QuestionRevision | None
    has_file: bool
    elsewhere: int

    @property
    def is_revised(self) -> bool:
        """Whether a newer revision is asked now."""
        question = self.objection.question
        return bool(self.revision and question and question.current_id != self.revision.pk)


def objection_by(public_id: UUID) -> QuestionObjection:
    """Raises NotFound."""
    rows = QuestionObjection.objects.select_related(
        "attempt__quiz", "attempt__person", "question__bank", "question__current", "answered_by"
    )
    found = rows.defer(*_HEAVY).filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def case_of(objection: QuestionObjection, *, picture: str) -> Case:
    """`picture` is the address of a picture of the question with 0 for its id."""
    attempt = objection.attempt
    index, frozen = _frozen(attempt, objection.item)
    group = selectors.closed_group(attempt, index)
    view = next(item for item in group.items if item.id == objection.item)
    images = tuple(replace(image, url=picture.replace("/0/", f"/{image.id}/")) for image in view.images)
    shared = tuple(replace(image, url=picture.replace("/0/", f"/{image.id}/")) for image in group.images)
    # A file is read by its markers alone.
    view = replace(view, images=images, file=None)
    same = QuestionObjection.objects.filter(item=objection.item, state=ObjectionState.OPEN).exclude(pk=objection.pk)
    return Case(
        objection=objection,
        group=replace(group, items=(view,), images=shared),
        item=view,
        revision=QuestionRevision.objects.filter(public_id=frozen["revision"]).first(),
        has_file=group.type == QuestionType.FILE and bool(view.value),
        elsewhere=same.count(),
    )


def image_for(objection: QuestionObjection, image_id: int) -> Any:
    """The picture of the library behind an image of the question. Raises NotFound."""
    _index, frozen = _frozen(objection.attempt, objection.item)
    if image_id not in {image["id"] for image in frozen["images"]}:
        raise NotFound
    row = QuestionImage.objects.select_related("image").filter(pk=image_id).first()
    if row is None:
        raise NotFound
    return row.image


def _frozen(attempt: Attempt, item: str) -> tuple[int, Mapping[str, Any]]:
    """The question of the paper that holds `item`, with its place."""
    for index, group in enumerate(attempt.paper["groups"]):
        if any(found["id"] == item for found in group["items"]):
            return index, group
    raise NotFound


def keepers(revision: QuestionRevision | None, *, but: Person) -> list[Person]:
    """Whom an objection is told: the author of the revision, and everybody who keeps questions. Two queries."""
    roles = [role.value for role in POWERS[Power.KEEP_QUESTIONS]]
    grants = RoleGrant.objects.filter(in_force(), role__in=roles, person__is_active=True).exclude(person=but)
    found = {grant.person_id: grant.person for grant in grants.select_related("person").order_by("pk")}
    author = revision.created_by if revision else None
    if author is not None and author.is_active and author.pk != but.pk:
        found.setdefault(author.pk, author)
    return list(found.values())
