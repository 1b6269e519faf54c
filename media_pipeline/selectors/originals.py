"""What becomes of uploaded recordings, and when."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Concat

from cms.shared.jobs import JobState
from cms.shared.storage import cold_storage
from media_pipeline.enums import OriginalPolicy, SourcePlace
from media_pipeline.models import Lecture


@dataclass(frozen=True)
class Rule:
    """What becomes of an original, and how many days after a good set was made of it. `is_own`: the lecture says so."""

    policy: OriginalPolicy
    days: int
    is_own: bool = False


def site_rule() -> Rule:
    return Rule(OriginalPolicy(settings.LECTURE_ORIGINALS), settings.LECTURE_ORIGINAL_DAYS)


def rule_of(lecture: Lecture) -> Rule:
    """The rule that holds for `lecture`. Without a cold storage nothing is moved there."""
    site = site_rule()
    policy = OriginalPolicy(lecture.originals) if lecture.originals else site.policy
    if policy == OriginalPolicy.COLD and cold_storage() is None:
        policy = OriginalPolicy.KEEP
    days = site.days if lecture.original_days is None else lecture.original_days
    return Rule(policy, days, bool(lecture.originals))


def happens_at(lecture: Lecture) -> datetime | None:
    """When the original of a lecture from `with_good_sets` is moved or deleted; None if never."""
    rule, made = rule_of(lecture), lecture.renditions
    if rule.policy == OriginalPolicy.KEEP or made is None or lecture.source_place == SourcePlace.GONE:
        return None
    if rule.policy == OriginalPolicy.COLD and lecture.source_place == SourcePlace.COLD:
        return None
    if made.source_sha256 != lecture.source_sha256 or not made.may_be_served:
        return None
    return made.created_at + timedelta(days=rule.days)


def with_good_sets() -> QuerySet[Lecture]:
    """Lectures whose present recording is being served and that nobody is preparing: only their originals can go."""
    unfinished = Q(jobs__state__in=[JobState.QUEUED, JobState.RUNNING])
    good = Lecture.objects.filter(renditions__source_sha256=F("source_sha256")).exclude(source_place=SourcePlace.GONE)
    busy = Lecture.objects.filter(unfinished).values("pk")
    return good.exclude(pk__in=busy).select_related("renditions")


def coming() -> list[tuple[datetime, Lecture]]:
    """(when, lecture) of every original that is to be moved or deleted, the next first."""
    dated = [(at, lecture) for lecture in with_good_sets() if (at := happens_at(lecture)) is not None]
    return sorted(dated, key=lambda pair: (pair[0], pair[1].pk))


def outdated(version: str) -> QuerySet[Lecture]:
    """Lectures whose set was made otherwise than `version` makes it now."""
    now = Concat(Value(f"{version}:"), F("picture_kind"))
    return Lecture.objects.exclude(renditions=None).exclude(renditions__profile=now).select_related("renditions")


def places() -> dict[str, tuple[int, int]]:
    """{where: (how many originals, bytes)} of every place; what is deleted takes none."""
    rows = Lecture.objects.order_by().values_list("source_place").annotate(n=Count("pk"), size=Sum("source_bytes"))
    found = {place: (n, 0 if place == SourcePlace.GONE else size or 0) for place, n, size in rows}
    return {place: found.get(place, (0, 0)) for place in SourcePlace.values}


@dataclass(frozen=True)
class Original:
    """Where a lecture's original lies, and what becomes of it `at` a day; `at` is None if nothing does."""

    place: str
    policy: str
    at: datetime | None
    rule: Rule


def original_of(lecture: Lecture) -> Original:
    rule = rule_of(lecture)
    return Original(lecture.get_source_place_display(), str(rule.policy.label), happens_at(lecture), rule)
