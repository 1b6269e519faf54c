"""What this package keeps of a person: employment, states, roles, messages, consent, ways to sign in."""

from datetime import date, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt, AccessFailureLog
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared import crypto
from cms.shared.storage import delete_on_commit
from organisations.enums import ProfessionalTitle, QualificationState, RequestState
from organisations.histories import History, Told
from organisations.models import (
    Activation,
    AuditEvent,
    Employment,
    ErasureRequest,
    Membership,
    Notification,
    Objection,
    Person,
    PersonExport,
    Qualification,
    Registration,
    RoleGrant,
    RosterImport,
    RosterRow,
    StatePeriod,
)
from organisations.services import own_tables
from organisations.services.disclosures import full_id_number

_FOR_EVER = date.max

LABELS = {
    "organisations.Employment": _("Employment"),
    "organisations.Membership": _("Membership of branches"),
    "organisations.StatePeriod": _("Leave and other states"),
    "organisations.Qualification": _("Titles and degrees"),
    "organisations.RoleGrant": _("Roles"),
    "organisations.Registration": _("Registrations"),
    "organisations.Objection": _("Objections"),
    "organisations.Notification": _("Messages"),
}

# What belongs to a sign-in or to a piece of work in Wagtail and ends with the account: "app.Model" by its field.
_WAGTAIL = {
    "wagtailadmin.EditingSession": "user",
    "wagtailadmin.FormState": "user",
    "wagtailcore.APIToken": "user",
    "wagtailcore.PageSubscription": "user",
    "wagtailusers.UserProfile": "user",
}


def count(person: Person) -> dict[str, int]:
    return {
        "organisations.Employment": person.employments.count(),
        "organisations.Membership": person.memberships.count(),
        "organisations.StatePeriod": person.state_periods.count(),
        "organisations.Qualification": person.qualifications.count(),
        "organisations.RoleGrant": person.role_grants.count(),
        "organisations.Registration": person.registrations.count(),
        "organisations.Objection": person.objections.count(),
        "organisations.Notification": person.notifications.count(),
    }


def move(kept: Person, merged: Person) -> dict[str, int]:
    """Everything that `kept` has not in the same days or under the same name goes over; the rest stays and is ended."""
    _end_codes(merged)
    ErasureRequest.objects.filter(person=merged, request_state=RequestState.WAITING).update(
        request_state=RequestState.WITHDRAWN
    )
    if kept.registrations.filter(state=RequestState.WAITING).exists():
        merged.registrations.filter(state=RequestState.WAITING).update(state=RequestState.WITHDRAWN)
    RosterRow.objects.filter(person=merged).update(person=kept)
    for export in PersonExport.objects.filter(person=merged).exclude(file=""):
        erase_export_file(export)
    moved = {
        "organisations.Employment": _move_employments(kept, merged),
        "organisations.Membership": _move_memberships(kept, merged),
        "organisations.StatePeriod": _move_states(kept, merged),
        "organisations.Qualification": _move_qualifications(kept, merged),
        "organisations.RoleGrant": _move_roles(kept, merged),
        "organisations.Registration": merged.registrations.update(person=kept),
        "organisations.Objection": merged.objections.update(person=kept),
        "organisations.Notification": merged.notifications.exclude(
            key__in=list(kept.notifications.values_list("key", flat=True))
        ).update(person=kept),
    }
    _move_contact(kept, merged)
    return moved


def _end_codes(person: Person) -> None:
    now = timezone.now()
    Activation.objects.filter(person=person, used_at__isnull=True, expires_at__gt=now).update(expires_at=now)


def _close_open(rows: Any) -> None:
    """End today what is still open of the rows that stayed; a span is at least a day long."""
    today = timezone.localdate()
    rows.filter(ends__isnull=True, begins__lt=today).update(ends=today)
    rows.filter(ends__isnull=True).update(ends=F("begins") + timedelta(days=1))


def _move_employments(kept: Person, merged: Person) -> int:
    """Days on which `kept` worked nowhere are filled from `merged`: a person works at one unit at a time."""
    taken = [(row.begins, row.ends or _FOR_EVER) for row in kept.employments.all()]
    moved = 0
    for row in merged.employments.order_by("begins", "pk"):
        whole = (row.begins, row.ends or _FOR_EVER)
        gaps = free_spans(whole, taken)
        if gaps == [whole]:
            Employment.objects.filter(pk=row.pk).update(person=kept)
        for begins, ends in gaps if gaps != [whole] else []:
            Employment.objects.create(
                person=kept, unit_id=row.unit_id, department=row.department, kind=row.kind,
                staff_number=row.staff_number, begins=begins, ends=None if ends == _FOR_EVER else ends,
            )  # fmt: skip
        taken += gaps
        moved += len(gaps)
        if row.staff_number:
            kept.employments.filter(unit_id=row.unit_id, ends__isnull=True, staff_number="").update(
                staff_number=row.staff_number
            )
    _close_open(merged.employments.all())
    return moved


def free_spans(span: tuple[date, date], taken: list[tuple[date, date]]) -> list[tuple[date, date]]:
    """The parts of a half-open span of days that no span of `taken` covers, in order."""
    found, begins = [], span[0]
    for other_begins, other_ends in sorted(taken):
        if other_ends <= begins or other_begins >= span[1]:
            continue
        if other_begins > begins:
            found.append((begins, other_begins))
        begins = max(begins, other_ends)
    if begins < span[1]:
        found.append((begins, span[1]))
    return found


def _move_memberships(kept: Person, merged: Person) -> int:
    moved = 0
    for row in merged.memberships.order_by("begins", "pk"):
        there = [(m.begins, m.ends or _FOR_EVER) for m in kept.memberships.filter(branch_id=row.branch_id)]
        whole = (row.begins, row.ends or _FOR_EVER)
        if free_spans(whole, there) == [whole]:
            moved += Membership.objects.filter(pk=row.pk).update(person=kept)
    _close_open(merged.memberships.all())
    return moved


def _move_states(kept: Person, merged: Person) -> int:
    moved = 0
    for row in merged.state_periods.order_by("begins", "pk"):
        same = kept.state_periods.filter(state=row.state, begins=row.begins, ends=row.ends)
        if not same.exists():
            moved += StatePeriod.objects.filter(pk=row.pk).update(person=kept)
    return moved


_SWAPPED = (
    "subject", "institution", "obtained_on", "proof", "state", "entered_by_id", "entered_at", "decided_by_id",
    "decided_at", "decision",
)  # fmt: skip


def _move_qualifications(kept: Person, merged: Person) -> int:
    """A confirmed title beats the same one self-reported: then the two rows change places."""
    moved = 0
    for row in merged.qualifications.order_by("pk"):
        same = (
            kept.qualifications.filter(kind=row.kind, value=row.value).exclude(state=QualificationState.REFUSED).first()
        )
        if same is None or row.state == QualificationState.REFUSED:
            moved += Qualification.objects.filter(pk=row.pk).update(person=kept)
        elif (same.state, row.state) == (QualificationState.CLAIMED, QualificationState.CONFIRMED):
            for name in _SWAPPED:
                mine, theirs = getattr(same, name), getattr(row, name)
                setattr(same, name, theirs)
                setattr(row, name, mine)
            same.save()
            row.save()
            moved += 1
    return moved


def _move_roles(kept: Person, merged: Person) -> int:
    moved = 0
    for row in merged.role_grants.order_by("begins", "pk"):
        same = kept.role_grants.filter(role=row.role, node_id=row.node_id, ends__isnull=True)
        if row.ends is not None or not same.exists():
            moved += RoleGrant.objects.filter(pk=row.pk).update(person=kept)
    today = timezone.localdate()
    merged.role_grants.filter(Q(ends__isnull=True) | Q(ends__gt=today)).update(ends=today)
    return moved


def _move_contact(kept: Person, merged: Person) -> None:
    """Phone, address and ID number go where there is none; a second one is let go, so that it can be used again."""
    phone, number, email = merged.phone, full_id_number(merged), merged.email
    merged.set_phone("")
    merged.set_id_number("")
    merged.email = None
    merged.save()
    EmailAddress.objects.filter(user=merged).delete()
    if phone and not kept.phone_sealed:
        kept.set_phone(phone)
    if number and not kept.id_number_sealed:
        kept.set_id_number(number)
    if email and not kept.email:
        kept.email = email
        EmailAddress.objects.get_or_create(user=kept, email=email, defaults={"primary": True, "verified": False})
    # A title is never lost again: the higher one is the later one.
    ranks = list(ProfessionalTitle)
    kept.title = max(ProfessionalTitle(kept.title), ProfessionalTitle(merged.title), key=ranks.index)
    kept.save()


def export(person: Person) -> Told:
    periods = list(person.state_periods.order_by("begins", "pk"))
    qualifications = list(person.qualifications.order_by("pk"))
    proofs = [("state", row.proof) for row in periods] + [("qualification", row.proof) for row in qualifications]
    files = [
        (f"proofs/{kind}-{number}.{str(proof.name).rpartition('.')[2]}", str(proof.name), proof.storage)
        for number, (kind, proof) in enumerate(proofs, start=1)
        if proof
    ]
    data: dict[str, Any] = {
        "person": {
            "public_id": person.public_id,
            "user_name": person.username,
            "name": person.name,
            "email": person.email,
            "phone": person.phone,
            "id_number": full_id_number(person),
            "title": person.title,
            "language": person.language,
            "is_active": person.is_active,
            "last_sign_in": person.last_login,
            "joined": person.date_joined,
            "looked_at_what_was_entered": person.details_seen_at,
            "merged_into": person.merged_into.public_id if person.merged_into else None,
        },
        "employments": list(
            person.employments.order_by("begins").values(
                "unit__name", "unit__code", "department", "kind", "staff_number", "begins", "ends"
            )
        ),
        "memberships": list(person.memberships.order_by("begins").values("branch__name", "begins", "ends")),
        "states": [{"state": p.state, "begins": p.begins, "ends": p.ends, "note": p.note} for p in periods],
        "qualifications": [
            {
                "kind": q.kind, "value": q.value, "subject": q.subject, "institution": q.institution,
                "obtained_on": q.obtained_on, "state": q.state, "decision": q.decision,
            }
            for q in qualifications
        ],
        "roles": list(person.role_grants.order_by("begins").values("role", "node__name", "begins", "ends", "reason")),
        "consents": list(
            person.consents.order_by("accepted_at").values("document", "version", "language", "accepted_at")
        ),
        "registrations": [
            {
                "unit__name": r.unit.name, "department": r.department, "staff_number": r.staff_number, "state": r.state,
                "created_at": r.created_at, "decision": r.decision, "phone": r.phone, "email": r.email,
            }
            for r in person.registrations.select_related("unit").order_by("pk")
        ],
        "objections": list(
            person.objections.order_by("pk").values("text", "created_at", "answer", "answered_at")
        ),
        "messages": list(person.notifications.order_by("pk").values("kind", "params", "created_at", "read_at")),
        "erasure_requests": list(
            person.erasure_requests.order_by("pk").values("created_at", "request_state", "earliest_on", "decision")
        ),
        "audit_log": [
            {"at": at, "deed": verb, "by_you": actor == person.pk, "before": before, "after": after, "address": address}
            for at, verb, actor, before, after, address in _events_of(person)
        ],
    }  # fmt: skip
    return Told(data, tuple(files))


def _events_of(person: Person) -> Any:
    """What the person did and what was done to the person's account; who else did it is not theirs to take away."""
    label = Person._meta.label_lower
    events = AuditEvent.objects.filter(
        Q(actor_id_copy=person.pk) | Q(target_kind=label, target_id=str(person.public_id))
    ).order_by("pk")
    for at, verb, actor, before, after, address in events.values_list(
        "at", "verb", "actor_id_copy", "before", "after", "address"
    ).iterator():
        yield at, verb, actor, before, after, address if actor == person.pk else None


def erase(person: Person) -> None:
    """Empty the account: what is left is a row without a name that nobody can sign in to."""
    today = timezone.localdate()
    for period in person.state_periods.exclude(proof=""):
        delete_on_commit(period.proof.name)
    for qualification in person.qualifications.exclude(proof=""):
        delete_on_commit(qualification.proof.name)
    for export in person.exports.exclude(file=""):
        erase_export_file(export)
    for rows in (
        person.employments, person.memberships, person.state_periods, person.qualifications, person.registrations,
        person.objections, person.notifications, person.activations,
    ):  # fmt: skip
        rows.all().delete()
    person.exports.all().delete()
    person.role_grants.filter(Q(ends__isnull=True) | Q(ends__gt=today)).update(ends=today)
    person.role_grants.update(reason="")
    _erase_from_rosters(person)
    EmailAddress.objects.filter(user=person).delete()
    Authenticator.objects.filter(user=person).delete()
    for profile in apps.get_model("wagtailusers.UserProfile")._default_manager.filter(user=person).exclude(avatar=""):
        delete_on_commit(profile.avatar.name)
    # What Wagtail noted about the account itself: its label is the name.
    logged = apps.get_model("wagtailcore.ModelLogEntry")._default_manager.filter(object_id=str(person.pk))
    logged.filter(content_type=ContentType.objects.get_for_model(Person)).update(label="", data={})
    for label, field in _WAGTAIL.items():
        apps.get_model(label)._default_manager.filter(**{field: person}).delete()
    hashed = crypto.indexes(str(person.public_id), field="axes.account")
    AccessAttempt.objects.filter(username__in=hashed).delete()
    AccessFailureLog.objects.filter(username__in=hashed).delete()
    person.groups.clear()
    person.user_permissions.clear()
    person.username = f"erased-{person.public_id.hex[:20]}"  # as `erasure_list.made_up_name`
    person.name = ""
    person.email = None
    person.set_phone("")
    person.set_id_number("")
    person.title = Person._meta.get_field("title").default
    person.last_login = None
    person.is_active = person.is_staff = person.is_superuser = False
    person.set_unusable_password()  # and with the password every session ends
    person.save()


def _erase_from_rosters(person: Person) -> None:
    """The rows that were entered as this person, those that may be about them, and the samples of the files they are
    in. A namesake's unassigned row goes with them: it can be sent again."""
    emptied = {"sealed": "", "shown": {}, "changes": {}, "undo": "", "problems": [], "candidates": []}
    RosterRow.objects.filter(person=person).update(**emptied, person=None)
    if not person.name:
        return
    nobodys = RosterRow.objects.filter(person__isnull=True, shown__name=person.name)
    nobodys.update(**emptied)
    words = {word for word in (person.name, person.email) if word}
    for roster in RosterImport.objects.exclude(sheets=[]).only("sheets").iterator(chunk_size=100):
        samples = [sheet.get("samples") or {} for sheet in roster.sheets]
        if words & {text for columns in samples for texts in columns.values() for text in texts}:
            forget_samples(roster)


def forget_samples(roster: RosterImport) -> None:
    """Leave of the sheets what their columns are called; the samples of what stood in them go."""
    sheets = [{**sheet, "samples": {}} for sheet in roster.sheets]
    RosterImport.objects.filter(pk=roster.pk).update(sheets=sheets)


def erase_export_file(export: PersonExport) -> None:
    """Delete the file of an own-data export when the transaction is committed; the row says when."""
    name = export.file.name
    PersonExport.objects.filter(pk=export.pk).update(file="", file_erased_at=timezone.now())
    delete_on_commit(name)


_MODELS = (Employment, Membership, StatePeriod, Qualification, RoleGrant, Registration, Objection, Notification)

HISTORY = History(
    name="organisations",
    turn=5,
    labels=LABELS,
    count=count,
    move=move,
    export=export,
    erase=erase,
    told=own_tables.TOLD,
    tables=own_tables.TABLES,
    untold=own_tables.UNTOLD,
    fields=frozenset(
        {f"{model._meta.label}.person" for model in (*_MODELS, Activation, PersonExport, ErasureRequest, RosterRow)}
        | {f"{label}.{field}" for label, field in _WAGTAIL.items()}
        | {
            # Consent is proof and append-only: it stays with the account that gave it.
            "organisations.Consent.person",
            "organisations.AccountMerge.kept",
            "organisations.AccountMerge.merged",
            "organisations.Person.merged_into",
            "organisations.Person_groups.person",
            "organisations.Person_user_permissions.person",
            "account.EmailAddress.user",
            "mfa.Authenticator.user",
        }
    ),
    doers=frozenset(
        {
            "organisations.AccountMerge.by",
            "organisations.Activation.issued_by",
            "organisations.ActivationSheet.requested_by",
            "organisations.ErasureRequest.decided_by",
            "organisations.Objection.answered_by",
            "organisations.PlaceChange.by",
            "organisations.Qualification.decided_by",
            "organisations.Qualification.entered_by",
            "organisations.Registration.decided_by",
            "organisations.RoleGrant.granted_by",
            "organisations.RosterImport.applied_by",
            "organisations.RosterImport.undone_by",
            "organisations.RosterImport.uploaded_by",
            "organisations.RosterRow.decided_by",
            "organisations.StatePeriod.recorded_by",
            "wagtailcore.Comment.resolved_by",
            "wagtailcore.Comment.user",
            "wagtailcore.CommentReply.user",
            "wagtailcore.ModelLogEntry.user",
            "wagtailcore.Page.locked_by",
            "wagtailcore.Page.owner",
            "wagtailcore.PageLogEntry.user",
            "wagtailcore.Revision.user",
            "wagtailcore.TaskState.finished_by",
            "wagtailcore.UploadedFile.uploaded_by_user",
            "wagtailcore.WorkflowState.requested_by",
            "wagtaildocs.Document.uploaded_by_user",
            "wagtailimages.Image.uploaded_by_user",
        }
    ),
)
