"""What a regrade means for lessons, courses and credit: it is said before, done after, and reported years wait."""

import re
from decimal import Decimal as D

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from courses.enums import EnrolmentState, LessonKind, LostPassState
from courses.models import CourseCompletion, LessonProgress, LostPass
from courses.selectors import required_lessons
from courses.services import lost_passes, progress
from courses.services.enrolment import enrol
from courses.services.histories import export
from courses.services.studying import quiz_context
from credits.enums import OfficialState
from credits.models import Entry
from credits.services.statuses import set_status
from organisations.enums import Role
from organisations.models import AuditEvent, Notification
from organisations.notifications import message
from quizzes.enums import Consequence
from quizzes.models import QuizQuestion
from quizzes.services import attempts
from tests.factories.courses import CurrentProjectFactory, course_with
from tests.factories.marking import answer
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory
from tests.factories.quizzes import QuestionFactory, spend
from tests.factories.regrades import applied, correct, counted, decider, province

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]


@pytest.fixture(autouse=True)
def _in_english():
    with override("en"):
        yield


class Course:
    """A course of one quiz with one question, key B, and a learner who took it up."""

    def __init__(self, *, kinds=(LessonKind.QUIZ,), place=None, question=None, **offer):
        self.question = question or QuestionFactory(answer="B")
        told = offer or {"project": CurrentProjectFactory()}
        self.offer = course_with(kinds, **told)
        self.lesson = next(one for one in required_lessons(self.offer) if one.kind == LessonKind.QUIZ)
        # The quiz that stands in the lesson's body, with this question alone.
        self.lesson.quiz.quiz_questions.all().delete()
        QuizQuestion.objects.create(quiz=self.lesson.quiz, question=self.question)
        self.person = PersonFactory(language="en", name="学员甲")
        self.place = place or NodeFactory(parent=province())
        EmploymentFactory(person=self.person, unit=self.place)
        self.enrolment = enrol(person=self.person, offer=self.offer)

    def attempt(self, value):
        """Handed in and settled, after 40 minutes."""
        _enrolment, done = progress.open_lesson(person=self.person, lesson=self.lesson)
        permit = attempts.permit(
            person=self.person, quiz=self.lesson.quiz, context=quiz_context(done), return_url="/en/"
        )
        attempt, _new = attempts.open_attempt(person=self.person, permit=permit)
        spend(attempt, minutes=40)
        attempts.submit(person=self.person, public_id=attempt.public_id, events=answer(attempt, value))
        progress.settle_outcomes()
        return attempt

    @property
    def progress(self):
        return LessonProgress.objects.get(enrolment=self.enrolment, lesson_key=self.lesson.translation_key)

    @property
    def state(self):
        self.enrolment.refresh_from_db()
        return self.enrolment.state

    @property
    def entries(self):
        """(takes back, revision, official state) of the book."""
        rows = Entry.objects.filter(book__owner=self.person).order_by("pk")
        return [(row.reverses_id is not None, row.revision) for row in rows]

    def told(self, kind):
        return [
            message(row, language="en")
            for row in Notification.objects.filter(person=self.person, kind=kind).order_by("pk")
        ]


def regraded(course, key="C"):
    correct(course.question, key)
    made = counted(course.question)
    line = made.lines.first()
    applied(made)
    progress.settle_outcomes()
    return line


def reported(course):
    entry = Entry.objects.get(book__owner=course.person)
    set_status(entry=entry, state=OfficialState.REPORTED, on=timezone.localdate(), by=None)


def test_pass_that_appears_completes_and_awards():
    course = Course()
    attempt = course.attempt("C")
    assert (course.state, course.entries) == (EnrolmentState.ACTIVE, [])
    line = regraded(course)
    assert (line.consequence, line.facts["title"], line.facts["year"]) == (
        Consequence.GRANTS, course.offer.course.title, timezone.localdate().year,
    )  # fmt: skip
    assert D(line.facts["credits"]) > 0
    assert (course.state, course.entries) == (EnrolmentState.COMPLETED, [(False, 1)])
    attempt.refresh_from_db()
    assert course.progress.completed_at == attempt.closed_at


def test_pass_that_disappears_takes_unreported_credit_back_openly():
    course = Course()
    course.attempt("B")
    assert (course.state, course.entries) == (EnrolmentState.COMPLETED, [(False, 1)])
    line = regraded(course)
    assert (line.consequence, D(line.facts["credits"]) > 0) == (Consequence.TAKES, True)
    lost = LostPass.objects.get()
    assert (lost.state, lost.decided_by, len(lost.entries), lost.unit) == (
        LostPassState.TAKEN_BACK, None, 1, course.place,
    )  # fmt: skip
    assert (course.state, course.entries, course.progress.completed_at) == (
        EnrolmentState.ACTIVE, [(False, 1), (True, 1)], None,
    )  # fmt: skip
    (said,) = course.told("courses.credit_taken_back")
    assert "答案有误" in said.text
    assert [len(course.told(kind)) for kind in ("quizzes.attempt_regraded", "credits.entry_reversed")] == [1, 1]
    # It can be passed anew, and counts anew.
    course.attempt("C")
    assert (course.state, course.entries) == (EnrolmentState.COMPLETED, [(False, 1), (True, 1), (False, 2)])
    assert (CourseCompletion.objects.count(), len(course.told("courses.course_completed"))) == (1, 2)


def test_reason_is_not_told_before_the_quiz_shows_what_was_right():
    course = Course()
    course.lesson.quiz.review_policy = "never"
    course.lesson.quiz.save(update_fields=["review_policy"])
    course.attempt("B")
    regraded(course)
    kinds = ("quizzes.attempt_regraded", "courses.credit_taken_back", "credits.entry_reversed")
    texts = [one.text for kind in kinds for one in course.told(kind)]
    assert (len(texts), [text for text in texts if "答案有误" in text]) == (3, [])
    assert "The reason is not told before this quiz shows you what was right." in texts[1]
    back = Entry.objects.get(book__owner=course.person, reverses__isnull=False)
    assert (LostPass.objects.get().decision, "答案有误" in str(vars(back))) == ("", False)


def test_reported_year_waits_for_the_province_and_the_learner_is_told():
    course, reviewer = Course(), decider(Role.PROVINCE_REVIEWER, language="en")
    course.attempt("B")
    reported(course)
    line = regraded(course)
    assert line.consequence == Consequence.APPROVAL
    lost = LostPass.objects.get()
    assert (lost.state, course.state, course.entries) == (
        LostPassState.WAITING, EnrolmentState.COMPLETED, [(False, 1)],
    )  # fmt: skip
    assert (len(course.told("courses.credit_waits")), Notification.objects.filter(person=reviewer).count()) == (1, 1)
    lost_passes.decide(by=reviewer, lost=lost, takes_back=True, reason="与省厅核对后更正")
    assert (lost.state, course.state, course.entries) == (
        LostPassState.TAKEN_BACK, EnrolmentState.ACTIVE, [(False, 1), (True, 1)],
    )  # fmt: skip
    with pytest.raises(lost_passes.AlreadyDecided):
        lost_passes.decide(by=reviewer, lost=lost, takes_back=False, reason="再想想")
    assert "与省厅核对后更正" in course.told("courses.credit_taken_back")[0].text
    verbs = list(
        AuditEvent.objects.filter(verb__startswith="courses.lost").order_by("pk").values_list("verb", flat=True)
    )
    assert verbs == ["courses.lost_pass.waits", "courses.lost_pass.decide"]


def test_reported_credit_that_the_province_leaves_stays():
    course, reviewer = Course(), decider(Role.PROVINCE_REVIEWER)
    course.attempt("B")
    reported(course)
    regraded(course)
    lost = lost_passes.decide(by=reviewer, lost=LostPass.objects.get(), takes_back=False, reason="已上报,不追回")
    assert (lost.state, course.state, course.entries) == (LostPassState.KEPT, EnrolmentState.COMPLETED, [(False, 1)])
    assert "已上报,不追回" in course.told("courses.credit_stays")[0].text


def test_pass_that_comes_back_needs_no_decision_any_more():
    course = Course()
    course.attempt("B")
    reported(course)
    regraded(course)
    # The key was right after all: the new revision is judged by the first one's key again.
    correct(course.question, "B")
    applied(counted(course.question, revisions=(1,), target=3))
    progress.settle_outcomes()
    assert (LostPass.objects.get().state, course.state, course.entries) == (
        LostPassState.PASSED_AGAIN, EnrolmentState.COMPLETED, [(False, 1)],
    )  # fmt: skip


def test_lesson_of_an_unfinished_course_is_open_again():
    course = Course(kinds=(LessonKind.QUIZ, LessonKind.READING))
    course.attempt("B")
    line = regraded(course)
    assert (line.consequence, course.progress.completed_at, LostPass.objects.count()) == (Consequence.REOPENS, None, 0)
    assert (course.state, len(course.told("courses.lesson_reopened"))) == (EnrolmentState.ACTIVE, 1)


def test_another_passed_attempt_keeps_everything():
    course = Course()
    first = course.attempt("C")
    course.attempt("B")
    # The key becomes C: the second one is lost, the first one won.
    correct(course.question, "C")
    made = counted(course.question)
    assert set(made.lines.values_list("consequence", flat=True)) == {Consequence.OTHER_PASS}
    applied(made)
    progress.settle_outcomes()
    first.refresh_from_db()
    assert (first.is_passed, course.state, course.entries, LostPass.objects.count()) == (
        True, EnrolmentState.COMPLETED, [(False, 1)], 0,
    )  # fmt: skip


def test_settling_again_changes_nothing():
    course = Course()
    course.attempt("B")
    regraded(course)
    assert (progress.settle_outcomes(), course.entries, LostPass.objects.count()) == (0, [(False, 1), (True, 1)], 1)


def text_of(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_pages_of_the_province(client):
    reviewer = decider(Role.PROVINCE_REVIEWER, language="en")
    client.force_login(reviewer)
    address, figures = reverse("manage:lost_passes"), []
    assert "No pass was taken away" in text_of(client.get(address))
    for number in (1, 2):
        for _n in range(number):
            course = Course()
            course.attempt("B")
            reported(course)
            regraded(course)
        with CaptureQueriesContext(connection) as asked:
            page = text_of(client.get(address))
        figures.append(len(asked))
    # The reading of another number of people is written down anew: both pages do so.
    assert (figures[0], page.count("Waits for the province") - 1) == (figures[1], 3)
    lost = LostPass.objects.order_by("pk").last()
    detail = reverse("manage:lost_pass", args=[lost.public_id])
    shown = text_of(client.get(detail))
    said = (
        "1&thinsp;/&thinsp;1" in shown,
        "0&thinsp;/&thinsp;1" in shown,
        "答案有误,教材第 5 版" in shown,
        "Reported" in shown,
    )
    assert said == (True, True, True, True)
    decide = reverse("manage:lost_pass_decide", args=[lost.public_id])
    refused = client.post(decide, {"decision": "take_back", "reason": ""})
    assert (refused.status_code, "Say why" in text_of(refused)) == (400, True)
    assert client.post(decide, {"decision": "keep", "reason": "不追回"}).status_code == 302
    assert "Credit stays" in text_of(client.get(detail))
    csv = b"".join(client.get(reverse("manage:lost_passes_csv"))).decode("utf-8-sig")
    assert (csv.count("学员甲"), "不追回" in csv) == (3, True)


def test_reviewer_of_a_city_reads_their_own_and_decides_nothing(client):
    course = Course()
    course.attempt("B")
    reported(course)
    regraded(course)
    lost = LostPass.objects.get()
    here, elsewhere = decider(Role.UNIT_CREDIT_ADMINISTRATOR), decider(Role.UNIT_CREDIT_ADMINISTRATOR)
    here.role_grants.update(node=course.place)
    elsewhere.role_grants.update(node=NodeFactory(parent=province()))
    answers = []
    for person in (here, elsewhere):
        client.force_login(person)
        answers.append(client.get(reverse("manage:lost_pass", args=[lost.public_id])).status_code)
        sent = {"decision": "keep", "reason": "x"}
        answers.append(client.post(reverse("manage:lost_pass_decide", args=[lost.public_id]), sent).status_code)
    assert answers == [200, 403, 404, 403]


def test_copy_of_own_data_tells_what_was_lost():
    course = Course()
    course.attempt("B")
    regraded(course)
    (row,) = export(course.person).data["lost_passes"]
    assert (row["progress__title"], row["state"]) == (course.lesson.title, "taken_back")
