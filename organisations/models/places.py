"""The two trees that a person hangs on: the society and the administration."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from treebeard.mp_tree import MP_Node

from organisations.enums import HospitalLevel, NodeKind, Tree


class Node(MP_Node):
    """A place in one of the two trees. A role granted here reaches everything below (`path` is a prefix)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    tree = models.CharField(_("tree"), max_length=14, choices=Tree)
    kind = models.CharField(_("kind"), max_length=10, choices=NodeKind)
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=160, blank=True)
    code = models.CharField(_("code"), max_length=20, unique=True, help_text=_("Division or unit code"))
    level = models.CharField(_("hospital level"), max_length=10, choices=HospitalLevel, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    is_demo = models.BooleanField(default=False, editable=False)

    node_order_by: list[str] = []

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")

    def __str__(self) -> str:
        return self.name
