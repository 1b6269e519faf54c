"""The demonstration as browser tests find it: all that `load_demo` makes, with short lectures instead of long ones."""

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.files import File
from django.urls import reverse
from django.utils import translation

from cms.home.demo import courses as demo_courses
from cms.home.demo import load as demo
from cms.home.demo.talks import TALKS
from courses.models import CoursePage, LessonPage, Offer
from courses.services import enrolment, studying
from credits.models import ExportJob, ProjectImport
from credits.services import project_imports
from credits.services.exports import request_export
from media_pipeline.models import Lecture
from media_pipeline.services.lectures import receive_lecture
from organisations.models import Node, Person
from quizzes.models import Attempt
from quizzes.services import attempts
from tests import live
from tests.credits.test_project_imports import GOOD, HEAD, as_csv, row

LANGUAGE = "zh-hans"


def wait_for(what: Callable[[], object], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "this took too long"
        time.sleep(0.3)


def make_recording(path: Path, seconds: int) -> None:
    """An MP4 with a moving picture and a tone."""
    picture = ["-f", "lavfi", "-i", f"testsrc2=size=854x480:rate=10:duration={seconds}"]
    sound = ["-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"]
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", *picture, *sound, *codecs, str(path)]
    subprocess.run(command, check=True, timeout=120)


def load_demo() -> None:
    """All of the demonstration except its recorded lectures, which a worker would take minutes to make."""
    demo.load()
    live.empty_shared_state()


def short_lecture(code: str, path: Path) -> Lecture:
    """A short recording as the lecture of a demo course; it is playable when a worker has transcoded it."""
    talk = next(talk for talk in TALKS if talk.code == code)
    with path.open("rb") as video:
        lecture = receive_lecture(
            by=Person.objects.get(username="editor"),
            title=talk.heading,
            upload=File(video, name=path.name),
            lecturer=talk.lecturer,
            is_demo=True,
        )
    demo_courses.attach_lecture(talk, lecture)
    return lecture


def is_playable(lecture: Lecture) -> bool:
    return Lecture.objects.get(pk=lecture.pk).renditions_id is not None


def course(code: str) -> CoursePage:
    return CoursePage.objects.get(code=code, locale__language_code=LANGUAGE)


def _sheet_of_projects() -> ProjectImport:
    """A sheet that was read and waits: a project to be added, and a row with faults."""
    by = Person.objects.get(username="province")
    job = project_imports.receive(by=by, upload=as_csv(HEAD, GOOD, row(项目编号="2026-P-103", 级别="银河级")))
    project_imports.run_project_import(job.pk)
    return ProjectImport.objects.get(pk=job.pk)


@dataclass
class World:
    """A site with people in the middle of things.

    `pages`: name → (who looks at it, "" for anybody; its path). `signed_in`: user name → the browser's cookies.
    """

    site: str
    pages: dict[str, tuple[str, str]]
    signed_in: dict[str, Any] = field(default_factory=dict)

    def path(self, name: str) -> str:
        return self.pages[name][1]


def populate(recording: Path, worker: live.Worker) -> dict[str, tuple[str, str]]:
    """Load the demo; its learner is in the middle of C7, its administrator has an export. Returns the pages."""
    load_demo()
    lecture = short_lecture("C7", recording)
    job = request_export(
        by=Person.objects.get(username="admin"),
        node=Node.objects.get(code="D410101"),
        rule_set_id="cn-henan-cme",
        year=time.gmtime().tm_year,
        file_format="xlsx",
        reason="年报",
    )
    worker.start()
    wait_for(lambda: is_playable(lecture), 180)
    wait_for(lambda: ExportJob.objects.get(pk=job.pk).is_over, 60)
    worker.stop()
    with translation.override(LANGUAGE):
        open_attempt, closed_attempt = _study()
        projects = _sheet_of_projects()
        learner, hospital = Person.objects.get(username="learner"), Node.objects.get(code="D410101")
        base = f"/{LANGUAGE}/courses/"
        return {
            "home": ("", f"/{LANGUAGE}/"),
            "home in English": ("", "/en/"),
            "catalogue": ("", base),
            "catalogue of quizzes": ("", f"{base}?kind=quizzes"),
            "course": ("", f"{base}c7/"),
            "sign-in": ("", reverse("account_login")),
            "activation": ("", reverse("organisations:activate")),
            "course, enrolled": ("learner", f"{base}c7/"),
            "lesson with player": ("learner", f"{base}c7/lecture/"),
            "reading": ("learner", f"{base}c7/reading/"),
            "way into the quiz": ("learner", f"{base}c7/quiz/"),
            "quiz": ("learner", reverse("quizzes:attempt", args=[open_attempt.public_id])),
            "result": ("learner", reverse("quizzes:attempt", args=[closed_attempt.public_id])),
            "quiz page": ("learner", f"{base}examination-types/"),
            "my results": ("learner", reverse("quizzes:results")),
            "my learning": ("learner", reverse("courses:my_learning")),
            "my credits": ("learner", reverse("credits:my_credits")),
            "credits of 2025": ("learner", reverse("credits:my_credits") + "?year=2025"),
            "messages": ("learner", reverse("organisations:notifications")),
            "people": ("admin", reverse("credits:people")),
            "year of a place": ("admin", reverse("manage:credit_year", args=[hospital.public_id])),
            "people of a year": ("admin", reverse("manage:credit_year_people", args=[hospital.public_id])),
            "exports": ("admin", reverse("credits:exports")),
            "record by hand": ("admin", reverse("credits:entry_new", args=[learner.public_id])),
            "record for several": ("admin", reverse("credits:group_new")),
            "imports of projects": ("province", reverse("manage:project_imports")),
            "import of projects": ("province", reverse("manage:project_import", args=[projects.public_id])),
            "management": ("admin", reverse("manage:home")),
            "people of the unit": ("admin", reverse("manage:people")),
            "person": ("admin", reverse("manage:person", args=[learner.public_id])),
            "rosters": ("admin", reverse("manage:rosters")),
            "activation sheets": ("admin", reverse("manage:sheets")),
            "registrations": ("admin", reverse("manage:registrations")),
            "objections": ("admin", reverse("manage:objections")),
            "find the other account": ("admin", reverse("manage:merge", args=[learner.public_id])),
            "enter a person": ("admin", reverse("manage:person_new")),
            "another phone": ("admin", reverse("manage:person_phone", args=[learner.public_id])),
            "places": ("admin", reverse("manage:places")),
            "places searched": ("admin", reverse("manage:places") + "?kind=hospital"),
            "place": ("admin", reverse("manage:place", args=[hospital.public_id])),
            "alliances": ("admin", reverse("manage:alliances")),
            "roles": ("admin", reverse("manage:roles")),
            "grant a role": ("admin", reverse("manage:role_new")),
            "qualifications": ("admin", reverse("manage:qualifications")),
            "erasures": ("security", reverse("manage:erasures")),
            "receipts of quizzes": ("admin", reverse("manage:receipts")),
            "disclosures": ("security", reverse("manage:disclosures")),
            "what is entered about me": ("learner", reverse("organisations:details")),
            "audit log": ("auditor", reverse("manage:audit")),
            "sign-offs": ("lecturer", reverse("courses:sign_offs")),
        }


def _study() -> tuple[Attempt, Attempt]:
    """The learner takes up C7 and its quiz: one attempt handed in without answers, one open."""
    learner, page = Person.objects.get(username="learner"), course("C7")
    enrolment.enrol(person=learner, offer=Offer.objects.get(course=page))
    quiz = LessonPage.objects.child_of(page).get(slug="quiz")

    def attempt() -> Attempt:
        study = studying.study(person=learner, lesson=quiz, return_url=f"/{LANGUAGE}/courses/c7/quiz/")
        assert study is not None
        opened, _ = attempts.open_attempt(person=learner, permit=study.permit)
        return opened

    closed = attempts.submit(public_id=attempt().public_id, person=learner)
    return attempt(), closed
