"""Recording what a person did: the only way into the book."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from typing import Any

from django import urls
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from cms.shared.errors import Conflict, DomainError, InvalidInput
from cms.shared.free_text import without_numbers
from credits.enums import ActivityKind, CreditRole, GrantMethod
from credits.models import Book, Entry, Project
from credits.rules import doubles
from credits.selectors import in_force, time_zone_of
from credits.selectors.projects import places_taken, standing_grants
from credits.services.chain import append, lock_book, lock_feed
from credits.services.judgements import rebuild
from organisations import audit, notifications
from organisations.deeds import Deed
from organisations.models import Person
from organisations.selectors import employment_on

TRIES = 5


class GrantRefused(DomainError):
    """The activity may not enter the book. The refusal is logged: catch it inside your own transaction if that log is
    to stay."""


class DuplicateActivity(GrantRefused):
    """The same activity at the same time is in the book already, under another id."""

    code, http_status = "duplicate_activity", 409
    message = _(
        "This activity is in the book already as “%(title)s” of %(day)s (entry %(entry)s). If that record is wrong, "
        "have it taken back first."
    )


class OverlappingActivity(DuplicateActivity):
    """Somebody who was at the one cannot have been at the other as well."""

    code = "overlapping_activity"
    message = _(
        "In these hours the person was at “%(title)s” on %(day)s (entry %(entry)s); the time is not enough for both. "
        "Correct the times, or have the record that is wrong taken back first."
    )


class OutsideProject(GrantRefused):
    """The activity lies outside the days of its accredited project."""

    code, http_status = "outside_project", 409
    message = _(
        "The project %(number)s grants credit from %(begins)s to %(ends)s; this activity ran from %(first)s to "
        "%(last)s. Have the dates corrected, or record it without the project."
    )


class ProjectFull(GrantRefused):
    """Every place of the accredited project is taken."""

    code, http_status = "project_full", 409
    message = _(
        "All %(quota)s places of the project %(number)s are taken. Ask who keeps the register whether the authority "
        "approved more."
    )


class DemoNotAllowed(DomainError):
    code, http_status = "demo_not_allowed", 409
    message = _("Time-scaled demo activities earn nothing here. Use an offer whose minutes are real minutes.")


@dataclass(frozen=True)
class Activity:
    """What a person really did, told by the package that knows.

    `quantity` in `unit` ("minute", "hour", "session", "char_zh", "month"; "credit" for what an authority decided).
    `begins_at`, `ends_at` are aware; the last day, in the rule set's time zone, decides the period. `level` holds the
    keys of a table rule joined by "/" ("provincial/2"). `evidence` is [{"kind", "sha256", …}], without floats.
    """

    kind: str
    id: str
    title: str
    activity_type: str
    quantity: Decimal
    unit: str
    role: str
    organiser: str
    begins_at: datetime
    ends_at: datetime
    project: Project | None = None
    level: str = ""
    occurrence: str = ""
    time_scale: int = 1
    evidence: tuple[dict[str, Any], ...] = ()
    is_demo: bool = False


def award(
    *,
    person: Person,
    activity: Activity,
    rule_set_id: str,
    how: GrantMethod,
    by: Person | None = None,
    reason: str = "",
) -> Entry:
    """Record `activity` in the person's book under `rule_set_id`; the same activity again returns the same entry.

    After a reversal the activity may be recorded anew, as the next revision. Raises GrantRefused: DuplicateActivity, or
    its kind OverlappingActivity (the person is told), OutsideProject, ProjectFull; NoRuleSetInForce, DemoNotAllowed,
    InvalidInput. Takes the feed's lock, then the book's, until the transaction ends.
    What is recorded for an account that was merged goes to the account that stays.
    """
    check(activity)
    person = person.merged_into or person
    entry = _draft(person, activity, rule_set_id, how, by, reason)
    same = _same_activity(person, entry)
    if (known := same.filter(reversed_by__isnull=True).first()) is not None:
        return known
    try:
        found = _record(person, entry)
    except (OutsideProject, ProjectFull) as refusal:
        _log_project_refusal(person, entry, refusal, by)
        raise
    if found.public_id != entry.public_id and not _is_same(found, entry):
        _log_refusal(person, entry, found, by)
        raise refusal_of(found, entry)
    return found


def refusal_of(found: Entry, entry: Entry) -> DuplicateActivity:
    """Why `entry` may not stand beside `found`, which it names."""
    is_clash = doubles.clashes(found, entry) and not doubles.collides(found, entry)
    return refusal_naming(found, OverlappingActivity if is_clash else DuplicateActivity)


def refusal_naming(found: Entry, kind: type[DuplicateActivity] = DuplicateActivity) -> DuplicateActivity:
    return kind(title=found.title, day=found.ends_on.isoformat(), entry=str(found.public_id))


def reverse(*, entry: Entry, by: Person | None, reason: str) -> Entry:
    """Take `entry` back by a reversing entry, which is returned; a second call returns the same one.

    Raises InvalidInput without a reason, or for an entry that itself takes one back.
    """
    if not reason.strip():
        raise InvalidInput(_("Say why the entry is taken back; the reason stays in the book."))
    if entry.reverses_id is not None:
        raise InvalidInput(_("This entry takes another one back. Record the activity anew instead."))
    copied = {
        field.attname: getattr(entry, field.attname)
        for field in Entry._meta.concrete_fields
        if field.name not in {"id", "public_id", "book", "position", "reverses", "previous_mac", "mac_key", "mac"}
    }
    copied |= {
        "activity_kind": ActivityKind.REVERSAL.value,
        "activity_id": str(entry.public_id),
        "occurrence": "",
        "revision": 1,
        "granted_how": GrantMethod.MANUAL.value,
        "granted_by_id_copy": by.pk if by else None,
        "reason": without_numbers(reason.strip())[:200],
        "evidence": [],
        "recorded_at": timezone.now(),
    }
    for _attempt in range(TRIES):
        with transaction.atomic():
            lock_feed()
            book = lock_book(entry.book_id)
            known = Entry.objects.filter(reverses=entry).first()
            if known is not None:
                return known
            reversal = Entry(reverses=entry, **copied)
            if not append(reversal, book):
                continue
            rebuild(book=book, rule_set_id=entry.rule_set_id, day=entry.ends_on)
            audit.record(
                by=by,
                verb="credits.entry_reversed",
                target=entry,
                after={"reason": reversal.reason, "reversal": str(reversal.public_id)},
            )
            if book.owner is not None:
                notifications.notify(
                    person=book.owner,
                    kind="credits.entry_reversed",
                    params={"title": entry.title, "reason": reversal.reason},
                    key=f"credits.reversed:{entry.public_id}",
                    link=_objection_to(book.owner, entry),
                )
            return reversal
    raise Conflict


def primary_book(person: Person) -> Book:
    """The book that takes the person's new entries; made when it is first needed, once."""
    book = Book.objects.filter(owner=person, is_primary=True).first()
    if book is None:
        try:
            with transaction.atomic():
                book = Book.objects.create(owner=person)
        except IntegrityError:  # another transaction was first
            book = Book.objects.get(owner=person, is_primary=True)
    return book


def check(activity: Activity) -> None:
    """Raises InvalidInput, DemoNotAllowed for what nobody's book takes."""
    if timezone.is_naive(activity.begins_at) or timezone.is_naive(activity.ends_at):
        raise ValueError("an activity's times are aware")
    if activity.ends_at < activity.begins_at:
        raise InvalidInput(_("The activity ends before it begins. Correct its times."))
    if activity.quantity < 0 or activity.time_scale < 1:
        raise InvalidInput(_("The amount of an activity is never negative. To correct an entry, take it back."))
    if activity.time_scale > 1 and not (activity.is_demo and settings.DEMO_ALLOWED):
        raise DemoNotAllowed


def _draft(
    person: Person | None, activity: Activity, rule_set_id: str, how: GrantMethod, by: Person | None, reason: str
) -> Entry:
    """The entry without its place in the chain; without a person, without where they work."""
    zone = time_zone_of(rule_set_id)
    begins_on, ends_on = activity.begins_at.astimezone(zone).date(), activity.ends_at.astimezone(zone).date()
    rules = in_force(rule_set_id, ends_on).rules
    kind = rules.types.get(activity.activity_type)
    employment = employment_on(person, ends_on) if person is not None else None
    return Entry(
        rule_set_id=rule_set_id,
        rule_set_version=rules.key,
        activity_kind=str(activity.kind),
        activity_id=activity.id,
        occurrence=activity.occurrence,
        role=str(activity.role),
        activity_type=activity.activity_type,
        category=kind.category if kind is not None else "",
        title=activity.title[:300],
        project=activity.project,
        project_number=activity.project.number if activity.project is not None else "",
        level=activity.level,
        organiser=activity.organiser[:200],
        quantity=activity.quantity.quantize(Decimal("0.001"), rounding=ROUND_DOWN),
        unit=activity.unit,
        time_scale=activity.time_scale,
        begins_at=activity.begins_at,
        ends_at=activity.ends_at,
        begins_on=begins_on,
        ends_on=ends_on,
        work_unit_id=employment.unit_id if employment is not None else None,
        work_unit_name=employment.unit.name if employment is not None else "",
        department=employment.department_name if employment is not None else "",
        granted_how=how.value,
        granted_by_id_copy=by.pk if by is not None else None,
        reason=without_numbers(reason)[:200],
        evidence=[dict(item) for item in activity.evidence],
        is_demo=activity.is_demo,
        recorded_at=timezone.now(),
    )


def _same_activity(person: Person, entry: Entry) -> QuerySet[Entry]:
    """Entries of the person under the natural key of `entry`, newest revision first."""
    return Entry.objects.filter(
        book__owner=person,
        rule_set_id=entry.rule_set_id,
        activity_kind=entry.activity_kind,
        activity_id=entry.activity_id,
        occurrence=entry.occurrence,
        role=entry.role,
    ).order_by("-revision")


def _is_same(one: Entry, other: Entry) -> bool:
    return (one.activity_kind, one.activity_id, one.occurrence) == (
        other.activity_kind,
        other.activity_id,
        other.occurrence,
    )


def _record(person: Person, entry: Entry) -> Entry:
    """Append `entry`; or the entry of the same activity, or the one it collides with."""
    for _attempt in range(TRIES):
        book_pk = primary_book(person).pk
        with transaction.atomic():
            lock_feed()
            book = lock_book(book_pk)
            if (book.owner_id, book.is_primary) != (person.pk, True):
                # Two accounts became one while this waited for the lock.
                person = Person.objects.select_related("merged_into").get(pk=person.pk)
                person = person.merged_into or person
                continue
            same = list(_same_activity(person, entry))
            standing = [other for other in same if not other.reversed_by.exists()]
            found = standing[0] if standing else _collision(person, entry)
            if found is not None:
                return found
            _check_project(person, entry)
            entry.revision = len(same) + 1
            if append(entry, book):
                rebuild(book=book, rule_set_id=entry.rule_set_id, day=entry.ends_on)
                return entry
    raise Conflict


def _collision(person: Person, entry: Entry) -> Entry | None:
    """An entry of the same session under another id, in any of the person's books (see `rules.doubles`)."""
    return doubles.first_collision(entry, _overlapping([person], entry))


def _overlapping(people: Sequence[Person], entry: Entry) -> QuerySet[Entry]:
    """Standing entries of `people`, the earliest recorded first, that overlap with `entry` in its role."""
    return Entry.objects.filter(
        Q(begins_at__lt=entry.ends_at, ends_at__gt=entry.begins_at)
        | Q(begins_at=entry.begins_at, ends_at=entry.ends_at),
        book__owner__in=people,
        rule_set_id=entry.rule_set_id,
        role=entry.role,
        reverses__isnull=True,
        reversed_by__isnull=True,
    ).order_by("recorded_at", "pk")


def foreseen(*, people: Sequence[Person], activity: Activity, rule_set_id: str) -> dict[int, GrantRefused]:
    """Of `people`, by id: whom `award` would refuse `activity` now, or answer with the entry that is there already.

    Where an accredited project has fewer places left than there are people, the first ones take them. Writes nothing;
    as many statements however many people. Raises what `award` raises for everybody, also OutsideProject.
    """
    check(activity)
    entry = _draft(None, activity, rule_set_id, GrantMethod.MANUAL, None, "")
    standing: dict[int, list[Entry]] = {}
    for other in _overlapping(people, entry).select_related("book"):
        standing.setdefault(other.book.owner_id or 0, []).append(other)
    refused: dict[int, GrantRefused] = {}
    for owner, others in standing.items():
        same = (other for other in others if doubles.is_same(entry, other))
        found = next(same, None) or doubles.first_collision(entry, others)
        if found is not None:
            refused[owner] = refusal_of(found, entry)
    if entry.project_id is not None:
        project = Project.objects.get(pk=entry.project_id)
        _check_days(project, entry)
        newcomers = _newcomers(project, entry, [person for person in people if person.pk not in refused])
        left = max(0, (project.quota or 0) - places_taken([project.pk]).get(project.pk, 0))
        full = {person.pk: ProjectFull(number=project.number, quota=project.quota) for person in newcomers[left:]}
        refused |= full
    return refused


def _check_days(project: Project, entry: Entry) -> None:
    if entry.begins_on < project.begins or entry.ends_on > project.last_day:
        raise OutsideProject(
            number=project.number, begins=project.begins.isoformat(), ends=project.last_day.isoformat(),
            first=entry.begins_on.isoformat(), last=entry.ends_on.isoformat(),
        )  # fmt: skip


def _newcomers(project: Project, entry: Entry, people: Sequence[Person]) -> list[Person]:
    """Of `people`: who would take a place by `entry`. One person has one place, however many entries."""
    if project.quota is None or entry.role != CreditRole.LEARNER:
        return []
    held = standing_grants(project.pk).filter(book__owner__in=people, role=CreditRole.LEARNER.value)
    owners = set(held.values_list("book__owner", flat=True))
    return [person for person in people if person.pk not in owners]


def _check_project(person: Person, entry: Entry) -> None:
    """Raises OutsideProject, ProjectFull. Under the feed's lock: every grant and every change of the register takes it,
    so that what is read here holds until the entry is written."""
    if entry.project_id is None:
        return
    project = Project.objects.get(pk=entry.project_id)
    _check_days(project, entry)
    if _newcomers(project, entry, [person]) and places_taken([project.pk]).get(project.pk, 0) >= (project.quota or 0):
        raise ProjectFull(number=project.number, quota=project.quota)


@transaction.atomic
def _log_project_refusal(person: Person, entry: Entry, refusal: GrantRefused, by: Person | None) -> None:
    after = {"activity": f"{entry.activity_kind}:{entry.activity_id}", "title": entry.title}
    told = {"project": entry.project_number, "why": refusal.code, "ends_on": entry.ends_on}
    audit.record(by=by, verb=Deed.PROJECT_REFUSED, target=person, after=after | told)


@transaction.atomic
def _log_refusal(person: Person, entry: Entry, found: Entry, by: Person | None) -> None:
    audit.record(
        by=by,
        verb="credits.duplicate_refused",
        target=found,
        after={
            "activity": f"{entry.activity_kind}:{entry.activity_id}",
            "title": entry.title,
            "rule_set": entry.rule_set_id,
            "ends_on": entry.ends_on,
        },
    )
    notifications.notify(
        person=person,
        kind="credits.duplicate_refused",
        params={
            "title": entry.title,
            "other": found.title,
            "day": found.ends_on.isoformat(),
            "is_overlap": isinstance(refusal_of(found, entry), OverlappingActivity),
        },
        key=f"credits.duplicate:{found.public_id}:{entry.activity_kind}:{entry.activity_id}"[:120],
        link=_year_of(person, found),
    )


def _objection_to(person: Person, entry: Entry) -> str:
    """The page on which `person` reads the facts of `entry` and may object."""
    with translation.override(person.language):
        return urls.reverse("credits:objection_new", args=[entry.public_id])


def _year_of(person: Person, entry: Entry) -> str:
    """The page on which `person` finds `entry`."""
    with translation.override(person.language):
        return f"{urls.reverse('credits:my_credits')}?year={entry.ends_on.year}&rules={entry.rule_set_id}"
