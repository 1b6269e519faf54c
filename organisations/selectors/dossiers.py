"""Everything about one person that the person's page shows, by what its reader may see."""

from dataclasses import dataclass

from django.db.models import F

from organisations.enums import CREDIT_ROLES, POWERS, Power, QualificationKind, Role
from organisations.models import (
    AccountMerge,
    AuditEvent,
    Employment,
    Membership,
    Person,
    Qualification,
    Registration,
    RoleGrant,
    StatePeriod,
)
from organisations.selectors import labels, log_words
from organisations.selectors.access import Access, access_of
from organisations.selectors.directory import sees_everybody
from organisations.selectors.powers import in_force, roles_of, today

_EVENTS = 30


@dataclass(frozen=True)
class Dossier:
    """`powers`: what the reader may do here. `events`: the newest of the audit log, empty without the right to them."""

    person: Person
    powers: frozenset[Power]
    sees_credits: bool
    is_oneself: bool
    employments: list[Employment]
    states: list[StatePeriod]
    qualifications: list[Qualification]
    memberships: list[Membership]
    grants: list[RoleGrant]
    registrations: list[Registration]
    events: list[AuditEvent]
    access: Access | None
    merges: list[AccountMerge]

    @property
    def employment(self) -> Employment | None:
        """Where the person works today."""
        day = today()
        held = [row for row in self.employments if row.begins <= day and (row.ends is None or row.ends > day)]
        return held[0] if held else None

    @property
    def state(self) -> StatePeriod | None:
        day = today()
        held = [row for row in self.states if row.begins <= day and (row.ends is None or row.ends > day)]
        return held[0] if held else None

    @property
    def reported_titles(self) -> list[Qualification]:
        return [row for row in self.qualifications if row.kind == QualificationKind.TITLE and row.state == "claimed"]

    @property
    def sees_numbers(self) -> bool:
        return Power.SEE_MASKED_ID in self.powers

    @property
    def keeps_people(self) -> bool:
        return Power.KEEP_PEOPLE in self.powers

    @property
    def grants_roles(self) -> bool:
        return Power.GRANT_ROLES in self.powers and not self.is_oneself


def powers_over(by: Person, person: Person) -> tuple[frozenset[Power], bool]:
    """The powers of `by` at the places to which `person` belongs today, and whether `by` sees the credits there."""
    paths = [
        *Employment.objects.filter(in_force(), person=person).values_list("unit__path", flat=True),
        *Membership.objects.filter(in_force(), person=person).values_list("branch__path", flat=True),
    ]
    held = roles_of(by)
    covering = {Role(grant.role) for grant in held if any(path.startswith(grant.node.path) for path in paths)}
    if not paths and sees_everybody(by):
        covering = {Role.SYSTEM_ADMINISTRATOR}
    powers = frozenset(power for power, roles in POWERS.items() if covering & roles)
    return powers, bool(covering & CREDIT_ROLES)


def dossier_of(*, by: Person, person: Person) -> Dossier:
    """What `by` may see of `person`. That `by` may see anything is asked before (`directory.person_of`)."""
    powers, sees_credits = powers_over(by, person)
    reads_log = bool(powers & {Power.KEEP_PEOPLE, Power.READ_AUDIT})
    newest_first = F("obtained_on").desc(nulls_last=True)
    events = AuditEvent.objects.filter(target_kind="organisations.person", target_id=str(person.public_id))
    return Dossier(
        person=person,
        powers=powers,
        sees_credits=sees_credits,
        is_oneself=by.pk == person.pk,
        employments=list(person.employments.select_related("unit").order_by("-begins", "-pk")),
        states=list(person.state_periods.select_related("recorded_by").order_by("-begins", "-pk")),
        qualifications=list(
            person.qualifications.select_related("entered_by", "decided_by").order_by("kind", newest_first, "-pk")
        ),
        memberships=list(person.memberships.select_related("branch").order_by("-begins", "-pk")),
        grants=list(
            person.role_grants.select_related("node", "granted_by", "substitute_for__person").order_by("-begins", "-pk")
        ),
        registrations=list(person.registrations.select_related("unit").order_by("-created_at")),
        events=log_words.worded(labels.named(events.order_by("-at", "-pk")[:_EVENTS])) if reads_log else [],
        access=access_of(by=by, person=person, opens=Power.OPEN_ACCOUNTS in powers)
        if Power.SEE_SHEETS in powers
        else None,
        merges=list(AccountMerge.objects.filter(kept=person).select_related("merged").order_by("-at", "-pk"))
        if Power.SEE_INTAKE in powers
        else [],
    )
