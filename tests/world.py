"""One learner with one of everything, and those who might look: for tests that try every address."""

from decimal import Decimal
from functools import cached_property

from django.test import Client

from courses.enums import LessonKind
from courses.models import LessonPage, LessonProgress, Offer
from courses.selectors import required_lessons
from courses.services import progress as progresses
from courses.services.enrolment import enrol
from courses.services.studying import quiz_context
from credits.models import Entry, ExportJob
from credits.services import exports
from media_pipeline.models import PlaySession
from media_pipeline.services.watching import WatchingRule, open_session
from organisations.enums import NodeKind, Role
from organisations.models import Node, Notification, Person
from organisations.notifications import notify
from quizzes.models import Attempt
from quizzes.services import attempts
from tests.factories.courses import CurrentProjectFactory, course_with
from tests.factories.credits import HENAN, entry
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

WHO = ("learner", "colleague", "administrator", "outsider", "anonymous")


class World:
    """A learner of one hospital with a colleague, its credit administrator, and the administrator of another hospital.

    Needs the fixture `rule_sets`.
    """

    def __init__(self) -> None:
        self.province: Node = NodeFactory(name="省", kind=NodeKind.PROVINCE)
        self.prefecture, self.county, self.hospital = self._line("第一")
        self.other_prefecture, self.other_county, self.other = self._line("第二")
        self.learner: Person = PersonFactory(name="学员甲", phone="+8613800000001", username="learner-of-the-world")
        self.colleague: Person = PersonFactory(name="学员乙")
        for person in (self.learner, self.colleague):
            EmploymentFactory(person=person, unit=self.hospital)
        self.administrator: Person = self._administrator(self.hospital)
        self.outsider: Person = self._administrator(self.other)
        self.offer: Offer = course_with(
            [LessonKind.LECTURE, LessonKind.QUIZ, LessonKind.READING, LessonKind.ON_SITE],
            project=CurrentProjectFactory(),
        )
        enrolment = enrol(person=self.learner, offer=self.offer)
        self.enrolment = enrolment
        self.lecture_lesson, self.quiz_lesson, self.reading_lesson, self.on_site_lesson = required_lessons(self.offer)

    def _line(self, name: str) -> tuple[Node, Node, Node]:
        """A prefecture-level unit of the province, its county, and the hospital there."""
        prefecture = NodeFactory(name=f"{name}市", parent=self.province, kind=NodeKind.PREFECTURE)
        county = NodeFactory(name=f"{name}县", parent=prefecture, kind=NodeKind.COUNTY)
        return prefecture, county, NodeFactory(name=f"{name}医院", parent=county)

    def _administrator(self, node: Node) -> Person:
        grant = RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR, node=node)
        return grant.person

    def person(self, who: str) -> Person | None:
        return None if who == "anonymous" else getattr(self, who)

    def client(self, who: str, **more: bool) -> Client:
        """A browser in which `who` is signed in."""
        client = Client(raise_request_exception=False, **more)
        person = self.person(who)
        if person is not None:
            client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    def opened(self, lesson: LessonPage) -> LessonProgress:
        _enrolment, progress = progresses.open_lesson(person=self.learner, lesson=lesson)
        assert progress is not None
        return progress

    @cached_property
    def permit(self) -> str:
        context = quiz_context(self.opened(self.quiz_lesson))
        quiz = self.quiz_lesson.quiz
        return attempts.permit(person=self.learner, quiz=quiz, context=context, return_url="/zh-hans/")

    @cached_property
    def attempt(self) -> Attempt:
        attempt, _is_new = attempts.open_attempt(person=self.learner, permit=self.permit)
        return attempt

    @cached_property
    def play_session(self) -> PlaySession:
        rule = WatchingRule(threshold=Decimal("0.9"), max_speed=Decimal(2), background_play=True)
        return open_session(person=self.learner, lecture=self.lecture_lesson.lecture, rule=rule)

    @cached_property
    def on_site(self) -> LessonProgress:
        return self.opened(self.on_site_lesson)

    @cached_property
    def notification(self) -> Notification:
        found = notify(person=self.learner, kind="welcome", params={"name": "学员甲"}, key="world")
        assert found is not None
        return found

    @cached_property
    def entry(self) -> Entry:
        return entry(person=self.learner)

    @cached_property
    def export(self) -> ExportJob:
        """The finished export of the learner's hospital, asked for by its administrator."""
        year = self.entry.ends_on.year
        job = exports.request_export(
            by=self.administrator, node=self.hospital, rule_set_id=HENAN, year=year, file_format="csv", reason="年报"
        )
        exports.run_export(job.pk)
        job.refresh_from_db()
        return job

    def complete(self) -> "World":
        """Everything that is made on first use, now."""
        for made in ("attempt", "play_session", "on_site", "notification", "entry", "export"):
            getattr(self, made)
        return self
