"""A learner objects to a question, those who keep it answer. Without a script."""

import re
from decimal import Decimal as D
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from organisations.enums import Role
from organisations.models import AuditEvent, Notification
from organisations.notifications import message
from organisations.selectors import manage
from quizzes.enums import ObjectionState, ReviewPolicy
from quizzes.models import QuestionObjection, Quiz
from quizzes.services import attempts, bank, histories, objections
from tests.factories.marking import answer, items_of
from tests.factories.organisations import NodeFactory, PersonFactory, RoleGrantFactory
from tests.factories.quizzes import AttemptFactory, QuestionFactory, QuizFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english():
    with override("en"):
        yield


def keeper(role=Role.QUESTION_AUTHOR, **fields):
    person = PersonFactory(language="en", **fields)
    RoleGrantFactory(person=person, role=role, node=NodeFactory())
    return person


def closed(person=None, *, values=("A",), questions=None, **quiz):
    """A handed-in attempt at one question whose key is B."""
    person = person or PersonFactory(language="en", name="王学员")
    placed = questions or [QuestionFactory(explanation="乙正确，见教材。")]
    attempt = AttemptFactory(person=person, quiz=QuizFactory(questions=placed, **quiz))
    return attempts.submit(person=person, public_id=attempt.public_id, events=answer(attempt, *values))


def object_to(attempt, text="丙也可以", place=0):
    item = UUID(items_of(attempt)[place])
    return objections.object_to(by=attempt.person, attempt_id=attempt.public_id, item=item, text=text)


def form_of(attempt, place=0):
    return reverse("quizzes:objection_new", args=[attempt.public_id, items_of(attempt)[place]])


def text_of(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_objection_goes_from_the_result_to_the_keepers_and_back(client):
    author = keeper()
    attempt = closed()
    client.force_login(attempt.person)
    result = reverse("quizzes:attempt", args=[attempt.public_id])
    assert f'href="{form_of(attempt)}"' in client.get(result).content.decode()
    sent = client.post(form_of(attempt), {"text": "丙也可以"})
    assert (sent.status_code, sent["Location"]) == (302, f"{result}#q1")
    row = QuestionObjection.objects.get()
    assert (row.text, row.state, row.points, row.item) == ("丙也可以", "open", D("0.00"), items_of(attempt)[0])
    page = text_of(client.get(result))
    assert ("To be answered" in page, "Object to this question" in page) == (True, False)
    note = Notification.objects.get(person=author)
    assert (note.kind, note.link) == (
        "quizzes.objection_made",
        reverse("manage:question_objection", args=[row.public_id]),
    )
    assert message(note, language="en").subject == f"A learner objects to the question {row.question.code}"

    client.force_login(author)
    case = text_of(client.get(note.link))
    shown = (
        "丙也可以" in case,
        "your answer" in case,
        "right answer" in case,
        "乙正确，见教材。" in case,
        "王学员" in case,
    )
    assert shown == (True, True, True, True, False)
    answered = client.post(
        reverse("manage:question_objection_answer", args=[row.public_id]), {"decision": "accepted", "text": "您说得对"}
    )
    assert answered.status_code == 302
    row.refresh_from_db()
    assert (row.state, row.answer, row.answered_by) == ("accepted", "您说得对", author)
    back = Notification.objects.get(person=attempt.person, kind="quizzes.objection_answered")
    assert (back.link, "您说得对" in message(back, language="en").text) == (result, False)

    client.force_login(attempt.person)
    page = text_of(client.get(result))
    assert ("Accepted" in page, "您说得对" in page, "Object to this question" in page) == (True, True, True)
    verbs = AuditEvent.objects.filter(verb__startswith="question.").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["question.object", "question.objection_read", "question.objection_answer"]


def test_before_the_review_neither_key_nor_answer_reaches_the_learner(client):
    author = keeper()
    attempt = closed(review_policy=ReviewPolicy.NEVER)
    client.force_login(attempt.person)
    form = client.get(form_of(attempt)).content.decode()
    assert ("乙正确" in form, "right answer" in form, "<textarea" in form) == (False, False, True)
    row = object_to(attempt)
    objections.answer(by=author, objection=row, is_accepted=False, text="正确答案是乙")
    page = client.get(reverse("quizzes:attempt", args=[attempt.public_id])).content.decode()
    assert ("正确答案是乙" in page, "Declined" in page, "as soon as this quiz shows" in page) == (False, True, True)
    listed = client.get(f"/api/v1/attempts/{attempt.public_id}/objections/").json()
    assert [(one["state"], one["answer"]) for one in listed] == [("declined", "")]


def test_one_objection_to_an_item_is_open_at_a_time_and_what_was_typed_stays(client):
    attempt = closed(questions=[QuestionFactory(), QuestionFactory()], values=("A", "A"))
    object_to(attempt)
    client.force_login(attempt.person)
    again = client.post(form_of(attempt), {"text": "再说一次"})
    assert (again.status_code, "再说一次" in again.content.decode()) == (409, True)
    assert "You have objected to this question already" in text_of(again)
    other = client.post(form_of(attempt, place=1), {"text": "第二题"})
    assert (other.status_code, QuestionObjection.objects.count()) == (302, 2)
    first = QuestionObjection.objects.order_by("pk").first()
    objections.answer(by=keeper(), objection=first, is_accepted=False, text="不对")
    assert client.post(form_of(attempt), {"text": "还有来源"}).status_code == 302


@pytest.mark.parametrize("text", ["", "   ", "字" * 1001])
def test_words_are_asked_for_and_bounded(client, text):
    attempt = closed()
    client.force_login(attempt.person)
    assert client.post(form_of(attempt), {"text": text}).status_code == 400
    sent = client.post(
        f"/api/v1/attempts/{attempt.public_id}/objections/", {"item": items_of(attempt)[0], "text": text},
        content_type="application/json",
    )  # fmt: skip
    assert (sent.status_code, QuestionObjection.objects.count()) == (400, 0)


def test_twenty_objections_a_day_are_enough(client):
    attempt = closed(questions=[QuestionFactory() for _n in range(objections.A_DAY + 1)])
    for place in range(objections.A_DAY):
        object_to(attempt, place=place)
    client.force_login(attempt.person)
    refused = client.post(form_of(attempt, place=objections.A_DAY), {"text": "还有"})
    assert (refused.status_code, QuestionObjection.objects.count()) == (429, objections.A_DAY)


def test_open_attempt_foreign_attempt_and_unknown_item_take_no_objection(client):
    attempt = AttemptFactory()
    client.force_login(attempt.person)
    assert client.post(form_of(attempt), {"text": "看看答案"}).status_code == 409
    theirs = closed()
    foreign = client.post(form_of(theirs), {"text": "不是我的"})
    own = closed(attempt.person)
    unknown = client.post(reverse("quizzes:objection_new", args=[own.public_id, uuid4()]), {"text": "没有这题"})
    assert (foreign.status_code, unknown.status_code, QuestionObjection.objects.count()) == (404, 404, 0)


def test_nobody_answers_their_own_nor_twice():
    author, other = keeper(), keeper(Role.EDITOR)
    row = object_to(closed(author))
    with pytest.raises(objections.OwnObjection):
        objections.answer(by=author, objection=row, is_accepted=True, text="我自己说对")
    objections.answer(by=other, objection=row, is_accepted=False, text="不对")
    with pytest.raises(objections.AlreadyAnswered):
        objections.answer(by=keeper(), objection=row, is_accepted=True, text="对")
    row.refresh_from_db()
    assert (row.state, row.answered_by) == (ObjectionState.DECLINED, other)


def test_author_of_the_revision_is_told_without_a_role_and_the_learner_never_twice():
    writer, author = PersonFactory(), keeper()
    question = QuestionFactory()
    bank.revise_question(by=writer, question=question, draft=bank.single(
        type="A1", stem="新题干", options=("甲", "乙"), answer="A"
    ))  # fmt: skip
    question.refresh_from_db()
    object_to(closed(author, questions=[question]))
    told_to = Notification.objects.filter(kind="quizzes.objection_made").values_list("person", flat=True)
    assert set(told_to) == {writer.pk}


def test_the_case_says_that_the_question_was_revised_since(client):
    question = QuestionFactory()
    row = object_to(closed(questions=[question]))
    bank.revise_question(by=None, question=question, draft=bank.single(
        type="A1", stem="新题干", options=("甲", "乙", "丙", "丁", "戊"), answer="C"
    ))  # fmt: skip
    client.force_login(keeper())
    page = text_of(client.get(reverse("manage:question_objection", args=[row.public_id])))
    assert ("now revision 2" in page, "新题干" in page) == (True, False)


def test_list_filters_counts_and_asks_as_often_with_three_as_with_one(client):
    author = keeper()
    first = object_to(closed(questions=[QuestionFactory(code="CT-001")]), text="窗宽不对")
    client.force_login(author)
    address, figures = reverse("manage:question_objections"), []
    client.get(address)
    for _turn in range(2):
        with CaptureQueriesContext(connection) as asked:
            page = text_of(client.get(address))
        figures.append(len(asked))
        for code in ("MR-002", "MR-003"):
            object_to(closed(questions=[QuestionFactory(code=f"{code}-{_turn}")]), text="序列不对")
    assert (figures[0], "CT-001" in page) == (figures[1], True)
    objections.answer(by=author, objection=first, is_accepted=False, text="查过了")
    assert _count(author) == 4
    for asked_for, expected in (({"state": "declined"}, {"CT-001"}), ({"q": "MR-002"}, {"MR-002-0", "MR-002-1"})):
        found = client.post(reverse("manage:search"), {"list": address, **asked_for}, follow=True)
        assert set(re.findall(r">((?:CT|MR)-\S+)", found.content.decode())) == expected
    csv = b"".join(client.get(reverse("manage:question_objections_csv"))).decode("utf-8-sig")
    assert (csv.count("序列不对"), "查过了" in csv, author.name in csv, first.attempt.person.name in csv) == (
        4, True, True, False,
    )  # fmt: skip


def _count(person):
    return next(link.count for link in manage.links_of(person) if link.section == "question_objections")


def test_own_objections_do_not_count_as_work():
    author = keeper()
    object_to(closed(author))
    assert _count(author) == 0


def test_copy_of_own_data_tells_objections_and_erasure_takes_their_words():
    attempt = closed(questions=[QuestionFactory(), QuestionFactory()], values=("A", "A"))
    answered, waiting = object_to(attempt), object_to(attempt, place=1)
    objections.answer(by=keeper(), objection=answered, is_accepted=False, text="不对")
    copied = histories.export(attempt.person).data["question_objections"]
    assert [(row["text"], row["answer"]) for row in copied] == [("丙也可以", "不对"), ("丙也可以", "")]
    Quiz.objects.update(review_policy="never")
    copied = histories.export(attempt.person).data["question_objections"]
    assert [(row["text"], row["answer"]) for row in copied] == [("丙也可以", ""), ("丙也可以", "")]
    histories.erase(attempt.person)
    answered.refresh_from_db()
    assert (answered.text, answered.answer, answered.state) == ("", "", "declined")
    assert not QuestionObjection.objects.filter(pk=waiting.pk).exists()


def test_numbers_in_what_is_said_are_not_kept():
    row = object_to(closed(), text="请打电话13800000001")
    row.refresh_from_db()
    assert row.text == "请打电话***"
