"""What a person's own pages show."""

from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.db.models import F, QuerySet

from organisations.enums import DOCUMENT_VERSIONS, DocumentKind
from organisations.models import Consent, Employment, Membership, Notification, Person, Qualification, RoleGrant
from organisations.selectors.powers import in_force, roles_of


def missing_consents(person: Person) -> list[DocumentKind]:
    """The documents whose version now in force the person has not agreed to."""
    given = set(Consent.objects.filter(person=person).values_list("document", "version"))
    return [kind for kind, version in DOCUMENT_VERSIONS.items() if (kind.value, version) not in given]


def consents_of(person: Person) -> list[Consent]:
    """All consents of a person, newest first."""
    return list(Consent.objects.filter(person=person).order_by("-accepted_at", "-pk"))


def notifications_of(person: Person) -> QuerySet[Notification]:
    """A person's messages, newest first."""
    return Notification.objects.filter(person=person).order_by("-created_at", "-pk")


def unread_count(person: Person) -> int:
    return Notification.objects.filter(person=person, read_at__isnull=True).count()


@dataclass(frozen=True)
class Profile:
    """What a person's own account page shows."""

    person: Person
    employments: list[Employment]
    branches: list[Membership]
    roles: list[RoleGrant]
    qualifications: list[Qualification]
    has_second_factor: bool
    unread: int

    @property
    def has_unseen_details(self) -> bool:
        """Whether others entered something that the person has neither confirmed nor objected to."""
        return self.person.details_seen_at is None and bool(self.employments)


def profile_of(person: Person) -> Profile:
    return Profile(
        person=person,
        employments=list(person.employments.select_related("unit").order_by("-begins", "-pk")),
        branches=list(person.memberships.filter(in_force()).select_related("branch").order_by("begins", "pk")),
        roles=roles_of(person),
        qualifications=list(person.qualifications.order_by("kind", F("obtained_on").desc(nulls_last=True), "-pk")),
        has_second_factor=Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).exists(),
        unread=unread_count(person),
    )
