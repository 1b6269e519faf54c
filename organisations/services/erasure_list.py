"""Who was erased, as a list of random ids in a file outside of the database: a backup from before brings them back.

Each line is a moment and the public id of an account, nothing else. The file is only ever added to; it lies where
`settings.ERASURE_LIST` says, apart from database, storage and backups, as the keys do.
"""

import fcntl
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from cms.shared.jobs import JobState
from organisations import audit, histories
from organisations.deeds import Deed
from organisations.enums import RequestState
from organisations.models import ErasureRequest, Person

_AT_ONCE = 500


class DamagedList(Exception):
    """A line that is no id: nobody knows whom it named."""


def path() -> Path:
    return Path(settings.ERASURE_LIST)


def listed() -> set[UUID]:
    """Every account on the list. Raises FileNotFoundError, DamagedList."""
    found = set()
    for number, line in enumerate(path().read_text(encoding="ascii").splitlines(), start=1):
        _moment, _space, text = line.rpartition(" ")
        try:
            found.add(UUID(text))
        except ValueError as error:
            raise DamagedList(
                f"Line {number} of {path()} holds no id. Correct it, or take a copy of the list."
            ) from error
    return found


def complete() -> int:
    """Add whom the database knows as erased and the list does not; how many. The file is made if there is none."""
    with os.fdopen(os.open(path(), os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        known = listed()
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        missing = [public_id for public_id in _erased() if public_id not in known]
        file.write("".join(f"{moment} {public_id}\n" for public_id in missing))
        file.flush()
        os.fsync(file.fileno())
    return len(missing)


def _erased() -> Iterator[UUID]:
    """The erased accounts and those that had been merged into them: in an older backup they are apart."""
    done = ErasureRequest.objects.filter(state=JobState.DONE, request_state=RequestState.ACCEPTED).values("person")
    people = Person.objects.filter(Q(pk__in=done) | Q(merged_into__in=done), is_active=False)
    yield from people.order_by("pk").values_list("public_id", flat=True).iterator(chunk_size=2000)


def replay() -> int:
    """Erase again whoever is on the list and came back with a restored backup; how many accounts.

    Raises FileNotFoundError, DamagedList. Can be run at any time; each account is a transaction of its own.
    """
    wanted, done = sorted(listed()), 0
    for start in range(0, len(wanted), _AT_ONCE):
        back = Person.objects.filter(public_id__in=wanted[start : start + _AT_ONCE]).order_by("pk")
        for person in [person for person in back if not is_erased(person)]:
            _erase_again(person.pk)
            done += 1
    return done


def is_erased(person: Person) -> bool:
    return person.username == made_up_name(person) and not person.name


def made_up_name(person: Person) -> str:
    """The user name of an erased account."""
    return f"erased-{person.public_id.hex[:20]}"


@transaction.atomic
def _erase_again(pk: int) -> None:
    Person.objects.filter(pk=pk).update(language=F("language"))
    person = Person.objects.get(pk=pk)
    for account in (*person.merged_people.order_by("pk"), person):
        for history in histories.registered():
            history.erase(account)
    # What it had asked for then is done; that it was decided is written in a log which the restore replaced.
    ErasureRequest.objects.filter(person=person).exclude(state=JobState.DONE).update(
        state=JobState.DONE, request_state=RequestState.ACCEPTED, finished_at=timezone.now(), lease=None
    )
    after = {"account": str(person.public_id), "restored": True}
    audit.record(by=None, verb=Deed.ERASURE_DONE, target=person, after=after)
