"""An offer in the words a visitor needs before enrolling."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from courses.models import Offer
from credits.selectors import Estimate, RuleBook, estimate


@dataclass(frozen=True)
class OfferView:
    """`threshold_percent` is the share of each lecture to watch; `scaled_minutes` what planned minutes stand for."""

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
    time_scale: int
    is_demo: bool
    rule_set_id: str
    activity_type: str
    minutes: int
    scaled_minutes: int
    estimate: Estimate | None


def offer_view(offer: Offer, *, minutes: int, on: date, book: RuleBook | None) -> OfferView:
    project = offer.project
    organiser = project.organiser if project else (offer.in_house_unit.name if offer.in_house_unit else "")
    return OfferView(
        public_id=offer.public_id,
        basis=offer.basis,
        basis_label=offer.get_basis_display(),
        grants_credit=offer.grants_credit,
        project_number=project.number if project else "",
        project_title=project.title if project else "",
        level_label=project.get_level_display() if project else "",
        organiser=organiser,
        begins=offer.begins,
        ends=offer.ends,
        is_open=offer.is_open(on=on),
        threshold_percent=(offer.watch_threshold * 100).normalize(),
        max_speed=offer.max_speed.normalize(),
        background_play=offer.background_play,
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
    )


def offer_of(public_id: UUID) -> Offer | None:
    return Offer.objects.filter(public_id=public_id).select_related("course", "project", "in_house_unit").first()
