"""Pictures, classification and copies of questions."""

from dataclasses import replace
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.utils.translation import override
from PIL import Image
from wagtail.images import get_image_model

from organisations.models import AuditEvent
from quizzes.models import Question, classification
from quizzes.services import bank, questions
from tests.factories.organisations import PersonFactory
from tests.factories.quizzes import BankFactory, QuestionFactory

# Wagtail leaves the original open when it makes a rendition.
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.SpooledTemporaryFile:ResourceWarning"),
]


@pytest.fixture
def picture():
    written = BytesIO()
    Image.new("L", (64, 48)).save(written, "PNG")
    file = ContentFile(written.getvalue(), "chest.png")
    return get_image_model().objects.create(title="胸片", file=file, width=64, height=48)


def case(*stems: str) -> bank.Draft:
    items = tuple(bank.ItemDraft(key="A", options=("一", "二"), stem=stem) for stem in stems)
    return bank.Draft(type="A3", stem="共用题干", items=items)


def test_pictures_belong_to_a_revision_and_stay_until_somebody_says_so(picture):
    author, home = PersonFactory(), BankFactory()
    draft = replace(
        case("第一问", "第二问"),
        images=(bank.ImageDraft(picture.pk, "全图"), bank.ImageDraft(picture.pk, "局部", item=1)),
    )
    question = bank.create_question(by=author, bank=home, code="A3-1", draft=draft)
    first, second = (item["id"] for item in question.current.items)
    rows = [(row.alt, row.item and str(row.item)) for row in question.current.images.all()]
    assert rows == [("全图", None), ("局部", second)]
    assert bank.revise_question(by=author, question=question, draft=bank.draft_of(question.current)).current.number == 1
    # Nothing said of pictures: those of the items that are left stay.
    shorter = bank.draft_of(question.current)
    bank.revise_question(by=author, question=question, draft=replace(shorter, items=shorter.items[:1], images=None))
    assert [(row.alt, row.item) for row in question.current.images.all()] == [("全图", None)]
    assert [item["id"] for item in question.current.items] == [first]
    bank.revise_question(by=author, question=question, draft=replace(bank.draft_of(question.current), images=()))
    assert (question.current.number, question.current.images.count()) == (3, 0)


def test_picture_needs_a_description(picture):
    draft = replace(case("一问"), images=(bank.ImageDraft(picture.pk, " "),))
    with pytest.raises(bank.InvalidQuestion) as refused:
        bank.create_question(by=None, bank=BankFactory(), code="A3-1", draft=draft)
    assert (refused.value.params["field"], refused.value.params["image"]) == ("images", 1)


def test_preview_has_pictures_and_the_key_only_for_authors(picture):
    draft = replace(case("第一问", "第二问"), images=(bank.ImageDraft(picture.pk, "局部", item=1),))
    shown = bank.preview(draft)
    assert [[image.alt for image in item.images] for item in shown.items] == [[], ["局部"]]
    assert shown.items[1].images[0].url.endswith(".png")
    assert [(item.key, item.explanation) for item in shown.items] == [(None, None)] * 2
    assert [option.is_right for option in shown.items[0].options] == [None, None]
    reviewed = bank.preview(draft, with_key=True)
    assert [option.is_right for option in reviewed.items[0].options] == [True, False]


def test_words_of_a_question_follow_its_current_revision():
    question = bank.create_question(by=None, bank=BankFactory(), code="A3-1", draft=case("肺窗宽", "肺窗位"))
    assert Question.objects.get().words == "共用题干\n肺窗宽\n肺窗位"
    bank.revise_question(by=None, question=question, draft=case("骨窗"))
    assert Question.objects.get().words == "共用题干\n骨窗"


def test_classification_is_written_in_order_once_and_leaves_the_wording_alone():
    author, question = PersonFactory(), QuestionFactory(subject="")
    said = questions.About(
        subject=" CT成像原理 ", syllabus_codes=("14", "5"), modality="CT", body_part="chest", bloom="apply"
    )
    for _again in range(2):
        questions.classify(by=author, question=question, said=said)
    question.refresh_from_db()
    assert questions.about(question) == replace(said, subject="CT成像原理", syllabus_codes=("5", "14"))
    assert question.current.number == 1
    (event,) = AuditEvent.objects.filter(verb="question_classified")
    assert event.after["syllabus_codes"] == ["5", "14"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("subject", "长" * 61),
        ("syllabus_codes", ("99",)),
        ("modality", "xx"),
        ("body_part", "xx"),
        ("bloom", "xx"),
    ],
)
def test_classification_names_the_field_that_is_wrong(field, value):
    with pytest.raises(bank.InvalidQuestion) as refused:
        questions.classify(by=None, question=QuestionFactory(), said=questions.About(**{field: value}))
    assert refused.value.params["field"] == field


def test_copy_is_a_draft_of_its_own_with_the_same_wording(picture):
    author, other = PersonFactory(), BankFactory()
    draft = replace(case("第一问", "第二问"), images=(bank.ImageDraft(picture.pk, "局部", item=1),))
    original = bank.create_question(by=None, bank=BankFactory(), code="A3-1", draft=draft, subject="CT")
    questions.classify(by=None, question=original, said=replace(questions.about(original), modality="CT"))
    copied = questions.copy_question(by=author, question=original, bank=other, code="A3-1")
    ids = [{item["id"] for item in question.current.items} for question in (original, copied)]
    assert not ids[0] & ids[1]
    assert copied.current.items[0]["id"] == str(copied.public_id)
    assert (copied.bank, copied.subject, copied.modality, copied.current.number) == (other, "CT", "CT", 1)
    assert (copied.current.review_state, copied.current.created_by) == ("draft", author)
    assert [row.alt for row in copied.current.images.all()] == ["局部"]
    with pytest.raises(bank.CodeTaken):
        questions.copy_question(by=author, question=original, bank=other, code="A3-1")
    assert questions.free_code(other, "A3-1") == "A3-1-2"


def test_difficulty_makes_a_revision_and_the_same_again_none():
    question = QuestionFactory()
    for _again in range(2):
        question = questions.set_difficulty(by=None, question=question, difficulty=4)
    assert (question.current.number, question.current.difficulty) == (2, 4)


def test_shipped_classifications_read_in_both_languages():
    for data in (classification.syllabus(), classification.modalities(), classification.body_parts()):
        assert len(set(data.codes)) == len(data.codes)
        assert data.mark in ("A", "B", "M")
    assert classification.syllabus().codes == tuple(str(number) for number in range(1, 19))
    with override("zh-hans"):
        assert classification.body_parts().title_of("chest") == "胸部"
    with override("en"):
        assert classification.body_parts().title_of("chest") == "Chest"
    assert classification.modalities().title_of("gone") == "gone"
