"""What a line of the audit log says before and after, in words: fields by their names, choices by their labels."""

from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from organisations.deeds import Deed
from organisations.enums import (
    Degree,
    DocumentKind,
    EmploymentKind,
    HospitalLevel,
    NodeKind,
    PersonState,
    ProfessionalTitle,
    QualificationKind,
    RequestState,
    Role,
    RosterStage,
    RowOutcome,
    Tree,
)
from organisations.models import AuditEvent, Node, PlaceChange

Written = TypeVar("Written", AuditEvent, PlaceChange)

FIELDS: dict[str, str | Promise] = {
    "account": gettext_lazy("account"),
    "accounts": gettext_lazy("accounts"),
    "activity": gettext_lazy("activity"),
    "actor": gettext_lazy("done by"),
    "alliance": gettext_lazy("alliance"),
    "alliances": gettext_lazy("alliances"),
    "basis": gettext_lazy("basis"),
    "before": gettext_lazy("lines before"),
    "begins": gettext_lazy("from"),
    "branch": gettext_lazy("branch"),
    "bytes": gettext_lazy("size in bytes"),
    "changed": gettext_lazy("changed"),
    "chosen": gettext_lazy("chosen lines only"),
    "city": gettext_lazy("city"),
    "closed_on": gettext_lazy("closed on"),
    "closes_on": gettext_lazy("closes on"),
    "code": gettext_lazy("code"),
    "column": gettext_lazy("column"),
    "columns": gettext_lazy("columns"),
    "count": gettext_lazy("number"),
    "counts": gettext_lazy("numbers"),
    "day": gettext_lazy("day"),
    "days": gettext_lazy("days"),
    "decision": gettext_lazy("decision"),
    "deed": gettext_lazy("deed"),
    "degree": gettext_lazy("degree"),
    "department": gettext_lazy("department"),
    "departments": gettext_lazy("departments"),
    "document": gettext_lazy("document"),
    "due_on": gettext_lazy("due on"),
    "earliest_on": gettext_lazy("earliest day"),
    "email": gettext_lazy("e-mail address"),
    "ends": gettext_lazy("until"),
    "ends_on": gettext_lazy("ended on"),
    "entries": gettext_lazy("entries"),
    "exam": gettext_lazy("exam"),
    "fields": gettext_lazy("fields"),
    "file": gettext_lazy("file"),
    "filters": gettext_lazy("filters"),
    "finding": gettext_lazy("finding"),
    "first": gettext_lazy("first line"),
    "format": gettext_lazy("file format"),
    "found": gettext_lazy("found"),
    "from": gettext_lazy("made from"),
    "has_contact": gettext_lazy("ways to reach the person"),
    "has_proof": gettext_lazy("with proof"),
    "holds_from": gettext_lazy("holds from"),
    "id_number": gettext_lazy("ID number"),
    "into": gettext_lazy("merged into"),
    "is_active": gettext_lazy("may sign in"),
    "is_demo": gettext_lazy("demonstration"),
    "is_complete": gettext_lazy("a complete roster"),
    "kept": gettext_lazy("account that stays"),
    "key": gettext_lazy("key"),
    "kind": gettext_lazy("kind"),
    "language": gettext_lazy("language"),
    "last": gettext_lazy("last line"),
    "lead": gettext_lazy("leading unit"),
    "lesson": gettext_lazy("lesson"),
    "level": gettext_lazy("level"),
    "lines": gettext_lazy("lines"),
    "list": gettext_lazy("list"),
    "members": gettext_lazy("members"),
    "merged": gettext_lazy("by a merger"),
    "merged_into": gettext_lazy("merged into"),
    "minutes": gettext_lazy("minutes"),
    "moved": gettext_lazy("taken over"),
    "name": gettext_lazy("name"),
    "name_en": gettext_lazy("English name"),
    "note": gettext_lazy("note"),
    "nowhere": gettext_lazy("people of no unit"),
    "obtained_on": gettext_lazy("obtained on"),
    "of": gettext_lazy("proof of"),
    "on": gettext_lazy("on"),
    "other": gettext_lazy("other account"),
    "outcome": gettext_lazy("outcome"),
    "paper": gettext_lazy("exam paper"),
    "parent": gettext_lazy("belongs to"),
    "people": gettext_lazy("people"),
    "person": gettext_lazy("person"),
    "phone": gettext_lazy("mobile number"),
    "place": gettext_lazy("place"),
    "purpose": gettext_lazy("purpose"),
    "readings": gettext_lazy("what was only read"),
    "reason": gettext_lazy("reason"),
    "received": gettext_lazy("received from"),
    "reference": gettext_lazy("reference"),
    "registrations": gettext_lazy("registrations"),
    "restored": gettext_lazy("after a backup was put back"),
    "review_state": gettext_lazy("state of review"),
    "revision": gettext_lazy("revision"),
    "role": gettext_lazy("role"),
    "roles": gettext_lazy("roles"),
    "roles_ended": gettext_lazy("roles ended"),
    "roles_kept": gettext_lazy("roles kept"),
    "roster": gettext_lazy("roster"),
    "rows": gettext_lazy("rows"),
    "rule_set": gettext_lazy("credit rules"),
    "search": gettext_lazy("words searched for"),
    "sha256": "SHA-256",
    "sheets": gettext_lazy("sheets"),
    "shown": gettext_lazy("shown"),
    "staff_number": gettext_lazy("Staff number"),
    "state": gettext_lazy("state"),
    "step": gettext_lazy("step"),
    "substitute_for": gettext_lazy("substitute for"),
    "table": gettext_lazy("table"),
    "target": gettext_lazy("done to"),
    "text": gettext_lazy("words searched for"),
    "title": gettext_lazy("Professional title"),
    "to": gettext_lazy("goes to"),
    "told": gettext_lazy("people told"),
    "tree": gettext_lazy("tree"),
    "undone": gettext_lazy("by undoing a roster"),
    "unit": gettext_lazy("unit"),
    "user_name": gettext_lazy("user name"),
    "username": gettext_lazy("user name"),
    "value": gettext_lazy("what it is"),
    "version": gettext_lazy("version"),
    "written": gettext_lazy("written"),
    "year": gettext_lazy("year"),
    "q": gettext_lazy("words searched for"),
}
# What a list of people is called where its reading is written down.
LISTS: dict[str, str | Promise] = {
    "alliances": gettext_lazy("Alliances"),
    "departures": gettext_lazy("People who left"),
    "erasures": gettext_lazy("Requests for erasure"),
    "merge": gettext_lazy("accounts to compare"),
    "objections": gettext_lazy("Objections"),
    "people": gettext_lazy("People"),
    "places": gettext_lazy("Places"),
    "qualifications": gettext_lazy("Titles and degrees"),
    "registrations": gettext_lazy("Registrations"),
    "roles": gettext_lazy("Roles"),
    "roster": gettext_lazy("Rows of a roster"),
    "rosters": gettext_lazy("Rosters"),
}
# Deeds by which nothing was changed: shown with the others, left out, or alone.
READINGS_SHOWN = {"without": gettext_lazy("left out"), "only": gettext_lazy("only readings")}
# Where a field holds one of several values: by the first word of the deed, else by the field alone.
_BY_DEED: dict[tuple[str, str], tuple[type[TextChoices], ...]] = {
    ("qualification", "kind"): (QualificationKind,),
    ("proof", "of"): (QualificationKind,),
    ("employment", "kind"): (EmploymentKind,),
    ("place", "kind"): (NodeKind,),
    ("state", "state"): (PersonState,),
    ("roster", "state"): (RosterStage,),
}
_CHOICES: dict[str, tuple[type[TextChoices], ...]] = {
    "decision": (RequestState,),
    "deed": (Deed,),
    "degree": (Degree,),
    "document": (DocumentKind,),
    "level": (HospitalLevel,),
    "kind": (EmploymentKind, QualificationKind),
    "outcome": (RowOutcome,),
    "role": (Role,),
    "rows": (RowOutcome,),
    "state": (PersonState, RequestState),
    "title": (ProfessionalTitle,),
    "tree": (Tree,),
    "value": (ProfessionalTitle, Degree),
}
# These hold the codes of places.
_PLACES = frozenset({"branch", "city", "into", "lead", "merged_into", "parent", "place", "received", "to", "unit"})
_NAMES_OF_FIELDS = frozenset({"changed", "fields", "has_contact"})
_OPEN_ENDED = frozenset({"ends", "closed_on"})


def label(name: str) -> str:
    """The field's name in words; as it is written where nobody gave it one."""
    return str(FIELDS.get(name, name))


def worded(events: Iterable[Written]) -> list[Written]:
    """The events with `told_before` and `told_after`, each one line. One query if places are named in them."""
    rows = list(events)
    names = names_of_places(rows)
    for row in rows:
        verb = row.verb if isinstance(row, AuditEvent) else Deed.PLACE_CHANGE.value
        row.told_before, row.told_after = (_line(verb, told, names) for told in (row.before, row.after))
    return rows


def names_of_places(events: Iterable[Written]) -> dict[str, str]:
    """{code: name} of the places that stand in the events."""
    codes = {
        told[name]
        for row in events
        for told in (row.before, row.after)
        for name in _PLACES & told.keys()
        if told[name] and isinstance(told[name], str)
    }
    return dict(Node.objects.filter(code__in=codes).values_list("code", "name")) if codes else {}


def _line(verb: str, told: dict[str, Any], places: dict[str, str]) -> str:
    """Ids that say nothing to a reader are left out."""
    found = ((name, in_words(verb, name, value, places)) for name, value in told.items() if not is_id(name, value))
    return "; ".join(_("%(field)s: %(value)s") % {"field": label(name), "value": text} for name, text in found)


def is_id(name: str, value: Any) -> bool:
    """Whether the value leads somewhere but tells nothing."""
    if not isinstance(value, str) or name == "value":
        return False
    if name == "sha256":
        return True
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def in_words(verb: str, name: str, value: Any, places: dict[str, str]) -> str:
    """One value; `places` as from `names_of_places`."""
    if value is None or value == "":
        return _("no end") if name in _OPEN_ENDED else _("none")
    if isinstance(value, bool):
        return pgettext("answer", "yes") if value else pgettext("answer", "no")
    if isinstance(value, list):
        told = [label(one) if name in _NAMES_OF_FIELDS else in_words(verb, name, one, places) for one in value]
        return ", ".join(told) or _("none")
    if isinstance(value, dict):
        told = [
            _("%(field)s: %(value)s")
            % {
                "field": _choice(verb, name, key) or label(key),
                "value": in_words(verb, key, one, places),
            }
            for key, one in value.items()
            if not is_id(key, one)
        ]
        return ", ".join(told) or _("none")
    return _text(verb, name, str(value), places)


def _text(verb: str, name: str, value: str, places: dict[str, str]) -> str:
    if name in _PLACES:
        return places.get(value, value)
    if name == "list":
        return str(LISTS.get(value, value))
    if name == "readings":
        return str(READINGS_SHOWN.get(value, value))
    if name == "language":
        return str(dict(settings.LANGUAGES).get(value, value))
    if name == "document":
        kind, _space, version = value.partition(" ")
        return f"{_choice(verb, name, kind) or kind} {version}".strip()
    return _choice(verb, name, value) or value


def _choice(verb: str, name: str, value: str) -> str:
    """The label of a value that is one of several; "" if it is not."""
    for choices in _BY_DEED.get((verb.partition(".")[0], name), _CHOICES.get(name, ())):
        if value in choices.values:
            return str(choices(value).label)
    return ""
