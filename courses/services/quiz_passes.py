"""Settling what quizzes graded for quiz pages: a pass is recorded with its evidence. Nothing is awarded here."""

from uuid import UUID

from django.db import transaction

from courses.models import QuizPage, QuizProgress
from courses.services.attempt_evidence import attempt_evidence
from courses.services.versions import record_version
from quizzes.models import Attempt, AttemptOutcome

QUIZ_PAGE_CONTEXT = "quiz_page"


@transaction.atomic
def settle_attempt(pk: int) -> bool:
    """Settle one outcome of a quiz page; False if somebody else did. A pass that a regrade takes away is replaced by
    another one of the same page, or is gone."""
    outcome = AttemptOutcome.objects.select_related("subject").get(pk=pk)
    if not outcome.settle():
        return False
    attempt = outcome.subject
    progress = _progress_of(attempt)
    if progress is None:
        return True
    if attempt.is_passed:
        record_pass(progress=progress, attempt=attempt)
    elif progress.attempt_id_copy == attempt.public_id:
        _take_back(progress)
    return True


def _progress_of(attempt: Attempt) -> QuizProgress | None:
    try:
        context = UUID(attempt.context_id)
    except ValueError:
        return None
    # An UPDATE locks on PostgreSQL; on SQLite the transaction already holds the only write lock.
    rows = QuizProgress.objects.filter(public_id=context, person_id=attempt.person_id)
    return rows.select_for_update().first()


def record_pass(*, progress: QuizProgress, attempt: Attempt) -> bool:
    """Note the first pass with the page as it is published now; False if there is one. The caller holds the row."""
    page = QuizPage.objects.filter(pk=progress.page_id_copy).first()
    version = record_version(page=page) if page is not None else None
    changed = QuizProgress.objects.filter(pk=progress.pk, passed_at__isnull=True).update(
        passed_at=attempt.closed_at,
        attempt_id_copy=attempt.public_id,
        title=page.title if page is not None else progress.title,
        revision_id_copy=version.revision_id_copy if version is not None else None,
        content_sha256=version.content_sha256 if version is not None else "",
        evidence=[attempt_evidence(attempt)],
    )
    return changed == 1


def _take_back(progress: QuizProgress) -> None:
    QuizProgress.objects.filter(pk=progress.pk).update(
        passed_at=None, attempt_id_copy=None, revision_id_copy=None, content_sha256="", evidence=[]
    )
    other = (
        Attempt.objects.filter(
            person=progress.person_id,
            context_kind=QUIZ_PAGE_CONTEXT,
            context_id=str(progress.public_id),
            is_passed=True,
        )
        .order_by("closed_at", "pk")
        .first()
    )
    if other is not None:
        record_pass(progress=progress, attempt=other)
