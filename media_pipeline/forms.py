"""The editor's forms: upload a recording, change what is said about it."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.base import File
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm

from media_pipeline.models import Lecture
from media_pipeline.services.files import ENDINGS, CaptionsUnreadable, EmptyUpload, UploadTooLarge

RECORDINGS = ",".join(["video/*", *(f".{ending}" for ending in ENDINGS)])


class LectureForm(WagtailAdminModelForm):
    """A new lecture. The recording is checked in full by the worker; here only what can be seen at once."""

    recording = forms.FileField(
        label=_("Recording"),
        widget=forms.FileInput(attrs={"accept": RECORDINGS}),
        help_text=_(
            "A video file, best MP4 (H.264) at 1280 × 720 or more. It is made ready for slow lines in the background."
        ),
        error_messages={"empty": EmptyUpload.message},
    )
    captions = forms.FileField(
        label=_("Captions"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".srt,.vtt,text/vtt"}),
        help_text=_("Optional: a SubRip (.srt) or WebVTT (.vtt) file."),
        error_messages={"empty": CaptionsUnreadable.message},
    )

    class Meta:
        model = Lecture
        fields = ["title", "lecturer", "picture_kind"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["picture_kind"].required = False

    def clean_picture_kind(self) -> str:
        """What is sent without a choice keeps the one there is."""
        return self.cleaned_data["picture_kind"] or self.instance.picture_kind

    def clean_recording(self) -> "File[Any] | None":
        upload: File[Any] | None = self.cleaned_data["recording"]
        if upload and (upload.size or 0) > settings.LECTURE_MAX_BYTES:
            raise forms.ValidationError(str(UploadTooLarge(most=settings.LECTURE_MAX_BYTES // 1024**3)))
        return upload


class LectureChangeForm(LectureForm):
    """An existing lecture: a new recording or new captions replace the present ones."""

    drop_captions = forms.BooleanField(label=_("Remove the present captions"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        recording = self.fields["recording"]
        recording.required = False
        recording.label = _("Replace the recording")
        recording.help_text = _("The present recording is shown until the new one is ready.")
        if self.instance.captions_key:
            self.fields["captions"].label = _("Replace the captions")
        else:
            del self.fields["drop_captions"]
