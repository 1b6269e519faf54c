"""tus 1.0 (https://tus.io/protocols/resumable-upload): creation, checksum, expiration, termination.

Why it is our own: docs/uploads.md. What is sent is read from the socket piece by piece; nothing of it lies in memory.
"""

import base64
import binascii
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.http import http_date
from django.utils.translation import gettext_lazy as _
from wagtail.permission_policies import ModelPermissionPolicy

from cms.shared.errors import DomainError, InvalidInput, NotFound
from cms.shared.http import error_body
from media_pipeline.enums import UploadState
from media_pipeline.models import Lecture, Upload
from media_pipeline.selectors.uploads import own_upload
from media_pipeline.services import receiving, uploads
from organisations.models import Person

NAMESPACE = "wagtailsnippets_media_pipeline_lecture"
VERSION = "1.0.0"
EXTENSIONS = "creation,checksum,expiration,termination"
PART_TYPE = "application/offset+octet-stream"
# A line on which nothing moves for so long is given up; the sender comes back and goes on.
SILENCE_S = 30.0
LONGEST_METADATA = 4000

View = Callable[..., HttpResponse]


class OtherVersion(DomainError):
    code, http_status = "other_version", 412
    message = _("This page is out of date. Load it again.")


class OtherType(InvalidInput):
    code, http_status = "other_type", 415


class MethodUnknown(DomainError):
    code, http_status = "method_unknown", 405


class LengthMissing(InvalidInput):
    code, http_status = "length_missing", 411


def speaks_tus(view: View) -> View:
    """Check who asks and in which version; answer what goes wrong in JSON."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.method = _method(request)
        try:
            if request.method != "OPTIONS" and request.headers.get("Tus-Resumable") != VERSION:
                raise OtherVersion
            response = view(request, *args, **kwargs)
        except DomainError as error:
            response = JsonResponse(error_body(error), status=error.http_status)
        response["Tus-Resumable"] = response["Tus-Version"] = VERSION
        response["Cache-Control"] = "no-store"
        return response

    return answered


def _method(request: HttpRequest) -> str:
    """Some proxies let POST pass and nothing else."""
    meant = request.headers.get("X-HTTP-Method-Override", "") if request.method == "POST" else ""
    return (meant or request.method or "").upper()


def may(request: HttpRequest, action: str) -> Person:
    """Who asks, who may `action` lectures; else PermissionDenied."""
    person = request.user
    if not isinstance(person, Person) or not ModelPermissionPolicy(Lecture).user_has_permission(person, action):
        raise PermissionDenied
    return person


def may_upload(request: HttpRequest) -> Person:
    """Whoever may add lectures or change them has uploads of their own."""
    person = request.user
    policy = ModelPermissionPolicy(Lecture)
    if not isinstance(person, Person) or not policy.user_has_any_permission(person, ["add", "change"]):
        raise PermissionDenied
    return person


@speaks_tus
def creation(request: HttpRequest) -> HttpResponse:
    """OPTIONS says what this server can, POST begins an upload."""
    person = may_upload(request)
    if request.method == "OPTIONS":
        response = HttpResponse(status=204)
        response["Tus-Extension"] = EXTENSIONS
        response["Tus-Max-Size"] = str(settings.LECTURE_MAX_BYTES)
        response["Tus-Checksum-Algorithm"] = ",".join(receiving.ALGORITHMS)
        return response
    if request.method != "POST":
        raise MethodUnknown
    said = metadata(request.headers.get("Upload-Metadata", ""))
    lecture = _lecture(request, said.get("lecture", ""))
    if lecture is None:
        may(request, "add")
    upload = uploads.begin_upload(
        by=person,
        file_name=said.get("filename", ""),
        size=_whole_number(request.headers.get("Upload-Length", "")),
        title=said.get("title", ""),
        lecturer=said.get("lecturer", ""),
        fingerprint=said.get("fingerprint", ""),
        lecture=lecture,
    )
    response = _standing(upload, 201)
    response["Location"] = reverse(f"{NAMESPACE}:tus_upload", args=[upload.public_id])
    return response


@speaks_tus
def one_upload(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """HEAD says how far it is, PATCH brings the next part, DELETE takes it off."""
    person = may_upload(request)
    if request.method == "OPTIONS":
        return HttpResponse(status=204)
    if request.method == "HEAD":
        return _standing(_present(person, public_id), 200)
    if request.method == "PATCH":
        return _standing(_take(request, person, public_id), 204)
    if request.method == "DELETE":
        uploads.discard_upload(by=person, public_id=public_id)
        return HttpResponse(status=204)
    raise MethodUnknown


def _present(person: Person, public_id: UUID) -> Upload:
    upload = own_upload(person, public_id)
    if upload.state == UploadState.EXPIRED:
        raise receiving.UploadGone
    return upload


def _standing(upload: Upload, status: int) -> HttpResponse:
    response = HttpResponse(status=status)
    response["Upload-Offset"], response["Upload-Length"] = str(upload.offset), str(upload.size)
    if upload.state == UploadState.RECEIVING:
        response["Upload-Expires"] = http_date(upload.expires_at.timestamp())
    return response


def _take(request: HttpRequest, person: Person, public_id: UUID) -> Upload:
    if request.content_type != PART_TYPE:
        raise OtherType
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length:
        raise LengthMissing
    _lose_patience(request)
    return receiving.receive_part(
        by=person,
        public_id=public_id,
        offset=_whole_number(request.headers.get("Upload-Offset", "")),
        length=_whole_number(length),
        body=request,
        checksum=_checksum(request.headers.get("Upload-Checksum", "")),
    )


def _lose_patience(request: HttpRequest) -> None:
    """A phone in a tunnel must not hold a thread for ever: gunicorn waits for a body without end."""
    socket = request.META.get("gunicorn.socket")
    if socket is not None:
        socket.settimeout(SILENCE_S)


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidInput
    return int(text)


def metadata(header: str) -> dict[str, str]:
    """The pairs of Upload-Metadata: "name base64,name base64". Raises InvalidInput."""
    if len(header) > LONGEST_METADATA:
        raise InvalidInput
    said = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        name, _space, value = pair.partition(" ")
        try:
            said[name] = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, ValueError) as error:
            raise InvalidInput from error
    return said


def _checksum(header: str) -> receiving.Checksum | None:
    if not header:
        return None
    algorithm, _space, value = header.partition(" ")
    try:
        digest = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput from error
    if algorithm not in receiving.ALGORITHMS:
        raise InvalidInput
    return receiving.Checksum(algorithm, digest)


def _lecture(request: HttpRequest, pk: str) -> Lecture | None:
    """Whose recording is to be replaced."""
    if not pk:
        return None
    may(request, "change")
    lecture = Lecture.objects.filter(pk=_whole_number(pk)).first()
    if lecture is None:
        raise NotFound
    return lecture
