from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class OutcomeKind(models.TextChoices):
    LECTURE_WATCHED = "lecture_watched", _("Lecture watched")


class TranscodeStage(models.TextChoices):
    PROBING = "probing", _("Checking the file")
    ENCODING = "encoding", _("Preparing the video")
    PACKAGING = "packaging", _("Finishing")


class RenditionFile(StrEnum):
    """Files of a rendition set that players ask for by name."""

    MASTER = "master.m3u8"
    MP4 = "lowest.mp4"
    POSTER = "poster.jpg"
    CAPTIONS = "captions.vtt"
