from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from media_pipeline.selectors import Playback
from media_pipeline.services.watching import BatchResult, PlayedPiece


class SecondsField(serializers.FloatField):
    """JSON knows whole numbers that no float can hold."""

    def to_internal_value(self, data: Any) -> float:
        try:
            return float(super().to_internal_value(data))
        except OverflowError:
            self.fail("invalid")


class PieceSerializer(serializers.Serializer[PlayedPiece]):
    """`from_s` to `to_s` of the lecture, played between `began_s` and `ended_s` after the session's opening."""

    from_s = SecondsField()
    to_s = SecondsField()
    began_s = SecondsField()
    ended_s = SecondsField()


@extend_schema_serializer(component_name="WatchBatch")
class BatchSerializer(serializers.Serializer[BatchResult]):
    """What a player played since its last batch. A batch that is not acknowledged is sent again unchanged."""

    client_id = serializers.CharField(max_length=36)
    sequence = serializers.IntegerField(min_value=0, max_value=2**31 - 1)
    pieces = PieceSerializer(many=True)
    position_s = SecondsField(required=False, allow_null=True, default=None)


class RefusedSerializer(serializers.Serializer[BatchResult]):
    index = serializers.IntegerField()
    reason = serializers.CharField()
    missed_s = serializers.FloatField()


class WatchedSerializer(serializers.Serializer[BatchResult]):
    duration_s = serializers.FloatField()
    position_s = serializers.FloatField()
    covered_s = serializers.FloatField()
    share = serializers.FloatField()
    intervals = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()))
    missing = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()))
    is_completed = serializers.BooleanField()
    completed_at = serializers.DateTimeField(allow_null=True)


class AcknowledgementSerializer(serializers.Serializer[BatchResult]):
    """What the batch earned, the same however often it is sent, and what is watched by now."""

    client_id = serializers.CharField()
    sequence = serializers.IntegerField()
    credited_s = serializers.FloatField()
    reason = serializers.CharField(allow_blank=True)
    refused = serializers.SerializerMethodField()
    watched = WatchedSerializer()

    def get_refused(self, result: BatchResult) -> list[dict[str, int | str | float]]:
        return [{"index": index, "reason": reason, "missed_s": missed} for index, reason, missed in result.refused]


class PlaybackSerializer(serializers.Serializer[Playback]):
    """What a player needs to play a lecture and to report what was played."""

    session = serializers.UUIDField()
    batches_url = serializers.CharField()
    master_url = serializers.CharField()
    mp4_url = serializers.CharField()
    poster_url = serializers.CharField()
    captions_url = serializers.CharField(allow_blank=True)
    expires_at = serializers.DateTimeField()
    duration_s = serializers.FloatField()
    position_s = serializers.FloatField()
    intervals = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()))
    missing = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()))
    share = serializers.FloatField()
    threshold = serializers.FloatField()
    max_speed = serializers.FloatField()
    background_play = serializers.BooleanField()
    is_completed = serializers.BooleanField()
