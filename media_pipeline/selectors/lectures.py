"""Lectures as lists and players show them."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from cms.shared.jobs import JobState
from media_pipeline.enums import TranscodeFailure, TranscodeStage
from media_pipeline.models import Lecture, RenditionSet, TranscodeJob


def captions_key(set_id: uuid.UUID) -> str:
    """Private key of the captions of the lecture that shows the set; "" if there are none."""
    found = Lecture.objects.filter(renditions__public_id=set_id).values_list("captions_key", flat=True).first()
    return found or ""


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
    return LectureState(
        lecture_pk=lecture.pk,
        state=job.state if job else "",
        label=str(_label(job, lecture.renditions)),
        percent=job.progress if job and job.state == JobState.RUNNING else None,
        reason=str(reason(job)) if job and job.state == JobState.FAILED else "",
        is_over=job is None or job.is_over,
        can_retry=job is None or job.state in {JobState.FAILED, JobState.CANCELLED},
        length=length_of(lecture),
    )


def length_of(lecture: Lecture) -> str:
    """Minutes and seconds "12:05" of what is being served; "–" if nothing is yet."""
    if not lecture.renditions:
        return "–"
    minutes, seconds = divmod(round(lecture.duration_s), 60)
    return f"{minutes}:{seconds:02}"


def _label(job: TranscodeJob | None, renditions: RenditionSet | None) -> str | Promise:
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
    return _("Failed; the earlier recording is still shown") if renditions else _("Failed")


def reason(job: TranscodeJob) -> str | Promise:
    """Why `job` failed, in words for the editor."""
    known = job.error_code if job.error_code in TranscodeFailure.values else TranscodeFailure.INTERNAL_ERROR
    return TranscodeFailure(known).label
