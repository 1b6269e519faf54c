"""A roster is entered: a thousand rows a transaction, each only if its person is still as the comparison saw them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from secrets import choice
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from organisations import audit, notifications, rules
from organisations.deeds import Deed
from organisations.enums import ProfessionalTitle, QualificationKind, QualificationState, RosterStage, RowOutcome
from organisations.formats.columns import Field
from organisations.formats.problems import RowProblem as P
from organisations.formats.problems import problem
from organisations.models import Employment, Node, Person, Qualification, RoleGrant, RosterImport, RosterRow
from organisations.services import departments, roles, transfers
from organisations.services.disclosures import full_id_number
from organisations.services.rosters import checking, intake, matching, plans, sealed
from organisations.services.rosters.known import Known, Place, load

DOING = [RowOutcome.CREATE, RowOutcome.UPDATE, RowOutcome.TRANSFER, RowOutcome.LEAVE]
PERSON_COLUMNS = [
    "name", "title", "email", "phone_sealed", "phone_index", "id_number_sealed", "id_number_index",
]  # fmt: skip
EMPLOYMENT_COLUMNS = ["unit", "department", "kind", "staff_number", "begins", "ends"]
# Statements that change many rows name each value: smaller ones are cheaper to compile.
_BATCH = 200


class RowsUnclear(errors.Conflict):
    code = "roster_rows_unclear"
    message = _("%(rows)s rows are not clear yet. Decide them, or say that they are to be left for later.")


class NothingToApply(errors.Conflict):
    code = "roster_nothing_to_apply"
    message = _("There is nothing to enter: every row is as it is already, wrong, or left out.")


@transaction.atomic
def apply(*, by: Person, roster: RosterImport, skip_unclear: bool = False) -> RosterImport:
    """Queue the entering of a compared roster. Unclear rows wait and can be decided and entered later.

    Raises NotFound, RosterBusy, ClosedPlace, NothingToApply, and RowsUnclear unless `skip_unclear`.
    """
    intake.reach(by, roster)
    intake.check_open(roster.unit, roster.effective_on or timezone.localdate())
    rows = RosterRow.objects.filter(roster=roster, is_applied=False).exclude(sealed="")
    unclear = rows.filter(outcome=RowOutcome.UNCLEAR).count()
    if unclear and not skip_unclear:
        raise RowsUnclear(rows=unclear)
    if not rows.filter(outcome__in=DOING).exists():
        raise NothingToApply
    intake.move(
        roster, at=[RosterStage.CHECKED, RosterStage.APPLYING, RosterStage.APPLIED], to=RosterStage.APPLYING,
        applied_by=by, applied_at=timezone.now(),
    )  # fmt: skip
    audit.record(by=by, verb=Deed.ROSTER_APPLY, target=roster, after={"rows": roster.counts, "unit": roster.unit.code})
    return roster


def run(roster: RosterImport) -> None:
    """Enter what is not entered yet; the roster becomes APPLIED. May be killed anywhere and run again."""
    waiting = RosterRow.objects.filter(roster=roster, is_applied=False, outcome__in=DOING).exclude(sealed="")
    total, done, last = max(1, waiting.count()), 0, 0
    place, _by = Place.of(roster), roster.applied_by  # fetched once, before the first thousand
    while pks := list(waiting.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[: checking.CHUNK]):
        with transaction.atomic():
            roster.beat(stage="applying", progress=99 * done // total)
            _Chunk(roster, place, pks).enter()
            roster.beat()
        done, last = done + len(pks), pks[-1]
    with transaction.atomic():
        roster.finish(roster_stage=RosterStage.APPLIED, counts=checking.counted(roster))


@dataclass
class _Doing:
    """One row on its way: what is planned, what has to be put back to undo it."""

    row: RosterRow
    kept: sealed.Kept
    known: Known | None = None
    plan: plans.Plan | None = None
    undo: dict[str, Any] = field(default_factory=dict)


class _Chunk:
    def __init__(self, roster: RosterImport, place: Place, pks: Sequence[int]) -> None:
        self.roster, self.place, self.by = roster, place, roster.applied_by
        self.now = timezone.now()
        rows = RosterRow.objects.filter(pk__in=pks, is_applied=False, outcome__in=DOING).order_by("pk")
        self.rows = list(rows)
        for row in self.rows:
            row.roster = roster
        self.deeds: list[tuple[str, Any, dict[str, Any], dict[str, Any]]] = []
        self.people: list[Person] = []
        self.edited_people: list[Person] = []
        self.ended: list[Employment] = []
        self.begun: list[Employment] = []
        self.qualifications: list[Qualification] = []
        self.confirmed: list[Qualification] = []
        self.contacts: list[Person] = []
        self.leaving: list[_Doing] = []
        self.moves: list[transfers.Move] = []
        self.addresses: dict[int, list[list[Any]]] = {}

    def enter(self) -> None:
        kept = {row.pk: sealed.opened(row) for row in self.rows}
        self._add_departments(kept.values())
        # Another roster of the unit, or its merger, waits: without phone and ID number nothing else tells people apart.
        Node.objects.select_for_update(no_key=True).get(pk=self.place.unit.pk)
        people = load([row.person_id for row in self.rows if row.person_id], self.place, lock=True)
        found = matching.find([one.values for one in kept.values()], self.place, with_names=False)
        going: list[_Doing] = []
        for row in self.rows:
            doing = _Doing(row, kept[row.pk], people.get(row.person_id or 0))
            still = self._still_new(doing, found) if row.outcome == RowOutcome.CREATE else self._as_seen(doing, found)
            if still:
                going.append(doing)
        for doing in going:
            if doing.known is None:
                self._create(doing, found)
            else:
                self._change(doing, doing.known)
        self._write()
        self._note(going)
        self._end_roles()
        self._remember(going)

    def _add_departments(self, kept: Iterable[sealed.Kept]) -> None:
        """Those that the rows name and the hospital does not have. Before any other lock: they lock the tree."""
        for one in kept:
            self.place.node_for(one.values.get(Field.DEPARTMENT, ""))
        for key, proposed in sorted(self.place.proposed.items()):
            name = next((n for n in self.roster.new_departments if rules.department_key(n) == key), proposed.name)
            known = set(
                Node.objects.filter(path__startswith=self.place.unit.path, closed_on=None).values_list("pk", flat=True)
            )
            made = departments.ensure(by=self.by, unit=self.place.unit, name=name, on=self.place.day)
            self.place.departments[key] = made if made.pk != self.place.unit.pk else None
            if made.pk != self.place.unit.pk and made.pk not in known:
                self.roster.made_departments = [*self.roster.made_departments, made.pk]
        if self.place.proposed:
            type(self.roster).objects.filter(pk=self.roster.pk).update(made_departments=self.roster.made_departments)
            self.place.proposed.clear()

    # ----- is it still as the comparison saw it?

    def _still_new(self, doing: _Doing, found: matching.Found) -> bool:
        named = found.keyed(doing.kept.values)
        if doing.kept.is_new:  # somebody chose so, knowing whose phone it is
            owner = found.owners(doing.kept.values).phone
            named = [pk for pk in named if pk != owner or pk in found.by_staff_number(doing.kept.values)]
        if named:
            self._changed_meanwhile(doing, named)
        return not named

    def _as_seen(self, doing: _Doing, found: matching.Found) -> bool:
        known = doing.known
        if known is None or known.fingerprint() != doing.kept.seen:
            self._changed_meanwhile(doing, [known.person.pk] if known else [])
            return False
        if doing.row.row_number == 0:
            doing.plan = plans.for_leaving(known, self.place)
        else:
            owners = found.owners(doing.kept.values)
            doing.plan = plans.for_known(doing.kept.values, known, self.place, owners, is_chosen=doing.kept.chosen)
        if doing.plan.outcome != doing.row.outcome:  # a phone or an e-mail address has found another owner
            self._changed_meanwhile(doing, [known.person.pk])
            return False
        return True

    def _changed_meanwhile(self, doing: _Doing, candidates: list[int]) -> None:
        row = doing.row
        row.problems = [*row.problems, problem(P.CHANGED_MEANWHILE)]
        row.candidates, row.changes, row.decided_by = candidates, {}, None
        row.outcome = RowOutcome.UNCLEAR if candidates else RowOutcome.WRONG

    # ----- what becomes of one row

    def _create(self, doing: _Doing, found: matching.Found) -> None:
        values, left_out = plans.for_new(doing.kept.values, self.place, found.owners(doing.kept.values))
        doing.row.problems = [*doing.row.problems, *(one for one in left_out if one not in doing.row.problems)]
        title = values.get(Field.TITLE) or ProfessionalTitle.NONE.value
        person = Person(
            username=_username(), name=values[Field.NAME], title=title, email=values.get(Field.EMAIL) or None,
            is_demo=self.place.unit.is_demo, date_joined=self.now,
        )  # fmt: skip
        person.password = make_password(None)
        person.set_phone(values.get(Field.PHONE, ""))
        person.set_id_number(values.get(Field.ID_NUMBER, ""))
        self.people.append(person)
        doing.row.person = person
        new = plans.new_employment(values, self.place)
        doing.undo = {"created": True}
        self.deeds.append((Deed.PERSON_CREATE, person, {}, {"username": person.username, "title": title}))
        self._begin(doing, person, new)
        qualifications = [
            (kind.value, values.get(item, ""))
            for kind, item in ((QualificationKind.TITLE, Field.TITLE), (QualificationKind.DEGREE, Field.DEGREE))
        ]
        for kind, value in qualifications:
            if value and value != ProfessionalTitle.NONE:
                self._qualify(doing, Known(person), kind, value)
        if person.email:
            self.contacts.append(person)

    def _change(self, doing: _Doing, known: Known) -> None:
        plan, person = doing.plan, known.person
        assert plan is not None  # noqa: S101 - made where it was seen to be as before
        doing.undo = {"person": _as_it_was(person, plan), "employments": [], "qualifications": []}
        if plan.person:
            self._change_person(doing, person, plan)
        touched = {one.pk: one for one, _on in plan.ended}
        if plan.edited is not None:
            touched[plan.edited.pk] = plan.edited
        doing.undo["employments"] = [_told_employment(one) for one in touched.values()]
        if plan.edited is not None:
            before = {name: getattr(plan.edited, name) for name in plan.edits}
            for name, value in plan.edits.items():
                setattr(plan.edited, name, value)
            self.deeds.append(
                (Deed.EMPLOYMENT_CHANGE, person, {"unit": plan.edited.unit.code} | _plain(before), _plain(plan.edits))
            )
        for one, on in plan.ended:
            before_end, one.ends = one.ends, on
            self.deeds.append((Deed.EMPLOYMENT_END, person, {"ends": before_end}, {"unit": one.unit.code, "ends": on}))
        moves = [transfers.Move(person, one.unit, on) for one, on in plan.ended if not self.place.covers(one.unit)]
        self.moves += moves
        self.deeds += transfers.deeds(moves, self.place.unit)
        self.ended += touched.values()
        if plan.ended and plan.outcome in {RowOutcome.LEAVE, RowOutcome.TRANSFER}:
            self.leaving.append(doing)
        if plan.begun is not None:
            self._begin(doing, person, plan.begun)
        for kind, value in plan.qualifications:
            self._qualify(doing, known, kind, value)

    def _change_person(self, doing: _Doing, person: Person, plan: plans.Plan) -> None:
        before: dict[str, Any] = {name: getattr(person, name) for name in ("name", "title") if name in plan.person}
        after: dict[str, Any] = {name: value for name, value in plan.person.items() if name in before}
        contact = sorted(name for name in plan.person if name not in before)
        for name, value in plan.person.items():
            if name == Field.PHONE:
                person.set_phone(value)
            elif name == Field.ID_NUMBER:
                person.set_id_number(value)
            else:
                setattr(person, name, value)
        self.edited_people.append(person)
        if after:
            self.deeds.append((Deed.PERSON_CHANGE, person, before, after))
        if contact:
            self.deeds.append((Deed.PERSON_CHANGE_CONTACT, person, {}, {"changed": contact}))
        if Field.EMAIL in plan.person:
            self.contacts.append(person)

    def _begin(self, doing: _Doing, person: Person, new: plans.NewEmployment) -> None:
        self.begun.append(
            Employment(
                person=person, unit=new.unit, department=new.department, kind=new.kind,
                staff_number=new.staff_number, begins=new.begins, ends=new.ends,
            )
        )  # fmt: skip
        doing.undo["begun"] = len(self.begun) - 1  # its key, once it has one
        told = {"unit": new.unit.code, "begins": new.begins, "ends": new.ends}
        self.deeds.append((Deed.EMPLOYMENT_BEGIN, person, {}, told))

    def _qualify(self, doing: _Doing, known: Known, kind: str, value: str) -> None:
        """Confirm what the person reported, else enter it, confirmed."""
        held = [one for one in known.qualifications if (one.kind, one.value) == (kind, value)]
        claimed = next((one for one in held if one.state == QualificationState.CLAIMED), None)
        if any(one.state == QualificationState.CONFIRMED for one in held):
            return
        if claimed is not None:
            doing.undo["qualifications"].append(claimed.pk)
            claimed.state, claimed.decided_by, claimed.decided_at = QualificationState.CONFIRMED, self.by, self.now
            self.confirmed.append(claimed)
        else:
            entered = Qualification(
                person=known.person, kind=kind, value=value, state=QualificationState.CONFIRMED,
                entered_by=self.by, entered_at=self.now, decided_by=self.by, decided_at=self.now,
            )  # fmt: skip
            doing.undo.setdefault("entered", []).append(len(self.qualifications))
            self.qualifications.append(entered)
        verb = Deed.QUALIFICATION_CONFIRM if claimed is not None else Deed.QUALIFICATION_ENTER
        self.deeds.append((verb, known.person, {}, {"kind": kind, "value": value}))

    # ----- the same for all rows at once

    def _write(self) -> None:
        Person.objects.bulk_create(self.people)
        # A phone that goes from one to another is free before it is taken: unique columns see every statement.
        taken = [one.pk for one in self.edited_people]
        if taken:
            Person.objects.filter(pk__in=taken).update(phone_index=None, id_number_index=None, email=None)
        Person.objects.bulk_update(self.edited_people, PERSON_COLUMNS, batch_size=_BATCH)
        Employment.objects.bulk_update(self.ended, EMPLOYMENT_COLUMNS, batch_size=_BATCH)
        Employment.objects.bulk_create(self.begun)
        Qualification.objects.bulk_create(self.qualifications)
        Qualification.objects.bulk_update(self.confirmed, ["state", "decided_by", "decided_at"], batch_size=_BATCH)
        if self.contacts:
            before = EmailAddress.objects.filter(user__in=self.contacts).order_by("pk")
            for user, email, primary, verified in before.values_list("user", "email", "primary", "verified"):
                self.addresses.setdefault(user, []).append([email, primary, verified])
            EmailAddress.objects.filter(user__in=self.contacts).delete()
            EmailAddress.objects.bulk_create(
                EmailAddress(user=person, email=person.email, primary=True, verified=False)
                for person in self.contacts
                if person.email
            )
        audit.record_many(
            by=self.by,
            deeds=[(verb, person, before, after | {"roster": str(self.roster.public_id)})
                   for verb, person, before, after in self.deeds],
        )  # fmt: skip

    def _note(self, going: Iterable[_Doing]) -> None:
        moved = [doing.row.person for doing in going if doing.row.outcome == RowOutcome.TRANSFER and doing.row.person]
        notifications.notify_many(
            people=moved, kind="transferred", params={"unit": self.place.unit.name, "day": str(self.place.day)},
            key=f"roster:{self.roster.public_id}",
        )  # fmt: skip
        transfers.tell(by=self.by, moves=self.moves, to=self.place.unit, key=f"roster:{self.roster.public_id}")

    def _end_roles(self) -> None:
        """Whoever left does not administer the place any more; few hold roles, so each is ended by itself."""
        if not self.leaving:
            return
        held = RoleGrant.objects.filter(
            Q(ends__isnull=True) | Q(ends__gt=self.place.day),
            person__in=[doing.known.person for doing in self.leaving if doing.known],
        ).select_related("node")
        by_person: dict[int, list[RoleGrant]] = {}
        for grant in held.order_by("pk"):
            by_person.setdefault(grant.person_id, []).append(grant)
        for doing in self.leaving:
            if doing.plan is None or doing.known is None:
                continue
            for one, on in doing.plan.ended:
                ending = [
                    grant for grant in by_person.get(doing.known.person.pk, [])
                    if grant.node.path.startswith(one.unit.path) and (grant.ends is None or grant.ends > on)
                ]  # fmt: skip
                if ending:
                    doing.undo.setdefault("grants", []).extend(
                        [grant.pk, str(grant.ends) if grant.ends else None, str(on)] for grant in ending
                    )
                    roles.end_roles_at(by=self.by, person=doing.known.person, node=one.unit, on=on)

    def _remember(self, going: Sequence[_Doing]) -> None:
        """Each row with what undoes it, and how its person is now: whoever changes them later is not overwritten."""
        began: dict[int, list[Employment]] = {}
        for employment in self.begun:
            began.setdefault(employment.person_id, []).append(employment)
        gained: dict[int, list[Qualification]] = {}
        for qualification in self.qualifications:
            gained.setdefault(qualification.person_id, []).append(qualification)
        for doing in going:
            doing.row.person = person = doing.row.person  # who was just made has a key now
            if person is None:
                continue
            undo, known = doing.undo, doing.known or Known(person)
            known.employments = sorted(
                known.employments + began.get(person.pk, []), key=lambda one: (one.begins, one.pk)
            )
            known.qualifications = known.qualifications + gained.get(person.pk, [])
            if "begun" in undo:
                undo["begun"] = self.begun[undo["begun"]].pk
            if "entered" in undo:
                undo["entered"] = [self.qualifications[place].pk for place in undo["entered"]]
            undo["addresses"] = self.addresses.get(person.pk, [])
            undo["after"] = known.fingerprint()
            sealed.seal_undo(doing.row, undo)
            doing.row.is_applied = True
        write_rows(
            self.rows, ["outcome", "person", "candidates", "problems", "changes", "undo", "is_applied", "decided_by"]
        )


def write_rows(rows: Sequence[RosterRow], columns: list[str]) -> None:
    """Save `columns` of rows that are there: one insert that meets itself costs a fifth of an update by cases."""
    RosterRow.objects.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=columns)


def _username() -> str:
    """Stable, and nothing of the person in it: the letters of codes that people type."""
    return "u" + "".join(choice(rules.ALPHABET) for _place in range(9)).lower()


def _as_it_was(person: Person, plan: plans.Plan) -> dict[str, str]:
    """The person's fields that the plan changes, in clear: the whole is sealed."""
    clear = {
        Field.NAME.value: person.name,
        Field.TITLE.value: person.title,
        Field.EMAIL.value: person.email or "",
        Field.PHONE.value: person.phone,
    }
    told = {name: clear[name] for name in plan.person if name in clear}
    if Field.ID_NUMBER in plan.person:
        told[Field.ID_NUMBER.value] = full_id_number(person)
    return told


def _told_employment(one: Employment) -> dict[str, Any]:
    return {
        "pk": one.pk, "unit": one.unit_id, "department": one.department, "kind": one.kind,
        "staff_number": one.staff_number, "begins": str(one.begins), "ends": str(one.ends) if one.ends else None,
    }  # fmt: skip


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: getattr(value, "code", value) for name, value in fields.items()}
