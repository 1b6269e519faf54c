"""Keys change: what the older ones sealed comes under the active one, and no key is called free that still guards."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from wagtail.models import Site

from cms.shared import crypto, rotation, sealing
from organisations import audit
from organisations.deeds import Deed
from organisations.models import AuditEvent

Turned = rotation.Turned


@dataclass(frozen=True)
class KeyState:
    """One key of a purpose. `guards`: {where: rows}. Missing: rows name it and no ring has it."""

    purpose: str
    key_id: str
    is_active: bool
    is_missing: bool
    guards: dict[str, int]

    @property
    def is_free(self) -> bool:
        """Whether it may be taken out of its ring."""
        return not self.is_active and not self.guards


@dataclass(frozen=True)
class KeyReport:
    keys: list[KeyState]
    unreadable: list[str]

    @property
    def is_sound(self) -> bool:
        """Whether every value can be read, found and proved with the keys that are here."""
        return not self.unreadable and not any(key.is_missing for key in self.keys)


def purposes() -> list[str]:
    return list(settings.ISOCENTER_KEYS)


def rotate_keys(*, wanted: set[str], tell: Callable[[str], None]) -> Turned:
    """Bring what is sealed and indexed under the active keys of `wanted` purposes, and note since when they are active.

    May run while the site runs, be interrupted, and run again. Ledger and addresses keep their signatures: there the
    note is all.
    """
    for purpose in sorted(wanted):
        _note(purpose)
    sealing_purposes = wanted & {"field_encryption", "field_index"}
    return rotation.rotate(sealing_purposes, tell=tell) if sealing_purposes else Turned()


@transaction.atomic
def _note(purpose: str) -> None:
    key_id = crypto.active(purpose)
    if _last_note(purpose, key_id) is None:
        site = Site.objects.order_by("pk").first() or Site()
        audit.record(by=None, verb=Deed.KEYS_ROTATE, target=site, after={"purpose": purpose, "key": key_id})


def _last_note(purpose: str, key_id: str) -> datetime | None:
    """Since when `key_id` is known to be active; None where another one was noted later, or nothing."""
    last = AuditEvent.objects.filter(verb=Deed.KEYS_ROTATE, after__purpose=purpose).order_by("-pk").first()
    return last.at if last is not None and last.after.get("key") == key_id else None


def report() -> KeyReport:
    """What every key guards; reads every sealed value once."""
    noted = {purpose: _last_note(purpose, crypto.active(purpose)) for purpose in purposes()}
    found = sealing.census(now=timezone.now(), turned_at={name: at for name, at in noted.items() if at})
    states = []
    for purpose in purposes():
        ring = list(crypto.keys(purpose))
        named = [key_id for used, key_id in found.guarded if used == purpose]
        for key_id in [*ring, *sorted(set(named) - set(ring))]:
            guards = dict(found.guarded.get((purpose, key_id), {}))
            states.append(KeyState(purpose, key_id, key_id == ring[0], key_id not in ring, guards))
    return KeyReport(keys=states, unreadable=found.unreadable)
