from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class OutcomeKind(models.TextChoices):
    LECTURE_WATCHED = "lecture_watched", _("Lecture watched")


class TranscodeStage(models.TextChoices):
    PROBING = "probing", _("Checking the file")
    SOUND = "sound", _("Preparing the sound")
    ENCODING = "encoding", _("Preparing the video")
    PACKAGING = "packaging", _("Finishing")


class RenditionFile(StrEnum):
    """Files of a rendition set that players ask for by name."""

    MASTER = "master.m3u8"
    MP4 = "lowest.mp4"
    POSTER = "poster.jpg"
    CAPTIONS = "captions.vtt"
    SPRITE = "sprite.vtt"


class PictureKind(models.TextChoices):
    """What a recording shows: it decides the bit rates (media_pipeline.ladder)."""

    AUTOMATIC = "auto", _("Found out by itself")
    SLIDES = "slides", _("Slides and screens")
    CAMERA = "camera", _("People and rooms, filmed")
    CONSOLE = "console", _("A console whose image stacks are scrolled")


class OriginalPolicy(models.TextChoices):
    """What becomes of the uploaded file once what was made of it has been good for some days."""

    KEEP = "keep", _("It is kept")
    COLD = "cold", _("It is moved to the cold storage")
    DELETE = "delete", _("It is deleted")


class SourcePlace(models.TextChoices):
    """Where the uploaded file lies."""

    HERE = "here", _("Kept here")
    COLD = "cold", _("In the cold storage")
    GONE = "gone", _("Deleted")


class Condition(models.TextChoices):
    """How much of a recording could be read."""

    WHOLE = "whole", _("Whole")
    INCOMPLETE = "incomplete", _("Incomplete: its end is missing")
    DAMAGED = "damaged", _("Damaged in places")


class TranscodeFailure(models.TextChoices):
    """Why a transcode ended without a result, in words that tell the editor what to do."""

    NOT_A_VIDEO = (
        "not_a_video",
        _("This file is not a video. Export the recording as MP4 and upload that file."),
    )
    NO_VIDEO_STREAM = (
        "no_video_stream",
        _("This file has sound but no picture. Export the recording with its picture and upload that file."),
    )
    UNSUPPORTED = (
        "unsupported",
        _("This video is in a format that cannot be read here. Export it as MP4 (H.264) and upload that file."),
    )
    INCOMPLETE = (
        "incomplete",
        _("This file is incomplete: its end is missing. Copy it from the recorder again and upload the whole file."),
    )
    CUT_SHORT = (
        "cut_short",
        _(
            "This recording is incomplete: its end is missing. Copy it from the recorder again and upload the whole"
            " file, or watch what there is and use it as it is."
        ),
    )
    DAMAGED = (
        "damaged",
        _(
            "This recording is damaged in places. Copy it from the recorder again and upload it, or watch those places"
            " and use it as it is."
        ),
    )
    BAD_TIMING = (
        "bad_timing",
        _("The times inside this file are damaged. Export the recording as MP4 again and upload that file."),
    )
    TOO_LONG = "too_long", _("This recording is too long. Cut it into parts and upload each part.")
    PICTURE_TOO_LARGE = (
        "picture_too_large",
        _("The picture of this video is too large. Export it with at most 4096 × 2160 pixels."),
    )
    TOO_HEAVY = (
        "too_heavy",
        _("Preparing this video took too much memory or time. Export it as MP4 at 1280 × 720 and upload that file."),
    )
    STALLED = (
        "stalled",
        _("The work on this video stopped moving. Try again; if it stops again, export the recording as MP4 anew."),
    )
    NO_DISK = (
        "no_disk",
        _("The server has too little free disk space. Ask the operator to free some, then try again."),
    )
    SOURCE_MISSING = "source_missing", _("The uploaded file is no longer on the server. Upload it again.")
    SOURCE_DELETED = (
        "source_deleted",
        _("The original of this recording was deleted, as the rule of this site says. Upload it again."),
    )
    STORAGE_UNAVAILABLE = (
        "storage_unavailable",
        _("The file storage does not answer. Try again in a few minutes; if it fails again, tell the operator."),
    )
    ENCODER_MISSING = (
        "encoder_missing",
        _("The server cannot find ffmpeg. Ask the operator to install it, then try again."),
    )
    ENCODER_FAILED = (
        "encoder_failed",
        _("The video could not be prepared. Try again; if it fails again, export the recording as MP4 anew."),
    )
    WORKER_LOST = (
        "worker_lost",
        _("The work was interrupted several times. Try again; if it happens again, tell the operator."),
    )
    INTERNAL_ERROR = "internal_error", _("Something failed on our side. Try again; the operator can read the details.")


class UploadState(models.TextChoices):
    """How far a recording on its way has come. KNOWN waits for its uploader: the same recording is here already."""

    RECEIVING = "receiving", _("Not whole yet")
    CHECKING = "checking", _("Arrived, being checked")
    KNOWN = "known", _("Already here")
    DONE = "done", _("Taken over")
    EXPIRED = "expired", _("Removed, because nothing came any more")


class MediaWork(models.TextChoices):
    """The kinds of work on recordings."""

    TRANSCODE = "transcode", _("Preparation")
    CHECK = "check", _("Taking over an upload")


class JobAge(models.TextChoices):
    """How far back a list of work goes."""

    DAY = "day", _("The last 24 hours")
    WEEK = "week", _("The last 7 days")
    MONTH = "month", _("The last 30 days")


class CheckStage(models.TextChoices):
    JOINING = "joining", _("Joining the parts")
    HASHING = "hashing", _("Checking the file")


class CheckFailure(models.TextChoices):
    """Why a recording that had arrived was not taken over, in words that tell the editor what to do."""

    SOURCE_MISSING = (
        "source_missing",
        _("What had arrived is no longer whole on the server. Remove this line and upload the file again."),
    )
    LECTURE_BUSY = (
        "lecture_busy",
        _("This lecture is still being prepared. Wait until that has ended, then try again."),
    )
    LECTURE_GONE = (
        "lecture_gone",
        _("The lecture whose recording this was to replace has been deleted. Remove this line."),
    )
    STORAGE_UNAVAILABLE = (
        "storage_unavailable",
        _("The file storage does not answer. Try again in a few minutes; if it fails again, tell the operator."),
    )
    WORKER_LOST = (
        "worker_lost",
        _("The work was interrupted several times. Try again; if it happens again, tell the operator."),
    )
    INTERNAL_ERROR = "internal_error", _("Something failed on our side. Try again; the operator can read the details.")
