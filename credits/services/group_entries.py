"""One activity for a group of people: in one transaction, and tried before it is written."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.core.files import File
from django.db import transaction

from cms.shared.errors import DomainError
from credits.enums import SHARED_PROOF, GrantMethod
from credits.models import Entry, EntryEvidence
from credits.services import awards
from credits.services.awards import Activity, GrantRefused, award, primary_book
from credits.services.by_hand import OwnEntry, Stated, activity_of, check, proved_by, tell
from credits.services.chain import lock_book, lock_feed
from organisations import audit
from organisations.models import Person
from organisations.services import proofs

Refused = list[tuple[Person, DomainError]]


@dataclass(frozen=True)
class Granted:
    """What became of one activity for several people: the entries, and the refusals by person."""

    entries: list[Entry]
    refused: Refused


@transaction.atomic
def award_many(
    *,
    people: Iterable[Person],
    activity: Activity,
    rule_set_id: str,
    how: GrantMethod,
    by: Person | None = None,
    reason: str = "",
) -> Granted:
    """`award` for everybody of a group in one transaction: all who are not refused, or, where it raises, nobody.

    The feed's lock first, then the books in the order of their ids: groups that overlap wait for each other, never
    against each other. Places of a project are given in the same order. Raises as `award`, but for GrantRefused.
    """
    books = _lock(people)
    entries: list[Entry] = []
    refused: Refused = []
    for person in books:
        try:
            entries.append(
                award(person=person, activity=activity, rule_set_id=rule_set_id, how=how, by=by, reason=reason)
            )
        except GrantRefused as refusal:
            refused.append((person, refusal))
    return Granted(entries, refused)


def foresee(*, by: Person, people: Sequence[Person], stated: Stated) -> Refused:
    """Whom `record_for_group` would refuse now, and why; nothing is written but the log of the question.

    Raises as `record_by_hand`, but for DuplicateActivity, ProjectFull, OwnEntry and what is wrong with a paper.
    """
    others = [person for person in people if person.pk != by.pk]
    there = awards.foreseen(people=others, activity=_activity(by, stated), rule_set_id=stated.rule_set_id)
    found: Refused = [(person, OwnEntry()) for person in people if person.pk == by.pk]
    found += [(person, there[person.pk]) for person in others if person.pk in there]
    told = {"title": stated.title, "people": len(people), "refused": len(found)}
    audit.record(by=by, verb="credits.group.try", target=by, after=told)
    return found


@transaction.atomic
def record_for_group(
    *, by: Person, people: Sequence[Person], stated: Stated, reason: str, proof: File[bytes]
) -> Granted:
    """Enter what is stated, proved by one paper, in the books of all `people` but those who are refused; each is told.

    Sent again it refuses everybody, naming the entries that are there. The paper lists several people: those who read
    the credits of one of them may read it, the people themselves may not. Raises as `foresee`, and what
    `proofs.read` raises.
    """
    activity = _activity(by, stated)
    paper = proofs.read(proof)
    sha256 = hashlib.sha256(paper.content).hexdigest()
    refused: Refused = []
    free: list[Person] = []
    _lock(people)
    for person in people:
        if person.pk == by.pk:
            refused.append((person, OwnEntry()))
        elif (proved := proved_by(person, stated.rule_set_id, sha256)) is not None:
            refused.append((person, awards.refusal_naming(proved)))
        else:
            free.append(person)
    there = awards.foreseen(people=free, activity=activity, rule_set_id=stated.rule_set_id)
    refused += [(person, there[person.pk]) for person in free if person.pk in there]
    free = [person for person in free if person.pk not in there]
    if not free:
        return Granted([], refused)
    key = proofs.store(paper)
    granted = award_many(
        people=free,
        activity=_activity(by, stated, sha256=sha256),
        rule_set_id=stated.rule_set_id,
        how=GrantMethod.MANUAL,
        by=by,
        reason=reason,
    )
    owners = {primary_book(person).pk: person for person in free}
    for entry in granted.entries:
        EntryEvidence.objects.create(entry=entry, sha256=sha256, file=key)
        tell(by=by, person=owners[entry.book_id], entry=entry)
    return Granted(granted.entries, refused + granted.refused)


def _lock(people: Iterable[Person]) -> list[Person]:
    """The people, each once and in the order in which their books are locked."""
    lock_feed()
    books = {}
    for person in people:
        person = person.merged_into or person
        books[primary_book(person).pk] = person
    for pk in sorted(books):
        lock_book(pk)
    return [books[pk] for pk in sorted(books)]


def _activity(by: Person, stated: Stated, *, sha256: str = "") -> Activity:
    """The same statement has the same id: sent twice it is one activity."""
    begins_at, ends_at = check(stated)
    told = "\n".join(
        str(part) for part in (by.public_id, stated.rule_set_id, stated.activity_type, stated.role, stated.title,
                               stated.organiser, stated.level, stated.project_number,
                               begins_at.isoformat(), ends_at.isoformat())
    )  # fmt: skip
    activity = activity_of(stated, key=hashlib.sha256(told.encode()).hexdigest()[:32])
    return replace(activity, evidence=({"kind": SHARED_PROOF, "sha256": sha256},) if sha256 else ())
