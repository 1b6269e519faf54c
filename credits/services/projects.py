"""The register of accredited projects: added, changed, closed. Whatever the door, the rules are these."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from credits import registry
from credits.models import Project
from credits.registry import Problem, ProblemCode, Stated
from credits.selectors import projects as selectors
from credits.services.chain import lock_feed
from organisations import audit
from organisations.deeds import Deed
from organisations.enums import Power
from organisations.models import Person
from organisations.selectors import required_scope

MESSAGES = {
    ProblemCode.MISSING: _("This is needed. Write it as the authority's notice has it."),
    ProblemCode.TOO_LONG: _("At most %(most)s characters. Shorten it."),
    ProblemCode.NOT_PRINTABLE: _("There is a character that cannot be printed. Write the text again."),
    ProblemCode.UNKNOWN_TERM: _("“%(text)s” is not in the list. Choose a value of the list."),
    ProblemCode.OUT_OF_RANGE: _("Write a number from %(least)s to %(most)s."),
    ProblemCode.NEGATIVE: _("This is never negative. Correct the number."),
    ProblemCode.TOO_FINE: _("At most two decimals. Round it as the notice does."),
    ProblemCode.ENDS_FIRST: _("The last day lies before the first one, %(begins)s. Correct one of them."),
    ProblemCode.MORE_DAYS: _("From the first to the last day there are %(span)s days; write from 1 to that."),
    ProblemCode.DOES_NOT_ADD_UP: _(
        "Hours of theory (%(theory)s) and hours of practice (%(practice)s) make %(sum)s, but the total says %(total)s. "
        "Correct one of the three."
    ),
}


class BadProject(errors.InvalidInput):
    """`problems` says in which field what is wrong."""

    code = "bad_project"

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(said(problems[0]))


class NumberTaken(errors.Conflict):
    code = "project_number_taken"
    message = _("The project %(number)s is in the register already. Look it up, and change it there.")


class NumberGranted(errors.Conflict):
    code = "project_number_granted"
    message = _(
        "Credit was granted under the number %(number)s, and the entries keep it. Add the other number as a project of "
        "its own."
    )


class DaysGranted(errors.Conflict):
    code = "project_days_granted"
    message = _(
        "Credit was granted from %(first)s to %(last)s; the project has to run over these days. Take back what was "
        "wrong first."
    )


class PlacesGranted(errors.Conflict):
    code = "project_places_granted"
    message = _("%(taken)s people have a place already; there cannot be fewer. Take back what was wrong first.")


# At which field a refusal of the register is said.
FIELD_OF = {
    "project_number_taken": "number", "project_number_granted": "number", "project_days_granted": "ends",
    "project_places_granted": "quota", "project_reason_missing": "reason",
}  # fmt: skip


class ReasonMissing(errors.InvalidInput):
    code = "project_reason_missing"
    message = _("Say why the project is closed; whoever looks at its offers reads it.")


class ClosedAlready(errors.Conflict):
    code = "project_closed_already"
    message = _("The project is closed already. Load the page again.")


class NotClosed(errors.Conflict):
    code = "project_not_closed"
    message = _("The project is not closed. Load the page again.")


def said(problem: Problem) -> str:
    """A problem in words."""
    return str(MESSAGES[problem.code]) % problem.params


def check(stated: Stated, *, before: Project | None = None) -> Stated:
    """What will be stored. Raises BadProject, NumberTaken, NumberGranted, DaysGranted, PlacesGranted."""
    stated = registry.completed(stated)
    if problems := problems_of(stated, before):
        raise BadProject(problems)
    _check_number(stated, before)
    if before is not None:
        check_granted(stated, before)
    return stated


def problems_of(stated: Stated, before: Project | None) -> list[Problem]:
    """What is wrong with a project by itself. What its row says already in older words may stay."""
    kept = {} if before is None else {kind.value: getattr(before, kind.value) for kind in registry.TermKind}
    return registry.problems(stated, kept=kept)


def _check_number(stated: Stated, before: Project | None) -> None:
    """The same number in other brackets, widths and spaces is the same number."""
    wanted = registry.plain(stated.number)
    others = Project.objects.all() if before is None else Project.objects.exclude(pk=before.pk)
    same = next((number for number in others.values_list("number", flat=True) if registry.plain(number) == wanted), "")
    if same:
        raise NumberTaken(number=same)


def check_granted(stated: Stated, before: Project) -> None:
    """What was granted holds number, days and places. Raises NumberGranted, DaysGranted, PlacesGranted."""
    granted = selectors.granted_on(before)
    if not granted:
        return
    if stated.number != before.number:
        raise NumberGranted(number=before.number)
    first, last = granted.first, granted.last
    if first is not None and last is not None and not _holds(stated, first, last):
        raise DaysGranted(first=first.isoformat(), last=last.isoformat())
    if stated.quota is not None and stated.quota < granted.learners:
        raise PlacesGranted(taken=granted.learners)


def _holds(stated: Stated, first: date, last: date) -> bool:
    return stated.begins is not None and stated.ends is not None and stated.begins <= first and last <= stated.ends


@transaction.atomic
def add(*, by: Person, stated: Stated) -> Project:
    """A new project in the register. Raises OutOfScope, and what `check` raises."""
    required_scope(by, Power.KEEP_PROJECTS)
    lock_feed()
    stated = check(stated)
    project = Project(**fields_of(stated))
    try:
        with transaction.atomic():
            project.save(force_insert=True)
    except IntegrityError as error:
        raise NumberTaken(number=stated.number) from error
    audit.record(by=by, verb=Deed.PROJECT_ADD, target=project, after=told(stated))
    return project


@transaction.atomic
def change(*, by: Person, project: Project, seen: int, stated: Stated) -> Project:
    """`seen` is `project.changes` as its reader saw it. Grants wait: what they are held against changes in one go.

    Raises OutOfScope, Conflict, and what `check` raises.
    """
    required_scope(by, Power.KEEP_PROJECTS)
    lock_feed()
    before = _as_it_is(project, seen)
    return write(by=by, project=before, stated=check(stated, before=before))


def write(*, by: Person, project: Project, stated: Stated) -> Project:
    """Put what was checked in the place of `project`, and log what differs. Raises Conflict.

    The caller holds the feed's lock, under which `project` was read.
    """
    before, fields = project, fields_of(stated)
    _write(before, before.changes, fields)
    differing = [name for name, value in fields.items() if value != getattr(before, name)]
    old, new = told(before.stated), told(stated)
    audit.record(
        by=by, verb=Deed.PROJECT_CHANGE, target=before,
        before={name: old[name] for name in differing}, after={name: new[name] for name in differing},
    )  # fmt: skip
    before.refresh_from_db()
    return before


@transaction.atomic
def close(*, by: Person, project: Project, seen: int, on: date, reason: str) -> Project:
    """From the day `on` nothing is granted on the project any more; what was granted stays in the books.

    Raises OutOfScope, Conflict, ClosedAlready, ReasonMissing.
    """
    required_scope(by, Power.KEEP_PROJECTS)
    lock_feed()
    before = _as_it_is(project, seen)
    if before.closed_on is not None:
        raise ClosedAlready
    if not reason.strip():
        raise ReasonMissing
    _write(before, seen, {"closed_on": on, "closed_because": reason.strip()})
    before.refresh_from_db()
    told_ = {"closed_on": on, "reason": before.closed_because}
    audit.record(by=by, verb=Deed.PROJECT_CLOSE, target=before, after=told_)
    return before


@transaction.atomic
def reopen(*, by: Person, project: Project, seen: int) -> Project:
    """It holds again until its last day. Raises OutOfScope, Conflict, NotClosed."""
    required_scope(by, Power.KEEP_PROJECTS)
    lock_feed()
    before = _as_it_is(project, seen)
    if before.closed_on is None:
        raise NotClosed
    _write(before, seen, {"closed_on": None, "closed_because": ""})
    audit.record(by=by, verb=Deed.PROJECT_REOPEN, target=before, before={"closed_on": before.closed_on})
    before.refresh_from_db()
    return before


def _as_it_is(project: Project, seen: int) -> Project:
    found = Project.objects.filter(pk=project.pk, changes=seen).first()
    if found is None:
        raise errors.Conflict
    return found


def _write(project: Project, seen: int, fields: Mapping[str, Any]) -> None:
    if Project.objects.filter(pk=project.pk, changes=seen).update(**fields, changes=seen + 1) != 1:
        raise errors.Conflict


def fields_of(stated: Stated) -> dict[str, Any]:
    """As they are stored."""
    fields = {name: getattr(stated, name) for name in registry.FIELDS}
    return fields | {"hours": stated.hours or 0}


def told(stated: Stated) -> dict[str, Any]:
    """For the log: what a project says, but for the name of the person in charge."""
    fields = fields_of(stated)
    fields["person_in_charge"] = "…" if stated.person_in_charge else ""
    return fields
