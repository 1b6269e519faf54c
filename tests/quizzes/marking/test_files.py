"""Files as answers: to one item of one open attempt, kept privately, swept, erased."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from cms.shared.errors import NotFound
from cms.shared.storage import private_storage
from quizzes.models import AnswerFile, Attempt, MarkingItem
from quizzes.services import answer_files, attempts
from quizzes.services.histories import erase, export
from quizzes.tasks import sweep_files
from tests.factories.marking import PDF, answer, essay, file_question, items_of, send, upload
from tests.factories.organisations import PersonFactory
from tests.factories.quizzes import AttemptFactory, QuizFactory

pytestmark = pytest.mark.django_db
LATER = timedelta(days=1, minutes=1)


@pytest.fixture
def attempt():
    return AttemptFactory(quiz=QuizFactory(questions=[file_question(), essay()]))


@pytest.fixture
def item(attempt):
    return items_of(attempt)[0]


def save(attempt, *values, counter=1):
    return attempts.save_answers(
        person=attempt.person, public_id=attempt.public_id, events=answer(attempt, *values, counter=counter)
    )


def test_file_is_stored_privately_under_a_name_of_ours(attempt, item):
    row = AnswerFile.objects.get(public_id=send(attempt, item, name="我的 13912345678.pdf"))
    assert (row.attempt, row.item, row.extension, row.size_bytes, row.name) == (
        attempt, item, "pdf", len(PDF), "我的 ***.pdf",
    )  # fmt: skip
    folder, shelf, box, name = row.file.name.split("/")
    with row.file.open("rb") as stored:
        assert (folder, len(shelf), len(box), name[-4:], stored.read()) == ("answers", 2, 36, ".pdf", PDF)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\a\\病例.exe", "病例.pdf"),
        ("a\u202efdp.exe", "afdp.pdf"),
        ("x\r\nContent-Type: text-html.pdf", "xContent-Type text-html.pdf"),
        ("..", "answer.pdf"),
        ("", "answer.pdf"),
        (".htaccess", "htaccess.pdf"),
        ("名" * 300 + ".pdf", "名" * 100 + ".pdf"),
        ('a<b>"c".pdf', "a b c.pdf"),
    ],
)
def test_names_of_learners_lead_nowhere(sent, kept):
    assert answer_files.clean_name(sent, "pdf") == kept


def test_file_counts_once_an_answer_names_it(attempt, item):
    value = send(attempt, item)
    assert save(attempt, value).answers[item]["value"] == value


def test_answer_cannot_name_a_file_that_is_not_its_own(attempt, item):
    other = AttemptFactory(quiz=attempt.quiz)
    elsewhere = AttemptFactory(quiz=QuizFactory(questions=[file_question(), file_question()]))
    first, _second = items_of(elsewhere)
    strangers = [send(other, items_of(other)[0]), "1a6f1b6e-6a4e-4a0e-9d58-0d8a4d1f6b1c", "no-file"]
    for value in strangers:
        with pytest.raises(attempts.InvalidAnswer):
            save(attempt, value)
    with pytest.raises(attempts.InvalidAnswer):
        save(elsewhere, "", send(elsewhere, first))
    assert Attempt.objects.get(pk=attempt.pk).answers == {}


def test_files_are_for_open_attempts_of_ones_own_and_for_items_that_want_one(attempt, item):
    for person, attempt_id, wanted in (
        (PersonFactory(), attempt.public_id, item),
        (attempt.person, attempt.public_id, items_of(attempt)[1]),
        (attempt.person, attempt.public_id, "x"),
    ):
        with pytest.raises(NotFound):
            answer_files.receive(person=person, attempt_id=attempt_id, item=wanted, upload=upload())
    attempts.submit(person=attempt.person, public_id=attempt.public_id)
    with pytest.raises(attempts.AttemptClosed):
        send(attempt, item)
    assert AnswerFile.objects.count() == 0


def test_file_after_the_deadline_is_refused(attempt, item):
    past = timezone.now() - timedelta(hours=1)
    Attempt.objects.filter(pk=attempt.pk).update(deadline_at=past, last_seen_at=past)
    with pytest.raises(attempts.AttemptOverdue):
        send(attempt, item)


def test_refused_file_leaves_nothing(attempt, item):
    with pytest.raises(answer_files.answer_contents.WrongFile):
        send(attempt, item, b"MZ program")
    assert AnswerFile.objects.count() == 0


def test_newer_file_replaces_older_ones_but_not_the_one_that_counts(attempt, item):
    first = send(attempt, item)
    save(attempt, first)
    for _n in range(3):
        last = send(attempt, item)
    kept = [str(row.public_id) for row in AnswerFile.objects.exclude(file="").order_by("pk")]
    assert (kept[0], kept[-1], len(kept)) == (first, last, 3)
    with pytest.raises(attempts.InvalidAnswer):
        save(attempt, str(AnswerFile.objects.get(file="").public_id), counter=9)


def test_files_of_an_item_and_of_a_person_are_bounded(attempt, item, monkeypatch):
    monkeypatch.setattr(answer_files, "MOST_AN_ITEM", 2)
    send(attempt, item)
    send(attempt, item)
    with pytest.raises(answer_files.TooManyFiles):
        send(attempt, item)
    monkeypatch.setattr(answer_files, "MOST_BYTES_A_PERSON", 3 * len(PDF) - 1)
    other = AttemptFactory(person=attempt.person, quiz=QuizFactory(questions=[file_question()]))
    with pytest.raises(answer_files.NoRoomForFiles):
        send(other, items_of(other)[0])


def test_sweep_keeps_what_answers_name(attempt, item, django_capture_on_commit_callbacks):
    unnamed, named = send(attempt, item), send(attempt, item)
    attempts.submit(person=attempt.person, public_id=attempt.public_id, events=answer(attempt, named))
    gone, kept = (AnswerFile.objects.get(public_id=value).file.name for value in (unnamed, named))
    left = private_storage().save("answers/ab/x/y.pdf", upload())
    sweep_files()
    assert [private_storage().exists(name) for name in (gone, kept, left)] == [True, True, True]
    with django_capture_on_commit_callbacks(execute=True), time_machine.travel(timezone.now() + LATER, tick=False):
        sweep_files()
    assert [private_storage().exists(name) for name in (gone, kept, left)] == [False, True, False]
    assert AnswerFile.objects.get(public_id=unnamed).file.name == ""


def test_sweep_leaves_open_attempts_alone(attempt, item):
    value = send(attempt, item)
    with time_machine.travel(timezone.now() + LATER, tick=False):
        answer_files.sweep(now=timezone.now())
    assert private_storage().exists(AnswerFile.objects.get(public_id=value).file.name) is True


def test_learner_takes_their_file_away_and_nobody_else_does(client, attempt, item):
    value = send(attempt, item, name="病例.pdf")
    address = reverse("quizzes:file", args=[attempt.public_id, value])
    assert client.get(address).status_code == 302
    client.force_login(attempt.person)
    response = client.get(address)
    assert (response.status_code, b"".join(response.streaming_content), response["Content-Type"]) == (
        200, PDF, "application/octet-stream",
    )  # fmt: skip
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''%E7%97%85%E4%BE%8B.pdf"
    assert (response["X-Content-Type-Options"], "no-store" in response["Cache-Control"]) == ("nosniff", True)
    client.force_login(PersonFactory(is_staff=True, is_superuser=True))
    assert client.get(address).status_code == 404


def test_copy_of_ones_data_has_the_files(attempt, item):
    send(attempt, item)
    told = export(attempt.person)
    assert [name for name, _key, _storage in told.files] == ["answers/1.pdf"]
    assert [row["name"] for row in told.data["answer_files"]] == ["病例.pdf"]


def test_erasure_takes_the_files_and_leaves_their_fingerprint(attempt, item, django_capture_on_commit_callbacks):
    value = send(attempt, item)
    row = AnswerFile.objects.get(public_id=value)
    name, print_ = row.file.name, row.sha256
    attempts.submit(person=attempt.person, public_id=attempt.public_id, events=answer(attempt, value))
    with django_capture_on_commit_callbacks(execute=True):
        erase(attempt.person)
    row.refresh_from_db()
    assert (row.file.name, row.name, row.sha256, private_storage().exists(name)) == ("", "", print_, False)
    assert MarkingItem.objects.count() == 0


def test_api_takes_a_file(client, attempt, item):
    client.force_login(attempt.person)
    address = f"/api/v1/attempts/{attempt.public_id}/items/{item}/file/"
    made = client.post(address, {"file": upload()})
    assert (made.status_code, sorted(made.json())) == (201, ["id", "name", "sha256", "size_bytes"])
    save(attempt, made.json()["id"])
    for sent, status, code in (
        ({"file": upload(b"MZ")}, 400, "answer_file_of_another_kind"),
        ({"file": upload(b"")}, 400, "answer_file_empty"),
        ({}, 400, "invalid_input"),
    ):
        refused = client.post(address, sent)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    huge = client.post(address, {"file": upload()}, CONTENT_LENGTH=str(10**9))
    assert huge.status_code == 413
    client.force_login(PersonFactory())
    assert client.post(address, {"file": upload()}).status_code == 404
