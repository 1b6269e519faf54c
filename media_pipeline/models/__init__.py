from media_pipeline.models.lectures import Lecture, RenditionSet, TranscodeJob
from media_pipeline.models.watching import PlaySession, WatchBatch, WatchClock, WatchedTime, WatchingOutcome

__all__ = [
    "Lecture",
    "PlaySession",
    "RenditionSet",
    "TranscodeJob",
    "WatchBatch",
    "WatchClock",
    "WatchedTime",
    "WatchingOutcome",
]
