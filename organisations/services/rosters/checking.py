"""The comparison: every row as it will be. It writes rows of the roster and nothing else."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Count, Q

from organisations.enums import STAFF_ROLES, RosterStage, RowOutcome
from organisations.formats.columns import Field
from organisations.formats.problems import STOPPING, problem
from organisations.formats.problems import RowProblem as P
from organisations.formats.rows import ReadRow, RowReader, masked
from organisations.models import Employment, RoleGrant, RosterImport, RosterRow
from organisations.selectors import in_force
from organisations.services.rosters import files, matching, plans, sealed
from organisations.services.rosters.known import Known, Place, in_chunks, load

CHUNK = 1_000
_NAMED_ROWS = 5
_ONCE = {
    Field.STAFF_NUMBER.value: P.DUPLICATE_STAFF_NUMBER,
    Field.PHONE.value: P.DUPLICATE_PHONE,
    Field.ID_NUMBER.value: P.DUPLICATE_ID,
    Field.EMAIL.value: P.DUPLICATE_EMAIL,
}


@dataclass
class Survey:
    """What only the whole file tells. `twice`: {(field, value): rows}; `claims`: {person: rows that name them}."""

    total: int = 0
    twice: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    claims: dict[int, list[str]] = field(default_factory=dict)
    stopped_names: set[str] = field(default_factory=set)
    _first: dict[tuple[str, str], str] = field(default_factory=dict)

    def see(self, label: str, row: ReadRow) -> None:
        self.total += 1
        if row.is_stopped and row.values.get(Field.NAME):
            self.stopped_names.add(row.values[Field.NAME])
        for name in _ONCE:
            if value := row.values.get(name):
                first = self._first.setdefault((name, value), label)
                if first != label:
                    self.twice.setdefault((name, value), [first]).append(label)

    def end(self) -> None:
        self._first.clear()


def check(roster: RosterImport) -> None:
    """Compare every row of the taken sheets; the roster becomes CHECKED. What an earlier run left is replaced."""
    place = Place.of(roster)
    roster.rows.all().delete()
    with files.local_file(roster) as path:
        survey = _surveyed(roster, place, path)
        asked: set[int] = set()
        claimed = set(survey.claims)
        done = 0
        for chunk in in_chunks(_rows(roster, path), CHUNK):
            made = _compared(roster, place, chunk, survey)
            with transaction.atomic():
                roster.beat(stage="checking", progress=30 + 65 * done // max(1, survey.total))
                RosterRow.objects.bulk_create(made)
            done += len(chunk)
            asked |= {pk for row in made if row.outcome == RowOutcome.UNCLEAR for pk in row.candidates}
            claimed |= {row.person_id for row in made if row.person_id is not None}
    if roster.is_complete:
        _check_leaving(roster, place, survey, claimed, asked)
    with transaction.atomic():
        names = sorted(node.name for node in place.proposed.values())
        roster.finish(roster_stage=RosterStage.CHECKED, counts=counted(roster), new_departments=names)


def counted(roster: RosterImport) -> dict[str, int]:
    """{outcome: rows} of a roster."""
    rows = RosterRow.objects.filter(roster=roster).order_by().values_list("outcome").annotate(rows=Count("pk"))
    return {str(outcome): count for outcome, count in rows.order_by("outcome")}


def _rows(roster: RosterImport, path: Path) -> Iterator[tuple[str, str, ReadRow, RowReader]]:
    """(sheet, label, row, its reader); the label names the row to people: with the sheet where there are several."""
    several = sum(bool(sheet["is_taken"]) for sheet in roster.sheets) > 1
    for sheet, row, reader in files.taken_rows(roster, path):
        yield sheet, f"{sheet} {row.number}" if several else str(row.number), row, reader


def _surveyed(roster: RosterImport, place: Place, path: Path) -> Survey:
    """A first walk through the file: who is named twice, and who is named at all."""
    survey = Survey()
    total = max(1, sum(sheet["rows"] for sheet in roster.sheets if sheet["is_taken"]))
    for chunk in in_chunks(_rows(roster, path), CHUNK):
        roster.beat(stage="checking", progress=min(30, 30 * survey.total // total))
        rows = [(label, row) for _sheet, label, row, _reader in chunk if not row.is_nobody]
        found = matching.find([row.values for _label, row in rows], place, with_names=False)
        for label, row in rows:
            survey.see(label, row)
            if not row.is_stopped:
                place.node_for(row.values.get(Field.DEPARTMENT, ""))
            for pk in found.keyed(row.values):
                survey.claims.setdefault(pk, []).append(label)
    survey.end()
    return survey


def _compared(
    roster: RosterImport, place: Place, chunk: Iterable[tuple[str, str, ReadRow, RowReader]], survey: Survey
) -> list[RosterRow]:
    chunk = list(chunk)
    found = matching.find([row.values for _sheet, _label, row, _reader in chunk], place)
    wanted = {pk for _sheet, _label, row, _reader in chunk for pk in found.everybody(row.values)}
    people = load(wanted, place)
    claimed = set(survey.claims)
    made = []
    for sheet, label, row, reader in chunk:
        made_row = RosterRow(roster=roster, sheet=sheet[:100], row_number=row.number)
        _judge(made_row, row, label, reader, found, people, place, survey, claimed)
        made_row.shown = {name: masked(name, value) for name, value in row.values.items()}
        made.append(made_row)
    return made


def _judge(
    made: RosterRow,
    row: ReadRow,
    label: str,
    reader: RowReader,
    found: matching.Found,
    people: dict[int, Known],
    place: Place,
    survey: Survey,
    claimed: set[int],
) -> None:
    """Fill in what becomes of the row."""
    kept = sealed.Kept(values=row.values)
    if row.is_nobody:
        made.outcome, made.problems = RowOutcome.SKIPPED, row.problems
        return
    _note_duplicates(row, label, reader, survey)
    _note_other_department(row, reader, place)
    if row.is_stopped:
        made.outcome = RowOutcome.WRONG
    else:
        match = matching.match(row, found, people, place, claimed)
        row.problems += match.problems
        made.candidates = match.candidates
        if match.person is not None:
            settle(made, kept, people[match.person], found.owners(row.values), place, row.problems)
            others = [other for other in survey.claims.get(match.person, []) if other != label]
            if others:
                row.problems.append(problem(P.SAME_PERSON_TWICE, rows=_listed(others, label)))
                made.outcome, made.candidates = RowOutcome.WRONG, []
        elif any(one["code"] in STOPPING for one in match.problems):
            made.outcome = RowOutcome.WRONG
        elif match.problems:
            made.outcome = RowOutcome.UNCLEAR
        else:
            kept.values, left_out = plans.for_new(row.values, place, found.owners(row.values))
            row.problems += left_out
            stopped = any(one["code"] in STOPPING for one in left_out)
            made.outcome = RowOutcome.WRONG if stopped else RowOutcome.CREATE
    made.problems = row.problems
    sealed.seal(made, kept)


def settle(
    made: RosterRow,
    kept: sealed.Kept,
    known: Known,
    owners: plans.Owners,
    place: Place,
    problems: list[dict[str, Any]],
) -> None:
    """The row is about `known`: fill in outcome, changes and what was seen, and add to `problems`; nothing is saved."""
    plan = plans.for_known(kept.values, known, place, owners, is_chosen=kept.chosen)
    made.person = None if plan.outcome == RowOutcome.UNCLEAR else known.person
    made.outcome, made.changes = plan.outcome, plan.changes
    made.candidates = [known.person.pk] if plan.asks_for_click else []
    problems += plan.problems
    kept.seen = known.fingerprint()


def _note_duplicates(row: ReadRow, label: str, reader: RowReader, survey: Survey) -> None:
    for name, code in _ONCE.items():
        value = row.values.get(name, "")
        rows = survey.twice.get((name, value), [])
        if not value or not rows:
            continue
        others = [other for other in rows if other != label]
        params = {} if code == P.DUPLICATE_EMAIL else {"rows": _listed(others, label)}
        row.problems.append(problem(code, reader.heading(name), **params))
        if code == P.DUPLICATE_EMAIL:
            del row.values[name]


def _note_other_department(row: ReadRow, reader: RowReader, place: Place) -> None:
    """In a department's roster everybody is entered there, whatever department the row names."""
    name = row.values.get(Field.DEPARTMENT, "")
    if place.is_elsewhere(name):
        row.problems.append(problem(P.OTHER_DEPARTMENT, reader.heading(Field.DEPARTMENT), unit=place.unit.name))


def _listed(rows: list[str], label: str) -> list[Any]:
    """The rows named to people who look at row `label`, as `problems.text` tells them: the first few, those of its own
    sheet by their number, others with their sheet."""
    own, listed = label.rpartition(" ")[0], []
    for row in rows[:_NAMED_ROWS]:
        sheet, _space, number = row.rpartition(" ")
        listed.append([sheet, int(number)] if sheet != own else int(number))
    return [*listed, "…"] if len(rows) > _NAMED_ROWS else listed


def _check_leaving(roster: RosterImport, place: Place, survey: Survey, claimed: set[int], asked: set[int]) -> None:
    """In a complete roster, whoever of the unit is not named has left, unless an unclear or wrong row may name them."""
    here = (
        Employment.objects.filter(
            Q(ends__isnull=True) | Q(ends__gt=place.day), begins__lt=place.day, unit__path__startswith=place.unit.path
        )
        .order_by("person")
        .values_list("person", flat=True)
        .distinct()
    )
    absent = [pk for pk in here if pk not in claimed]
    for chunk in in_chunks(absent, CHUNK):
        people = load(chunk, place)
        holders = set(
            RoleGrant.objects.filter(
                in_force(place.day), person__in=chunk, role__in=STAFF_ROLES, node__path__startswith=place.unit.path
            ).values_list("person", flat=True)
        )
        made = []
        for known in people.values():
            plan = plans.for_leaving(known, place)
            # Whoever keeps the list is often not in it; a roster does not end the work of those who send it.
            if plan.outcome != RowOutcome.LEAVE or known.person.pk in place.keepers:
                continue
            row = RosterRow(roster=roster, row_number=0, person=known.person, changes=plan.changes)
            row.outcome = RowOutcome.LEAVE
            row.shown = {Field.NAME.value: known.person.name, Field.PHONE.value: known.person.masked_phone}
            if known.person.pk in asked or known.person.name in survey.stopped_names:
                row.outcome, row.candidates = RowOutcome.UNCLEAR, [known.person.pk]
                row.problems = [problem(P.LEAVES_PERHAPS)]
            elif known.person.pk in holders:
                row.outcome, row.candidates = RowOutcome.UNCLEAR, [known.person.pk]
                row.problems = [problem(P.LEAVES_WITH_ROLE)]
            sealed.seal(row, sealed.Kept(seen=known.fingerprint()))
            made.append(row)
        with transaction.atomic():
            roster.beat(stage="checking", progress=96)
            RosterRow.objects.bulk_create(made)
