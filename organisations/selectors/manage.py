"""What the pages of people and units offer to whom."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from organisations.enums import POWERS, POWERS_FROM_THE_TOP, Power, Role
from organisations.models import Person
from organisations.selectors.powers import roles_of


@dataclass(frozen=True)
class Link:
    """One entry of the section navigation: `section` marks the page one is on, `view` is its URL name.

    `count` is how many pieces of work wait there for the person, where a package counts them (`count_for`).
    """

    section: str
    view: str
    label: str | Promise
    powers: frozenset[Power]
    count: int = 0


_counts: dict[str, tuple[Power, Callable[[Person], int]]] = {}


def count_for(section: str, power: Power, counted: Callable[[Person], int]) -> None:
    """A package says how many pieces of work wait in its section; asked for people with `power`, who do that work."""
    _counts[section] = power, counted


_EVERY_POWER = frozenset(Power)

LINKS = (
    Link("home", "manage:home", _("Overview"), _EVERY_POWER),
    Link("people", "manage:people", _("People"), frozenset({Power.SEE_PEOPLE})),
    Link("places", "manage:places", _("Places"), frozenset({Power.SEE_PEOPLE})),
    Link("alliances", "manage:alliances", _("Alliances"), frozenset({Power.SEE_PEOPLE})),
    Link("roles", "manage:roles", _("Roles"), frozenset({Power.GRANT_ROLES, Power.READ_AUDIT})),
    Link("rosters", "manage:rosters", _("Rosters"), frozenset({Power.SEE_INTAKE})),
    Link("sheets", "manage:sheets", _("Activation sheets"), frozenset({Power.SEE_SHEETS})),
    Link("registrations", "manage:registrations", _("Registrations"), frozenset({Power.SEE_INTAKE})),
    Link("qualifications", "manage:qualifications", _("Qualifications"), frozenset({Power.SEE_INTAKE})),
    Link("objections", "manage:objections", _("Objections"), frozenset({Power.SEE_INTAKE})),
    Link("credit_years", "manage:credit_years", _("Year overview"), frozenset({Power.SEE_CREDITS})),
    Link("entry_objections", "manage:entry_objections", _("Credit objections"), frozenset({Power.SEE_REVIEWS})),
    Link("lost_passes", "manage:lost_passes", _("Passes taken away"), frozenset({Power.SEE_REVIEWS})),
    Link("closings", "manage:closings", _("Closing days"), frozenset({Power.SEE_REVIEWS})),
    Link("projects", "manage:projects", _("Accredited projects"), frozenset({Power.SEE_PROJECTS})),
    Link("rule_sets", "manage:rule_sets", _("Credit rules"), frozenset({Power.SEE_RULES})),
    Link("receipts", "manage:receipts", _("Receipts of quizzes"), frozenset({Power.SEE_CREDITS})),
    Link("marking", "manage:marking", _("Marking"), frozenset({Power.MARK, Power.SEE_MARKING})),
    Link(
        "question_objections", "manage:question_objections", _("Question objections"), frozenset({Power.SEE_QUESTIONS})
    ),
    Link("regrades", "manage:regrades", _("Regrades"), frozenset({Power.SEE_QUESTIONS})),
    Link("disclosures", "manage:disclosures", _("Full ID numbers"), frozenset({Power.SEE_DISCLOSURES})),
    Link("erasures", "manage:erasures", _("Erasures"), frozenset({Power.SEE_ERASURES})),
    Link("columns", "manage:column_sets", _("Column sets"), frozenset({Power.SEE_COLUMNS})),
    Link("feeds", "manage:feed_tokens", _("Feed keys"), frozenset({Power.SEE_FEEDS})),
    Link("audit", "manage:audit", _("Audit log"), frozenset({Power.READ_AUDIT})),
)


def powers_of(person: Person) -> frozenset[Power]:
    """Every power that the roles in force today give somewhere. One query."""
    grants = roles_of(person) if person.is_active else []
    held = {Role(grant.role) for grant in grants}
    from_the_top = {Role(grant.role) for grant in grants if grant.node.depth == 1}
    return frozenset(
        power for power, roles in POWERS.items() if (from_the_top if power in POWERS_FROM_THE_TOP else held) & roles
    )


def links_of(person: Person) -> list[Link]:
    """The sections that the person's powers open, in the order of the navigation."""
    powers = powers_of(person)
    return [_counted(link, person, powers) for link in LINKS if link.powers & powers]


def _counted(link: Link, person: Person, powers: frozenset[Power]) -> Link:
    power, counted = _counts.get(link.section, (None, None))
    return replace(link, count=counted(person)) if counted and power in powers else link
