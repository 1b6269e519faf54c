"""How much a unit may keep: asked before the first byte, set by the administrator."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cms.shared.errors import TooLarge
from media_pipeline.models import UnitQuota
from media_pipeline.selectors.quotas import share_of
from organisations import audit
from organisations.models import Node, Person

GB = 1024**3


class QuotaExceeded(TooLarge):
    code = "quota_exceeded"
    message = _(
        "Your unit may keep %(most)s GB of recordings and keeps %(used)s GB already. Delete lectures that are no "
        "longer needed, or ask the system administrator for more."
    )


def require_share(unit: Node | None, size: int, *, instead_of: int = 0) -> None:
    """Raises QuotaExceeded if `unit` may not keep `size` more bytes, `instead_of` of which it keeps already."""
    if unit is None:
        return
    share = share_of(unit)
    if share.most_bytes is not None and share.used_bytes + size - instead_of > share.most_bytes:
        raise QuotaExceeded(most=_gb(share.most_bytes), used=_gb(share.used_bytes))


def _gb(size: int) -> str:
    return f"{size // GB}.{size % GB * 10 // GB}"


@transaction.atomic
def set_quota(*, by: Person | None, unit: Node, most_bytes: int | None) -> None:
    """Limit what `unit` keeps; None: as everybody. The caller has checked that `by` may."""
    before = share_of(unit)
    if most_bytes is None:
        UnitQuota.objects.filter(unit=unit).delete()
    else:
        UnitQuota.objects.update_or_create(unit=unit, defaults={"most_bytes": most_bytes})
    told = {"most_bytes": before.most_bytes if before.is_own_limit else None}
    audit.record(by=by, verb="lecture.quota_set", target=unit, before=told, after={"most_bytes": most_bytes})
