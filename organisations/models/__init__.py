from organisations.models.accounts import (
    AccountMerge,
    Activation,
    ActivationSheet,
    Consent,
    ErasureRequest,
    Objection,
    PersonExport,
    Registration,
)
from organisations.models.audit import AuditEvent
from organisations.models.notifications import Notification
from organisations.models.people import Employment, Membership, Person, Qualification, RoleGrant, StatePeriod
from organisations.models.places import Alliance, AllianceMember, Node, PlaceChange
from organisations.models.rosters import RosterImport, RosterMapping, RosterRow

__all__ = [
    "AccountMerge",
    "Activation",
    "ActivationSheet",
    "Alliance",
    "AllianceMember",
    "AuditEvent",
    "Consent",
    "Employment",
    "ErasureRequest",
    "Membership",
    "Node",
    "Notification",
    "Objection",
    "Person",
    "PersonExport",
    "PlaceChange",
    "Qualification",
    "Registration",
    "RoleGrant",
    "RosterImport",
    "RosterMapping",
    "RosterRow",
    "StatePeriod",
]
