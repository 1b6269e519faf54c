"""The column sets that there are: those that ship, and what places have published of their own."""

import hashlib
from functools import lru_cache
from pathlib import Path

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from cms.shared.errors import InvalidInput
from credits import columns
from credits.columns import ColumnSet, SetKind
from credits.models import ColumnDraft, ColumnSetVersion
from organisations.models import Node

FOLDER = Path(__file__).resolve().parent.parent / "column_sets"
OWN = "own-"


class UnknownColumnSet(InvalidInput):
    code = "unknown_column_set"
    message = _("There is no such column set, or it belongs to another place. Choose one of the list.")


@lru_cache(maxsize=1)
def shipped() -> dict[str, ColumnSet]:
    """Every set in credits/column_sets/ by its key "id@version". Raises BadColumnSet for a file that is wrong."""
    found = {}
    for path in sorted(FOLDER.glob("*.json")):
        text = path.read_text(encoding="utf-8")
        one = columns.built(hashlib.sha256(text.encode()).hexdigest(), text)
        if one.key != path.stem:
            raise columns.BadColumnSet(path.name, "other_name")
        found[one.key] = one
    return found


def current() -> list[ColumnSet]:
    """The newest version of every set that ships. The older ones can still be asked for by their keys."""
    found = sorted(shipped().values(), key=lambda one: [int(part) for part in one.version.split(".")])
    newest = {one.id: one for one in found}
    return [newest[set_id] for set_id in dict.fromkeys(one.id for one in shipped().values())]


def current_of(kind: SetKind) -> ColumnSet:
    """The one with which pages show rows of a kind."""
    return next(one for one in current() if one.kind == kind)


def find(key: str) -> ColumnSet:
    """A set by its key, whoever it belongs to. Raises UnknownColumnSet."""
    if (one := shipped().get(key)) is not None:
        return one
    set_id, _at, number = key.partition("@")
    if set_id.startswith(OWN) and number.isascii() and number.isdigit() and len(number) < 9:
        version = ColumnSetVersion.objects.filter(set_id=set_id, number=int(number)).first()
        if version is not None:
            return version.column_set
    raise UnknownColumnSet


def offered(*, node: Node) -> list[ColumnSet]:
    """What an export of `node` can be made of: shipped sets, then the newest version of those of places above it."""
    return [*current(), *_newest(drafts_above(node.path))]


def offered_to(paths: frozenset[str]) -> list[ColumnSet]:
    """What exports of any place in these subtrees can be made of."""
    found = {one.key: one for one in current()}
    for path in sorted(paths):
        every = ColumnDraft.objects.filter(place__path__startswith=path) | drafts_above(path)
        found |= {one.key: one for one in _newest(every)}
    return list(found.values())


def drafts_above(path: str) -> QuerySet[ColumnDraft]:
    """The sets of the place with this path and of those above it."""
    above = [path[:end] for end in range(Node.steplen, len(path) + 1, Node.steplen)]
    return ColumnDraft.objects.filter(place__path__in=above)


def _newest(drafts: QuerySet[ColumnDraft]) -> list[ColumnSet]:
    versions = ColumnSetVersion.objects.filter(draft__in=drafts.values("pk")).order_by("set_id", "number")
    newest = {version.set_id: version for version in versions}
    return [version.column_set for version in sorted(newest.values(), key=lambda version: version.draft_id)]


def check_offered(key: str, *, node: Node) -> ColumnSet:
    """The set `key`, if an export of `node` can be made of it. Raises UnknownColumnSet."""
    one = find(key)
    if key not in shipped():
        version = ColumnSetVersion.objects.filter(set_id=one.id).select_related("draft__place").first()
        if version is None or not node.path.startswith(version.draft.place.path):
            raise UnknownColumnSet
    return one
