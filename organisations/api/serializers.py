"""What the API says about oneself: masked, and only what the pages show."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from organisations import notifications
from organisations.models import Notification


class PlaceRoleSerializer(serializers.Serializer[Any]):
    role = serializers.CharField()
    place = serializers.CharField(source="node.name")
    place_id = serializers.UUIDField(source="node.public_id")
    begins = serializers.DateField()
    ends = serializers.DateField(allow_null=True)


class EmploymentSerializer(serializers.Serializer[Any]):
    unit = serializers.CharField(source="unit_name")
    unit_id = serializers.UUIDField(source="unit.public_id")
    department = serializers.CharField(source="department_name")
    begins = serializers.DateField()
    ends = serializers.DateField(allow_null=True)


class MeSerializer(serializers.Serializer[Any]):
    """A `Profile`."""

    id = serializers.UUIDField(source="person.public_id")
    username = serializers.CharField(source="person.username")
    name = serializers.CharField(source="person.name")
    masked_phone = serializers.CharField(source="person.masked_phone")
    title = serializers.CharField(source="person.title")
    language = serializers.CharField(source="person.language")
    employments = EmploymentSerializer(many=True)
    roles = PlaceRoleSerializer(many=True)
    has_second_factor = serializers.BooleanField()
    unread_notifications = serializers.IntegerField(source="unread")


class NotificationSerializer(serializers.ModelSerializer[Notification]):
    id = serializers.UUIDField(source="public_id")
    subject = serializers.SerializerMethodField()
    text = serializers.SerializerMethodField()

    class Meta:
        model = Notification
        fields = ["id", "kind", "subject", "text", "link", "created_at", "read_at"]
        read_only_fields = fields

    @extend_schema_field(serializers.CharField())
    def get_subject(self, notification: Notification) -> str:
        return notifications.message(notification).subject

    @extend_schema_field(serializers.CharField())
    def get_text(self, notification: Notification) -> str:
        return notifications.message(notification).text
