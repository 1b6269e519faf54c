"""Uploaded recordings once they have served: kept, moved to the cold storage, or deleted, as the rule says."""

from datetime import datetime
from typing import Any

import structlog
from django.core.files.storage import Storage
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cms.shared.errors import InvalidInput, StorageUnavailable
from cms.shared.jobs import JobState
from cms.shared.storage import cold_storage, private_storage
from media_pipeline.enums import OriginalPolicy, SourcePlace
from media_pipeline.models import Lecture, TranscodeJob
from media_pipeline.selectors.originals import coming, rule_of
from media_pipeline.services import files
from organisations import audit
from organisations.models import Person

logger = structlog.get_logger(__name__)

MOST_DAYS = 36_500


class NoSuchRule(InvalidInput):
    code = "no_such_rule"
    message = _("Choose what becomes of the original, and after how many days: a whole number from 0 to 36500.")


@transaction.atomic
def set_rule(*, by: Person | None, lecture: Lecture, policy: str, days: int | None) -> None:
    """Say what becomes of this lecture's original; "" and None: what the installation says. Raises NoSuchRule."""
    if policy and policy not in OriginalPolicy.values:
        raise NoSuchRule
    if policy == OriginalPolicy.COLD and cold_storage() is None:
        raise NoSuchRule
    if days is not None and not 0 <= days <= MOST_DAYS:
        raise NoSuchRule
    before = {"originals": lecture.originals, "days": lecture.original_days}
    lecture.originals, lecture.original_days = policy, days
    lecture.save(update_fields=["originals", "original_days"])
    audit.record(
        by=by, verb="lecture.originals_set", target=lecture, before=before, after={"originals": policy, "days": days}
    )


def sweep_originals(*, now: datetime) -> int:
    """Move and delete what is due. Returns how many. A storage that does not answer is tried again tomorrow."""
    done = 0
    for at, lecture in coming():
        if at > now:
            break
        try:
            done += _delete(lecture) if rule_of(lecture).policy == OriginalPolicy.DELETE else _cool(lecture)
        except (OSError, StorageUnavailable):
            logger.warning("original_not_moved", lecture=str(lecture.public_id), exc_info=True)
    return done


def _cool(lecture: Lecture) -> bool:
    """Copy, compare, say so in the row, delete: killed anywhere, the original is where the row says."""
    cold = cold_storage()
    if cold is None:
        return False
    _copy(lecture, private_storage(), cold)
    with transaction.atomic():
        is_moved = _place(lecture, SourcePlace.COLD)
        if is_moved:
            audit.record(by=None, verb="lecture.original_moved", target=lecture, after=_facts(lecture))
    if not is_moved:
        cold.delete(lecture.source_key)
        return False
    files.delete_file(lecture.source_key)
    return True


def _delete(lecture: Lecture) -> bool:
    before = lecture.source_place
    with transaction.atomic():
        if not _place(lecture, SourcePlace.GONE):
            return False
        audit.record(by=None, verb="lecture.original_deleted", target=lecture, after=_facts(lecture))
    files.delete_original(lecture.source_key, before)
    return True


def _copy(lecture: Lecture, source: Storage, target: Storage) -> None:
    """Raises OSError if not every byte arrived."""
    key = lecture.source_key
    target.delete(key)
    with source.open(key) as file:
        saved = target.save(key, file)
    if saved != key or target.size(key) != lecture.source_bytes:
        raise OSError(f"{saved} is not all of {key}")


def _place(lecture: Lecture, place: SourcePlace) -> bool:
    """Compare-and-set of where the original lies; False if it was replaced or is needed now."""
    busy = TranscodeJob.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).values("lecture")
    same = Lecture.objects.filter(pk=lecture.pk, source_key=lecture.source_key, source_place=lecture.source_place)
    return same.exclude(pk__in=busy).update(source_place=place) == 1


def _facts(lecture: Lecture) -> dict[str, Any]:
    return {"file": lecture.source_name, "bytes": lecture.source_bytes}
