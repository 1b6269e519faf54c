"""The work on recordings, for those who look after it: what waits, runs and has ended, of everybody."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, Exists, OuterRef, QuerySet, SmallIntegerField, Value, When
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cms.shared.jobs import Job, JobState
from media_pipeline.enums import CheckFailure, CheckStage, JobAge, MediaWork
from media_pipeline.models import TranscodeJob, UploadCheck
from media_pipeline.selectors.lectures import HELD, label_of, reason
from organisations.models import Person

AGES = {JobAge.DAY: timedelta(days=1), JobAge.WEEK: timedelta(days=7), JobAge.MONTH: timedelta(days=30)}
EDITORS = {MediaWork.TRANSCODE: "requested_by", MediaWork.CHECK: "upload__by"}
MODELS: dict[MediaWork, type[Job]] = {MediaWork.TRANSCODE: TranscodeJob, MediaWork.CHECK: UploadCheck}


@dataclass(frozen=True)
class JobFilter:
    """Which jobs to list. `editor`: public id of who asked for them, None: everybody's."""

    state: str = ""
    editor: UUID | None = None
    age: str = ""


@dataclass(frozen=True)
class JobLine:
    """One job in words. `key` names it on the page; `left` is how long it will take; `last_words` are for operators.

    `percent` is None unless it runs. `is_over`: nothing will change by itself.
    """

    key: str
    work: str
    title: str
    lecture_pk: int | None
    upload_id: UUID | None
    editor: str
    is_mine: bool
    state: str
    label: str
    percent: int | None
    left: str
    attempt: int
    reason: str
    last_words: str
    is_over: bool
    can_retry: bool
    can_cancel: bool
    created_at: datetime
    finished_at: datetime | None


def jobs_of_all(person: Person, wanted: JobFilter) -> QuerySet[Any, Any]:
    """(own first, asked for at, work, primary key) of what `wanted` says, own first, then the newest."""
    transcodes, checks = (_rows(work, person, wanted) for work in (MediaWork.TRANSCODE, MediaWork.CHECK))
    both: QuerySet[Any, Any] = transcodes.union(checks, all=True).order_by("-mine", "-created_at", "-work", "-pk")
    return both


def _rows(work: MediaWork, person: Person, wanted: JobFilter) -> QuerySet[Any, Any]:
    editor = EDITORS[work]
    rows: QuerySet[Any, Any] = MODELS[work]._default_manager.all()
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.editor:
        rows = rows.filter(**{f"{editor}__public_id": wanted.editor})
    if wanted.age:
        rows = rows.filter(created_at__gte=timezone.now() - AGES[JobAge(wanted.age)])
    is_mine = Case(When(**{editor: person.pk}, then=Value(1)), default=Value(0), output_field=SmallIntegerField())
    named = rows.order_by().annotate(mine=is_mine, work=Value(work.value))
    listed: QuerySet[Any, Any] = named.values_list("mine", "created_at", "work", "pk")
    return listed


def editors() -> list[tuple[str, str]]:
    """(public id, name) of everybody who ever asked for such work, by name."""
    pks = {
        pk
        for work, model in MODELS.items()
        for pk in model._default_manager.order_by().values_list(EDITORS[work], flat=True).distinct()
    }
    people = Person.objects.filter(pk__in=pks - {None}).values_list("name", "public_id")
    return [(str(public_id), name) for name, public_id in sorted(people)]


def lines(rows: Collection[tuple[Any, ...]], person: Person, *, is_operator: bool) -> list[JobLine]:
    """The lines of rows of `jobs_of_all`, in their order."""
    wanted: dict[str, list[int]] = {work: [] for work in MediaWork.values}
    for _mine, _at, work, pk in rows:
        wanted[work].append(pk)
    found = lines_by_key(wanted, person, is_operator=is_operator)
    return [found[f"{work}-{pk}"] for _mine, _at, work, pk in rows if f"{work}-{pk}" in found]


def lines_by_key(wanted: Mapping[str, Collection[int]], person: Person, *, is_operator: bool) -> dict[str, JobLine]:
    """{key: line} of the jobs with these primary keys, by kind of work. At most five queries."""
    later = TranscodeJob.objects.filter(lecture=OuterRef("lecture"), pk__gt=OuterRef("pk"))
    transcodes = (
        TranscodeJob.objects.filter(pk__in=wanted.get(MediaWork.TRANSCODE, ()))
        .select_related("lecture", "lecture__renditions", "requested_by")
        .annotate(is_old=Exists(later))
    )
    checks = UploadCheck.objects.filter(pk__in=wanted.get(MediaWork.CHECK, ())).select_related("upload", "upload__by")
    listed = list(transcodes)
    is_any_waiting = any(job.state == JobState.QUEUED for job in listed)
    places = {pk: place for place, pk in enumerate(TranscodeJob.in_turn())} if is_any_waiting else {}
    found = [_transcode(job, person, places) for job in listed] + [_check(job, person) for job in checks]
    return {line.key: line if is_operator else JobLine(**{**line.__dict__, "last_words": ""}) for line in found}


def _transcode(job: TranscodeJob, person: Person, places: dict[int, int]) -> JobLine:
    label = str(label_of(job, None))
    if job.state == JobState.DONE:
        label = str(JobState.DONE.label)
    if job.state == JobState.QUEUED and places.get(job.pk):
        before = places[job.pk]
        label = ngettext("%(label)s, %(n)s before it", "%(label)s, %(n)s before it", before) % {
            "label": label,
            "n": before,
        }
    is_ended_badly = job.state in {JobState.FAILED, JobState.CANCELLED}
    return JobLine(
        **_common(job, MediaWork.TRANSCODE),
        title=job.lecture.title,
        lecture_pk=job.lecture_id,
        upload_id=None,
        editor=job.requested_by.name if job.requested_by else "",
        is_mine=job.requested_by_id == person.pk,
        label=str(_("Being stopped")) if job.state == JobState.RUNNING and job.cancel_requested else label,
        left=_left(job),
        reason=str(reason(job)) if job.state == JobState.FAILED else "",
        can_retry=is_ended_badly and not job.is_old and job.error_code not in HELD,  # type: ignore[attr-defined]
        can_cancel=not job.is_over and not job.cancel_requested,
    )


def _check(job: UploadCheck, person: Person) -> JobLine:
    upload = job.upload
    label: str | Promise = job.get_state_display()
    if job.state == JobState.RUNNING and job.stage in CheckStage.values:
        label = CheckStage(job.stage).label
    code = job.error_code if job.error_code in CheckFailure.values else CheckFailure.INTERNAL_ERROR
    is_mine = upload.by_id == person.pk
    return JobLine(
        **_common(job, MediaWork.CHECK),
        title=upload.title,
        lecture_pk=upload.lecture_id,
        upload_id=upload.public_id,
        editor=upload.by.name,
        is_mine=is_mine,
        label=str(label),
        left="",
        reason=str(CheckFailure(code).label) if job.state == JobState.FAILED else "",
        can_retry=is_mine and job.state == JobState.FAILED,
        can_cancel=False,
    )


def _common(job: Job, work: MediaWork) -> dict[str, Any]:
    return {
        "key": f"{work.value}-{job.pk}",
        "work": str(work.label),
        "state": job.state,
        "percent": job.progress if job.state == JobState.RUNNING else None,
        "attempt": job.attempt,
        "last_words": job.last_words if job.state != JobState.DONE else "",
        "is_over": job.is_over,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
    }


def _left(job: TranscodeJob) -> str:
    """How long it will take, in words; nothing where nobody can say."""
    now = timezone.now()
    if job.state != JobState.RUNNING or job.expected_at is None or job.expected_at <= now:
        return ""
    minutes = int((job.expected_at - now).total_seconds() // 60)
    if not minutes:
        return str(_("less than a minute left"))
    if minutes < 120:
        return ngettext("about %(n)s minute left", "about %(n)s minutes left", minutes) % {"n": minutes}
    hours = minutes // 60
    return ngettext("about %(n)s hour left", "about %(n)s hours left", hours) % {"n": hours}
