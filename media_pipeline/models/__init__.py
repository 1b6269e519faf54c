from media_pipeline.models.lectures import Lecture, RenditionSet, TranscodeJob
from media_pipeline.models.uploads import UnitQuota, Upload, UploadCheck
from media_pipeline.models.watching import PlaySession, WatchBatch, WatchClock, WatchedTime, WatchingOutcome

__all__ = [
    "Lecture",
    "PlaySession",
    "RenditionSet",
    "TranscodeJob",
    "UnitQuota",
    "Upload",
    "UploadCheck",
    "WatchBatch",
    "WatchClock",
    "WatchedTime",
    "WatchingOutcome",
]
