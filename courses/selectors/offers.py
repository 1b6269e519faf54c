"""An offer in the words a visitor needs before enrolling."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from courses.models import Offer
from credits.enums import ProjectState
from credits.selectors import Estimate, RuleBook, estimate
from credits.selectors.projects import ProjectStanding, standing_on


@dataclass(frozen=True)
class OfferView:
    """`threshold_percent` is the share of each lecture to watch; `scaled_minutes` what planned minutes stand for.

    `project` is what the project is today, or on the offer's first day where that is still to come.
    """

    public_id: UUID
    basis: str
    basis_label: str
    grants_credit: bool
    project_number: str
    project_title: str
    level_label: str
    organiser: str
    begins: date
    ends: date
    is_open: bool
    threshold_percent: Decimal
    max_speed: Decimal
    background_play: bool
    attention_minutes: int
    time_scale: int
    is_demo: bool
    rule_set_id: str
    activity_type: str
    minutes: int
    scaled_minutes: int
    estimate: Estimate | None
    project: ProjectStanding | None
    project_begins: date | None
    project_ends: date | None
    project_places: int | None

    @property
    def earns(self) -> bool:
        """Whether whoever finishes it now is granted credit, as far as its project goes."""
        return self.grants_credit and (self.project is None or self.project.state == ProjectState.OPEN)


def offer_view(offer: Offer, *, minutes: int, on: date, book: RuleBook | None, taken: int = 0) -> OfferView:
    """`taken` counts the people who have a place in its project."""
    project = offer.project
    organiser = project.organiser if project else (offer.in_house_unit.name if offer.in_house_unit else "")
    return OfferView(
        public_id=offer.public_id,
        basis=offer.basis,
        basis_label=offer.get_basis_display(),
        grants_credit=offer.grants_credit,
        project_number=project.number if project else "",
        project_title=project.title if project else "",
        level_label=project.level_label if project else "",
        organiser=organiser,
        begins=offer.begins,
        ends=offer.ends,
        is_open=offer.is_open(on=on),
        threshold_percent=(offer.watch_threshold * 100).normalize(),
        max_speed=offer.max_speed.normalize(),
        background_play=offer.background_play,
        attention_minutes=offer.attention_minutes,
        time_scale=offer.time_scale,
        is_demo=offer.is_demo,
        rule_set_id=offer.rule_set_id,
        activity_type=offer.activity_type,
        minutes=minutes,
        scaled_minutes=minutes * offer.time_scale,
        estimate=estimate(
            rule_set_id=offer.rule_set_id,
            activity_type=offer.activity_type,
            minutes=minutes,
            on=min(max(on, offer.begins), offer.ends),
            time_scale=offer.time_scale,
            book=book,
        )
        if offer.grants_credit
        else None,
        project=standing_on(project, max(on, offer.begins), taken=taken) if project else None,
        project_begins=project.begins if project else None,
        project_ends=project.last_day if project else None,
        project_places=project.quota if project else None,
    )


def offer_of(public_id: UUID) -> Offer | None:
    return Offer.objects.filter(public_id=public_id).select_related("course", "project", "in_house_unit").first()
