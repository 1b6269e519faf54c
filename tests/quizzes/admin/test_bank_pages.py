"""The list, the record, copies, several at once, and scoring versions; who may see what."""

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from organisations.models import AuditEvent
from quizzes.admin.questions import RecordView
from quizzes.models import Question, QuizDraw, Scoring
from quizzes.services import bank, questions, reviews, scorings
from tests.factories.organisations import PersonFactory
from tests.factories.quizzes import BankFactory, QuestionFactory, QuizFactory
from tests.quizzes.admin.conftest import author_in

# Wagtail leaves the original open when it makes a rendition.
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.SpooledTemporaryFile:ResourceWarning"),
]


def address(view: str, *args: object, model: str = "question") -> str:
    return reverse(f"wagtailsnippets_quizzes_{model}:{view}", args=args)


def step(client, question: Question, state: str, note: str = ""):
    data = {"state": state, "note": note, "revision": question.current.number}
    return client.post(address("record", question.pk), data)


def states(question: Question) -> tuple[str, list[str]]:
    question.current.refresh_from_db()
    return question.current.review_state, [row.state for row in question.current.reviews.all()]


def test_review_goes_step_by_step_by_two_people_and_is_written_down(author, client_of):
    question = QuestionFactory()
    other = client_of()
    assert step(author, question, "physician_reviewed").status_code == 200
    assert step(author, question, "technologist_reviewed", "已核对").status_code == 302
    again = step(author, question, "physician_reviewed")
    assert (again.status_code, states(question)) == (200, ("technologist_reviewed", ["technologist_reviewed"]))
    assert again.context["form"]["note"].value() == ""
    assert step(other, question, "physician_reviewed").status_code == 302
    assert step(author, question, "published").status_code == 302
    page = author.get(address("record", question.pk)).content.decode()
    assert ("已核对" in page, str(author.person) in page, str(other.person) in page) == (True, True, True)
    assert states(question)[0] == "published"


def test_question_is_sent_back_with_a_reason_only(author):
    question = QuestionFactory()
    step(author, question, "technologist_reviewed")
    refused = step(author, question, "draft", " ")
    assert (list(refused.context["form"].errors), states(question)[0]) == (["note"], "technologist_reviewed")
    assert step(author, question, "draft", "选项重复").status_code == 302
    assert states(question)[0] == "draft"
    assert question.current.reviews.last().note == "选项重复"


def test_review_of_a_revision_that_is_no_longer_current_is_refused(author):
    question = QuestionFactory()
    fresh = Question.objects.get(pk=question.pk)
    questions.set_difficulty(by=None, question=fresh, difficulty=5)
    assert step(author, question, "technologist_reviewed").status_code == 200
    fresh.current.refresh_from_db()
    assert fresh.current.review_state == "draft"


def test_record_shows_differences_and_where_the_question_is_used(author):
    question = QuestionFactory(explanation="旧解释")
    draft = bank.draft_of(question.current)
    item = bank.ItemDraft(key="C", options=draft.items[0].options, explanation="新解释", id=draft.items[0].id)
    bank.revise_question(by=author.person, question=question, draft=bank.Draft("A1", draft.stem, (item,)))
    quiz = QuizFactory(questions=[question])
    drawing = QuizFactory(questions=0)
    QuizDraw.objects.create(quiz=drawing, bank=question.bank, count=1, type="A1")
    QuizDraw.objects.create(quiz=quiz, bank=question.bank, count=1, type="X")
    with override("en"):
        record = author.get(address("record", question.pk)).context["record"]
        found = {row.name: (row.removed, row.added) for row in record.revisions.object_list[0].differences}
    assert set(found.values()) == {(("B",), ("C",)), (("旧解释",), ("新解释",))}
    assert record.revisions.object_list[1].differences == ()
    assert ([row.title for row in record.quizzes], [row.papers for row in record.quizzes]) == ([quiz.title], [0])
    assert [draw.quiz for draw in record.draws] == [drawing]


def test_copy_asks_for_bank_and_code_and_opens_the_copy(author):
    question, other = QuestionFactory(code="A1-1"), BankFactory()
    page = author.get(address("duplicate", question.pk))
    assert page.context["form"].initial["code"] == "A1-1-2"
    taken = author.post(address("duplicate", question.pk), {"bank": question.bank_id, "code": "A1-1"})
    assert (taken.status_code, list(taken.context["form"].errors)) == (200, ["code"])
    done = author.post(address("duplicate", question.pk), {"bank": other.pk, "code": "A1-1"})
    copied = Question.objects.get(bank=other)
    assert (done.status_code, done.url) == (302, address("edit", copied.pk))
    assert copied.current.items[0]["key"] == "B"


def bulk(client, action: str, chosen: list, listed_at: str = "", **data):
    query = "&".join(f"id={getattr(one, 'pk', one)}" for one in chosen)
    path = reverse("wagtail_bulk_action", args=["quizzes", "question", action])
    return client.post(f"{path}?{query}&next={listed_at or address('list')}", data)


def test_several_questions_are_reviewed_and_those_not_due_stay(author):
    one, two = QuestionFactory(), QuestionFactory()
    reviews.review(revision=two.current, state="technologist_reviewed", by=PersonFactory())
    assert bulk(author, "review", [one, two], state="technologist_reviewed", note="").status_code == 302
    assert [states(question)[0] for question in (one, two)] == ["technologist_reviewed"] * 2
    assert [question.current.reviews.count() for question in (one, two)] == [1, 1]
    without = bulk(author, "review", [one], state="draft", note="")
    assert (without.status_code, states(one)[0]) == (200, "technologist_reviewed")


def test_several_questions_are_classified_and_empty_fields_stay(author):
    one, two = QuestionFactory(subject="甲"), QuestionFactory(subject="乙")
    done = bulk(author, "classify", [one, two], modality="MR", syllabus_codes=["6"], difficulty="4", subject="")
    rows = Question.objects.order_by("pk").select_related("current")
    assert done.status_code == 302
    assert [(row.subject, row.modality, row.syllabus_codes, row.current.difficulty) for row in rows] == [
        ("甲", "MR", ["6"], 4),
        ("乙", "MR", ["6"], 4),
    ]
    assert bulk(author, "classify", [one]).status_code == 200


def test_all_of_a_filtered_list_are_copied_to_another_bank(author):
    wanted, other = QuestionFactory(subject="磁共振"), BankFactory()
    QuestionFactory(subject="其他")
    at = f"{address('list')}%3Fsubject%3D磁共振"
    assert bulk(author, "copy", ["all"], at, bank=other.pk).status_code == 302
    assert list(Question.objects.filter(bank=other).values_list("code", flat=True)) == [wanted.code]


def test_list_filters_and_searches_stems_of_questions_and_their_parts(author, picture):
    home = BankFactory()
    x = QuestionFactory(bank=home, type="X", answer="AB", stem="对比剂")
    items = tuple(bank.ItemDraft(key="A", options=("一", "二"), stem=stem) for stem in ("肺窗宽", "肺窗位"))
    case = bank.create_question(
        by=None, bank=home, code="A3-1",
        draft=bank.Draft(
            type="A3", stem="病例", items=items, difficulty=4, images=(bank.ImageDraft(picture.pk, "胸片"),)
        ),
    )  # fmt: skip
    said = questions.About(syllabus_codes=("1",), modality="DR", body_part="chest", bloom="apply")
    questions.classify(by=None, question=case, said=said)
    questions.classify(by=None, question=x, said=questions.About(syllabus_codes=("11",)))
    quiz = QuizFactory(questions=[x])
    reviews.review(revision=x.current, state="technologist_reviewed", by=PersonFactory())

    def found(**query: object) -> list[Question]:
        return list(author.get(address("list"), query).context["object_list"])

    assert found(type="X") == found(in_quiz=quiz.pk) == found(q="对比剂") == [x]
    assert found(review_state="technologist_reviewed") == found(syllabus="11") == found(picture="no") == [x]
    assert found(syllabus="1") == found(modality="DR") == found(body_part="chest") == found(bloom="apply") == [case]
    assert found(difficulty="4") == found(picture="yes") == found(q="肺窗位") == [case]
    assert found(bank=home.pk) == [case, x]
    assert [row.uses for row in found(in_quiz=quiz.pk)] == [1]


def test_record_asks_as_often_for_three_revisions_as_for_one(author):
    counted = []
    question = QuestionFactory()
    QuizFactory(questions=[question])
    for difficulty in (2, 3, 4):
        question = questions.set_difficulty(by=author.person, question=question, difficulty=difficulty)
        reviews.review(revision=question.current, state="technologist_reviewed", by=author.person)
        QuizFactory(questions=[question])
        author.get(address("record", question.pk))
        with CaptureQueriesContext(connection) as asked:
            assert author.get(address("record", question.pk)).status_code == 200
        counted.append(len(asked))
    assert counted[1] == counted[2]


@pytest.mark.parametrize("view", ["edit", "record", "duplicate", "preview_on_edit"])
def test_who_may_only_look_sees_the_list_and_no_key(client, view):
    viewer = author_in(client, "view")
    question = QuestionFactory(explanation="量子噪声")
    assert viewer.get(address("list")).status_code == 200
    answer = viewer.get(address(view, question.pk))
    assert answer.status_code in (302, 403)
    assert "量子噪声" not in answer.content.decode()


@pytest.mark.parametrize("view", ["list", "edit", "record", "duplicate", "preview_on_edit"])
def test_bank_is_closed_to_learners_and_to_nobody_signed_in(client, view):
    args = () if view == "list" else (QuestionFactory().pk,)
    for person in (None, PersonFactory()):
        if person:
            client.force_login(person)
        assert client.get(address(view, *args)).status_code == 302
    assert client.get(address("scoring", BankFactory().pk, model="bank")).status_code == 302


def scoring_of(page) -> dict:
    form = page.context["form"]
    return {name: form[name].value() for name in ("seen", "multiple", "rules", "source", "mark")}


def test_scoring_gets_versions_with_source_and_mark(author):
    home = BankFactory()
    path = address("scoring", home.pk, model="bank")
    said = scoring_of(author.get(path))
    assert (said["seen"], said["mark"], said["multiple"]) == (0, "B", "all_or_nothing")
    assert author.post(path, said).status_code == 302
    assert Scoring.objects.count() == 0
    rules = {**json.loads(said["rules"]), "CASE": {"right": "1", "wrong": "-0.5", "floor_per_item": "0"}}
    new = {**said, "rules": json.dumps(rules), "multiple": "right_minus_wrong", "source": "省级规定", "mark": "A"}
    assert author.post(path, new).status_code == 302
    version = Scoring.objects.get()
    assert (version.number, version.source, version.mark, version.created_by) == (1, "省级规定", "A", author.person)
    now = scorings.rules_of([home.pk])[home.pk].by_type
    assert (now["CASE"]["wrong"], now["X"]["mode"]) == ("-0.5", "right_minus_wrong")
    assert "省级规定" in author.get(path).content.decode()
    event = AuditEvent.objects.get(verb="scoring_changed")
    assert set(event.after["rules"]) == {"CASE", "X"}
    late = author.post(path, {**new, "source": "别的来源"})
    assert (late.status_code, Scoring.objects.count(), scoring_of(late)["seen"]) == (200, 1, "1")


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        ('{"CASE": {"right": "1", "wrong": "1", "floor_per_item": "0"}}', "CASE.wrong"),
        ('{"X": {"mode": "all_or_nothing"}}', "X.each"),
        ('{"K": {}}', "K"),
        ('{"A1": {"right": 0.5, "wrong": "0"}}', "A1.right"),
        ("[1]", "{}"),
        ("{", "1"),
    ],
)
def test_wrong_scoring_names_its_place(author, rules, named):
    path = address("scoring", BankFactory().pk, model="bank")
    said = scoring_of(author.get(path))
    with override("en"):
        form = author.post(path, {**said, "rules": rules}).context["form"]
    assert list(form.errors) == ["rules"]
    assert named in form.errors["rules"][0]
    assert (form["rules"].value(), Scoring.objects.count()) == (rules, 0)


def test_pages_refuse_who_may_not_write_even_past_wagtail(rf):
    request = rf.get("/")
    request.user = PersonFactory()
    with pytest.raises(PermissionDenied):
        RecordView.as_view()(request, pk=QuestionFactory().pk)
