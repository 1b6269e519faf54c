"""WhiteNoise of the tests' own process. The servers that tests start have the one of production."""

from typing import Any, ClassVar

from django.conf import settings
from whitenoise.middleware import WhiteNoiseMiddleware


class ScannedOnce(WhiteNoiseMiddleware):
    """Looks at all static files when it starts, as ever; but every `Client` starts it anew, thousands a run."""

    scanned: ClassVar[dict[tuple[str, ...], dict[str, Any]]] = {}

    def add_files_from_finders(self) -> None:
        where = (self.static_prefix, *map(str, settings.STATICFILES_DIRS))
        if where not in self.scanned:
            super().add_files_from_finders()
            self.scanned[where] = self.files
        self.files = self.scanned[where]
