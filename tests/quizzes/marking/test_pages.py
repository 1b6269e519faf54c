"""The markers' desk as its markers see it, and the result as its learner sees it. Without a script."""

import re
from decimal import Decimal as D

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from organisations.enums import Role
from organisations.models import AuditEvent
from organisations.selectors import manage
from quizzes.models import AnswerFile, Marking, MarkingItem, Quiz
from quizzes.services import attempts, marking
from tests.factories.marking import (
    PDF,
    MarkingItemFactory,
    answer,
    essay,
    file_question,
    handed_in,
    items_of,
    marker,
    send,
    upload,
)
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory
from tests.factories.quizzes import AttemptFactory, QuizFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english():
    with override("en"):
        yield


@pytest.fixture
def place():
    return NodeFactory()


@pytest.fixture
def me(client, place):
    person = marker(place, language="en")
    client.force_login(person)
    return person


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def take(client, **sent):
    return client.post(reverse("manage:marking_take"), sent)


def mark(by, points, comment=""):
    seat = marking.claim_next(by=by)
    return marking.hand_in(by=by, public_id=seat.public_id, points=D(points), comment=comment, note="")


def test_queue_shows_what_waits_oldest_first_and_takes_it(client, me, place):
    attempts_ = [handed_in(place=place) for _n in range(2)]
    page = client.get(reverse("manage:marking"))
    assert [item.attempt for item in page.context["page_obj"]] == attempts_
    taken = take(client)
    seat = Marking.objects.get()
    assert (taken.status_code, taken["Location"]) == (302, reverse("manage:marking_seat", args=[seat.public_id]))
    assert (seat.marker, seat.item.attempt) == (me, attempts_[0])
    again = client.get(reverse("manage:marking"))
    assert ([item.attempt for item in again.context["page_obj"]], list(again.context["begun"])) == (
        attempts_[1:],
        [seat],
    )


def test_queue_is_narrowed_by_quiz_and_state(client, me, place):
    first, second = handed_in(place=place), handed_in(place=place)
    page = client.get(reverse("manage:marking"), {"quiz": str(second.quiz.public_id)})
    assert [item.attempt for item in page.context["page_obj"]] == [second]
    assert [choice[1] for choice in page.context["form"].fields["quiz"].choices[1:]] == [
        f"{quiz.title} (1)" for quiz in Quiz.objects.order_by("pk")
    ]
    assert list(client.get(reverse("manage:marking"), {"state": "third_needed"}).context["page_obj"]) == []
    take(client, quiz=str(second.quiz.public_id))
    assert Marking.objects.get().item.attempt == second
    assert first.marking_items.get().markings.count() == 0


def test_taking_what_is_gone_comes_back_to_the_queue(client, me, place):
    item = handed_in(place=place).marking_items.get()
    for _n in range(2):
        marking.claim_next(by=marker(place))
    told = client.post(reverse("manage:marking_take"), {"item": str(item.public_id)}, follow=True)
    assert [str(message) for message in told.context["messages"]] == [str(marking.SeatTaken())]
    assert take(client, item="no-id").status_code == 404
    assert take(client, quiz="no-id").status_code == 404


def test_seat_shows_the_work_and_nothing_of_who_wrote_or_marked_it(client, me, place):
    attempt = handed_in(essay(), values=("先停止注射,\n再观察。",), place=place)
    other = marker(place, name="另一位阅卷人")
    mark(other, "3", "第一位的评语")
    seat = marking.claim_next(by=me)
    page = client.get(reverse("manage:marking_seat", args=[seat.public_id]))
    words = page.content.decode()
    assert [said in words for said in ("先停止注射", "三点各三分", attempt.quiz.title)] == [True] * 3
    hidden = (attempt.person.name, attempt.person.username, other.name, "第一位的评语", str(attempt.public_id))
    assert [said in words for said in hidden] == [False] * 5
    assert AuditEvent.objects.filter(verb="quizzes.marking.read", actor_id_copy=me.pk).count() == 1


def test_open_marking_shows_the_name_and_the_other_mark(client, me, place):
    attempt = handed_in(place=place)
    MarkingItem.objects.update(is_blind=False)
    mark(marker(place), "3", "第一位的评语")
    seat = marking.claim_next(by=me)
    words = client.get(reverse("manage:marking_seat", args=[seat.public_id])).content.decode()
    assert [said in words for said in (attempt.person.name, "第一位的评语")] == [True, True]


def test_draft_is_kept_and_handed_in(client, me, place):
    handed_in(place=place)
    seat = marking.claim_next(by=me)
    address = reverse("manage:marking_seat", args=[seat.public_id])
    client.post(address, {"do": "save", "points": "", "comment": "想一想", "note": "偏短"})
    page = client.get(address)
    assert (page.context["form"]["comment"].value(), page.context["form"]["note"].value()) == ("想一想", "偏短")
    done = client.post(address, {"do": "hand-in", "points": "7.5", "comment": "想好了", "note": ""})
    seat.refresh_from_db()
    assert (done["Location"], seat.points, seat.comment, seat.is_handed_in) == (
        reverse("manage:marking"), D("7.50"), "想好了", True,
    )  # fmt: skip
    shown = client.get(address)
    assert ("<form" in shown.content.decode().split('id="marking"')[1], "想好了" in text_of(shown)) == (False, True)
    late = client.post(address, {"do": "save", "points": "1"})
    assert (late.status_code, Marking.objects.get().points) == (409, D("7.50"))


@pytest.mark.parametrize("points", ["", "11", "-1", "7.125", "NaN", "seven", "1e3"])
def test_wrong_points_are_said_and_what_was_typed_stays(client, me, place, points):
    handed_in(place=place)
    seat = marking.claim_next(by=me)
    address = reverse("manage:marking_seat", args=[seat.public_id])
    page = client.post(address, {"do": "hand-in", "points": points, "comment": "写好的评语", "note": ""})
    assert (page.status_code, bool(page.context["form"].errors["points"])) == (400, True)
    assert (page.context["form"]["comment"].value(), Marking.objects.get().is_handed_in) == ("写好的评语", False)


def test_hand_in_and_next_goes_on_in_the_same_quiz(client, me, place):
    quiz = QuizFactory(questions=[essay()])
    for _n in range(2):
        person = PersonFactory()
        EmploymentFactory(person=person, unit=place)
        attempt = AttemptFactory(person=person, quiz=quiz)
        attempts.submit(person=person, public_id=attempt.public_id, events=answer(attempt, "答"))
    first, second = MarkingItem.objects.order_by("pk")
    seat = marking.claim_next(by=me)
    assert seat.item == first
    sent = {"do": "hand-in-next", "points": "5"}
    went = client.post(reverse("manage:marking_seat", args=[seat.public_id]), sent)
    following = Marking.objects.get(item=second)
    assert went["Location"] == reverse("manage:marking_seat", args=[following.public_id])
    end = client.post(went["Location"], sent, follow=True)
    assert end.redirect_chain[-1][0] == reverse("manage:marking")


def test_give_back_returns_to_the_queue(client, me, place):
    handed_in(place=place)
    seat = marking.claim_next(by=me)
    client.post(reverse("manage:marking_seat", args=[seat.public_id]), {"do": "give-back"})
    assert Marking.objects.count() == 0


def test_file_comes_as_an_attachment_under_another_name(client, me, place):
    person = PersonFactory()
    EmploymentFactory(person=person, unit=place)
    attempt = AttemptFactory(person=person, quiz=QuizFactory(questions=[file_question()]))
    value = send(attempt, items_of(attempt)[0], name="学员张三.pdf")
    attempts.submit(person=person, public_id=attempt.public_id, events=answer(attempt, value))
    seat = marking.claim_next(by=me)
    page = client.get(reverse("manage:marking_seat", args=[seat.public_id]))
    assert ("张三" in page.content.decode(), page.context["desk"].file_name) == (
        False,
        f"answer-{str(seat.item.public_id)[:8]}.pdf",
    )
    response = client.get(reverse("manage:marking_file", args=[seat.public_id]))
    assert (b"".join(response.streaming_content), response["Content-Type"], response["X-Content-Type-Options"]) == (
        PDF, "application/octet-stream", "nosniff",
    )  # fmt: skip
    assert response["Content-Disposition"] == f'attachment; filename="{page.context["desk"].file_name}"'
    assert AuditEvent.objects.filter(verb="quizzes.marking.file").count() == 1
    client.force_login(marker(place))
    assert client.get(reverse("manage:marking_file", args=[seat.public_id])).status_code == 404


def test_progress_counts_by_quiz_without_names(client, place):
    attempt = handed_in(place=place)
    for points in ("1", "9"):
        mark(marker(place), points)
    handed_in(place=place)
    done = handed_in(place=place)
    MarkingItem.objects.filter(attempt=done).update(state="done", points=1, done_at=done.closed_at)
    handed_in(place=NodeFactory())
    client.force_login(marker(place, Role.EDITOR))
    page = client.get(reverse("manage:marking_progress"))
    rows = [(row.waiting, row.in_progress, row.third_needed, row.done) for row in page.context["rows"]]
    assert sorted(rows) == [(0, 0, 0, 1), (0, 0, 1, 0), (1, 0, 0, 0)]
    assert (rows[-1], attempt.person.name in page.content.decode()) == ((0, 0, 0, 1), False)
    assert client.get(reverse("manage:marking"))["Location"] == reverse("manage:marking_progress")


def test_navigation_says_how_many_pieces_wait(client, me, place):
    for _n in range(2):
        handed_in(place=place)
    link = next(link for link in manage.links_of(me) if link.section == "marking")
    assert link.count == 2
    marking.claim_next(by=me)
    assert "2 waiting" in text_of(client.get(reverse("manage:marking")))
    mark(me, "5")
    assert next(link for link in manage.links_of(me) if link.section == "marking").count == 1


@pytest.mark.parametrize("number", [1, 3])
def test_pages_ask_as_often_with_three_pieces_as_with_one(client, me, place, number):
    for _n in range(number):
        MarkingItemFactory(unit=place)
        item = MarkingItemFactory(unit=place)
        Marking.objects.create(item=item, marker=me, round=1, held_until=item.opened_at)
    done = [handed_in(place=place) for _n in range(number)]
    for attempt in done:
        seat = marking.claim(by=me, public_id=attempt.marking_items.get().public_id)
        marking.hand_in(by=me, public_id=seat.public_id, points=D(5), comment="", note="")
    counted = []
    for address in (
        reverse("manage:marking"),
        reverse("manage:marking_progress"),
        reverse("manage:marking_seat", args=[seat.public_id]),
    ):
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        counted.append(sum("SAVEPOINT" not in query["sql"] for query in asked))
    assert counted == [15, 11, 9]


def test_learner_waits_and_then_reads_points_and_comments(client, place):
    attempt = handed_in(place=place)
    client.force_login(attempt.person)
    address = reverse("quizzes:attempt", args=[attempt.public_id])
    assert "People are marking this answer" in text_of(client.get(address))
    mark(marker(place), "6", "条理清楚")
    waiting = text_of(client.get(address))
    assert ("条理清楚" in waiting, "Waits for marks" in waiting) == (False, True)
    second = marker(place)
    mark(second, "7", "补充剂量")
    told = text_of(client.get(address))
    assert [said in told for said in ("6.50 of 10 points", "Comment 1 条理清楚", "Comment 2 补充剂量")] == [True] * 3
    assert second.name not in told


def test_review_policy_holds_comments_back(client, place):
    attempt = handed_in(place=place)
    Quiz.objects.update(review_policy="never")
    for points in ("6", "7"):
        mark(marker(place), points, "只给学员的评语")
    client.force_login(attempt.person)
    page = text_of(client.get(reverse("quizzes:attempt", args=[attempt.public_id])))
    assert ("只给学员的评语" in page, "65%" in page.replace(" ", "")) == (False, True)


def test_form_without_a_script_sends_essay_and_file(client):
    attempt = AttemptFactory(quiz=QuizFactory(questions=[essay(), file_question()]))
    text, file = items_of(attempt)
    client.force_login(attempt.person)
    address = reverse("quizzes:attempt", args=[attempt.public_id])
    assert 'enctype="multipart/form-data"' in client.get(address).content.decode()
    client.post(address, {"do": "save", f"q-{text}": "第一行\r\n第二行 ", f"q-{file}.file": upload(name="片.pdf")})
    attempt.refresh_from_db()
    row = AnswerFile.objects.get()
    assert {item: said["value"] for item, said in attempt.answers.items()} == {
        text: "第一行\n第二行",
        file: str(row.public_id),
    }
    page = client.get(address)
    assert [said in text_of(page) for said in ("The server has the file 片.pdf", "第一行")] == [True, True]
    # The same form again, as a browser sends it, changes nothing.
    kept = {f"q-{text}": "第一行\r\n第二行", f"was-{text}": "第一行\r\n第二行"}
    same = {**kept, f"q-{file}": str(row.public_id), f"was-{file}": str(row.public_id)}
    client.post(address, {"do": "save", **same})
    before = attempt.answers
    attempt.refresh_from_db()
    assert attempt.answers == before
    client.post(address, {"do": "save", **same, f"q-{file}.remove": "1"})
    attempt.refresh_from_db()
    assert attempt.answers[file]["value"] == ""


def test_refused_file_keeps_what_was_typed_and_does_not_hand_in(client):
    attempt = AttemptFactory(quiz=QuizFactory(questions=[essay(), file_question()]))
    text, file = items_of(attempt)
    client.force_login(attempt.person)
    address = reverse("quizzes:attempt", args=[attempt.public_id])
    sent = {f"q-{text}": "写了很久", f"q-{file}.file": upload(b"MZ", "virus.pdf")}
    told = client.post(address, {"do": "submit-anyway", **sent}, follow=True)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.answers[text]["value"], file in attempt.answers) == ("open", "写了很久", False)
    assert "cannot be read as one of these" in str(next(iter(told.context["messages"])))
