"""Letting old lines of the audit log go, and saying so in it."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from organisations import audit, retention
from organisations.deeds import Deed
from organisations.models import AuditEvent


class TooYoung(errors.InvalidInput):
    code = "audit_events_too_young"
    message = _("The audit log is kept for at least %(days)s days: nothing younger than %(day)s may go.")


@dataclass(frozen=True)
class Pruned:
    """What went: how many lines, and the SHA-256 over them, one JSON object a line, in the order of their keys."""

    count: int
    sha256: str


@transaction.atomic
def prune(*, before: date) -> Pruned:
    """Delete the lines from before the local day `before`, and write how many and their hash into the log.

    Raises TooYoung. The database itself refuses younger ones.
    """
    days = retention.policy("audit", on=timezone.localdate()).amount
    youngest = timezone.localdate() - timedelta(days=days)
    if before > youngest:
        raise TooYoung(days=days, day=youngest.isoformat())
    rows = AuditEvent.objects.filter(at__lt=timezone.make_aware(datetime.combine(before, time.min)))
    digest, count, first, last = hashlib.sha256(), 0, None, None
    names = [field.attname for field in AuditEvent._meta.concrete_fields]
    for row in rows.order_by("pk").values(*names).iterator(chunk_size=2000):
        digest.update(_line(row))
        count, first, last = count + 1, first or row["at"], row["at"]
    if count == 0:
        return Pruned(0, digest.hexdigest())
    if rows._raw_delete(rows.db) != count:
        raise errors.Conflict
    event = audit.record(
        by=None,
        verb=Deed.AUDIT_PRUNE,
        target=AuditEvent(),
        after={"before": before, "count": count, "first": first, "last": last, "sha256": digest.hexdigest()},
    )
    return Pruned(count, str(event.after["sha256"]))


def _line(row: dict[str, Any]) -> bytes:
    text = json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"{text}\n".encode()
