"""JSON faces of standings, entries and exports. Figures are decimals as strings; personal data stays out."""

from typing import Any

from rest_framework import serializers

from credits.enums import Encoding, Layout
from credits.models import Entry, ExportJob
from credits.models.exports import DEFAULT_SET, ENCODINGS, EXPORT_FORMATS, LAYOUTS


class RequirementSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    kind = serializers.CharField()
    title = serializers.CharField()
    required = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)  # type: ignore[assignment]
    reached = serializers.DecimalField(max_digits=12, decimal_places=2)
    reached_verified = serializers.DecimalField(max_digits=12, decimal_places=2)
    reached_if_unverified = serializers.DecimalField(max_digits=12, decimal_places=2)
    missing = serializers.DecimalField(max_digits=12, decimal_places=2)
    state = serializers.CharField()
    mark = serializers.CharField()
    clause = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    is_limit = serializers.BooleanField()
    is_advice = serializers.BooleanField()


class LineSerializer(serializers.Serializer[Any]):
    entry = serializers.UUIDField(source="entry.public_id")
    title = serializers.CharField(source="entry.title")
    begins_on = serializers.DateField(source="entry.begins_on")
    ends_on = serializers.DateField(source="entry.ends_on")
    time_scale = serializers.IntegerField(source="entry.time_scale")
    is_demo = serializers.BooleanField(source="entry.is_demo")
    category = serializers.CharField()
    state = serializers.CharField()
    credits = serializers.DecimalField(max_digits=12, decimal_places=2)
    hours = serializers.DecimalField(max_digits=12, decimal_places=2)
    text = serializers.CharField()
    mark = serializers.CharField()
    clause = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    official_state = serializers.CharField()


class StandingSerializer(serializers.Serializer[Any]):
    rule_set = serializers.CharField(source="rule_set_id")
    version = serializers.CharField(source="version.key")
    year = serializers.IntegerField()
    period_begins = serializers.DateField(allow_null=True)
    period_ends = serializers.DateField(allow_null=True, help_text="Exclusive")
    state = serializers.CharField()
    credits = serializers.DecimalField(max_digits=12, decimal_places=2)
    credits_registered = serializers.DecimalField(max_digits=12, decimal_places=2)
    hours = serializers.DecimalField(max_digits=12, decimal_places=2)
    marks = serializers.ListField(child=serializers.CharField())
    has_demo = serializers.BooleanField()
    requirements = RequirementSerializer(many=True)
    lines = LineSerializer(many=True)


class EntrySerializer(serializers.ModelSerializer[Entry]):
    class Meta:
        model = Entry
        fields = [
            "public_id",
            "position",
            "rule_set_id",
            "rule_set_version",
            "activity_kind",
            "activity_type",
            "category",
            "title",
            "project_number",
            "organiser",
            "quantity",
            "unit",
            "time_scale",
            "role",
            "begins_on",
            "ends_on",
            "granted_how",
            "is_demo",
            "recorded_at",
        ]


class ExportRequestSerializer(serializers.Serializer[Any]):
    place = serializers.UUIDField(help_text="public_id of a place in your scope")
    year = serializers.IntegerField(min_value=2000, max_value=2100)
    rule_set = serializers.CharField(max_length=40)
    file_format = serializers.ChoiceField(choices=EXPORT_FORMATS)
    column_set = serializers.CharField(max_length=60, default=DEFAULT_SET, help_text="id@version")
    encoding = serializers.ChoiceField(choices=ENCODINGS, default=Encoding.UTF_8.value, help_text="Of CSV")
    layout = serializers.ChoiceField(choices=LAYOUTS, default=Layout.ONE_SHEET.value, help_text="Of XLSX")
    sought = serializers.CharField(
        max_length=300, default="", allow_blank=True, help_text="Grantees of which activity: its number or exact title"
    )
    reason = serializers.CharField(max_length=200, help_text="What the file is needed for")


class ExportSerializer(serializers.ModelSerializer[ExportJob]):
    year = serializers.IntegerField(source="period_begins.year", read_only=True)
    file_expires_at = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = ExportJob
        fields = [
            "public_id",
            "state",
            "progress",
            "rule_set_id",
            "year",
            "file_format",
            "column_set",
            "encoding",
            "layout",
            "sought",
            "reason",
            "error_code",
            "file_name",
            "row_count",
            "file_sha256",
            "identity",
            "identity_sha256",
            "cut_off_at",
            "totals",
            "created_at",
            "finished_at",
            "file_expires_at",
        ]
