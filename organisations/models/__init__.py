from organisations.models.audit import AuditEvent
from organisations.models.notifications import Notification
from organisations.models.people import Activation, Consent, Employment, Membership, Person, RoleGrant
from organisations.models.places import Node

__all__ = [
    "Activation",
    "AuditEvent",
    "Consent",
    "Employment",
    "Membership",
    "Node",
    "Notification",
    "Person",
    "RoleGrant",
]
