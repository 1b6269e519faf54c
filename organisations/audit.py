"""The audit log: append-only, personal fields masked before they are written, and people named by their keys alone:
who they are is looked up when the log is read (`selectors.labels`), so that an erasure reaches it too."""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from ipaddress import ip_address
from typing import Any

import structlog
from django.core.cache import cache
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model
from django.utils.crypto import salted_hmac

from cms.shared.free_text import without_numbers
from cms.shared.http import current_address
from cms.shared.logs import scrub
from organisations import histories
from organisations.deeds import Deed
from organisations.models import AuditEvent, Person

# Parts of field names whose values never enter the log, not even masked ones.
PERSONAL = ("phone", "id_number", "email", "password", "activation_code", "secret", "token", "staff_number")
# Names of fields that hold the name of a person, where the deed is done to one.
NAMES = frozenset({"name", "username", "user_name"})
MASK = "***"


def record(
    *,
    by: Person | None,
    verb: str,
    target: Model,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEvent:
    """Write that `by` (None: the system) did `verb` (one of `deeds.Deed`: "role.grant") to `target`.

    Call it inside the transaction of the deed.
    """
    event = _event(by, verb, target, before, after)
    event.save()
    return event


READ_AGAIN_AFTER = timedelta(minutes=10)


def record_reading(*, by: Person, listed: str, rows: int, filters: Mapping[str, str], words: str = "") -> bool:
    """Write that `by` was shown a list of people; False where that was written within the last ten minutes.

    `filters` are told as they are; the `words` searched for may be a name or a number: only that there were some.
    Pages of one list are one reading; other filters, other words and another number of rows are another.
    """
    said = json.dumps([by.pk, listed, rows, sorted(filters.items()), words])
    key = "reading:" + salted_hmac("organisations.audit.reading", said, algorithm="sha256").hexdigest()
    if not cache.add(key, True, timeout=int(READ_AGAIN_AFTER.total_seconds())):
        return False
    told = {**filters, "q": "…"} if words else dict(filters)
    try:
        record(by=by, verb=Deed.LIST_READ, target=by, after={"list": listed, "filters": told, "rows": rows})
    except BaseException:
        # Nobody is shown what was not written down: the next request has to write it.
        cache.delete(key)
        raise
    return True


Deeds = Iterable[tuple[str, Model, dict[str, Any], dict[str, Any]]]


def record_many(*, by: Person | None, deeds: Deeds) -> int:
    """As `record` for many (verb, target, before, after) at once; how many."""
    events = [_event(by, verb, target, before, after) for verb, target, before, after in deeds]
    AuditEvent.objects.bulk_create(events)
    return len(events)


def _event(
    by: Person | None, verb: str, target: Model, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> AuditEvent:
    return AuditEvent(
        actor_id_copy=by.pk if by else None,
        verb=verb,
        target_kind=target._meta.label_lower,
        target_id=str(getattr(target, "public_id", None) or target.pk or ""),
        target="" if histories.person_path(target._meta.model) else scrub(str(target))[:200],
        before=_told(target, before or {}),
        after=_told(target, after or {}),
        address=_address(),
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", "")),
    )


def _told(target: Model, fields: dict[str, Any]) -> dict[str, Any]:
    told = masked(fields)
    return told | {name: MASK for name in NAMES & told.keys() if told[name]} if isinstance(target, Person) else told


def _address() -> str | None:
    try:
        return str(ip_address(current_address()))
    except ValueError:  # outside of a request, a Unix socket, or a forged header
        return None


def masked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A copy for the log: personal values replaced by a mask, at every depth; the rest made JSON."""
    return {
        str(name): MASK if value and any(part in str(name).lower() for part in PERSONAL) else _plain(value)
        for name, value in fields.items()
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return masked(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return scrub(without_numbers(value))  # reasons and searches are typed by people, who write numbers into them
    if value is None or isinstance(value, bool | int | float):
        return value
    try:
        return DjangoJSONEncoder().default(value)
    except TypeError:
        return str(value)
