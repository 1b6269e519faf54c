"""The audit log as its readers see it: through their scope, newest first, by key and not by page number."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import CharField, F, Func, Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from cms.shared import search_words
from cms.shared.errors import NotFound
from organisations.deeds import READINGS, Deed
from organisations.enums import Power
from organisations.models import AuditEvent, Node, Person
from organisations.scopes import Scope
from organisations.selectors import labels, log_words
from organisations.selectors.log_words import READINGS_SHOWN
from organisations.selectors.powers import people_in, reaches_everybody, required_scope

PER_PAGE = 50
_AT_ONCE = 500
EXPORTED_AT_MOST = 50_000
# What deeds are done to, for the filter; an unusual kind is found by its target.
KINDS = (
    "organisations.person",
    "organisations.node",
    "organisations.rosterimport",
    "organisations.auditevent",
    "courses.enrolment",
    "courses.lessonprogress",
    "credits.entry",
    "credits.exportjob",
    "media_pipeline.lecture",
)
# Fields that hold the id of something to which deeds are done.
_TARGETS = frozenset({"account", "kept", "merged", "other", "person", "roster"})


@dataclass(frozen=True)
class Wanted:
    """What is looked for. `actor` and `target` are public ids; `begins` and `ends` local days, both included.

    `readings`: "", or a key of READINGS_SHOWN.
    """

    text: str = ""
    deed: str = ""
    kind: str = ""
    actor: str = ""
    target: str = ""
    begins: date | None = None
    ends: date | None = None
    readings: str = ""

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The parameters of an address that asks for the same."""
        named = {"q": search_words.sealed(self.text), "deed": self.deed, "kind": self.kind}
        named |= {"actor": self.actor, "target": self.target, "readings": self.readings}
        days = {"begins": self.begins, "ends": self.ends}
        return [(n, v) for n, v in named.items() if v] + [(n, d.isoformat()) for n, d in days.items() if d]

    @property
    def shown(self) -> str:
        """The text for the field that it was typed into."""
        return search_words.shown(self.text)

    @property
    def told(self) -> dict[str, Any]:
        """For the log of readings: what was asked, without what is empty. Words may be a name: only that there were."""
        return {name: value for name, value in vars(self).items() if value} | ({"text": "…"} if self.text else {})


@dataclass(frozen=True)
class AuditPage:
    """`older` is the cursor of the next page, "" on the last one. `actor` and `target`: whose events these are."""

    events: list[AuditEvent]
    older: str
    actor: Person | None
    target: str


@dataclass(frozen=True)
class Change:
    """One field of an event in words; a value that did not exist is None. `target`: the id of what the field names."""

    field: str
    before: str | None
    after: str | None
    target: str = ""


def wanted_from(query: dict[str, str]) -> Wanted:
    """From the parameters of an address; what makes no sense is left out."""
    return Wanted(
        text=search_words.opened(query.get("q", ""))[:100],
        deed=query.get("deed", "") if query.get("deed", "") in Deed else "",
        kind=query.get("kind", "") if query.get("kind", "") in KINDS else "",
        actor=_uuid(query.get("actor", "")),
        target=query.get("target", "").strip()[:64],
        begins=_day(query.get("begins", "")),
        ends=_day(query.get("ends", "")),
        readings=query.get("readings", "") if query.get("readings", "") in READINGS_SHOWN else "",
    )


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def events(by: Person, wanted: Wanted) -> QuerySet[AuditEvent]:
    """The events that `by` may read and that are wanted, newest first. Raises OutOfScope."""
    found = AuditEvent.objects.filter(_readable(required_scope(by, Power.READ_AUDIT)))
    if wanted.deed:
        found = found.filter(verb=wanted.deed)
    if wanted.readings == "without":
        found = found.exclude(verb__in=READINGS)
    elif wanted.readings == "only":
        found = found.filter(verb__in=READINGS)
    if wanted.kind:
        found = found.filter(target_kind=wanted.kind)
    if wanted.actor:
        found = found.filter(actor_id_copy__in=Person.objects.filter(public_id=wanted.actor).values("pk"))
    if wanted.target:
        found = found.filter(target_id=wanted.target)
    if wanted.begins:
        found = found.filter(at__gte=_midnight(wanted.begins))
    if wanted.ends and wanted.ends < date.max:
        found = found.filter(at__lt=_midnight(wanted.ends + timedelta(days=1)))
    if wanted.text:
        found = found.filter(_says(wanted.text))
    return found.order_by("-at", "-pk")


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _says(text: str) -> Q:
    """Names, addresses, request ids, deeds in words, and what stands in the fields before and after."""
    # SQLite keeps JSON with letters beyond ASCII escaped.
    escaped = json.dumps(text)[1:-1]
    people = Person.objects.filter(Q(name__icontains=text) | Q(username=text.lower()))
    ids = people.annotate(text_id=_UuidText(F("public_id"))).values("text_id")
    deeds = [verb for verb, label in Deed.choices if text.casefold() in str(label).casefold()]
    found = Q(actor__icontains=text) | Q(target__icontains=text) | Q(request_id=text) | Q(verb__in=deeds)
    found |= Q(actor_id_copy__in=people.values("pk")) | Q(target_kind=Person._meta.label_lower, target_id__in=ids)
    for field in ("before", "after"):
        found |= Q(**{f"{field}__icontains": text}) | Q(**{f"{field}__icontains": escaped})
    return found


class _UuidText(Func):
    """A UUID as text with dashes: SQLite keeps it as 32 digits."""

    output_field = CharField()
    template = "CAST(%(expressions)s AS varchar)"

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        sql, params = compiler.compile(self.source_expressions[0])
        places = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
        return "||'-'||".join(f"substr({sql}, {start}, {length})" for start, length in places), list(params) * 5


def _readable(scope: Scope) -> Q:
    """Everything for whoever audits everybody; else what people of the scope did, or was done to them or to its
    places."""
    if reaches_everybody(scope):
        return Q()
    people = people_in(scope)
    ids = people.annotate(text_id=_UuidText(F("public_id"))).values("text_id")
    places = Node.objects.filter(scope.q("")).annotate(text_id=_UuidText(F("public_id"))).values("text_id")
    return (
        Q(actor_id_copy__in=people.values("pk"))
        | Q(target_kind=Person._meta.label_lower, target_id__in=ids)
        | Q(target_kind=Node._meta.label_lower, target_id__in=places)
    )


def page(by: Person, wanted: Wanted, *, cursor: str = "") -> AuditPage:
    """Fifty events older than `cursor` ("" for the newest). Costs the same on every page."""
    found = events(by, wanted)
    if (place := _place(cursor)) is not None:
        at, pk = place
        found = found.filter(Q(at__lt=at) | Q(at=at, pk__lt=pk), at__lte=at)
    rows = labels.named(found[: PER_PAGE + 1])
    shown = rows[:PER_PAGE]
    older = f"{shown[-1].at.isoformat()}_{shown[-1].pk}" if len(rows) > PER_PAGE else ""
    actor = Person.objects.filter(public_id=wanted.actor).first() if wanted.actor else None
    return AuditPage(shown, older, actor, shown[0].target if wanted.target and shown else wanted.target)


def _place(cursor: str) -> tuple[datetime, int] | None:
    moment, _underscore, number = cursor.partition("_")
    try:
        at = parse_datetime(moment)
    except ValueError:
        return None
    if at is None or timezone.is_naive(at) or not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    return at, int(number)


def event(by: Person, pk: int) -> AuditEvent:
    """One event. Raises OutOfScope, NotFound."""
    found = events(by, Wanted()).filter(pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise NotFound
    return labels.named([found])[0]


def lines(by: Person, wanted: Wanted) -> Iterator[AuditEvent]:
    """All events that `by` may read and that are wanted, newest first, at most EXPORTED_AT_MOST. Raises OutOfScope."""
    found = events(by, wanted)[:EXPORTED_AT_MOST].iterator(chunk_size=_AT_ONCE)
    chunks = iter(lambda: list(islice(found, _AT_ONCE)), [])
    return (row for some in chunks for row in log_words.worded(labels.named(some)))


def public_id_of_actor(found: AuditEvent) -> UUID | None:
    """Whose deed it was, for a link to all of theirs; None for the system."""
    if found.actor_id_copy is None:
        return None
    return Person.objects.filter(pk=found.actor_id_copy).values_list("public_id", flat=True).first()


def changes(found: AuditEvent) -> list[Change]:
    """The fields before and after, side by side, in the order in which they were written."""
    names, places = dict.fromkeys([*found.before, *found.after]), log_words.names_of_places([found])

    def told(fields: dict[str, Any], name: str) -> str | None:
        return log_words.in_words(found.verb, name, fields[name], places) if name in fields else None

    return [
        Change(log_words.label(name), told(found.before, name), told(found.after, name), _target(found.after, name))
        for name in names
    ]


def _target(fields: dict[str, Any], name: str) -> str:
    return str(fields[name]) if name in _TARGETS and log_words.is_id(name, fields.get(name)) else ""


def kinds() -> list[tuple[str, str]]:
    """(kind, its name in words), sorted by the key."""
    return [(kind, str(apps.get_model(kind)._meta.verbose_name)) for kind in KINDS]
