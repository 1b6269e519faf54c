"""Lectures for tests: rows only, no files."""

from typing import Any

import factory
from factory.django import DjangoModelFactory

from media_pipeline.models import Lecture, RenditionSet


class RenditionSetFactory(DjangoModelFactory[RenditionSet]):
    class Meta:
        model = RenditionSet

    source_sha256 = factory.LazyAttribute(lambda made: made.lecture.source_sha256)
    profile = "test-1"
    folder = factory.Sequence(lambda n: f"lectures/00/folder-{n + 1}")
    duration_s = 600.0
    heights = [720, 480, 360]


class LectureFactory(DjangoModelFactory[Lecture]):
    """A lecture that can be played, ten minutes long; `duration_s=None` leaves it waiting for its transcode."""

    class Meta:
        model = Lecture

    title = factory.Sequence(lambda n: f"讲座 {n + 1}")
    source_key = factory.Sequence(lambda n: f"sources/00/source-{n + 1}.mp4")
    source_name = "lecture.mp4"
    source_sha256 = factory.Sequence(lambda n: f"{n + 1:064x}")

    @classmethod
    def _create(
        cls, model_class: type[Lecture], *args: Any, duration_s: float | None = 600.0, **fields: Any
    ) -> Lecture:
        lecture = model_class.objects.create(**fields)
        if duration_s is not None:
            lecture.renditions = RenditionSetFactory.create(lecture=lecture, duration_s=duration_s)
            lecture.save(update_fields=["renditions"])
        return lecture
