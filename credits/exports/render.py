"""From a job to a file: everybody of the scope, judged by the version in force, written column by column."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cms.shared.jobs import LostLease
from credits import selectors
from credits.enums import ExportFormat, GrantMethod, JudgementState, LineState, ProjectLevel
from credits.exports import writers
from credits.exports.columns import columns
from credits.models import Disclosure, ExportJob
from credits.models.ledger import GRANT_METHODS
from credits.models.projects import PROJECT_LEVELS
from credits.selectors import ExportRow, LineView, Standing
from credits.selectors.texts import plain
from organisations.enums import NodeKind, PersonState, RequestState
from organisations.models import Employment, Node, Person
from organisations.scopes import Scope
from organisations.selectors import people_in
from organisations.services.disclosures import full_id_number


class NotAgreed(Exception):
    """Full ID numbers were asked for, and nobody else agrees any more."""


@dataclass(frozen=True)
class Rendered:
    file_name: str
    row_count: int


def render(job: ExportJob, path: Path, *, lost: threading.Event) -> Rendered:
    """Write the file of `job` to `path` in the active language. Raises LostLease when the job was taken or stopped.

    All rows are of one moment: on PostgreSQL one REPEATABLE READ transaction; SQLite has one writer at a time.
    """
    year = job.period_begins.year
    with _one_moment():
        is_demo = Node.objects.filter(path__in=job.scope_paths, is_demo=True).exists() or _has_demo(job)
        # Demonstrations must never pass for a record: the file says so in its name and in its first line.
        demo = _("DEMONSTRATION, VOID · 演示 无效 · not a credit record") if is_demo else ""
        disclosure = allowed_disclosure(job)
        banner = " · ".join(part for part in (demo, watermark(disclosure) if disclosure else "") if part)
        people = writers.Sheet(_("People"), columns("people"), _people(job, lost, full_numbers=disclosure is not None))
        if job.file_format == ExportFormat.CSV:
            count = writers.write_csv(path, sheet=people, language=job.language, banner=banner)
        else:
            entries = writers.Sheet(_("Entries"), columns("entries"), _entries(job, lost))
            count = writers.write_xlsx(
                path, sheets=[people, entries], language=job.language, created=job.created_at, banner=banner
            )[0]
    stem = _("credit-records") + f"_{year}_{job.created_at.astimezone(timezone.get_default_timezone()):%Y%m%d-%H%M%S}"
    marks = (_("DEMO-VOID_") if is_demo else "") + (_("FULL-ID_") if disclosure else "")
    return Rendered(f"{marks}{stem}.{job.file_format}", count)


def allowed_disclosure(job: ExportJob) -> Disclosure | None:
    """The agreed request for full ID numbers that `job` was made for; None for an ordinary export.

    Raises NotAgreed where it lapsed or was never agreed to by a second person: then there is no file.
    """
    found = Disclosure.objects.filter(job=job).select_related("requested_by", "decided_by").first()
    if found is None:
        return None
    second = found.decided_by_id is not None and found.decided_by_id != found.requested_by_id
    lasts = found.expires_at is not None and found.expires_at > timezone.now()
    if found.state != RequestState.ACCEPTED or not second or not lasts:
        raise NotAgreed
    return found


def watermark(disclosure: Disclosure) -> str:
    """Whose file this is: the first line of every sheet."""
    assert disclosure.expires_at is not None  # noqa: S101 - see allowed_disclosure
    return _(
        "Full ID numbers, for %(name)s only (%(id)s). Agreed by %(approver)s, made on %(made)s. Destroy by %(until)s."
    ) % {
        "name": disclosure.requested_by,
        "id": disclosure.requested_by.public_id,
        "approver": disclosure.decided_by,
        "made": f"{timezone.localtime():%Y-%m-%d %H:%M:%S}",
        "until": f"{timezone.localtime(disclosure.expires_at):%Y-%m-%d}",
    }


@contextlib.contextmanager
def _one_moment() -> Iterator[None]:
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _scope(job: ExportJob) -> Scope:
    return Scope(frozenset(job.scope_paths))


def _rows(job: ExportJob, lost: threading.Event, *, with_lines: bool) -> Iterator[ExportRow]:
    last = min(job.period_ends - timedelta(days=1), timezone.localdate())
    people = people_in(_scope(job), on=max(last, job.period_begins)).order_by("pk")
    year = job.period_begins.year
    for row in selectors.export_rows(people=people, rule_set_id=job.rule_set_id, year=year, with_lines=with_lines):
        if lost.is_set():
            raise LostLease
        yield row


def _has_demo(job: ExportJob) -> bool:
    return people_in(_scope(job)).filter(is_demo=True).exists()


def _hospitals() -> dict[str, Node]:
    """Hospitals by path: a person may be employed at one of its departments."""
    return {node.path: node for node in Node.objects.filter(kind=NodeKind.HOSPITAL)}


def _place(employment: Employment | None, hospitals: dict[str, Node]) -> dict[str, str]:
    if employment is None:
        return {"unit_code": "", "unit_name": "", "department": ""}
    unit, department = employment.unit, employment.department
    if unit.kind == NodeKind.DEPARTMENT:
        hospital = hospitals.get(unit.path[: -Node.steplen])
        if hospital is not None:
            unit, department = hospital, unit.name
    return {"unit_code": unit.code, "unit_name": unit.name, "department": department}


def _people(job: ExportJob, lost: threading.Event, *, full_numbers: bool) -> Iterator[writers.Row]:
    hospitals = _hospitals()
    for row in _rows(job, lost, with_lines=False):
        person, standing = row.person, row.standing
        first, second = (standing.by_category.get(code, Decimal(0)) for code in ("I", "II"))
        yield {
            "person_number": _number(person, row.employment),
            "name": person.name,
            "id_number": full_id_number(person) if full_numbers else person.masked_id_number,
            "person_state": str(row.state.label),
            **_place(row.employment, hospitals),
            "title": person.get_title_display(),
            "result": result(standing, row.state),
            "reason": reason(standing, row.state),
            "hours": standing.hours,
            "credits": standing.credits,
            "credits_i": first,
            "credits_ii": second,
            "credits_other": standing.credits - first - second,
            "credits_registered": standing.credits_registered,
            "rule_set": standing.version.key,
            "mark": verification(bool(standing.marks)),
        }


def _number(person: Person, employment: Employment | None) -> str:
    """The unit's staff number, else the user name."""
    return (employment and employment.staff_number) or person.username


def result(standing: Standing, person_state: PersonState) -> str:
    """达标, 不达标, 不计达标 as the authority's list has it; and, honestly, what is open or undetermined."""
    if person_state != PersonState.ACTIVE:
        return _("Not assessed")
    return {
        JudgementState.MET: _("Met"),
        JudgementState.FAILED: _("Not met"),
        JudgementState.OPEN: _("Still open"),
        JudgementState.UNDETERMINED: _("Undetermined"),
        JudgementState.RECORD_ONLY: _("Recorded only"),
    }[standing.state]


def reason(standing: Standing, person_state: PersonState) -> str:
    """Why: the person's state, or each requirement that is not met, with its figures."""
    if person_state != PersonState.ACTIVE:
        return str(person_state.label)
    parts = []
    for goal in standing.goals:
        if goal.state == JudgementState.MET:
            continue
        figures = plain(goal.reached)
        if goal.state == JudgementState.UNDETERMINED:
            figures = _("%(low)s verified, %(high)s if what is unverified counts") % {
                "low": plain(goal.reached_verified),
                "high": plain(goal.reached_if_unverified),
            }
        parts.append(_("%(goal)s: %(figures)s") % {"goal": goal.title, "figures": figures})
    return "; ".join(parts)


def verification(unverified: bool) -> str:
    return _("to be verified") if unverified else ""


def _entries(job: ExportJob, lost: threading.Event) -> Iterator[writers.Row]:
    hospitals = _hospitals()
    for row in _rows(job, lost, with_lines=True):
        place = _place(row.employment, hospitals)
        for line in row.standing.lines:
            yield _entry(row, line, place)


def _entry(row: ExportRow, line: LineView, place: dict[str, str]) -> writers.Row:
    entry = line.entry
    levels, methods = dict(PROJECT_LEVELS), dict(GRANT_METHODS)
    title = entry.title
    if entry.time_scale > 1:
        title = _("%(title)s (demonstration, one minute stands for %(factor)s)") % {
            "title": title,
            "factor": entry.time_scale,
        }
    return {
        "person_number": _number(row.person, row.employment),
        "name": row.person.name,
        "unit_name": entry.work_unit_name or place["unit_name"],
        "department": entry.department or place["department"],
        "year": str(row.standing.year),
        "category": line.category_title,
        "project_number": entry.project_number,
        "entry_title": title,
        "level": str(levels.get(ProjectLevel(entry.level), "")) if entry.level in set(ProjectLevel) else entry.level,
        "begins_on": entry.begins_on.isoformat(),
        "ends_on": entry.ends_on.isoformat(),
        "hours": line.hours,
        "credits": line.credits,
        "organiser": entry.organiser,
        "granted_how": str(methods.get(GrantMethod(entry.granted_how), entry.granted_how)),
        "official_state": line.official_text,
        "counted": counted(line.state),
        "reason": (line.taken_back_because and f"{line.text} {line.taken_back_because}") or line.text,
        "mark": verification(line.mark != "A"),
    }


def counted(state: LineState) -> str:
    return {
        LineState.COUNTED: _("Counted"),
        LineState.PARTLY_COUNTED: _("Counted in part"),
        LineState.NOT_COUNTED: _("Not counted"),
        LineState.UNDETERMINED: _("Undetermined"),
    }[state]
