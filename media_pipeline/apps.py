from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MediaPipelineConfig(AppConfig):
    name = "media_pipeline"
    verbose_name = _("Lectures and media")

    def ready(self) -> None:
        from cms.shared import sealing
        from media_pipeline.selectors.watching import ADDRESS_LIFETIME
        from media_pipeline.services.histories import HISTORY
        from media_pipeline.signing import PURPOSE
        from media_pipeline.transcoding import LONGEST_S
        from organisations import histories

        # See selectors.watching.addresses: rounded up by an hour, and as long as the lecture lasts.
        longest = ADDRESS_LIFETIME + timedelta(hours=1, seconds=LONGEST_S)
        sealing.declare_address(sealing.Address(PURPOSE, "addresses of lectures that are still valid", longest))
        histories.register(HISTORY)
