"""Reads about people: what their roles reach, where they work, who is in a scope."""

from organisations.selectors.account import (
    Profile,
    consents_of,
    missing_consents,
    notifications_of,
    profile_of,
    unread_count,
)
from organisations.selectors.people import (
    employment_on,
    masked_id_numbers,
    people_by_id_number,
    people_by_phone,
    person_by_phone,
    person_by_sign_in_name,
    states_on,
)
from organisations.selectors.powers import (
    holds_role,
    in_force,
    node_in,
    people_in,
    person_in,
    required_scope,
    roles_of,
    scope_for,
    scope_of,
)

__all__ = [
    "Profile",
    "consents_of",
    "employment_on",
    "holds_role",
    "in_force",
    "masked_id_numbers",
    "missing_consents",
    "node_in",
    "notifications_of",
    "people_by_id_number",
    "people_by_phone",
    "people_in",
    "person_by_phone",
    "person_by_sign_in_name",
    "person_in",
    "profile_of",
    "required_scope",
    "roles_of",
    "scope_for",
    "scope_of",
    "states_on",
    "unread_count",
]
