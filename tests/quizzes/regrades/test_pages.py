"""The pages of a regrade, without a script: begun, looked at, confirmed by a second person, and read by the learner."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from organisations.enums import Role
from organisations.models import Notification
from organisations.notifications import message
from organisations.selectors import manage
from quizzes.enums import RegradeCause
from quizzes.models import Attempt, Regrade
from quizzes.services import histories, scorings
from tests.factories.organisations import PersonFactory
from tests.factories.quizzes import QuestionFactory
from tests.factories.regrades import applied, closed, correct, counted, decider, run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english():
    with override("en"):
        yield


def text_of(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_a_regrade_goes_from_the_question_over_a_second_person_to_the_learner(client):
    author, editor = decider(language="en"), decider(Role.EDITOR, language="en")
    question = QuestionFactory(answer="B", code="CT-042")
    attempt = closed(question, values=("C",), person=PersonFactory(language="en", name="王学员"))
    correct(question, "C")
    client.force_login(author)
    found = client.post(reverse("manage:search"), {"list": reverse("manage:regrade_new"), "q": "CT-042"}, follow=True)
    address = reverse("manage:regrade_question", args=[question.public_id])
    assert f'href="{address}"' in found.content.decode()
    form = client.get(address).content.decode()
    # The revision with the other key is ticked, the one asked now is not.
    boxes = re.findall(r'<input type="checkbox" name="revisions" value="(\d)"([^>]*)>', form)
    assert [(number, "checked" in rest) for number, rest in boxes] == [("2", False), ("1", True)]
    refused = client.post(address, {"cause": "key", "target": "2", "revisions": "1", "reason": ""})
    assert (refused.status_code, "Say why" in text_of(refused)) == (400, True)
    sent = client.post(address, {"cause": "key", "target": "2", "revisions": "1", "reason": "教材第 5 版"})
    made = Regrade.objects.get()
    page = reverse("manage:regrade", args=[made.public_id])
    assert (sent.status_code, sent["Location"]) == (302, page)
    assert "The dry run is under way" in text_of(client.get(page))
    run(made)
    assert Notification.objects.get(person=editor).kind == "quizzes.regrade_waits"
    own = client.get(page).content.decode()
    assert ("You began this regrade" in own, reverse("manage:regrade_confirm", args=[made.public_id]) in own) == (
        True,
        False,
    )

    client.force_login(editor)
    seen = text_of(client.get(page))
    shown = (attempt.receipt in seen, "王学员" in seen, "Confirm this regrade" in seen, "Passes that come 1" in seen)
    assert shown == (True, False, True, True)
    csv = b"".join(client.get(reverse("manage:regrade_csv", args=[made.public_id]) + "?show=won")).decode("utf-8-sig")
    assert (attempt.receipt in csv, "王学员" in csv) == (True, False)
    assert client.post(reverse("manage:regrade_confirm", args=[made.public_id]), {"seen": "1"}).status_code == 302
    again = client.post(reverse("manage:regrade_confirm", args=[made.public_id]), {"seen": "1"})
    assert (again.status_code, "confirmed or withdrawn in the meantime" in text_of(again)) == (409, True)
    assert run(made).regrade_stage == "applied"
    assert "What it did" in text_of(client.get(page))

    client.force_login(attempt.person)
    result = text_of(client.get(reverse("quizzes:attempt", args=[attempt.public_id])))
    told = ("Graded again on" in result, "Why: 教材第 5 版" in result, "Key corrected" in result, "Passed" in result)
    assert told == (True, True, True, True)


def test_result_says_what_was_left_out_and_what_everybody_got(client):
    given, omitted = QuestionFactory(answer="B"), QuestionFactory(answer="B")
    attempt = closed(given, omitted, values=("A", "A"))
    for question, cause in ((given, RegradeCause.GIVEN), (omitted, RegradeCause.OMITTED)):
        applied(counted(question, cause))
    client.force_login(attempt.person)
    page = text_of(client.get(reverse("quizzes:attempt", args=[attempt.public_id])))
    assert ("Points for everybody" in page, "Left out: does not count" in page, page.count("Graded again on")) == (
        True, True, 2,
    )  # fmt: skip


def test_own_regrade_is_refused_with_the_reason_and_withdrawn(client):
    author = decider(language="en")
    question = QuestionFactory(answer="B")
    closed(question, values=("C",))
    correct(question, "C")
    made = counted(question, by=author)
    client.force_login(author)
    refused = client.post(reverse("manage:regrade_confirm", args=[made.public_id]), {"seen": str(made.runs)})
    assert (refused.status_code, "Nobody confirms a regrade of their own" in text_of(refused)) == (403, True)
    assert client.post(reverse("manage:regrade_count", args=[made.public_id])).status_code == 302
    assert run(made).runs == 2
    assert client.post(reverse("manage:regrade_withdraw", args=[made.public_id])).status_code == 302
    made.refresh_from_db()
    assert (made.regrade_stage, made.withdrawn_by) == ("withdrawn", author)


def test_a_banks_scoring_is_chosen_by_its_versions(client):
    question = QuestionFactory(type="X", answer="ABE")
    closed(question, values=("AB",))
    scorings.set_multiple_scoring(by=None, bank=question.bank, mode="partial_no_wrong")
    client.force_login(decider(language="en"))
    address = reverse("manage:regrade_bank", args=[question.bank.public_id])
    assert f'href="{address}"' in client.get(reverse("manage:regrade_new")).content.decode()
    assert client.post(address, {"reason": "改规则"}).status_code == 400
    assert client.post(address, {"reason": "改规则", "scorings": "0"}).status_code == 302
    assert run(Regrade.objects.get()).counts["changes"] == 1


def test_lists_ask_as_often_with_three_as_with_one(client):
    author, editor = decider(), decider(Role.EDITOR, language="en")
    client.force_login(editor)
    addresses, figures = [reverse("manage:regrades")], []
    question = QuestionFactory(answer="B")
    client.get(addresses[0])
    for number in (1, 2):
        for _n in range(number):
            closed(question, values=("C",))
        if number == 1:
            correct(question, "C")
        else:
            QuestionFactory()
        made = counted(question, by=author, revisions=(1,), target=2)
        detail = reverse("manage:regrade", args=[made.public_id])
        counted_now = []
        for address in (addresses[0], detail):
            with CaptureQueriesContext(connection) as asked:
                client.get(address)
            counted_now.append(len(asked))
        figures.append(counted_now)
    assert figures[0] == figures[1]
    assert next(link.count for link in manage.links_of(editor) if link.section == "regrades") == 2
    assert next(link.count for link in manage.links_of(author) if link.section == "regrades") == 0


def test_a_run_that_a_fault_stopped_is_gone_on_with(client):
    question = QuestionFactory(answer="B")
    closed(question, values=("C",))
    correct(question, "C")
    made = counted(question)
    Regrade.objects.filter(pk=made.pk).update(regrade_stage="counting", state="failed", error_code="internal_error")
    client.force_login(decider(language="en"))
    page = text_of(client.get(reverse("manage:regrade", args=[made.public_id])))
    assert ("Stopped by a fault" in page, "Go on" in page) == (True, True)
    assert client.post(reverse("manage:regrade_count", args=[made.public_id])).status_code == 302
    assert (run(made).regrade_stage, Regrade.objects.get().runs) == ("waiting", 2)


NEUTRAL = "The reason is not told before this quiz shows you what was right."


@pytest.mark.parametrize(("policy", "is_told"), [("never", False), ("after_each", True)])
def test_reason_is_told_once_the_quiz_shows_what_was_right(client, policy, is_told):
    question = QuestionFactory(answer="B")
    attempt = closed(question, values=("C",), person=PersonFactory(language="en"), review_policy=policy)
    correct(question, "C")
    applied(counted(question))
    client.force_login(attempt.person)
    result = text_of(client.get(reverse("quizzes:attempt", args=[attempt.public_id])))
    sent = message(Notification.objects.get(person=attempt.person), language="en").text
    copied = histories.export(attempt.person).data["graded_again"]
    wanted = ("Why: 答案有误,教材第 5 版", NEUTRAL) if is_told else (NEUTRAL, "Why:")
    assert [wanted[0] in text for text in (result, sent)] == [True, True]
    assert [wanted[1] in text for text in (result, sent)] == [False, False]
    assert [row["regrade__reason"] for row in copied] == ["答案有误,教材第 5 版" if is_told else ""]


def test_reason_waits_for_the_end_of_a_cool_down(client):
    question, other = QuestionFactory(answer="B"), QuestionFactory(answer="B")
    attempt = closed(question, other, values=("C", "A"), cool_down_minutes=60, attempts_allowed=0)
    correct(question, "C")
    applied(counted(question))
    client.force_login(attempt.person)
    address = reverse("quizzes:attempt", args=[attempt.public_id])
    assert (NEUTRAL in text_of(client.get(address)), "教材第 5 版" in text_of(client.get(address))) == (True, False)
    Attempt.objects.filter(pk=attempt.pk).update(closed_at=timezone.now() - timedelta(minutes=61))
    assert (NEUTRAL in text_of(client.get(address)), "教材第 5 版" in text_of(client.get(address))) == (False, True)
