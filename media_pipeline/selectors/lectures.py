"""Lectures as lists and players show them."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from cms.shared.jobs import JobState
from media_pipeline.enums import Condition, TranscodeFailure, TranscodeStage
from media_pipeline.models import Lecture, RenditionSet, TranscodeJob


def captions_key(set_id: uuid.UUID) -> str:
    """Private key of the captions of the lecture that shows the set; "" if there are none."""
    found = Lecture.objects.filter(renditions__public_id=set_id).values_list("captions_key", flat=True).first()
    return found or ""


MOST_PLACES = 10
HELD = {TranscodeFailure.CUT_SHORT.value: Condition.INCOMPLETE, TranscodeFailure.DAMAGED.value: Condition.DAMAGED}


@dataclass(frozen=True)
class LectureState:
    """Where a lecture stands, in words. `percent` is None unless work is going on; `reason` tells why it failed.

    `is_over`: nothing will change by itself any more. `length`: of what is being served, as `length_of` writes it.
    """

    lecture_pk: int
    state: str
    label: str
    percent: int | None
    reason: str
    is_over: bool
    can_retry: bool
    length: str


def held_renditions(lecture: Lecture) -> RenditionSet | None:
    """What could be read of the lecture's present recording where that is not whole and nobody has accepted it yet."""
    mine = RenditionSet.objects.filter(lecture=lecture, source_sha256=lecture.source_sha256, is_accepted=False)
    return mine.exclude(condition=Condition.WHOLE).order_by("-created_at", "-pk").first()


@dataclass(frozen=True)
class Reading:
    """What could be read of a recording: `read` and `announced` as "12:05", the first places of errors likewise."""

    condition: str
    label: str
    read: str
    announced: str
    errors: int
    places: str


def reading(renditions: RenditionSet) -> Reading:
    """The facts that an editor needs to decide about a recording that is not whole."""
    shown: list[str] = []
    for at in renditions.damage_at:
        if clock(at) not in shown:
            shown.append(clock(at))
    return Reading(
        condition=renditions.condition,
        label=str(Condition(renditions.condition).label),
        read=clock(renditions.duration_s),
        announced=clock(renditions.announced_s) if renditions.announced_s else "–",
        errors=renditions.damage,
        places=", ".join(shown[:MOST_PLACES]),
    )


def with_states() -> QuerySet[Lecture]:
    """Lectures with what `state_of` needs, in a constant number of queries."""
    jobs = TranscodeJob.objects.order_by("-created_at", "-pk").defer("last_words")
    return Lecture.objects.select_related("renditions").prefetch_related(Prefetch("jobs", jobs, to_attr="latest_jobs"))


def states(pks: Collection[int]) -> list[LectureState]:
    """The states of the lectures `pks`, by primary key."""
    return [state_of(lecture) for lecture in with_states().filter(pk__in=pks).order_by("pk")]


def state_of(lecture: Lecture) -> LectureState:
    """The state of a lecture that came from `with_states`."""
    jobs: list[TranscodeJob] = lecture.latest_jobs  # type: ignore[attr-defined]
    job = jobs[0] if jobs else None
    is_used = job is not None and job.error_code in HELD and not _waits(lecture)
    return LectureState(
        lecture_pk=lecture.pk,
        state=(JobState.DONE if is_used else job.state) if job else "",
        label=str(_used(lecture.renditions) if is_used else label_of(job, lecture.renditions)),
        percent=job.progress if job and job.state == JobState.RUNNING else None,
        reason=str(reason(job)) if job and job.state == JobState.FAILED and not is_used else "",
        is_over=job is None or job.is_over,
        can_retry=job is None or (job.state in {JobState.FAILED, JobState.CANCELLED} and job.error_code not in HELD),
        length=length_of(lecture),
    )


def length_of(lecture: Lecture) -> str:
    """Minutes and seconds "12:05" of what is being served; "–" if nothing is yet."""
    return clock(lecture.duration_s) if lecture.renditions else "–"


def clock(length_s: float) -> str:
    """Minutes and seconds "12:05"."""
    minutes, seconds = divmod(round(length_s), 60)
    return f"{minutes}:{seconds:02}"


def _waits(lecture: Lecture) -> bool:
    """Whether what the last job made is not what is served."""
    served = lecture.renditions
    return served is None or not served.is_accepted or served.source_sha256 != lecture.source_sha256


def _used(renditions: RenditionSet | None) -> str | Promise:
    if renditions is not None and renditions.condition == Condition.INCOMPLETE:
        return _("In use, incomplete")
    return _("In use, damaged in places")


def label_of(job: TranscodeJob | None, renditions: RenditionSet | None) -> str | Promise:
    """Where the work stands; `renditions` is what is served meanwhile."""
    if job is None:
        return _("Ready") if renditions else _("Not prepared yet")
    if job.state == JobState.DONE:
        return _("Ready")
    if job.state == JobState.QUEUED:
        return _("Waiting to be tried again") if job.attempt else _("Waiting")
    if job.state == JobState.RUNNING:
        return TranscodeStage(job.stage).label if job.stage in TranscodeStage.values else _("Starting")
    if job.state == JobState.CANCELLED:
        return _("Stopped")
    if job.error_code in HELD:
        label = HELD[job.error_code].label
        return _("%(state)s; the earlier recording is still shown") % {"state": label} if renditions else label
    return _("Failed; the earlier recording is still shown") if renditions else _("Failed")


def reason(job: TranscodeJob) -> str | Promise:
    """Why `job` failed, in words for the editor."""
    known = job.error_code if job.error_code in TranscodeFailure.values else TranscodeFailure.INTERNAL_ERROR
    return TranscodeFailure(known).label
