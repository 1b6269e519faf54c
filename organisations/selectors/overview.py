"""What waits for the administrator of a unit, each as one number and the list that it counts."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from organisations.enums import Power, QualificationState, RequestState
from organisations.models import Objection, Person, Qualification, Registration
from organisations.scopes import Scope
from organisations.selectors.directory import PeopleFilter, called, filtered
from organisations.selectors.erasure import waiting_for
from organisations.selectors.grants import GrantFilter, grants_of
from organisations.selectors.powers import people_in, scope_for
from organisations.selectors.rosters import unclear_rows


@dataclass(frozen=True)
class Tile:
    """One number of the overview. `view` and `query` name exactly the list that it counts; `needs_work` if not zero."""

    label: str | Promise
    count: int
    view: str
    query: str = ""
    is_work: bool = True

    @property
    def needs_work(self) -> bool:
        return self.is_work and self.count > 0


def waiting_qualifications(
    scope: Scope, *, search: str = "", kind: str = "", proof: str = ""
) -> QuerySet[Qualification]:
    """Titles and degrees that people of `scope` report and nobody has decided about, the oldest first.

    `search`: letters of the person's name or a number; `kind`: one QualificationKind; `proof`: "with" or "without".
    """
    waiting = Qualification.objects.filter(state=QualificationState.CLAIMED, person__in=people_in(scope))
    if search:
        waiting = waiting.filter(person__in=called(search))
    if kind:
        waiting = waiting.filter(kind=kind)
    if proof:
        waiting = waiting.exclude(proof="") if proof == "with" else waiting.filter(proof="")
    return waiting.select_related("person").order_by("entered_at", "pk")


def tiles_of(person: Person) -> list[Tile]:
    """The numbers that the person's powers give. At most one query a number, and one for each power."""
    seen, kept = scope_for(person, Power.SEE_PEOPLE), scope_for(person, Power.KEEP_PEOPLE)
    opened, granted = scope_for(person, Power.OPEN_ACCOUNTS), scope_for(person, Power.GRANT_ROLES)
    tiles = []
    if seen:
        tiles.append(Tile(_("People"), people_in(seen).count(), "manage:people", is_work=False))
    if opened:
        never = filtered(people_in(seen), PeopleFilter(account="never")).count()
        tiles.append(Tile(_("Never signed in"), never, "manage:people", "account=never"))
    if kept:
        tiles.append(Tile(_("Unclear rows of rosters"), unclear_rows(kept).count(), "manage:roster_unclear"))
        waiting = Registration.objects.filter(kept.q("unit"), state=RequestState.WAITING)
        tiles.append(Tile(_("Registrations to confirm"), waiting.count(), "manage:registrations"))
        objections = Objection.objects.filter(kept.q("unit"), answered_at__isnull=True)
        tiles.append(Tile(_("Objections to answer"), objections.count(), "manage:objections", "state=open"))
        reported = waiting_qualifications(kept)
        tiles.append(Tile(_("Titles and degrees to confirm"), reported.count(), "manage:qualifications"))
    if scope_for(person, Power.APPROVE_DISCLOSURE):
        tiles.append(Tile(_("Requests for erasure to decide"), waiting_for(person), "manage:erasures"))
    if granted:
        ending = grants_of(granted, GrantFilter(when="ending"))
        tiles.append(Tile(_("Roles that end within 30 days"), ending.count(), "manage:roles", "when=ending"))
    return tiles
