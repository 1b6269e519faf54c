from typing import cast
from uuid import UUID

from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from courses.api.serializers import (
    AnswersSerializer,
    AttentionSerializer,
    LearningSerializer,
    LessonStateSerializer,
)
from courses.selectors import CourseStanding, my_learning
from courses.services import playing, studying
from media_pipeline.api.serializers import PlaybackSerializer
from organisations.models import Person


class LearningView(ListAPIView[CourseStanding]):  # type: ignore[type-var]
    """The courses of the person who asks, in progress first."""

    serializer_class = LearningSerializer
    filter_backends = ()

    def get_queryset(self) -> list[CourseStanding]:  # type: ignore[override]
        return my_learning(person=cast(Person, self.request.user), language=get_language() or "")


class PlayView(APIView):
    """Opens a player on a lecture lesson of a course that the person is enrolled in."""

    @extend_schema(request=None, responses=PlaybackSerializer)
    def post(self, request: Request, key: UUID) -> Response:
        playback = playing.open_playback(person=cast(Person, request.user), lesson_key=key)
        return Response(PlaybackSerializer(playback).data)


class AttentionView(APIView):
    """Answers questions during a lecture, and asks whether one is due. The same answer again changes nothing."""

    @extend_schema(request=AnswersSerializer, responses=AttentionSerializer)
    def post(self, request: Request, key: UUID) -> Response:
        sent = AnswersSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        person = cast(Person, request.user)
        stand = playing.attend(person=person, lesson_key=key, answers=sent.validated_data["answers"])
        return Response(AttentionSerializer(stand).data)


class SettleView(APIView):
    """Settles what the person has just finished, and says how the lesson stands now."""

    @extend_schema(request=None, responses=LessonStateSerializer)
    def post(self, request: Request, key: UUID) -> Response:
        state = studying.settle_lesson(person=cast(Person, request.user), lesson_key=key)
        following = state.next
        return Response(
            LessonStateSerializer(
                {
                    "is_completed": state.is_complete,
                    "is_course_completed": state.is_course_complete,
                    "next_url": (following.page.get_url(request._request) or "") if following else "",
                    "next_title": following.page.title if following else "",
                }
            ).data
        )
