"""Oneself and one's messages. Nobody else's account is reachable here."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from organisations import selectors
from organisations.api.serializers import MeSerializer, NotificationSerializer
from organisations.models import Notification, Person
from organisations.services import messages


def _person(request: Request) -> Person:
    assert isinstance(request.user, Person)  # noqa: S101 - IsAuthenticated
    return request.user


class MeView(APIView):
    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """Who is signed in: name, masked phone, units, roles, number of unread messages."""
        return Response(MeSerializer(selectors.profile_of(_person(request))).data)


class NotificationsView(ListAPIView[Notification]):
    """One's messages, newest first, in the language of the request."""

    serializer_class = NotificationSerializer
    filter_backends: list[Any] = []

    def get_queryset(self) -> QuerySet[Notification]:
        if getattr(self, "swagger_fake_view", False):
            return Notification.objects.none()
        return selectors.notifications_of(_person(self.request))


class ReadNotificationView(APIView):
    @extend_schema(request=None, responses=NotificationSerializer)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Mark one message read; again changes nothing."""
        notification = messages.mark_read(person=_person(request), public_id=public_id)
        return Response(NotificationSerializer(notification).data)


class ReadAllNotificationsView(APIView):
    @extend_schema(operation_id="notifications_read_all", request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        """Mark all messages read."""
        messages.mark_all_read(person=_person(request))
        return Response(status=204)
