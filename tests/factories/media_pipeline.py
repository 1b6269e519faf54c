"""Lectures for tests, rows only, no files; and somebody who sends some."""

import base64
from typing import Any

import factory
from django.urls import reverse
from factory.django import DjangoModelFactory

from media_pipeline.models import Lecture, RenditionSet, Upload


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


class Tus:
    """What a tus client says, by Django's test client: `Tus(client).begin(b"…")`."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.base = reverse("wagtailsnippets_media_pipeline_lecture:tus")

    def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> Any:
        said = {"Tus-Resumable": "1.0.0", "Accept": "application/json", "Accept-Language": "en"}
        kind = headers.pop("kind", "application/offset+octet-stream")
        said |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(method, path, body, content_type=kind, headers=said)

    def begin(self, size: int, name: str = "CT_检查.mp4", **said: str) -> Any:
        pairs = {"filename": name, **said}
        told = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())
        return self.send("POST", self.base, Upload_Length=str(size), Upload_Metadata=told)

    def part(self, path: str, offset: int, body: bytes, **headers: str) -> Any:
        return self.send("PATCH", path, body, Upload_Offset=str(offset), **headers)

    def offset(self, path: str) -> int:
        return int(self.send("HEAD", path)["Upload-Offset"])

    def whole(self, content: bytes, name: str = "CT_检查.mp4", **said: str) -> Upload:
        """Everything in one part; the row."""
        path = self.begin(len(content), name, **said)["Location"]
        answer = self.part(path, 0, content)
        assert answer.status_code == 204, answer.content
        return Upload.objects.get(public_id=path.strip("/").split("/")[-1])
