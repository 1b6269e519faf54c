"""Creating, revising and importing questions."""

from dataclasses import replace
from decimal import Decimal

import pytest

from cms.shared.errors import Conflict
from organisations.models import AuditEvent
from quizzes.models import Question, QuestionRevision
from quizzes.services import bank
from tests.factories.organisations import PersonFactory
from tests.factories.quizzes import AttemptFactory, BankFactory, QuestionFactory, QuizFactory

pytestmark = pytest.mark.django_db

DRAFT = bank.single(type="A1", stem="噪声约变为原来的", options=("1/4", "1/2", "不变", "2 倍", "4 倍"), answer="B")


def changed(draft: bank.Draft, **change: object) -> bank.Draft:
    """`draft` with other words; `options`, `answer` and `points` are those of its only item."""
    names = {"options": "options", "answer": "key", "points": "points"}
    item = replace(draft.items[0], **{names[name]: change.pop(name) for name in list(change) if name in names})
    return replace(draft, items=(item,), **change)


def test_create_question_makes_its_first_revision_and_a_log_entry():
    person, home = PersonFactory(), BankFactory()
    question = bank.create_question(by=person, bank=home, code="A1-01", subject="CT成像原理", draft=DRAFT)
    question.refresh_from_db()
    first = replace(DRAFT, items=(replace(DRAFT.items[0], id=str(question.public_id)),), images=())
    assert (question.current.number, question.current.created_by, bank.draft_of(question.current)) == (1, person, first)
    assert [event.verb for event in AuditEvent.objects.filter(target_id=str(question.public_id))] == [
        "question_created"
    ]


def test_create_question_refuses_a_code_twice():
    question = QuestionFactory()
    with pytest.raises(bank.CodeTaken):
        bank.create_question(by=None, bank=question.bank, code=question.code, draft=DRAFT)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "K"}, "type"),
        ({"stem": "  "}, "stem"),
        ({"options": ("A",)}, "options"),
        ({"options": ("a", "", "c")}, "options"),
        ({"options": ("a", "a ", "c")}, "options"),
        ({"answer": "F"}, "answer"),
        ({"answer": "AB"}, "answer"),
        ({"answer": ""}, "answer"),
        ({"type": "X", "answer": "A"}, "answer"),
        ({"points": Decimal(0)}, "points"),
        ({"points": Decimal(101)}, "points"),
        ({"difficulty": 6}, "difficulty"),
    ],
)
def test_create_question_says_which_field_is_wrong(change, field):
    with pytest.raises(bank.InvalidQuestion) as refused:
        bank.create_question(by=None, bank=BankFactory(), code="A1-01", draft=changed(DRAFT, **change))
    assert refused.value.params["field"] == field
    assert Question.objects.count() == 0


def test_revise_question_leaves_open_papers_and_old_revisions_alone():
    question = QuestionFactory()
    attempt = AttemptFactory(quiz=QuizFactory(questions=[question]))
    old = question.current
    bank.revise_question(by=None, question=question, draft=changed(bank.draft_of(old), answer="C", stem="新题干"))
    attempt.refresh_from_db()
    old.refresh_from_db()
    group = attempt.paper["groups"][0]
    assert (group["items"][0]["key"], group["revision"]) == ("B", str(old.public_id))
    assert (old.items[0]["key"], question.current.items[0]["key"], question.current.number) == ("B", "C", 2)
    assert old.items[0]["id"] == question.current.items[0]["id"] == str(question.public_id)


def test_revise_question_without_a_change_makes_no_revision():
    question = QuestionFactory()
    bank.revise_question(by=None, question=question, draft=bank.draft_of(question.current), subject="MR安全")
    question.refresh_from_db()
    assert (question.subject, question.current.number, QuestionRevision.objects.count()) == ("MR安全", 1, 1)


def test_revise_question_refuses_what_another_editor_has_changed():
    question = QuestionFactory()
    stale = Question.objects.get(pk=question.pk)
    draft = bank.draft_of(question.current)
    bank.revise_question(by=None, question=question, draft=changed(draft, answer="C"))
    with pytest.raises(Conflict):
        bank.revise_question(by=None, question=stale, draft=changed(draft, answer="D"))


def test_revision_cannot_be_saved_again():
    revision = QuestionFactory().current
    revision.stem = "anders"
    with pytest.raises(TypeError, match="never changes"):
        revision.save()


ITEMS = [
    {
        "id": "A1-01",
        "type": "A1",
        "subject": "CT",
        "stem": "一",
        "options": list("甲乙丙丁戊"),
        "answer": "B",
        "score": 1,
    },
    {"id": "X-01", "type": "X", "stem": "二", "options": list("甲乙丙丁戊"), "answer": "DAB", "difficulty": None},
]


def test_import_questions_creates_them_in_order_and_again_changes_nothing():
    home = BankFactory()
    made = bank.import_questions(by=None, bank=home, items=ITEMS)
    assert [(q.code, q.subject, q.current.type, q.current.items[0]["key"]) for q in made] == [
        ("A1-01", "CT", "A1", "B"),
        ("X-01", "", "X", "ABD"),
    ]
    assert bank.import_questions(by=None, bank=home, items=ITEMS) == made
    assert QuestionRevision.objects.count() == 2
    changed = bank.import_questions(by=None, bank=home, items=[{**ITEMS[0], "answer": "C"}])
    assert (changed[0].pk, changed[0].current.number) == (made[0].pk, 2)


def test_import_questions_lists_every_wrong_row_and_imports_nothing():
    items = [ITEMS[0], {**ITEMS[1], "answer": "A"}, {"id": "K-01", "type": "K", "options": []}, ITEMS[0], {}]
    with pytest.raises(bank.ImportRefused) as refused:
        bank.import_questions(by=None, bank=BankFactory(), items=items)
    assert [(row["row"], row["code"], row["field"]) for row in refused.value.params["rows"]] == [
        (2, "X-01", "answer"),
        (3, "K-01", "type"),
        (4, "A1-01", "id"),
        (5, "", "id"),
    ]
    assert Question.objects.count() == 0
