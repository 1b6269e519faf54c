"""Exam papers and representative works on the way to a title: reported by the person, confirmed by the unit."""

from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from credits.models import ExamPass, RepresentativeWork
from credits.models.titles import WORK_KINDS
from credits.selectors.pathways import pathway_on, today
from credits.services import reported
from credits.services.reported import AlreadyDecided, OwnFact, ReasonMissing
from organisations import audit
from organisations.models import Person

__all__ = ["AlreadyDecided", "OwnFact", "ReasonMissing", "confirm", "refuse", "report_paper", "report_work", "withdraw"]

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
            made = ExamPass.objects.create(person=by, exam=exam, paper=paper, year=year)
    except IntegrityError as error:
        raise AlreadyReported from error
    audit.record(by=by, verb="credits.titles.report", target=by, after=_told(made))
    return made


@transaction.atomic
def report_work(*, by: Person, kind: str, title: str, on: date, where: str = "", part: str = "") -> RepresentativeWork:
    """Report a work of one's own. Raises NotYet, InvalidInput."""
    if kind not in {key.value for key, _name in WORK_KINDS} or not title.strip():
        raise errors.InvalidInput
    if on > today():
        raise NotYet
    made = RepresentativeWork.objects.create(
        person=by, kind=kind, title=title.strip(), on=on, where=where.strip(), part=part.strip()
    )
    audit.record(by=by, verb="credits.titles.report", target=by, after=_told(made))
    return made


@transaction.atomic
def withdraw(*, by: Person, fact: Fact) -> None:
    """Take back what one reported oneself, before anybody decided. Raises AlreadyDecided."""
    told = _told(fact)
    reported.withdraw(by=by, fact=fact)
    audit.record(by=by, verb="credits.titles.withdraw", target=by, before=told)


@transaction.atomic
def confirm(*, by: Person, fact: Fact) -> Fact:
    """The unit has seen the proof; the person is told. Raises OwnFact, AlreadyDecided."""
    reported.confirm(
        by=by, fact=fact, kind="credits.title_fact_confirmed", page="credits:my_titles", params={"name": str(fact)}
    )
    audit.record(by=by, verb="credits.titles.confirm", target=fact.person, after=_told(fact))
    return fact


@transaction.atomic
def refuse(*, by: Person, fact: Fact, reason: str) -> Fact:
    """The unit does not confirm, and says why; the person is told. Raises ReasonMissing, OwnFact, AlreadyDecided."""
    reported.refuse(
        by=by, fact=fact, reason=reason, kind="credits.title_fact_refused", page="credits:my_titles",
        params={"name": str(fact)},
    )  # fmt: skip
    audit.record(
        by=by, verb="credits.titles.refuse", target=fact.person, after={**_told(fact), "reason": fact.decision}
    )
    return fact


def _told(fact: Fact) -> dict[str, object]:
    if isinstance(fact, ExamPass):
        return {"exam": fact.exam, "paper": fact.paper, "year": fact.year}
    return {"kind": fact.kind, "title": fact.title, "on": fact.on}
