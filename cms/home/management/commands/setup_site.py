from typing import Any

from django.core.management.base import BaseCommand

from cms.home.services import ensure_site


class Command(BaseCommand):
    help = "Makes the home pages and catalogues of a new installation. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        home = ensure_site()
        self.stdout.write(f"Home page: {home.title} ({home.full_url})")
