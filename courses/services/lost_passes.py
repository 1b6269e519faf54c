"""A regrade takes a pass away that had completed a lesson. The lesson is open again. Credit of it is taken back by
reversing entries; once it was reported to the authority, only when the province agrees. The learner is told either way.
"""

from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from courses.enums import EnrolmentState, LostPassState
from courses.models import Enrolment, LessonProgress, LostPass
from courses.selectors import lost_passes as found
from credits.models import Entry
from credits.services import awards
from organisations import audit, notifications
from organisations.deeds import Deed
from organisations.enums import Power
from organisations.models import Person
from organisations.selectors import employment_on, required_scope
from quizzes.models import Attempt, RegradeLine
from quizzes.selectors import reviewable


class ReasonMissing(errors.InvalidInput):
    code = "lost_pass_reason_missing"
    message = _("Say why, in at most 200 characters; the learner reads it, and it stays in the book.")


class OwnPass(errors.OutOfScope):
    code = "own_lost_pass"
    message = _("Nobody decides about credit of their own. Another reviewer of the province has to.")


class AlreadyDecided(errors.Conflict):
    code = "lost_pass_decided"
    message = _("Somebody has decided about this in the meantime. Load the page again.")


def lose(*, progress: LessonProgress, attempt: Attempt, grade_revision: int) -> None:
    """The attempt is not passed any more. Nothing happens while another attempt at the lesson's quiz is.

    The caller holds the transaction in which the outcome is settled.
    """
    enrolment = progress.enrolment
    # The row is the lock, whatever its state.
    Enrolment.objects.filter(pk=enrolment.pk).update(progressed_at=timezone.now())
    enrolment.refresh_from_db(fields=["state"])
    progress.refresh_from_db(fields=["completed_at"])
    others = Attempt.objects.filter(context_kind=attempt.context_kind, context_id=attempt.context_id, is_passed=True)
    if progress.completed_at is None or others.exclude(pk=attempt.pk).exists():
        return
    if enrolment.state != EnrolmentState.COMPLETED:
        _reopen(progress)
        _tell(enrolment, "courses.lesson_reopened", f"{attempt.public_id}:{grade_revision}", title=progress.title)
        return
    entries = list(found.standing_entries(enrolment))
    employment = employment_on(enrolment.person, timezone.localdate())
    lost = LostPass.objects.create(
        progress=progress,
        attempt=attempt,
        grade_revision=grade_revision,
        unit=employment.unit if employment else None,
        entries=[str(entry.public_id) for entry in entries],
    )
    if found.is_reported(entries):
        audit.record(by=None, verb=Deed.LOST_PASS_WAITS, target=lost, after={"entries": lost.entries})
        _tell(enrolment, "courses.credit_waits", str(lost.public_id), title=progress.title, course=_course(enrolment))
        for person in found.deciders():
            _tell_decider(person, lost)
        return
    reason = _reason(attempt, grade_revision)
    with translation.override(enrolment.person.language):
        text = _t("The quiz is not passed after a regrade.")
        if reason:
            text = _t("The quiz is not passed after a regrade: %(reason)s") % {"reason": reason}
    _take_back(lost, entries, by=None, reason=text)
    _decide(lost, LostPassState.TAKEN_BACK, by=None, decision=reason[:200])


def pass_again(*, progress: LessonProgress) -> None:
    """The lesson's quiz is passed after all: what waited for the province waits no longer, the credit stays."""
    waiting = LostPass.objects.filter(progress=progress, state=LostPassState.WAITING)
    waiting.update(state=LostPassState.PASSED_AGAIN, decided_at=timezone.now())


@transaction.atomic
def decide(*, by: Person, lost: LostPass, takes_back: bool, reason: str) -> LostPass:
    """The province's word about credit that was reported: taken back by reversing entries, or left as it is.

    Raises OutOfScope, OwnPass, ReasonMissing, AlreadyDecided.
    """
    required_scope(by, Power.CHANGE_REPORTED)
    enrolment = lost.progress.enrolment
    if by.pk in (enrolment.person_id, enrolment.person.merged_into_id):
        raise OwnPass
    reason = reason.strip()
    if not reason or len(reason) > 200:
        raise ReasonMissing
    Enrolment.objects.filter(pk=enrolment.pk).update(progressed_at=timezone.now())
    if not LostPass.objects.filter(pk=lost.pk, state=LostPassState.WAITING).exists():
        raise AlreadyDecided
    if takes_back:
        _take_back(lost, list(found.standing_entries(enrolment)), by=by, reason=reason)
    _decide(lost, LostPassState.TAKEN_BACK if takes_back else LostPassState.KEPT, by=by, decision=reason)
    return lost


def _decide(lost: LostPass, state: LostPassState, *, by: Person | None, decision: str) -> None:
    rows = LostPass.objects.filter(pk=lost.pk, state=LostPassState.WAITING)
    if rows.update(state=state, decided_by=by, decided_at=timezone.now(), decision=decision) != 1:
        raise AlreadyDecided
    lost.refresh_from_db()
    enrolment = lost.progress.enrolment
    audit.record(by=by, verb=Deed.LOST_PASS_DECIDED, target=lost, after={"state": lost.state, "entries": lost.entries})
    kind = "courses.credit_taken_back" if state == LostPassState.TAKEN_BACK else "courses.credit_stays"
    _tell(
        enrolment, kind, str(lost.public_id), title=lost.progress.title, course=_course(enrolment), reason=decision,
        has_entry=bool(lost.entries),
    )  # fmt: skip


def _take_back(lost: LostPass, entries: list[Entry], *, by: Person | None, reason: str) -> None:
    """Reversing entries; the lesson and the course are open again, so that they can be passed anew."""
    for entry in entries:
        awards.reverse(entry=entry, by=by, reason=reason)
    Enrolment.objects.filter(pk=lost.progress.enrolment_id, state=EnrolmentState.COMPLETED).update(
        state=EnrolmentState.ACTIVE, completed_at=None
    )
    _reopen(lost.progress)


def _reopen(progress: LessonProgress) -> None:
    LessonProgress.objects.filter(pk=progress.pk).update(completed_at=None, minutes=0, evidence=[])


def _reason(attempt: Attempt, grade_revision: int) -> str:
    """Why it was graded again; "" as long as the quiz does not show its learner what was right: it may name it."""
    tells_why, _from = reviewable([attempt])[attempt.pk]
    if not tells_why:
        return ""
    rows = RegradeLine.objects.filter(attempt=attempt, grade__revision=grade_revision)
    return rows.values_list("regrade__reason", flat=True).first() or ""


def _course(enrolment: Enrolment) -> str:
    return str(enrolment.offer.course.title)


def _tell(enrolment: Enrolment, kind: str, key: str, **params: Any) -> None:
    with translation.override(enrolment.person.language):
        link = reverse("courses:course_panel", args=[enrolment.course_key])
    notifications.notify(person=enrolment.person, kind=kind, params=params, key=f"{kind}:{key}", link=link)


def _tell_decider(person: Person, lost: LostPass) -> None:
    with translation.override(person.language):
        link = reverse("manage:lost_pass", args=[lost.public_id])
    params = {"course": _course(lost.progress.enrolment)}
    kind = "courses.lost_pass_waits"
    notifications.notify(person=person, kind=kind, params=params, key=f"{kind}:{lost.public_id}", link=link)
