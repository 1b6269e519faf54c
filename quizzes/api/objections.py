"""Objections to the questions of one's own attempt over JSON."""

from typing import Any, cast
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from organisations.models import Person
from quizzes import selectors
from quizzes.api import throttles
from quizzes.api.serializers import ObjectionSerializer, ObjectionWishSerializer
from quizzes.selectors.objections import Said, said_of
from quizzes.services import objections


class ObjectionsView(APIView):
    parser_classes = [throttles.SmallJSONParser]
    throttle_classes = [throttles.ObjectionThrottle]

    @extend_schema(operation_id="attempts_objections_list", responses=ObjectionSerializer(many=True))
    def get(self, request: Request, public_id: UUID) -> Response:
        """What one has objected to in this attempt, by item in the order of the paper, the newest first."""
        sheet = selectors.sheet(selectors.attempt_of(person=cast(Person, request.user), public_id=public_id))
        said = said_of(sheet)
        return Response([_shown(one) for item in sheet.items for one in said.get(item.id, ())])

    @extend_schema(
        operation_id="attempts_objections_create",
        request=ObjectionWishSerializer,
        responses={201: ObjectionSerializer},
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """Object to one item of one's own closed attempt; those who keep the question are told."""
        form = ObjectionWishSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        made = objections.object_to(
            by=cast(Person, request.user),
            attempt_id=public_id,
            item=form.validated_data["item"],
            text=form.validated_data["text"],
        )
        return Response(_shown(Said(made, "")), status=status.HTTP_201_CREATED)


def _shown(one: Said) -> dict[str, Any]:
    return {**ObjectionSerializer(one.objection).data, "answer": one.answer}
