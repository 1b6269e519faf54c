"""A technologist, a physician, then published; each by name and time."""

from dataclasses import replace

import pytest

from cms.shared.errors import Conflict
from organisations.models import AuditEvent
from quizzes.models import QuestionReview, QuestionRevision
from quizzes.services import bank, reviews
from tests.factories.organisations import PersonFactory
from tests.factories.quizzes import QuestionFactory

pytestmark = pytest.mark.django_db


def test_a_revision_is_published_by_three_steps_of_two_people():
    revision, technologist, physician = QuestionFactory().current, PersonFactory(), PersonFactory()
    reviews.review(revision=revision, state="technologist_reviewed", by=technologist, note="图文相符")
    reviews.review(revision=revision, state="physician_reviewed", by=physician)
    reviews.review(revision=revision, state="published", by=technologist)
    fresh = QuestionRevision.objects.get(pk=revision.pk)
    assert (fresh.review_state, fresh.is_reviewed) == ("published", True)
    assert list(QuestionReview.objects.values_list("state", "by", "note")) == [
        ("technologist_reviewed", technologist.pk, "图文相符"),
        ("physician_reviewed", physician.pk, ""),
        ("published", technologist.pk, ""),
    ]
    assert AuditEvent.objects.filter(verb="question_reviewed").count() == 3


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        ("draft", "physician_reviewed"),
        ("draft", "published"),
        ("draft", "draft"),
        ("technologist_reviewed", "technologist_reviewed"),
        ("technologist_reviewed", "published"),
        ("published", "physician_reviewed"),
        ("draft", "nonsense"),
    ],
)
def test_no_step_is_skipped(seen, state):
    revision = QuestionFactory().current
    QuestionRevision.objects.filter(pk=revision.pk).update(review_state=seen)
    revision.refresh_from_db()
    with pytest.raises(reviews.ReviewOutOfOrder):
        reviews.review(revision=revision, state=state, by=PersonFactory())


def test_technologist_and_physician_are_two_people():
    revision, person = QuestionFactory().current, PersonFactory()
    reviews.review(revision=revision, state="technologist_reviewed", by=person)
    with pytest.raises(reviews.ReviewedByTheSame):
        reviews.review(revision=revision, state="physician_reviewed", by=person)


def test_a_review_that_came_second_is_refused():
    question = QuestionFactory()
    first = QuestionRevision.objects.get(pk=question.current.pk)
    second = QuestionRevision.objects.get(pk=question.current.pk)
    reviews.review(revision=first, state="technologist_reviewed", by=PersonFactory())
    with pytest.raises(Conflict):
        reviews.review(revision=second, state="technologist_reviewed", by=PersonFactory())


def test_a_new_wording_begins_as_a_draft_and_can_be_sent_back():
    question = QuestionFactory()
    reviews.review(revision=question.current, state="technologist_reviewed", by=PersonFactory())
    draft = bank.draft_of(question.current)
    bank.revise_question(by=None, question=question, draft=replace(draft, stem="新题干"))
    assert question.current.review_state == "draft"
    reviews.review(revision=question.current, state="technologist_reviewed", by=PersonFactory())
    assert reviews.review(revision=question.current, state="draft", by=PersonFactory()).review_state == "draft"
