from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cms.home.demo.load import DemoRefused, load
from cms.home.demo.people import PASSWORD

SIGN_INS = (
    ("learner", "studies and earns"),
    ("editor", "publishes courses and lectures, in /admin/"),
    ("admin", "sees and exports the credits of a hospital"),
    ("lecturer", "signs off on-site parts"),
    ("province", "sees the whole province"),
)

FIRST = (
    "First: sign in as learner and open C7; enrol, watch, read, pass the quiz; see the credit under My credits.\n"
    "Then: sign in as admin and make an export; as editor upload a video of your own in /admin/ under Lectures."
)


class Command(BaseCommand):
    help = "Loads the demonstration: places, people, courses, a past. Safe to run again; refused in production."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            counts = load()
        except DemoRefused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(", ".join(f"{number} {what}" for what, number in counts.items()))
        self.stdout.write(f"Sign in with one of these names and the password {PASSWORD}")
        for name, does in SIGN_INS:
            self.stdout.write(f"  {name:<10} {does}")
        self.stdout.write(FIRST)
