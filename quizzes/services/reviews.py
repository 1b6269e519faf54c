"""Experts look at a revision: a technologist, then a physician, then it is published; each by name and time."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared.errors import Conflict, DomainError
from organisations import audit
from organisations.deeds import Deed
from organisations.models import Person
from quizzes.enums import ReviewState
from quizzes.models import QuestionReview, QuestionRevision

# From state to state; only from the one before, and back to a draft from everywhere.
BEFORE = {
    ReviewState.TECHNOLOGIST_REVIEWED: ReviewState.DRAFT,
    ReviewState.PHYSICIAN_REVIEWED: ReviewState.TECHNOLOGIST_REVIEWED,
    ReviewState.PUBLISHED: ReviewState.PHYSICIAN_REVIEWED,
}


class ReviewOutOfOrder(DomainError):
    code, http_status = "review_out_of_order", 409
    message = _("A technologist reviews first, then a physician, then the question is published. Take the next step.")


class ReviewedByTheSame(DomainError):
    code, http_status = "reviewed_by_the_same", 409
    message = _("The technologist and the physician must be two people. Ask somebody else for this review.")


@transaction.atomic
def review(*, revision: QuestionRevision, state: str, by: Person, note: str = "") -> QuestionRevision:
    """Move `revision` on to `state`, or back to a draft, and write down who did it and when.

    Raises ReviewOutOfOrder, ReviewedByTheSame, and Conflict if somebody else was faster.
    """
    seen = revision.review_state
    if state == ReviewState.DRAFT:
        if seen == ReviewState.DRAFT:
            raise ReviewOutOfOrder()
    elif state not in BEFORE or BEFORE[ReviewState(state)] != seen:
        raise ReviewOutOfOrder()
    if state == ReviewState.PHYSICIAN_REVIEWED:
        last = revision.reviews.filter(state=ReviewState.TECHNOLOGIST_REVIEWED).order_by("-at", "-pk").first()
        if last is not None and last.by_id == by.pk:
            raise ReviewedByTheSame()
    rows = QuestionRevision.objects.filter(pk=revision.pk, review_state=seen)
    if rows.update(review_state=state) != 1:
        raise Conflict()
    QuestionReview.objects.create(revision=revision, state=state, by=by, at=timezone.now(), note=note.strip())
    revision.review_state = state
    audit.record(
        by=by,
        verb=Deed.QUESTION_REVIEWED,
        target=revision.question,
        before={"review_state": seen},
        after={"review_state": state, "revision": revision.number},
    )
    return revision
