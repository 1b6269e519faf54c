"""What a file says about itself, and the cover that goes with it."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from credits.exports import identity
from credits.models import ExportJob
from credits.selectors import column_sets
from organisations.models import Node

if TYPE_CHECKING:
    from credits.exports.render import Run

Lines = list[tuple[str, str]]


def of_file(run: "Run", rows: int) -> Lines:
    """The same for everybody who asks for the same: nothing about who asked, when and why."""
    return _about(run.identity, run.cut_off, run.totals.document(rows))


def of_job(job: ExportJob) -> Lines:
    """The cover of a finished job: who asked, when, why, and the fingerprint of the file."""
    assert job.cut_off_at is not None and job.finished_at is not None  # noqa: S101 - a finished job has both
    return [
        (_("File"), job.file_name),
        ("SHA-256", job.file_sha256),
        (_("Asked for by"), f"{job.requested_by} ({job.requested_by.public_id})"),
        (_("Asked for on"), _moment(job.created_at)),
        (_("Made on"), _moment(job.finished_at)),
        (_("Reason"), job.reason),
        *_about(job.identity, job.cut_off_at, job.totals),
    ]


def _moment(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S %z}"


def _about(document: dict[str, Any], cut_off: datetime, totals: dict[str, Any]) -> Lines:
    column_set = column_sets.find(document["column_set"])
    found = [
        (_("Column set"), f"{column_set.title(document['language'])} ({column_set.key})"),
        (_("Source of the columns"), f"{column_set.source} [{column_set.mark}]"),
        (_("Places"), "; ".join(_places(document["scope"]))),
        (_("Period"), f"{document['period'][0]} – {document['period'][1]} ({_('the last day excluded')})"),
        (_("Judged by"), document["rules"]),
        (_("Judged as of"), document["as_of"]),
    ]
    if document["sought"]:
        found.append((_("Activity"), document["sought"]))
    found += [
        (_("Ledger position"), str(document["ledger_position"])),
        (_("Official states recorded"), str(document["states_position"])),
        (_("Objections answered"), str(document["review_position"])),
        (_("Last entry recorded"), _moment(cut_off)),
        (_("Identity of the file"), identity.sha256_of(document)),
    ]
    if totals.get("marks"):
        found.append((_("Verification"), f"{_('to be verified')} [{', '.join(totals['marks'])}]"))
    return found + [(label, str(totals[name])) for name, label in labels() if name in totals]


def _places(paths: Sequence[str]) -> list[str]:
    rows = Node.objects.filter(path__in=paths).order_by("path").values_list("name", "code")
    return [f"{name} ({code})" for name, code in rows]


def labels() -> list[tuple[str, str]]:
    """The totals in words, in their order."""
    return [
        ("rows", _("Rows")),
        ("people", _("People")),
        ("credits", _("Credits of all")),
        ("hours", _("Hours of all")),
        ("met", _("Met")),
        ("open", _("Still open")),
        ("failed", _("Not met")),
        ("undetermined", _("Undetermined")),
        ("record_only", _("Recorded only")),
        ("not_assessed", _("Of them not assessed")),
    ]


def text(lines: Lines) -> str:
    """The cover as a text file."""
    return "".join(f"{label}: {value}\r\n" for label, value in lines)
