"""An entered roster is taken back, row by row. People who were used or changed since stay as they are and are named."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import transaction
from django.utils import timezone

from organisations import audit, notifications
from organisations.deeds import Deed
from organisations.enums import QualificationState, RosterStage
from organisations.formats.columns import Field
from organisations.formats.problems import RowProblem as P
from organisations.formats.problems import problem
from organisations.models import (
    Activation,
    Employment,
    Node,
    Notification,
    Person,
    Qualification,
    RoleGrant,
    RosterImport,
    RosterRow,
)
from organisations.services import groups, transfers, trees
from organisations.services.rosters import applying, checking, intake, sealed
from organisations.services.rosters.known import Known, Place, load

_BATCH = 200
# What an import makes, and what is handed out without the person having come: none of it is use.
_NO_USE = (Employment, Qualification, Activation, Notification, RosterRow, EmailAddress)


@transaction.atomic
def undo(*, by: Person, roster: RosterImport) -> RosterImport:
    """Queue taking back what a roster entered. Raises NotFound, RosterBusy, and NothingToUndo after 30 days."""
    intake.reach(by, roster)
    if not RosterRow.objects.filter(roster=roster, is_applied=True).exclude(undo="").exists():
        raise intake.NothingToUndo
    intake.move(
        roster, at=[RosterStage.APPLIED, RosterStage.UNDOING], to=RosterStage.UNDOING,
        undone_by=by, undone_at=timezone.now(),
    )  # fmt: skip
    audit.record(by=by, verb=Deed.ROSTER_UNDO, target=roster, after={"rows": roster.counts})
    return roster


def run(roster: RosterImport) -> None:
    """Take back what is still entered, the last row first; the roster becomes UNDONE. May be killed and run again."""
    waiting = RosterRow.objects.filter(roster=roster, is_applied=True).exclude(undo="")
    total, done = max(1, waiting.count()), 0
    place, _by = Place.of(roster), roster.undone_by  # fetched once, before the first thousand
    while pks := list(waiting.order_by("-pk").values_list("pk", flat=True)[: checking.CHUNK]):
        with transaction.atomic():
            roster.beat(stage="undoing", progress=99 * done // total)
            _undo_rows(roster, place, pks)
            roster.beat()
        done += len(pks)
    with transaction.atomic():
        _close_departments(roster)
        roster.finish(roster_stage=RosterStage.UNDONE, counts=checking.counted(roster), made_departments=[])


def _close_departments(roster: RosterImport) -> None:
    """What the roster added to the places closes again; not where somebody works by now, nor what was closed since."""
    for node in Node.objects.filter(pk__in=roster.made_departments, closed_on=None).order_by("-path"):
        with suppress(trees.StillInUse):
            trees.close_place(by=roster.undone_by, node=node, on=timezone.localdate())


def _undo_rows(roster: RosterImport, place: Place, pks: Sequence[int]) -> None:
    rows = list(RosterRow.objects.filter(pk__in=pks).order_by("-pk"))
    told: dict[int, dict[str, Any]] = {}
    for row in rows:
        row.roster = roster
        told[row.pk] = sealed.opened_undo(row)
    people = load([row.person_id for row in rows if row.person_id], place, lock=True)
    created = [row.person_id for row in rows if told[row.pk].get("created") and row.person_id in people]
    used = _used([pk for pk in created if pk is not None])
    back: list[tuple[Known, dict[str, Any]]] = []
    for row in rows:
        known = people.get(row.person_id or 0)
        kept = _kept(known, told[row.pk], used)
        row.undo = ""
        if kept is not None:
            row.problems = [*row.problems, problem(kept)]
        else:
            row.is_applied = False
            if known is not None:
                back.append((known, told[row.pk]))
    _put_back(roster, back)
    _tell_of_return(roster, place, back)
    for row in rows:
        if row.person_id not in people or (not row.is_applied and told[row.pk].get("created")):
            row.person = None
    applying.write_rows(rows, ["problems", "undo", "is_applied", "person"])


def _kept(known: Known | None, told: dict[str, Any], used: set[int]) -> P | None:
    """Why a row is not taken back."""
    if known is None:  # the account is gone already
        return None if told.get("created") else P.KEPT_EDITED
    person = known.person
    if told.get("created"):
        if person.last_login is not None or person.details_seen_at is not None or _has_password(person):
            return P.KEPT_SIGNED_IN
        if person.pk in used:
            return P.KEPT_USED
    return P.KEPT_EDITED if known.fingerprint() != told["after"] else None


def _has_password(person: Person) -> bool:
    return not person.password.startswith(UNUSABLE_PASSWORD_PREFIX)


def _used(pks: Sequence[int]) -> set[int]:
    """Whom any table of any package names, beyond what an import makes. One query a table."""
    used: set[int] = set()
    if not pks:
        return used
    for relation in Person._meta.related_objects:
        model = relation.related_model
        if model in _NO_USE and relation.field.name in {"person", "user"}:
            continue
        name = relation.field.name
        rows = model._base_manager.filter(**{f"{name}__in": pks}).order_by()
        used.update(rows.values_list(name, flat=True).distinct())
    for field in Person._meta.many_to_many:
        through = getattr(Person, field.name).through
        used.update(through._base_manager.filter(person__in=pks).values_list("person", flat=True).distinct())
    return used


def _put_back(roster: RosterImport, back: Sequence[tuple[Known, dict[str, Any]]]) -> None:
    begun = [told["begun"] for _known, told in back if "begun" in told]
    entered = [pk for _known, told in back for pk in told.get("entered", [])]
    Employment.objects.filter(pk__in=begun).delete()
    Qualification.objects.filter(pk__in=entered).delete()
    claimed = [pk for _known, told in back for pk in told.get("qualifications", [])]
    Qualification.objects.filter(pk__in=claimed).update(
        state=QualificationState.CLAIMED, decided_by=None, decided_at=None
    )
    changed = [(known, told) for known, told in back if not told.get("created")]
    _put_people_back(changed)
    _put_employments_back(changed)
    _put_roles_back(changed)
    deeds: list[tuple[str, Person, dict[str, Any], dict[str, Any]]] = [
        (
            Deed.PERSON_REMOVE if told.get("created") else Deed.PERSON_CHANGE,
            known.person, {}, {"roster": str(roster.public_id), "undone": True},
        )
        for known, told in back
    ]  # fmt: skip
    audit.record_many(by=roster.undone_by, deeds=deeds)
    Person.objects.filter(pk__in=[known.person.pk for known, told in back if told.get("created")]).delete()


def _tell_of_return(roster: RosterImport, place: Place, back: Sequence[tuple[Known, dict[str, Any]]]) -> None:
    """Who had been told that somebody went to this unit is told that it was taken back."""
    moves = [
        transfers.Move(known.person, one.unit, place.day)
        for known, told in back
        if not told.get("created")
        for one in known.employments
        if one.pk in {was["pk"] for was in told["employments"]} and not place.covers(one.unit)
    ]
    if not moves:
        return
    key = f"undone:{roster.public_id}"
    audit.record_many(by=roster.undone_by, deeds=transfers.deeds(moves, place.unit, undone=True))
    transfers.tell(by=roster.undone_by, moves=moves, to=place.unit, key=key, kind="people_came_back")
    notifications.notify_many(
        people=[move.person for move in moves], kind="transfer_undone", params={"unit": place.unit.name}, key=key
    )


def _put_people_back(changed: Sequence[tuple[Known, dict[str, Any]]]) -> None:
    people = []
    for known, told in changed:
        if not told["person"]:
            continue
        for name, value in told["person"].items():
            if name == Field.PHONE:
                known.person.set_phone(value)
            elif name == Field.ID_NUMBER:
                known.person.set_id_number(value)
            else:
                setattr(known.person, name, value or (None if name == Field.EMAIL else ""))
        people.append(known.person)
    if people:
        pks = [person.pk for person in people]
        Person.objects.filter(pk__in=pks).update(phone_index=None, id_number_index=None, email=None)
        Person.objects.bulk_update(people, applying.PERSON_COLUMNS, batch_size=_BATCH)
    addressed = [(known, told) for known, told in changed if Field.EMAIL in told["person"]]
    if addressed:
        EmailAddress.objects.filter(user__in=[known.person for known, _told in addressed]).delete()
        EmailAddress.objects.bulk_create(
            EmailAddress(user=known.person, email=email, primary=primary, verified=verified)
            for known, told in addressed
            for email, primary, verified in told["addresses"]
        )


def _put_employments_back(changed: Sequence[tuple[Known, dict[str, Any]]]) -> None:
    found = {one.pk: one for known, _told in changed for one in known.employments}
    back = []
    for _known, told in changed:
        for was in told["employments"]:
            one = found[was["pk"]]
            one.unit_id, one.department, one.kind = was["unit"], was["department"], was["kind"]
            one.staff_number, one.begins = was["staff_number"], date.fromisoformat(was["begins"])
            one.ends = date.fromisoformat(was["ends"]) if was["ends"] else None
            back.append(one)
    Employment.objects.bulk_update(back, applying.EMPLOYMENT_COLUMNS, batch_size=_BATCH)


def _put_roles_back(changed: Sequence[tuple[Known, dict[str, Any]]]) -> None:
    """Roles that ended because their holder left; unless somebody has set another end since."""
    for known, told in changed:
        for pk, ends, ended_on in told.get("grants", []):
            ended = RoleGrant.objects.filter(pk=pk, ends=date.fromisoformat(ended_on))
            ended.update(ends=date.fromisoformat(ends) if ends else None)
        if told.get("grants"):
            groups.sync(known.person)
