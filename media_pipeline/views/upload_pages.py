"""What a page about uploads asks for beside the bytes: how mine stand, and the deeds of one line."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cms.shared.errors import DomainError, InvalidInput
from cms.shared.http import wants_json
from media_pipeline.models import Lecture
from media_pipeline.selectors.quotas import share_of, unit_of
from media_pipeline.selectors.uploads import UploadLine, lines_of
from media_pipeline.services import arrivals, files, uploads
from media_pipeline.views.uploads import NAMESPACE, may, may_upload
from organisations.models import Person


def upload_context(person: Person, lecture: Lecture | None = None) -> dict[str, Any]:
    """What the part of a page that uploads needs; `lecture`: whose recording is to be replaced."""
    unit = lecture.unit if lecture else unit_of(person)
    lines = lines_of(person)
    if lecture is not None:
        lines = [line for line in lines if line.is_replacement and line.lecture_pk == lecture.pk]
    return {
        "upload_lines": lines,
        "upload_endings": ",".join(f".{ending}" for ending in files.ENDINGS),
        "upload_most_bytes": settings.LECTURE_MAX_BYTES,
        "upload_part_bytes": settings.LECTURE_UPLOAD_PART_BYTES,
        "upload_share": share_of(unit) if unit else None,
        "upload_lecture": lecture,
    }


def _told(line: UploadLine) -> dict[str, Any]:
    return {
        "id": str(line.public_id),
        "url": reverse(f"{NAMESPACE}:tus_upload", args=[line.public_id]),
        "deed_url": reverse(f"{NAMESPACE}:upload", args=[line.public_id]),
        "file_name": line.file_name,
        "title": line.title,
        "lecturer": line.lecturer,
        "fingerprint": line.fingerprint,
        "size": line.size,
        "offset": line.offset,
        "state": line.state,
        "label": line.label,
        "reason": line.reason,
        "replaces": str(line.lecture_pk or "") if line.is_replacement else "",
        "is_over": line.is_over,
        "can_retry": line.can_retry,
        "can_make_another": not line.is_replacement,
        "lecture_url": reverse(f"{NAMESPACE}:inspect", args=[line.lecture_pk]) if line.lecture_pk else "",
        "same_url": reverse(f"{NAMESPACE}:inspect", args=[line.same_pk]) if line.same_pk else "",
        "same_title": line.same_title,
        "expires": date_format(localtime(line.expires_at), "DATETIME_FORMAT"),
    }


@require_GET
def upload_states(request: HttpRequest) -> HttpResponse:
    """JSON of my uploads, or of those named `?id=…&id=…`."""
    person = may_upload(request)
    asked = request.GET.getlist("id")
    try:
        public_ids = [UUID(text) for text in asked] if asked else None
    except ValueError as error:
        raise InvalidInput from error
    return JsonResponse({"uploads": [_told(line) for line in lines_of(person, public_ids=public_ids)]})


@require_POST
def upload_deed(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """`do`: describe, discard, another, existing or retry."""
    person = may_upload(request)
    deed = _DEEDS.get(request.POST.get("do", ""))
    if deed is None:
        raise InvalidInput
    try:
        where, said = deed(request, person, public_id)
    except DomainError as error:
        if wants_json(request):
            raise
        messages.error(request, str(error))
        where, said = reverse(f"{NAMESPACE}:add"), ""
    if wants_json(request):
        lines = lines_of(person, public_ids=[public_id])
        return JsonResponse({"location": where, "upload": _told(lines[0]) if lines else None})
    if said:
        messages.success(request, said)
    return redirect(where)


def _list() -> str:
    return reverse(f"{NAMESPACE}:add")


def _describe(request: HttpRequest, person: Person, public_id: UUID) -> tuple[str, str]:
    said = {name: request.POST.get(name, "") for name in ("title", "lecturer")}
    uploads.describe_upload(by=person, public_id=public_id, **said)
    return _list(), ""


def _discard(request: HttpRequest, person: Person, public_id: UUID) -> tuple[str, str]:
    uploads.discard_upload(by=person, public_id=public_id)
    return _list(), _("The upload is removed.")


def _another(request: HttpRequest, person: Person, public_id: UUID) -> tuple[str, str]:
    may(request, "add")
    lecture = arrivals.make_another(by=person, public_id=public_id)
    said = _("“%(title)s” is uploaded. It is being prepared now; you may leave this page.") % {"title": lecture}
    return reverse(f"{NAMESPACE}:inspect", args=[lecture.pk]), said


def _existing(request: HttpRequest, person: Person, public_id: UUID) -> tuple[str, str]:
    lines = lines_of(person, public_ids=[public_id])
    uploads.discard_upload(by=person, public_id=public_id)
    same = lines[0].same_pk if lines else None
    return reverse(f"{NAMESPACE}:inspect", args=[same]) if same else _list(), ""


def _retry(request: HttpRequest, person: Person, public_id: UUID) -> tuple[str, str]:
    arrivals.retry_check(by=person, public_id=public_id)
    return _list(), _("The file is being checked again.")


_DEEDS = {"describe": _describe, "discard": _discard, "another": _another, "existing": _existing, "retry": _retry}
