"""A learner's results, and what a receipt stands for to whom."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from organisations.deeds import Deed
from organisations.enums import Role
from organisations.models import AuditEvent, Person
from quizzes.models import Attempt
from quizzes.services import attempts
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory
from tests.factories.quizzes import CONTEXT, AttemptFactory, QuizFactory

pytestmark = pytest.mark.django_db

MINE_QUERIES = 3


@pytest.fixture(autouse=True)
def _in_english():
    with override("en"):
        yield


def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def closed(person: Person, **quiz) -> Attempt:
    attempt = AttemptFactory(person=person, quiz=QuizFactory(**quiz))
    return attempts.submit(person=person, public_id=attempt.public_id)


def test_results_are_ones_own_from_every_context_the_newest_first() -> None:
    person = PersonFactory()
    first = closed(person, title="甲")
    elsewhere = AttemptFactory(person=person, quiz=QuizFactory(title="乙"), context=attempts.Context("page", "x"))
    closed(PersonFactory(), title="丙")
    response = client_of(person).get(reverse("quizzes:results"))
    assert list(response.context["page_obj"]) == [elsewhere, first]
    assert "no-store" in response["Cache-Control"]
    text = text_of(response)
    assert f"Receipt {first.receipt} 0 of 2 points To the page of this quiz : 甲" in text
    assert "乙 Attempt 1 Still open begun" in text


def test_results_without_an_attempt_say_what_will_be_there() -> None:
    assert "You have not opened a quiz yet" in text_of(client_of(PersonFactory()).get(reverse("quizzes:results")))


@pytest.mark.parametrize("count", [1, 3])
def test_results_run_constant_queries(count, django_assert_num_queries) -> None:
    person = PersonFactory()
    for _number in range(count):
        closed(person)
    client = client_of(person)
    client.get(reverse("quizzes:results"))
    with django_assert_num_queries(MINE_QUERIES):
        assert len(client.get(reverse("quizzes:results")).context["page_obj"]) == count


def test_own_receipt_leads_to_the_result_however_it_is_typed() -> None:
    attempt = closed(PersonFactory())
    typed = f" {attempt.receipt[:4]}-{attempt.receipt[4:8].lower()} {attempt.receipt[8:]}"
    response = client_of(attempt.person).post(reverse("quizzes:results"), {"receipt": typed})
    assert (response.status_code, response.url) == (302, reverse("quizzes:attempt", args=[attempt.public_id]))


@pytest.mark.parametrize(
    ("typed", "said"),
    [("", "Type the receipt."), ("J7W02K0DAEH", "This is no receipt"), ("of another", "None of your attempts")],
)
def test_what_is_no_own_receipt_is_said_and_stays_typed(typed, said) -> None:
    typed = closed(PersonFactory()).receipt if typed == "of another" else typed
    response = client_of(PersonFactory()).post(reverse("quizzes:results"), {"receipt": typed})
    assert (response.status_code, response.context["form"]["receipt"].value()) == (400, typed)
    assert said in text_of(response)


def test_administrator_in_scope_reads_what_a_receipt_stands_for_and_is_written_down() -> None:
    hospital = NodeFactory(name="第一医院")
    person = EmploymentFactory(unit=hospital, person=PersonFactory(name="学员甲")).person
    attempt = closed(person, title="甲")
    inside = RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR, node=hospital).person
    outside = RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR, node=NodeFactory()).person
    address, sent = reverse("manage:receipts"), {"receipt": attempt.receipt}
    found = client_of(inside).post(address, sent)
    text = text_of(found)
    assert found.status_code == 200
    assert f"甲 Not passed yet Receipt {attempt.receipt} Name 学员甲 Hospital or unit 第一医院 Attempt 1" in text
    refused = client_of(outside).post(address, sent)
    assert refused.status_code == 400
    assert "Nobody in your places has an attempt with this receipt." in text_of(refused)
    assert "学员甲" not in text_of(refused)
    event = AuditEvent.objects.get(verb=Deed.RECEIPT_LOOK_UP)
    assert (event.actor_id_copy, event.target_id, event.after) == (inside.pk, str(attempt.public_id), {"quiz": "甲"})


def test_people_without_credits_to_look_after_look_nothing_up() -> None:
    lecturer = RoleGrantFactory(role=Role.LECTURER, node=NodeFactory()).person
    for person in (PersonFactory(), lecturer):
        assert client_of(person).post(reverse("manage:receipts"), {"receipt": "x"}).status_code == 403


def test_result_says_what_is_missing_and_what_comes_next() -> None:
    person, quiz = PersonFactory(), QuizFactory(questions=3, attempts_allowed=2)
    first = attempts.submit(person=person, public_id=AttemptFactory(person=person, quiz=quiz).public_id)
    address = reverse("quizzes:attempt", args=[first.public_id])
    text = text_of(client_of(person).get(address))
    assert "Points missing to pass: 1.80 You can try again now; 1 attempt is left." in text
    AttemptFactory(person=person, quiz=quiz, context=CONTEXT)
    assert "You have another attempt open." in text_of(client_of(person).get(address))
