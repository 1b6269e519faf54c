"""What a process keeps of questions: always as they are now, and nobody's paper but its own."""

import pytest
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from quizzes.models import QuestionImage, QuestionRevision
from quizzes.services import bank, papers, scorings
from tests.factories.quizzes import BankFactory, QuestionFactory, QuizFactory

pytestmark = pytest.mark.django_db


def test_what_is_kept_of_a_question_is_never_out_of_date():
    home = BankFactory()
    question = QuestionFactory(bank=home)
    revision = question.current
    image = get_image_model().objects.create(title="胸片", file=get_test_image_file(size=(40, 30)))
    shown = QuestionImage.objects.create(revision=revision, image=image, alt="胸片")
    quiz = QuizFactory(questions=[question])

    def group() -> dict:
        return papers.build(quiz).paper["groups"][0]

    before = group()
    assert (before["is_reviewed"], before["scoring"]) == (False, 0)
    assert before["images"] == [{"id": shown.pk, "item": None, "alt": "胸片", "width": 40, "height": 30}]
    QuestionRevision.objects.filter(pk=revision.pk).update(review_state="published")
    scorings.set_multiple_scoring(by=None, bank=home, mode="partial_no_wrong")
    get_image_model().objects.filter(pk=image.pk).update(width=80, height=60)
    after = group()
    assert (after["is_reviewed"], after["scoring"], after["images"][0]["width"]) == (True, 1, 80)
    shown.delete()
    assert group()["images"] == []
    QuestionRevision.objects.filter(pk=revision.pk).update(review_state="draft")
    bank.revise_question(
        question=question, by=None, draft=bank.single(type="A1", stem="新的问法", options=("甲", "乙"), answer="A")
    )
    revised = group()
    assert (revised["stem"], revised["items"][0]["key"], revised["revision"] != before["revision"]) == (
        "新的问法",
        "A",
        True,
    )


def test_whoever_changes_a_paper_changes_no_other():
    quiz = QuizFactory(questions=1, shuffle_options=False)
    first = papers.build(quiz).paper
    first["groups"][0]["items"][0]["options"].clear()
    first["groups"][0]["items"][0]["key"] = "?"
    second = papers.build(quiz).paper["groups"][0]["items"][0]
    assert (len(second["options"]), second["key"]) == (5, "B")
