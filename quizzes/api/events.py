"""Reading answer events from JSON. Strict: unknown fields and wrong types are refused, nothing is converted.

A save is the request that comes most often and must cost little, so it is read by hand.
"""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from quizzes.protocol import Event

MAX_EVENTS = 500
MAX_COUNTER = 10**9
# An essay.
MAX_VALUE = 20_000
MAX_SECTIONS = 100
_CLIENT = re.compile(r"[A-Za-z0-9-]{8,36}")
_FIELDS = frozenset({"client", "counter", "question", "value", "at"})


def batch(data: Any, *, required: bool, more: frozenset[str] = frozenset()) -> list[Event]:
    """The events of a body that has nothing but these and `more`. Raises ValidationError naming what is wrong."""
    body = _object(data, "events")
    if unknown := sorted(set(body) - more - {"events"}):
        raise ValidationError({name: [_("This field is not known.")] for name in unknown})
    if "events" not in body and not required:
        return []
    events = body.get("events")
    if not isinstance(events, list) or len(events) > MAX_EVENTS:
        raise ValidationError({"events": [_("This must be a list of at most %(most)s events.") % {"most": MAX_EVENTS}]})
    return [_event(event) for event in events]


def finished(body: Any) -> tuple[str, int | None]:
    """What a body finishes: an item ("" for none) or a section (None for none). Raises ValidationError."""
    data = _object(body, "item")
    if ("item" in data) == ("section" in data):
        raise ValidationError({"item": [_("Name either an item or a section.")]})
    if "item" in data:
        return _uuid(data["item"], "item"), None
    section = data["section"]
    if not _is_whole(section) or not 1 <= section <= MAX_SECTIONS:
        raise ValidationError({"section": [_("This is not a number that can be used.")]})
    return "", section


def _event(data: Any) -> Event:
    event = _object(data, "events")
    if unknown := sorted(set(event) - _FIELDS):
        raise ValidationError({name: [_("This field is not known.")] for name in unknown})
    if missing := sorted(_FIELDS - {"at"} - set(event)):
        raise ValidationError({name: [_("This field is missing.")] for name in missing})
    client, counter, value = event["client"], event["counter"], event["value"]
    if not isinstance(client, str) or not _CLIENT.fullmatch(client):
        raise ValidationError({"client": [_("This is not the id of a client.")]})
    if not _is_whole(counter) or not 1 <= counter <= MAX_COUNTER:
        raise ValidationError({"counter": [_("This is not a number that can be used.")]})
    if not isinstance(value, str) or len(value) > MAX_VALUE or "\0" in value:
        raise ValidationError({"value": [_("This is not a text that can be used.")]})
    return Event(_uuid(event["question"], "question"), value, counter, client, _moment(event.get("at")))


def _object(data: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise ValidationError({name: [_("This must be an object.")]})
    return data


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _uuid(value: Any, name: str) -> str:
    try:
        return str(UUID(value))
    except (ValueError, AttributeError, TypeError) as error:
        raise ValidationError({name: [_("This is not an id.")]}) from error


def _moment(value: Any) -> str:
    if value is None:
        return ""
    try:
        moment = parse_datetime(value)
    except (TypeError, ValueError):
        moment = None
    if moment is None:
        raise ValidationError({"at": [_("This is not a time.")]})
    return (moment if timezone.is_aware(moment) else timezone.make_aware(moment)).isoformat()
