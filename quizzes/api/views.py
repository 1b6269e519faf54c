"""Attempts over JSON: open, read, save, advance, submit. Somebody else's attempt does not exist."""

from typing import cast
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from organisations.models import Person
from quizzes import selectors
from quizzes.api import events, throttles
from quizzes.api.openings import opened_json
from quizzes.api.serializers import (
    AdvanceSerializer,
    AttemptSerializer,
    BatchSerializer,
    FileSerializer,
    FileUploadSerializer,
    PermitSerializer,
    SavedSerializer,
    SubmitSerializer,
    attempt_json,
    saved_json,
)
from quizzes.models import Attempt
from quizzes.services import answer_files, attempts


class _AttemptView(APIView):
    parser_classes = [throttles.SmallJSONParser]


def _person(request: Request) -> Person:
    return cast(Person, request.user)


def _shown(attempt: Attempt) -> Response:
    return Response(attempt_json(selectors.sheet(attempt)))


class AttemptsView(_AttemptView):
    throttle_classes = [throttles.OpenThrottle]

    @extend_schema(request=PermitSerializer, responses={200: AttemptSerializer, 201: AttemptSerializer})
    def post(self, request: Request) -> HttpResponseBase:
        """Open an attempt with the permit that its lesson gave (201), or resume the open one (200)."""
        form = PermitSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        attempt, paper = attempts.open_with_paper(person=_person(request), permit=form.validated_data["permit"])
        if paper is None:
            return _shown(attempt)
        content = opened_json(attempt, paper)
        return HttpResponse(content, content_type="application/json", status=status.HTTP_201_CREATED)


class AttemptView(_AttemptView):
    throttle_classes = [throttles.ReadThrottle]

    @extend_schema(responses=AttemptSerializer)
    def get(self, request: Request, public_id: UUID) -> Response:
        """The paper while the attempt is open, the result once it is closed; the key only when it may be reviewed."""
        return _shown(attempts.visit(attempt=selectors.attempt_of(person=_person(request), public_id=public_id)))


class AnswersView(_AttemptView):
    throttle_classes = [throttles.SaveThrottle]

    @extend_schema(request=BatchSerializer, responses=SavedSerializer)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Save a batch of answer events. Sent again it changes nothing; one bad event refuses the whole batch.

        Events on what is locked are refused one by one; the others are taken.
        """
        batch = events.batch(request.data, required=True)
        attempt = attempts.save_answers(person=_person(request), public_id=public_id, events=batch)
        return Response(saved_json(attempt, attempts.too_late(attempt, batch)))


class AdvanceView(_AttemptView):
    throttle_classes = [throttles.SaveThrottle]

    @extend_schema(request=AdvanceSerializer, responses=SavedSerializer)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Save the events, then finish an item of a case or a section for good: the next opens. Again: no change."""
        batch = events.batch(request.data, required=False, more=frozenset({"item", "section"}))
        item, section = events.finished(request.data)
        attempt = attempts.advance(
            person=_person(request),
            public_id=public_id,
            item=item,
            section=section,
            events=batch,
        )
        return Response(saved_json(attempt, attempts.too_late(attempt, batch)))


class FileView(APIView):
    parser_classes = [throttles.FileParser]
    throttle_classes = [throttles.FileThrottle]

    @extend_schema(
        operation_id="attempts_file_create", request={"multipart/form-data": FileUploadSerializer},
        responses={201: FileSerializer},
    )  # fmt: skip
    def post(self, request: Request, public_id: UUID, item: UUID) -> Response:
        """Send a file for one item. What it is is told by its content; it counts once an answer event names its id."""
        form = FileUploadSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        made = answer_files.receive(
            person=_person(request), attempt_id=public_id, item=str(item), upload=form.validated_data["file"]
        )
        return Response(FileSerializer(made).data, status=status.HTTP_201_CREATED)


class SubmitView(_AttemptView):
    throttle_classes = [throttles.SubmitThrottle]

    @extend_schema(request=SubmitSerializer, responses=AttemptSerializer)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Hand the attempt in, with the last answer events. Sent again it returns the one result."""
        batch = events.batch(request.data, required=False)
        return _shown(attempts.submit(public_id=public_id, person=_person(request), events=batch))
