"""Exam papers and representative works on the way to a title: reported by the person, confirmed by the unit."""

from datetime import date

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from credits.models import ExamPass, RepresentativeWork
from credits.models.titles import WORK_KINDS
from credits.selectors.pathways import pathway_on, today
from organisations import audit, notifications
from organisations.enums import QualificationState
from organisations.models import Person

Fact = ExamPass | RepresentativeWork


class NoSuchPaper(errors.InvalidInput):
    code = "no_such_paper"
    message = _("Choose an exam paper from the list.")


class NotYet(errors.InvalidInput):
    code = "title_fact_in_the_future"
    message = _("This lies in the future. Enter it when it has happened.")


class AlreadyReported(errors.Conflict):
    code = "title_fact_already_reported"
    message = _("This paper is already in the list for that year.")


class AlreadyDecided(errors.Conflict):
    code = "title_fact_already_decided"
    message = _("Somebody has decided about this in the meantime. Load the page again.")


class OwnFact(errors.OutOfScope):
    code = "own_title_fact"
    message = _("Nobody confirms an exam or a work of their own. Ask another administrator of your unit.")


class ReasonMissing(errors.InvalidInput):
    code = "reason_missing"
    message = _("Say why, so that the person knows what to do.")


@transaction.atomic
def report_paper(*, by: Person, exam: str, paper: str, year: int) -> ExamPass:
    """Report a paper that one has passed. Raises NoSuchPaper, NotYet, AlreadyReported, NoPathwayInForce."""
    day = today()
    known = pathway_on(day).exams.get(exam)
    if known is None or paper not in {one.code for one in known.papers}:
        raise NoSuchPaper
    if year > day.year:
        raise NotYet
    try:
        with transaction.atomic():
            reported = ExamPass.objects.create(person=by, exam=exam, paper=paper, year=year)
    except IntegrityError as error:
        raise AlreadyReported from error
    audit.record(by=by, verb="credits.titles.report", target=by, after=_told(reported))
    return reported


@transaction.atomic
def report_work(*, by: Person, kind: str, title: str, on: date, where: str = "", part: str = "") -> RepresentativeWork:
    """Report a work of one's own. Raises NotYet, InvalidInput."""
    if kind not in {key.value for key, _name in WORK_KINDS} or not title.strip():
        raise errors.InvalidInput
    if on > today():
        raise NotYet
    reported = RepresentativeWork.objects.create(
        person=by, kind=kind, title=title.strip(), on=on, where=where.strip(), part=part.strip()
    )
    audit.record(by=by, verb="credits.titles.report", target=by, after=_told(reported))
    return reported


@transaction.atomic
def withdraw(*, by: Person, fact: Fact) -> None:
    """Take back what one reported oneself, before anybody decided. Raises AlreadyDecided."""
    own = type(fact)._default_manager.filter(pk=fact.pk, person=by, state=QualificationState.CLAIMED)
    if not own.delete()[0]:
        raise AlreadyDecided
    audit.record(by=by, verb="credits.titles.withdraw", target=by, before=_told(fact))


@transaction.atomic
def confirm(*, by: Person, fact: Fact) -> Fact:
    """The unit has seen the proof; the person is told. Raises OwnFact, AlreadyDecided."""
    _decide(by, fact, QualificationState.CONFIRMED, "")
    audit.record(by=by, verb="credits.titles.confirm", target=fact.person, after=_told(fact))
    return fact


@transaction.atomic
def refuse(*, by: Person, fact: Fact, reason: str) -> Fact:
    """The unit does not confirm, and says why; the person is told. Raises ReasonMissing, OwnFact, AlreadyDecided."""
    if not reason.strip():
        raise ReasonMissing
    _decide(by, fact, QualificationState.REFUSED, reason.strip()[:200])
    audit.record(
        by=by, verb="credits.titles.refuse", target=fact.person, after={**_told(fact), "reason": fact.decision}
    )
    return fact


def _decide(by: Person, fact: Fact, state: QualificationState, reason: str) -> None:
    if by.pk == fact.person_id:
        raise OwnFact
    waiting = type(fact)._default_manager.filter(pk=fact.pk, state=QualificationState.CLAIMED)
    if waiting.update(state=state, decided_by=by, decided_at=timezone.now(), decision=reason) != 1:
        raise AlreadyDecided
    fact.refresh_from_db()
    with translation.override(fact.person.language):
        link = reverse("credits:my_titles")
    notifications.notify(
        person=fact.person,
        kind=f"credits.title_fact_{state.value}",
        params={"name": str(fact), "reason": reason},
        key=f"credits.title_fact:{fact.public_id}",
        link=link,
    )


def _told(fact: Fact) -> dict[str, object]:
    if isinstance(fact, ExamPass):
        return {"exam": fact.exam, "paper": fact.paper, "year": fact.year}
    return {"kind": fact.kind, "title": fact.title, "on": fact.on}
