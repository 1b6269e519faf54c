"""Sealing anew what older keys sealed, while the site runs: row by row, by compare-and-set, as often as needed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, models, transaction

from cms.shared import crypto, sealing
from cms.shared.sealing import Sealed

CHUNK = 500
# A row that somebody else saves between reading and writing is met again in the next pass.
PASSES = 5


@dataclass
class Turned:
    """What a rotation did. `left`: rows that others saved meanwhile; `problems`: rows that need somebody's hand."""

    changed: dict[str, int] = field(default_factory=dict)
    left: int = 0
    problems: list[str] = field(default_factory=list)


def rotate(purposes: set[str], *, tell: Callable[[str], None]) -> Turned:
    """Bring every sealed value and index of `purposes` under the active key. May be interrupted and run again."""
    turned = Turned()
    for _pass in range(PASSES):
        before = sum(turned.changed.values())
        turned.left, turned.problems = 0, []
        for model, keyed in sealing.sealed_columns():
            if purposes & _purposes_of(keyed):
                _rotate_column(model, keyed, purposes, turned, tell)
        if sum(turned.changed.values()) == before and not turned.left:
            break
    return turned


def _purposes_of(keyed: Sealed) -> set[str]:
    return {"field_encryption", "field_index"} if keyed.index else {"field_encryption"}


def _rotate_column(
    model: type[models.Model], keyed: Sealed, purposes: set[str], turned: Turned, tell: Callable[[str], None]
) -> None:
    name = sealing.label(model, keyed.column)
    rows = model._base_manager.select_related(*keyed.related).order_by("pk")
    total, done, last = rows.count(), 0, 0
    while chunk := list(rows.filter(pk__gt=last)[:CHUNK]):
        with transaction.atomic():
            for instance in chunk:
                _rotate_row(instance, keyed, purposes, turned)
        last, done = chunk[-1].pk, done + len(chunk)
        tell(f"{name}: {done} of {total} rows read, {turned.changed.get(name, 0)} changed")


def _rotate_row(instance: models.Model, keyed: Sealed, purposes: set[str], turned: Turned) -> None:
    model = type(instance)
    old = {keyed.column: getattr(instance, keyed.column)}
    if keyed.index:
        old[keyed.index] = getattr(instance, keyed.index)
    try:
        new = _renewed(instance, keyed, purposes)
    except crypto.UNREADABLE:  # no key, a moved or an altered value: said, and left as it is
        turned.problems.append(f"{sealing.label(model, keyed.column)} {instance.pk}: no key of the ring opens it")
        return
    if new == old:
        return
    try:
        with transaction.atomic():
            saved = model._base_manager.filter(pk=instance.pk, **old).update(**new)
    except IntegrityError:
        turned.problems.append(f"{sealing.label(model, keyed.index)} {instance.pk}: another row has the same value")
        return
    if saved == 1:
        name = sealing.label(model, keyed.column)
        turned.changed[name] = turned.changed.get(name, 0) + 1
    else:
        turned.left += 1


def _renewed(instance: models.Model, keyed: Sealed, purposes: set[str]) -> dict[str, Any]:
    """The columns of `instance` as they should be; what is right already stays as it is."""
    stored, row = getattr(instance, keyed.column), keyed.row(instance)
    new = {keyed.column: stored}
    if "field_encryption" in purposes:
        active = crypto.active("field_encryption")

        def renew(text: str) -> str:
            return text if crypto.key_of(text) == active else crypto.encrypt(crypto.decrypt(text, row=row), row=row)

        new[keyed.column] = sealing.with_texts(stored, renew)
    if keyed.index:
        new[keyed.index] = getattr(instance, keyed.index)
        if "field_index" in purposes and stored:
            new[keyed.index] = crypto.index(crypto.decrypt(stored, row=row), field=keyed.name)
    return new
