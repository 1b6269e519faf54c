"""Activation sheets: asked for by an administrator, made by a worker, kept seven days.

The codes stand in the private file only; the database knows their keyed hashes. They begin to work in the transaction
that finishes the job: a sheet that was never finished ends nobody's earlier code.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import IO, Any
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.files.base import ContentFile
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from cms.shared import errors, jobs
from cms.shared.jobs import JobState, LostLease
from cms.shared.storage import private_folder, private_storage
from organisations import audit, notifications, rules
from organisations.enums import Power
from organisations.formats import activation_sheets
from organisations.models import ActivationSheet, Employment, Node, Person
from organisations.selectors import scope_for, sheets
from organisations.selectors.access import openable
from organisations.selectors.departments import name_units
from organisations.services import activation

KEPT_FOR = timedelta(days=7)
MOST_PEOPLE = 1000


class NobodyToActivate(errors.InvalidInput):
    code = "nobody_to_activate"
    message = _("Nobody here needs a code: all have set a password, or hold a code that is still valid.")


class TooManyForOneSheet(errors.InvalidInput):
    code = "too_many_for_one_sheet"
    message = _("A sheet holds at most %(most)s people; these are %(count)s. Choose one department after the other.")


class NotYourSheet(errors.NotFound):
    code = "sheet_not_found"
    message = _("This sheet does not exist, or it was asked for by somebody else.")


class SheetNotThere(errors.Conflict):
    code = "sheet_not_there"
    message = _(
        "This file is not ready yet, or it was deleted after seven days. Make a new sheet if codes are missing."
    )


@transaction.atomic
def request_sheet(
    *,
    by: Person,
    unit: Node,
    choice: str,
    file_format: str,
    department: str = "",
    chosen: Iterable[UUID] = (),
    language: str = "zh-hans",
) -> ActivationSheet:
    """Queue a sheet of the people of `unit` whom `choice` takes in; the same request in waiting is returned again.

    Accounts with powers beyond those of `by` are left out. Raises OutOfScope, NobodyToActivate, TooManyForOneSheet.
    """
    if not scope_for(by, Power.OPEN_ACCOUNTS).covers(unit.path):
        raise errors.OutOfScope
    people = _people(by, list(sheets.employments_for(unit=unit, department=department, choice=choice, chosen=chosen)))
    if not people:
        raise NobodyToActivate
    if len(people) > MOST_PEOPLE:
        raise TooManyForOneSheet(count=len(people), most=MOST_PEOPLE)
    wanted: dict[str, Any] = {
        "requested_by": by, "unit": unit, "department": department, "file_format": file_format, "language": language,
    }  # fmt: skip
    Person.objects.select_for_update().get(pk=by.pk)
    keys = sorted(people)
    for waiting in ActivationSheet.objects.filter(**wanted, state__in=[JobState.QUEUED, JobState.RUNNING]):
        if waiting.chosen == keys:
            return waiting
    sheet = ActivationSheet.objects.create(**wanted, chosen=keys)
    after = {"place": unit.code, "department": department, "people": len(keys), "format": file_format}
    audit.record(by=by, verb="activation_sheet.request", target=sheet, after=after)
    jobs.wake(ActivationSheet.task_name, sheet.pk)
    return sheet


def run_sheet(pk: int) -> None:
    """Make the file of sheet `pk`, if it still waits. A second run replaces what a killed one left."""
    sheet = ActivationSheet.claim(pk)
    if sheet is None:
        return
    try:
        with sheet.kept_alive():
            _make(sheet)
    except LostLease:
        return
    except Exception as error:  # every fault ends in a state that the administrator sees
        sheet.fail_unexpected(error)


def own_sheet(*, by: Person, public_id: UUID) -> ActivationSheet:
    """Raises NotYourSheet."""
    sheet = ActivationSheet.objects.filter(public_id=public_id, requested_by=by).select_related("unit").first()
    if sheet is None:
        raise NotYourSheet
    return sheet


def open_file(*, by: Person, sheet: ActivationSheet) -> IO[bytes]:
    """The finished file; the scope is checked again and the download logged. Raises SheetNotThere, OutOfScope."""
    if not scope_for(by, Power.OPEN_ACCOUNTS).covers(sheet.unit.path):
        raise errors.OutOfScope
    if sheet.state != JobState.DONE or not sheet.file:
        raise SheetNotThere
    file = private_storage().open(str(sheet.file.name))
    audit.record(by=by, verb="activation_sheet.download", target=sheet, after={"people": sheet.people_count})
    return file


def file_name(sheet: ActivationSheet) -> str:
    return f"activation-{sheet.unit.code}-{timezone.localtime(sheet.created_at):%Y%m%d-%H%M}.{sheet.file_format}"


def cancel(sheet: ActivationSheet) -> None:
    """Stop a sheet that is not made yet: earlier codes stay good."""
    sheet.cancel()


@transaction.atomic
def erase(*, by: Person | None, sheet: ActivationSheet) -> bool:
    """Delete the file (the codes on paper stay good); False if it is gone already."""
    name = sheet.file.name
    rows = ActivationSheet.objects.filter(pk=sheet.pk, state=JobState.DONE, file_erased_at__isnull=True)
    if not rows.update(file="", file_erased_at=timezone.now()):
        return False
    audit.record(by=by, verb="activation_sheet.erase", target=sheet)
    if name:
        transaction.on_commit(lambda: private_storage().delete(name))
    return True


def erase_old() -> int:
    """Delete the files that are older than seven days; how many."""
    old = ActivationSheet.objects.filter(
        state=JobState.DONE, file_erased_at__isnull=True, finished_at__lt=timezone.now() - KEPT_FOR
    )
    return sum(erase(by=None, sheet=sheet) for sheet in old.select_related("unit").order_by("pk")[:500])


def _make(sheet: ActivationSheet) -> None:
    employments = {row.person_id: row for row in sheets.employments_on(sheet)}
    people = _people(sheet.requested_by, list(employments.values()))
    order = sorted(
        (employments[key] for key in people),
        key=lambda row: (row.unit.path, row.department_name, row.staff_number, row.person.name, row.person_id),
    )
    name_units(order)
    expires_at = timezone.now() + activation.VALID_FOR
    codes = {activation.new_code(): row for row in order}
    with translation.override(sheet.language):
        address = settings.WAGTAILADMIN_BASE_URL.rstrip("/") + reverse("organisations:activate")
    slips = [_slip(code, row, address) for code, row in codes.items()]
    sheet.beat(stage="drawing", progress=10)
    day = timezone.localtime(expires_at).date()
    if sheet.file_format == "pdf":
        made = activation_sheets.pdf(slips, unit=sheet.unit.name, valid_until=day, language=sheet.language)
    else:
        made = activation_sheets.xlsx(slips, valid_until=day, language=sheet.language)
    sheet.beat(stage="storing", progress=90)
    storage, folder = private_storage(), private_folder("sheets", sheet.public_id)
    for earlier in range(1, sheet.attempt + 1):
        storage.delete(f"{folder}/{earlier}.{sheet.file_format}")
    name = storage.save(f"{folder}/{sheet.attempt}.{sheet.file_format}", ContentFile(made))
    try:
        _finish(sheet, {code: row.person for code, row in codes.items()}, name=name, expires_at=expires_at)
    except BaseException:
        storage.delete(name)
        raise


@transaction.atomic
def _finish(sheet: ActivationSheet, codes: dict[str, Person], *, name: str, expires_at: Any) -> None:
    # Somebody may have used an earlier code in the meantime: the slip of an account that is open opens nothing.
    waiting = set(
        Person.objects.filter(
            pk__in=[person.pk for person in codes.values()], password__startswith=UNUSABLE_PASSWORD_PREFIX
        ).values_list("pk", flat=True)
    )
    activation.keep(
        by=sheet.requested_by,
        codes={code: person for code, person in codes.items() if person.pk in waiting},
        expires_at=expires_at,
        sheet=sheet,
    )
    notifications.notify(
        person=sheet.requested_by,
        kind="sheet_ready",
        params={"unit": sheet.unit.name, "count": len(codes)},
        key=f"activation_sheet:{sheet.public_id}",
        link=f"/{sheet.requested_by.language}/manage/sheets/",
    )
    # Last: it forgets the lease, without which a fault above could not be written down.
    sheet.finish(file=name, people_count=len(codes))


def _people(by: Person, employments: list[Employment]) -> dict[int, Person]:
    """The people of these rows whose accounts `by` may open, by key."""
    people = {row.person_id: row.person for row in employments}
    opens = openable(by=by, people=people.values())
    return {key: person for key, person in people.items() if key in opens}


def _slip(code: str, row: Employment, address: str) -> activation_sheets.Slip:
    return activation_sheets.Slip(
        unit=row.unit_name,
        department=row.department_name,
        name=row.person.name,
        staff_number=rules.masked_number(row.staff_number),
        code=activation.spaced(code),
        address=address,
        link=f"{address}#code={quote(code, safe='')}",
    )
