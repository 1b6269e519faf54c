"""What a file is made of. The same identity gives the same bytes, whoever asks and whichever engine holds the rows."""

import hashlib
import json
from datetime import UTC, date, datetime, time
from typing import Any

from django.db.models import Max
from django.utils import timezone

from credits.columns import ColumnSet, SetKind
from credits.exports import projects
from credits.exports.annual import Asked
from credits.models import EntryStatus, Feed
from credits.selectors import review_position, time_zone_of
from organisations.deeds import Deed
from organisations.models import AuditEvent

# Deeds after which somebody's row may read differently although no entry came.
_CHANGES = frozenset(
    {
        Deed.PERSON_CREATE, Deed.PERSON_REMOVE, Deed.PERSON_CHANGE, Deed.EMPLOYMENT_BEGIN, Deed.EMPLOYMENT_CHANGE,
        Deed.EMPLOYMENT_END, Deed.MEMBERSHIP_BEGIN, Deed.MEMBERSHIP_END, Deed.STATE_ADD, Deed.STATE_END,
        Deed.STATE_WITHDRAW, Deed.PLACE_ADD, Deed.PLACE_CHANGE, Deed.PLACE_MOVE, Deed.PLACE_CLOSE, Deed.PLACE_REOPEN,
        Deed.PLACE_MERGE, Deed.ROSTER_APPLY, Deed.ROSTER_UNDO, Deed.ACCOUNT_MERGE, Deed.ERASURE_DONE,
        Deed.QUALIFICATION_CONFIRM, Deed.QUALIFICATION_ENTER, Deed.QUALIFICATION_CLAIM, Deed.REGISTRATION_ACCEPT,
        Deed.REGISTRATION_TAKE_OVER, Deed.DETAILS_CONFIRM,
    }
)  # fmt: skip


def identity(job: Any, column_set: ColumnSet, wish: Asked, *, disclosure: str) -> dict[str, Any]:
    """Call inside the transaction in which the rows are read: positions and rows are of one moment.

    Positions are counted or said by their moment. Keys of rows would not do: each engine numbers them in its own way.
    """
    is_projects = column_set.kind == SetKind.PROJECTS
    return {
        "column_set": column_set.key,
        "scope": sorted(job.scope_paths),
        "period": [job.period_begins.isoformat(), job.period_ends.isoformat()],
        "rule_set": job.rule_set_id,
        "rules": wish.version.rules.key,
        "rules_sha256": wish.version.sha256,
        "sought": job.sought,
        "format": job.file_format,
        "encoding": job.encoding,
        "layout": job.layout,
        "language": job.language,
        "ledger_position": Feed.objects.aggregate(last=Max("position"))["last"] or 0,
        "states_position": EntryStatus.objects.count(),
        "review_position": review_position(),
        "people_changed": people_changed(),
        "projects_sha256": projects.fingerprint(job.period_begins.year) if is_projects else "",
        "disclosure": disclosure,
        "as_of": wish.as_of.isoformat(),
    }


def people_changed() -> str:
    """When somebody's row was last changed otherwise than by an entry; "" for never."""
    last = AuditEvent.objects.filter(verb__in=_CHANGES).order_by("-pk").values_list("at", flat=True).first()
    return last.astimezone(UTC).isoformat() if last is not None else ""


def sha256_of(document: dict[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def cut_off(document: dict[str, Any]) -> datetime:
    """When the last entry of the file's ledger position was recorded; the begin of the day, where there is none."""
    last = Feed.objects.filter(position=document["ledger_position"]).select_related("entry").first()
    if last is not None:
        return last.entry.recorded_at
    day = date.fromisoformat(document["as_of"])
    return timezone.make_aware(datetime.combine(day, time()), time_zone_of(document["rule_set"]))
