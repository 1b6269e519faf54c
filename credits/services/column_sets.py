"""A place's own column sets: copied from another, rearranged, published as versions that stay."""

import hashlib
import re
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from credits import columns
from credits.columns import BadColumnSet, SetKind
from credits.exports import previews
from credits.models import ColumnDraft, ColumnSetVersion
from credits.selectors import column_sets
from organisations import audit
from organisations.deeds import Deed
from organisations.enums import CREDIT_ROLES, Power
from organisations.models import Person
from organisations.scopes import Scope
from organisations.selectors import node_in, required_scope, scope_of


class BadColumns(errors.InvalidInput):
    """The message names the column that is wrong and what to do about it."""

    code = "bad_columns"
    message = _("%(place)s: %(problem)s")


class Rearranged(errors.Conflict):
    code = "columns_rearranged"
    message = _("Somebody else rearranged this set in the meantime. Look at it as it is now, then go on.")


class NothingNew(errors.Conflict):
    code = "columns_unchanged"
    message = _("Nothing was changed since the last version, so there is nothing to publish.")


_PROBLEMS = {
    "unknown_key": _("there is no such column"),
    "twice": _("it is in the set already"),
    "empty": _("a set needs a column"),
    "too_many": _("a set holds at most 60 columns"),
    "mark_missing": _(
        "figures that rest on rules need the column “Verification” beside them; add it, or take the figures out"
    ),
    "malformed": _("write 1 to 40 printable characters; a width is a number from 4 to 80"),
}


def _told(error: BadColumnSet) -> BadColumns:
    return BadColumns(place=error.place, problem=_PROBLEMS.get(error.code, _PROBLEMS["malformed"]))


@transaction.atomic
def copy(*, by: Person, key: str, place: UUID, title_zh: str, title_en: str) -> ColumnDraft:
    """A set of one's own for a place, to rearrange. Raises OutOfScope, NotFound, UnknownColumnSet, BadColumns."""
    node = node_in(required_scope(by, Power.KEEP_COLUMNS), place)
    one = column_sets.check_offered(key, node=node)
    rows = [
        {"key": c.key, "zh": c.heading_zh, "en": c.heading_en, "width": c.width, "kind": c.kind.value, "mark": c.mark}
        for c in one.columns
    ]
    draft = ColumnDraft(
        place=node, kind=one.kind, title_zh=title_zh.strip(), title_en=title_en.strip() or title_zh.strip(),
        copied_from=one.key, columns=rows, created_by=by,
    )  # fmt: skip
    _document(draft, 1)
    draft.save()
    told = {"place": node.code, "from": one.key, "title": draft.title_zh}
    audit.record(by=by, verb=Deed.COLUMNS_COPY, target=draft, after=told)
    return draft


def _document(draft: ColumnDraft, number: int) -> dict[str, Any]:
    """The set as a version would hold it. Raises BadColumns."""
    document = {
        "id": draft.set_id,
        "version": str(number),
        "kind": draft.kind,
        "title_zh": draft.title_zh,
        "title_en": draft.title_en,
        "source": draft.copied_from,
        "mark": "M",
        "columns": draft.columns,
    }
    try:
        columns.build(document)
    except BadColumnSet as error:
        raise _told(error) from error
    return document


def own(*, by: Person, public_id: UUID, power: Power = Power.KEEP_COLUMNS) -> ColumnDraft:
    """A set of a place that `by` keeps the columns of, or has another `power` over. Raises OutOfScope, NotFound."""
    scope = required_scope(by, power)
    draft = ColumnDraft.objects.filter(scope.q("place"), public_id=public_id).select_related("place").first()
    if draft is None:
        raise errors.NotFound
    return draft


@transaction.atomic
def change(*, by: Person, draft: ColumnDraft, seen: int, deed: str, key: str, **texts: str) -> ColumnDraft:
    """One step of rearranging: `deed` is "up", "down", "remove", "add" or "name" (`zh`, `en`, `width`) of column `key`,
    or "title" of the set (`zh`, `en`).

    `seen` is `draft.changes` as the page showed it. Raises BadColumns, Rearranged, InvalidInput.
    """
    before = [row["key"] for row in draft.columns]
    rows = [dict(row) for row in draft.columns]
    if deed == "title":
        draft.title_zh, draft.title_en = texts.get("zh", "").strip(), texts.get("en", "").strip()
    else:
        _STEPS.get(deed, _unknown)(rows, key, SetKind(draft.kind), texts)
    draft.columns = rows
    _checked(draft)
    moved = ColumnDraft.objects.filter(pk=draft.pk, changes=seen).update(
        columns=rows, title_zh=draft.title_zh, title_en=draft.title_en, changes=seen + 1
    )
    if moved != 1:
        raise Rearranged
    draft.changes = seen + 1
    after = [row["key"] for row in rows]
    told = {"step": deed, "column": key}
    audit.record(
        by=by, verb=Deed.COLUMNS_CHANGE, target=draft, before={"columns": before}, after=told | {"columns": after}
    )
    return draft


def _checked(draft: ColumnDraft) -> None:
    """As `_document`, but a set in the making may still lack its mark or have no column. Raises BadColumns."""
    try:
        if draft.columns:
            columns.checked(SetKind(draft.kind), draft.columns)
        for title in (draft.title_zh, draft.title_en):
            if not title or len(title) > columns.LONGEST_HEADING or not title.isprintable():
                raise BadColumnSet(str(_("Title")), "malformed")
    except BadColumnSet as error:
        if error.code != "mark_missing":
            raise _told(error) from error


def _place_of(rows: list[dict[str, Any]], key: str) -> int:
    for number, row in enumerate(rows):
        if row["key"] == key:
            return number
    raise BadColumns(place=key[:60], problem=_PROBLEMS["unknown_key"])


def _swap(rows: list[dict[str, Any]], first: int, second: int) -> None:
    if first >= 0 and second < len(rows):
        rows[first], rows[second] = rows[second], rows[first]


def _up(rows: list[dict[str, Any]], key: str, _kind: SetKind, _texts: dict[str, str]) -> None:
    number = _place_of(rows, key)
    _swap(rows, number - 1, number)


def _down(rows: list[dict[str, Any]], key: str, _kind: SetKind, _texts: dict[str, str]) -> None:
    number = _place_of(rows, key)
    _swap(rows, number, number + 1)


def _remove(rows: list[dict[str, Any]], key: str, _kind: SetKind, _texts: dict[str, str]) -> None:
    del rows[_place_of(rows, key)]


def _add(rows: list[dict[str, Any]], key: str, kind: SetKind, _texts: dict[str, str]) -> None:
    try:
        rows.append(columns.new_column(kind, key))
    except BadColumnSet as error:
        raise _told(error) from error


def _name(rows: list[dict[str, Any]], key: str, _kind: SetKind, texts: dict[str, str]) -> None:
    row = rows[_place_of(rows, key)]
    width = texts.get("width", "").strip()
    if not re.fullmatch(r"[0-9]{1,3}", width):
        raise BadColumns(place=row["zh"], problem=_PROBLEMS["malformed"])
    row.update(zh=texts.get("zh", "").strip(), en=texts.get("en", "").strip(), width=int(width))


def _unknown(*_args: Any) -> None:
    raise errors.InvalidInput


_STEPS = {"up": _up, "down": _down, "remove": _remove, "add": _add, "name": _name}


@transaction.atomic
def publish(*, by: Person, draft: ColumnDraft, seen: int) -> ColumnSetVersion:
    """The set as it is now, as its next version, which never changes. Raises BadColumns, Rearranged, NothingNew."""
    if ColumnDraft.objects.filter(pk=draft.pk, changes=seen).update(changes=seen + 1) != 1:
        raise Rearranged
    draft.changes = seen + 1
    last = draft.versions.order_by("-number").first()
    number = last.number + 1 if last is not None else 1
    document = _document(draft, number)
    text = ColumnSetVersion.text_of(document)
    if last is not None and ColumnSetVersion.text_of(document | {"version": str(last.number)}) == last.document:
        raise NothingNew
    version = ColumnSetVersion.objects.create(
        draft=draft, set_id=draft.set_id, number=number, document=text,
        document_sha256=hashlib.sha256(text.encode()).hexdigest(), published_by=by,
    )  # fmt: skip
    audit.record(by=by, verb=Deed.COLUMNS_PUBLISH, target=version, after={"set": str(version), "title": draft.title_zh})
    return version


@transaction.atomic
def preview(*, by: Person, draft: ColumnDraft) -> list[list[str]] | None:
    """The first rows as the set is now; None for somebody who may not see the credits of the place. It is logged.

    Raises BadColumns where the set could not be published as it is.
    """
    if not scope_of(by, CREDIT_ROLES).covers(draft.place.path):
        return None
    column_set = columns.build(_document(draft, 1))
    found = previews.rows(column_set, Scope(frozenset({draft.place.path})), on=timezone.localdate())
    audit.record(by=by, verb=Deed.COLUMNS_PREVIEW, target=draft, after={"rows": len(found)})
    return found
