"""When a person may be forgotten, and who asks to be."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from organisations import histories, retention
from organisations.enums import POWERS, Power, RequestState, Tree
from organisations.models import Employment, ErasureRequest, Membership, Node, Person, PersonExport, RoleGrant
from organisations.selectors.directory import belonging_nowhere
from organisations.selectors.powers import in_force, people_in, reaches_everybody, required_scope

_YEAR = "last_credit_year:"


@dataclass(frozen=True)
class Due:
    """The first day on which somebody may be erased, and the record that decides it ("" if none does)."""

    on: date
    basis: str


def due_on(person: Person) -> Due:
    """The latest day that any package asks for, over all accounts of the person; today where none asks."""
    accounts = [person, *person.merged_people.order_by("pk")]
    keeps = [keep for account in accounts for h in histories.registered() if (keep := h.kept_until(account))]
    today = timezone.localdate()
    if not keeps:
        return Due(today, "")
    last = max(keeps, key=lambda keep: keep.until)
    return Due(max(last.until, today), f"{_YEAR}{last.year}")


def basis_text(basis: str) -> str:
    """Why not before, as one sentence in the reader's language."""
    if not basis.startswith(_YEAR):
        return _("No credits are recorded for this account, so nothing has to be kept.")
    return _("The last credits are of %(year)s. %(rule)s.") % {
        "year": basis.removeprefix(_YEAR),
        "rule": rule_title(identity_rule()),
    }


def identity_rule() -> retention.Policy:
    return retention.policy("identity", on=timezone.localdate())


def rule_title(rule: retention.Policy) -> str:
    return rule.title_en if (get_language() or "").startswith("en") else rule.title


@dataclass(frozen=True)
class OwnData:
    """What the page of one's own data shows."""

    exports: list[PersonExport]
    request: ErasureRequest | None
    due: Due
    rule: retention.Policy


def own_data(person: Person) -> OwnData:
    """The person's last five files, the last request to be forgotten, and when that could be done."""
    return OwnData(
        exports=list(person.exports.order_by("-pk")[:5]),
        request=person.erasure_requests.order_by("-pk").first(),
        due=due_on(person),
        rule=identity_rule(),
    )


def deciding(by: Person, power: Power = Power.APPROVE_DISCLOSURE) -> QuerySet[ErasureRequest]:
    """The requests that `by` may decide, with SEE_ERASURES see: of people in scope, and of people without a place today
    for those whose scope reaches everybody. Raises OutOfScope."""
    scope = required_scope(by, power)
    found = Q(person__in=people_in(scope).values("pk"))
    if reaches_everybody(scope):
        found |= Q(person__in=belonging_nowhere().values("pk"))
    return ErasureRequest.objects.filter(found)


def deciders_of(person: Person) -> list[Person]:
    """Who may decide about the erasure of `person`: the people for whom `deciding` holds their requests. Two queries
    and one for each kind of place."""
    return _holders(Power.APPROVE_DISCLOSURE, person)


def _holders(power: Power, person: Person) -> list[Person]:
    """Who has `power` over the person's places of today, or over everybody where they have none; not they."""
    paths = [
        *Employment.objects.filter(in_force(), person=person).values_list("unit__path", flat=True),
        *Membership.objects.filter(in_force(), person=person).values_list("branch__path", flat=True),
    ]
    above = {path[:end] for path in paths for end in range(Node.steplen, len(path) + 1, Node.steplen)}
    reach = Q(node__path__in=above) if above else Q(node__depth=1, node__tree=Tree.ADMINISTRATION)
    roles = [role.value for role in POWERS[power]]
    grants = RoleGrant.objects.filter(in_force(), reach, role__in=roles, person__is_active=True)
    keys = grants.exclude(person=person).values("person")
    return list(Person.objects.filter(pk__in=keys).order_by("pk"))


def appointers_for(person: Person) -> list[Person]:
    """Who can see to it that somebody decides where nobody does: system administrators, else superusers."""
    found = _holders(Power.KEEP_PLACES, person)
    return found or list(Person.objects.filter(is_superuser=True, is_active=True).exclude(pk=person.pk).order_by("pk"))


def waiting_for(by: Person) -> int:
    """How many requests wait for `by`'s decision, own ones not counted. Raises OutOfScope."""
    return deciding(by).filter(request_state=RequestState.WAITING).exclude(person=by).count()


def requests_page(by: Person, *, state: str = "", search: str = "") -> QuerySet[ErasureRequest]:
    """The requests that `by` may see, newest first; of `state` (default: those that wait), `search`: a name."""
    wanted = state if state in RequestState.values else RequestState.WAITING
    found = deciding(by, Power.SEE_ERASURES).filter(request_state=wanted).select_related("person", "decided_by")
    if search:
        found = found.filter(Q(person__name__icontains=search) | Q(person__username__icontains=search))
    return found.order_by("-pk")
