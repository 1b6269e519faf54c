"""Recordings on their way, as their uploader sees them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import F, QuerySet, Sum
from django.utils.functional import Promise

from cms.shared.errors import NotFound
from cms.shared.jobs import JobState
from media_pipeline.enums import CheckFailure, UploadState
from media_pipeline.models import Upload
from organisations.models import Person

# What a person is shown at once; nobody has so many under way, see services.uploads.MOST_UNFINISHED.
MOST_LINES = 200


@dataclass(frozen=True)
class UploadLine:
    """An upload in words. `fingerprint`: by what the browser knows the file again. `is_over`: nothing moves by itself.

    `lecture_pk`: what it became, or what it replaces; `same_pk`: the lecture with the same bytes.
    """

    public_id: UUID
    file_name: str
    title: str
    lecturer: str
    fingerprint: str
    size: int
    offset: int
    percent: int
    state: str
    label: str
    reason: str
    is_over: bool
    is_replacement: bool
    can_retry: bool
    lecture_pk: int | None
    lecture_title: str
    same_pk: int | None
    same_title: str
    created_at: datetime
    expires_at: datetime
    days_kept: int


def uploads_of(person: Person) -> QuerySet[Upload]:
    """Everything that `person` has under way or lately had, the newest first."""
    return Upload.objects.filter(by=person).select_related("check_job", "lecture", "same_as").order_by(
        "-created_at", "-pk"
    )  # fmt: skip


def own_upload(person: Person, public_id: UUID) -> Upload:
    """Raises NotFound for what is not there and for what is somebody else's."""
    found = uploads_of(person).filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def lines_of(person: Person, *, public_ids: Collection[UUID] | None = None) -> list[UploadLine]:
    rows = uploads_of(person)
    if public_ids is not None:
        rows = rows.filter(public_id__in=public_ids)
    return [line_of(row) for row in rows[:MOST_LINES]]


def line_of(upload: Upload) -> UploadLine:
    """The line of an upload that came from `uploads_of`."""
    job = getattr(upload, "check_job", None)
    has_failed = upload.state == UploadState.CHECKING and job is not None and job.state == JobState.FAILED
    return UploadLine(
        public_id=upload.public_id,
        file_name=upload.file_name,
        title=upload.title,
        lecturer=upload.lecturer,
        fingerprint=upload.fingerprint,
        size=upload.size,
        offset=upload.offset,
        percent=upload.percent,
        state=upload.state,
        label=upload.get_state_display(),
        reason=str(_reason(job.error_code)) if has_failed and job else "",
        is_over=has_failed or upload.state != UploadState.CHECKING,
        is_replacement=upload.is_replacement,
        can_retry=has_failed,
        lecture_pk=upload.lecture_id,
        lecture_title=upload.lecture.title if upload.lecture else "",
        same_pk=upload.same_as_id,
        same_title=upload.same_as.title if upload.same_as else "",
        created_at=upload.created_at,
        expires_at=upload.expires_at,
        days_kept=settings.LECTURE_UPLOAD_DAYS,
    )


def _reason(code: str) -> str | Promise:
    return CheckFailure(code if code in CheckFailure.values else CheckFailure.INTERNAL_ERROR).label


def promised_bytes() -> int:
    """How many bytes are still to come of what is on its way."""
    rows = Upload.objects.filter(state=UploadState.RECEIVING)
    return int(rows.aggregate(total=Sum(F("size") - F("offset")))["total"] or 0)
