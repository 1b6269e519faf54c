"""Loads the demonstration, once: what is already there is left alone."""

import tempfile
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.db import transaction

from cms.home.demo import courses, history, lectures, people, places, quiz_pages, titles, units
from cms.home.demo.talks import TALKS, Talk
from cms.home.services import ensure_site
from cms.shared import jobs
from credits.services.rule_sets import load_rule_sets
from media_pipeline.models import Lecture
from media_pipeline.services.lectures import receive_lecture
from organisations.models import Person

MAKE_TASK = "home.make_demo_lectures"


class DemoRefused(RuntimeError):
    """This installation does not allow a demonstration (DEMO_ALLOWED is false)."""


def load() -> dict[str, int]:
    """Everything but the recorded lectures, which a worker makes afterwards. Returns counts. Raises DemoRefused."""
    if not settings.DEMO_ALLOWED:
        raise DemoRefused("This installation does not allow demonstrations.")
    load_rule_sets()
    with transaction.atomic():
        ensure_site()
        nodes = places.load()
        persons = people.load(nodes)
        units.load(nodes, persons)
        pages = courses.load(by=persons["editor"], places=nodes)
        quiz_pages.load(by=persons["editor"])
        courses.enrol(persons, pages)
        entries = history.load(persons)
        titles.load(persons)
    jobs.send(MAKE_TASK)
    return {"places": len(nodes), "people": len(persons), "courses": len(pages), "entries": entries}


def make_next_lecture() -> bool:
    """Make, upload and attach the first lecture that is not there yet; whether another one is still missing.

    One at a time, so that a single worker transcodes what is there before it makes the next. A kill in between leaves
    at most a lecture to be attached next time.
    """
    if not settings.DEMO_ALLOWED:
        return False
    editor = Person.objects.filter(username="editor", is_demo=True).first()
    if editor is None:
        return False
    present = {lecture.title: lecture for lecture in Lecture.objects.filter(is_demo=True)}
    # The course that the demonstration begins with comes first.
    talks = sorted(TALKS, key=lambda talk: talk.code != "C7")
    for talk in talks:
        if talk.heading in present:
            courses.attach_lecture(talk, present[talk.heading])
    missing = [talk for talk in talks if talk.heading not in present]
    if missing:
        courses.attach_lecture(missing[0], _make(missing[0], editor))
    return len(missing) > 1


def _make(talk: Talk, editor: Person) -> Lecture:
    with tempfile.TemporaryDirectory(prefix="isocenter-demo-") as folder:
        source = lectures.make(talk, Path(folder))
        with source.video.open("rb") as video, source.captions.open("rb") as captions:
            return receive_lecture(
                by=editor, title=talk.heading, upload=File(video, name=f"{talk.code.lower()}.mp4"),
                lecturer=talk.lecturer, captions=File(captions, name="captions.vtt"), is_demo=True,
            )  # fmt: skip
