"""From a wish to a file: everybody of the scope, judged by the version in force, written column by column."""

import contextlib
import gc
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cms.shared.jobs import LostLease
from credits import selectors
from credits.columns import ColumnSet, SetKind
from credits.enums import ExportFormat, Layout
from credits.exports import annual, covers, identity, lines, pdfs, projects, writers
from credits.exports.annual import Asked
from credits.exports.cells import Row
from credits.exports.people import Crowd
from credits.exports.totals import Sums, Totals, stored_sums
from credits.models import Disclosure
from credits.selectors import column_sets
from credits.selectors.judging import is_stored
from organisations.enums import RequestState
from organisations.models import Node
from organisations.scopes import Scope
from organisations.selectors import people_in


class NotAgreed(Exception):
    """Full ID numbers were asked for, and nobody else agrees any more."""


class NothingToWrite(Exception):
    """Nobody, or nothing, is in what was asked for."""


class Wish(Protocol):
    """What a file is asked to be: an export job, or whatever has the same."""

    pk: Any
    scope_paths: list[str]
    rule_set_id: str
    period_begins: date
    period_ends: date
    column_set: str
    file_format: str
    encoding: str
    layout: str
    sought: str
    language: str
    created_at: datetime


@dataclass(frozen=True)
class Rendered:
    file_name: str
    row_count: int
    identity: dict[str, Any]
    cut_off: datetime
    totals: dict[str, Any]


@dataclass
class Run:
    """One making of a file. `tell` gets the percentage done so far; `lost` stops it."""

    job: Wish
    as_of: date
    lost: threading.Event = field(default_factory=threading.Event)
    tell: Callable[[int], None] = lambda percent: None

    def __post_init__(self) -> None:
        job = self.job
        self.disclosure = allowed_disclosure(job)
        self.column_set: ColumnSet = column_sets.find(job.column_set)
        self.wish: Asked = annual.asked(
            rule_set_id=job.rule_set_id,
            year=job.period_begins.year,
            as_of=self.as_of,
            categories=self.column_set.categories,
        )
        self.identity = identity.identity(
            job, self.column_set, self.wish, disclosure=str(self.disclosure.public_id) if self.disclosure else ""
        )
        self.cut_off = identity.cut_off(self.identity)
        self.totals = Totals()
        self.crowd = Crowd(
            Scope(frozenset(job.scope_paths)),
            self.wish.day,
            full_numbers=self.disclosure is not None,
            among=lines.grantees(self.wish, job.sought) if self.column_set.kind == SetKind.GRANTEES else None,
        )
        self.is_projects = self.column_set.kind == SetKind.PROJECTS

    def stored_sums(self) -> Sums | None:
        """What the stored judgements of the people in it add up to; None where none are kept."""
        wish = self.wish
        if wish.period is None or self.is_projects or not is_stored(wish.version.rules):
            return None
        return stored_sums(self.crowd, wish.rule_set_id, wish.version, wish.period, is_closed=wish.is_closed)

    @property
    def is_on_paper(self) -> bool:
        return self.job.file_format == ExportFormat.PDF

    def check_size(self) -> int:
        """How many people, or projects, are in it. Raises NothingToWrite, pdfs.TooManyPeople."""
        found = projects.projects(self.wish.year) if self.is_projects else self.crowd.people
        count = found.count()
        if not count:
            raise NothingToWrite
        if self.is_on_paper and count > pdfs.MOST_PEOPLE:
            raise pdfs.TooManyPeople
        return count

    def write(self, path: Path) -> Rendered:
        """Raises NothingToWrite, LostLease, TotalsDiffer, TooManyUnits, TooManyPeople, OSError."""
        # On paper, or of projects, it is little, and the number decides; else it only says how far the work is.
        self.expected = self.check_size() if self.is_on_paper or self.is_projects else self.crowd.about()
        job, demo = self.job, self.is_demo()
        # Demonstrations must never pass for a record: the file says so in its name and in its first line.
        warning = _("DEMONSTRATION, VOID · 演示 无效 · not a credit record") if demo else ""
        banner = " · ".join(part for part in (warning, watermark(self.disclosure) if self.disclosure else "") if part)
        content = writers.Content(
            self.column_set, self._rows(), job.language, self.column_set.title(job.language), banner
        )
        if job.file_format == ExportFormat.CSV:
            count = writers.write_csv(path, content, encoding=job.encoding)
            self._reconcile()
        elif job.file_format == ExportFormat.XLSX:
            book = writers.Workbook(path, content, self.cut_off)
            with contextlib.closing(book):
                count = book.write(by_unit=job.layout == Layout.SHEET_PER_UNIT)
                self._reconcile()
                book.cover(_("Cover"), covers.of_file(self, count))
        else:
            people = lines.standings(self.crowd, self.wish, self.totals, self._step)
            count = pdfs.write(path, content, people, context=self.wish.context, crowd=self.crowd)
            self._reconcile()
        if not count:
            raise NothingToWrite
        return Rendered(self.file_name(is_demo=demo), count, self.identity, self.cut_off, self.totals.document(count))

    @property
    def extension(self) -> str:
        if self.job.file_format != ExportFormat.PDF:
            return self.job.file_format
        return pdfs.extension(self.crowd.people.count())

    def file_name(self, *, is_demo: bool) -> str:
        at = timezone.localtime(self.job.created_at)
        marks = (_("DEMO-VOID_") if is_demo else "") + (_("FULL-ID_") if self.disclosure else "")
        return f"{marks}{self.column_set.id}_{self.wish.year}_{at:%Y%m%d-%H%M%S}.{self.extension}"

    def _rows(self) -> Iterator[Row]:
        if self.is_projects:
            return projects.rows(self.wish.year)
        if self.column_set.kind == SetKind.ANNUAL:
            return annual.rows(self.crowd, self.wish, self.totals, self._step)
        sought = self.job.sought if self.column_set.kind == SetKind.GRANTEES else ""
        return lines.rows(self.crowd, self.wish, self.totals, self._step, sought=sought)

    def _step(self, made: int) -> None:
        if self.lost.is_set():
            raise LostLease
        self.tell(min(90, made * 90 // max(1, self.expected)))

    def _reconcile(self) -> None:
        judged = self.totals.judged or self.stored_sums()
        if judged is not None:
            self.totals.reconcile(judged, is_closed=self.wish.is_closed)

    def is_demo(self) -> bool:
        job = self.job
        if Node.objects.filter(path__in=job.scope_paths, is_demo=True).exists():
            return True
        if self.is_projects:
            return projects.projects(self.wish.year).filter(is_demo=True).exists()
        return people_in(Scope(frozenset(job.scope_paths))).filter(is_demo=True).exists()


def render(job: Wish, path: Path, *, as_of: date | None = None) -> Rendered:
    """Write the file of `job` to `path` in the active language. `as_of` (default: today there) decides open or failed.

    All rows are of one moment: one REPEATABLE READ transaction, or one read transaction of SQLite.
    """
    with one_moment(), few_collections():
        return Run(job, as_of or selectors.today_in(job.rule_set_id)).write(path)


@contextlib.contextmanager
def one_moment() -> Iterator[None]:
    """Everything read inside is of one moment, and nothing can be written. No effect inside a transaction."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                # One pass over all rows: compiling costs more than it saves, and rows are sorted without a file.
                cursor.execute(
                    "SET LOCAL jit = off; SET LOCAL cursor_tuple_fraction = 1; SET LOCAL work_mem = '64MB'; "
                    "SET LOCAL max_parallel_workers_per_gather = 0"  # helpers would do some of it twice
                )
            yield
    else:
        # Django's own transactions ask for the one lock of writers; a reader needs none and must not hold it.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")


# So many objects that hold others may be made before Python looks for those that hold each other.
SELDOM = 50_000


@contextlib.contextmanager
def few_collections() -> Iterator[None]:
    """Leave what the process already holds alone while rows come and go, and look through the rows seldom: looking
    again and again costs more than the rows."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


def allowed_disclosure(job: Wish) -> Disclosure | None:
    """The agreed request for full ID numbers that `job` was made for; None for an ordinary export.

    Raises NotAgreed where it lapsed or was never agreed to by a second person: then there is no file.
    """
    if job.pk is None:
        return None
    found = Disclosure.objects.filter(job_id=job.pk).select_related("requested_by", "decided_by").first()
    if found is None:
        return None
    second = found.decided_by_id is not None and found.decided_by_id != found.requested_by_id
    lasts = found.expires_at is not None and found.expires_at > timezone.now()
    if found.state != RequestState.ACCEPTED or not second or not lasts:
        raise NotAgreed
    return found


def watermark(disclosure: Disclosure) -> str:
    """Whose file this is: the first line of every sheet."""
    assert disclosure.expires_at is not None and disclosure.decided_at is not None  # noqa: S101 - allowed_disclosure
    return _(
        "Full ID numbers, for %(name)s only (%(id)s). Agreed by %(approver)s on %(made)s. Destroy by %(until)s."
    ) % {
        "name": disclosure.requested_by,
        "id": disclosure.requested_by.public_id,
        "approver": disclosure.decided_by,
        "made": f"{timezone.localtime(disclosure.decided_at):%Y-%m-%d %H:%M:%S}",
        "until": f"{timezone.localtime(disclosure.expires_at):%Y-%m-%d}",
    }
