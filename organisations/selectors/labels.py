"""Whom lines of the audit log are about, as they are called today: the log itself keeps no names."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models
from django.utils.translation import gettext as _

from organisations.deeds import Deed
from organisations.histories import person_path
from organisations.models import AuditEvent, Person

_PERSON = Person._meta.label_lower


def named(events: Iterable[AuditEvent]) -> list[AuditEvent]:
    """The events with `actor` and `target` as they are called now; an erased account bears its made-up name.

    One query, one for each kind of target that belongs to a person, and one if people were removed.
    """
    rows = list(events)
    actors = {row.actor_id_copy for row in rows if row.actor_id_copy is not None}
    targets = {key for row in rows if row.target_kind == _PERSON and (key := _uuid(row.target_id)) is not None}
    found = Person.objects.filter(models.Q(pk__in=actors) | models.Q(public_id__in=targets)) if rows else ()
    names = {person.pk: str(person) for person in found}
    called = {(_PERSON, str(person.public_id)): str(person) for person in found} | _owners(rows)
    removed = _removed({key for key in targets if (_PERSON, str(key)) not in called})
    for row in rows:
        if row.actor_id_copy is not None:
            # Lines of earlier releases bear a name; of whoever is not there any more it is the only one.
            row.actor = names.get(row.actor_id_copy) or row.actor or _("an account that was removed")
        about = (row.target_kind, row.target_id)
        row.target = called.get(about) or row.target or removed.get(about, "")
    return rows


def _removed(keys: Collection[UUID]) -> dict[tuple[str, str], str]:
    """What is left to call those who are not there any more: the beginning of their random id. A query if any."""
    if not keys:
        return {}
    texts = {str(key) for key in keys}
    undone = set(
        AuditEvent.objects.filter(verb=Deed.PERSON_REMOVE, target_kind=_PERSON, target_id__in=texts)
        .order_by()
        .values_list("target_id", flat=True)
    )
    label = {True: _("removed by undoing a roster (%(code)s)"), False: _("an account that was removed (%(code)s)")}
    return {(_PERSON, text): label[text in undone] % {"code": text[:6]} for text in texts}


def _owners(rows: Iterable[AuditEvent]) -> dict[tuple[str, str], str]:
    """{(kind, id): whose it is} of the targets that are not people but belong to one."""
    wanted: dict[str, set[str]] = {}
    for row in rows:
        if row.target_kind != _PERSON:
            wanted.setdefault(row.target_kind, set()).add(row.target_id)
    owners: dict[tuple[str, str], str] = {}
    for kind, ids in sorted(wanted.items()):
        try:
            model = apps.get_model(kind)
        except (LookupError, ValueError):  # a table that an older release had
            continue
        if path := person_path(model):
            for key, name, username in _called(model, path, ids):
                owners[kind, str(key)] = name or username
    return owners


def _called(model: type[models.Model], path: str, ids: Collection[str]) -> Any:
    by_public_id = any(field.name == "public_id" for field in model._meta.concrete_fields)
    keys: list[Any] = [key for text in ids if (key := _uuid(text) if by_public_id else _number(text)) is not None]
    column = "public_id" if by_public_id else "pk"
    rows = model._default_manager.filter(**{f"{column}__in": keys, f"{path}__isnull": False})
    return rows.order_by().values_list(column, f"{path}__name", f"{path}__username")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
