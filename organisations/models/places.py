"""The two trees that a person hangs on: the society and the administration."""

import uuid
from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from treebeard.mp_tree import MP_Node

from organisations.enums import HospitalLevel, NodeKind, PlaceChangeKind, Tree


def open_on(day: date | None = None, *, field: str = "") -> Q:
    """Filter for places (at the end of `field`) that are not closed on a day (default today, local)."""
    column = f"{field}__closed_on" if field else "closed_on"
    return Q(**{f"{column}__isnull": True}) | Q(**{f"{column}__gt": day or timezone.localdate()})


class Closes:
    """What closes on a day: `closed_on` is the first day without it, until then it is open."""

    closed_on: Any

    def is_closed_on(self, day: date) -> bool:
        return self.closed_on is not None and self.closed_on <= day

    @property
    def is_closed(self) -> bool:
        """Whether it is closed today."""
        return self.is_closed_on(timezone.localdate())

    @property
    def is_closing(self) -> bool:
        """Whether it is open today and closes on a day already set."""
        return self.closed_on is not None and not self.is_closed


class Node(MP_Node, Closes):
    """A place in one of the two trees. A role granted here reaches everything below (`path` is a prefix)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    tree = models.CharField(_("tree"), max_length=14, choices=Tree)
    kind = models.CharField(_("kind"), max_length=10, choices=NodeKind)
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=160, blank=True)
    code = models.CharField(_("code"), max_length=20, unique=True, help_text=_("Division or unit code"))
    level = models.CharField(_("hospital level"), max_length=10, choices=HospitalLevel, blank=True)
    opened_on = models.DateField(_("opened on"), null=True, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, editable=False, related_name="merged_places"
    )
    city = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="branches",
        verbose_name=_("for the members of"),
        help_text=_("Of a city branch: its prefecture-level unit"),
    )
    is_demo = models.BooleanField(default=False, editable=False)

    node_order_by: list[str] = []

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")

    def __str__(self) -> str:
        return self.name


class PlaceChange(models.Model):
    """One line of a place's history. `before` and `after` hold what changed: name, code, level, place above."""

    append_only = True

    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=10, choices=PlaceChangeKind)
    on = models.DateField(help_text="The first day of the new state")
    other = models.ForeignKey(
        Node, on_delete=models.PROTECT, null=True, related_name="+", help_text="The place that it went under or into"
    )
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)
    # What stands before and after in words: `selectors.log_words.worded`.
    told_before = ""
    told_after = ""

    class Meta:
        verbose_name = _("change of a place")
        indexes = [models.Index(name="place_change_newest", fields=["node", "-on"])]

    def __str__(self) -> str:
        return f"{self.node}: {self.kind} {self.on}"


class Alliance(models.Model, Closes):
    """A medical alliance (医联体): a group of places of either tree, led by one of them."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=160, blank=True)
    code = models.CharField(_("code"), max_length=20, unique=True)
    lead = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="led_alliances", verbose_name=_("led by"))
    closed_on = models.DateField(_("closed on"), null=True, blank=True)

    class Meta:
        verbose_name = _("alliance")
        verbose_name_plural = _("alliances")

    def __str__(self) -> str:
        return self.name


class AllianceMember(models.Model):
    """A place's time in an alliance. Half-open dates."""

    alliance = models.ForeignKey(Alliance, on_delete=models.CASCADE, related_name="members")
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="alliances")
    begins = models.DateField(_("from"))
    ends = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("member of an alliance")
        constraints = [
            models.UniqueConstraint(
                name="alliance_member_one_open", fields=["alliance", "node"], condition=Q(ends__isnull=True)
            ),
            models.CheckConstraint(
                name="alliance_member_begins_before_ends", condition=Q(ends__isnull=True) | Q(ends__gt=F("begins"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.alliance}: {self.node}"
