"""The fields of each question type without a script: filled in, read, scored, corrected and reviewed."""

import pytest
from django.urls import reverse

from cms.home.demo import exercises
from quizzes.models import Attempt, QuizQuestion
from quizzes.services import attempts
from tests.factories.organisations import PersonFactory
from tests.factories.quizzes import AttemptFactory, BankFactory

pytestmark = pytest.mark.django_db

GOOD = dict.fromkeys(["COV", "ROT", "INS", "SCA", "EXP", "CNR", "MRK", "PID", "ART", "MOT", "POST", "SID"], "+")
POOR = {**GOOD, "COV": "-", "ROT": "-", "MRK": "-", "ART": "-"}
# Code → (fields, the value they say); all of them right.
RIGHT = {
    "TF-01": ({"": "A"}, "A"),
    "TF-02": ({"": "B"}, "B"),
    "NUM-01": ({".number": "20,0", ".unit": "mAs"}, "20 mAs"),
    "NUM-02": ({".number": "４７８", ".unit": "mGy·cm"}, "478 mGy·cm"),
    "ST-01": ({"": " hounsfield  Unit "}, "hounsfield Unit"),
    "ST-02": ({"": "ＳＡＲ"}, "ＳＡＲ"),
    "ORD-01": ({".A": "4", ".B": "1", ".C": "5", ".D": "2", ".E": "3"}, "BDEAC"),
    "ORD-02": ({".A": "3", ".B": "4", ".C": "1", ".D": "2"}, "CDAB"),
    "MAT-01": ({".1": "B", ".2": "A", ".3": "D"}, "1B,2A,3D"),
    "MAT-02": ({".1": "A", ".2": "B", ".3": "B", ".4": "A"}, "1A,2B,3B,4A"),
    "HOT-01": ({".x": ["350"], ".y": ["717"]}, "350,717"),
    "HOT-02": ({".x": ["850", "150"], ".y": ["800", "800"]}, "150,800;850,800"),
    "IMG-01": ({**{f".{c}": s for c, s in GOOD.items()}, ".grade": "甲"}, ",".join(c + "+" for c in GOOD) + ";甲"),
    "IMG-02": (
        {**{f".{c}": s for c, s in POOR.items()}, ".grade": "废"},
        ",".join(c + s for c, s in POOR.items()) + ";废",
    ),
}


@pytest.fixture
def attempt():
    quiz = exercises.load(by=PersonFactory(), bank=BankFactory())
    QuizQuestion.objects.filter(quiz=quiz).exclude(question__code__in=RIGHT).delete()
    return AttemptFactory(quiz=quiz)


@pytest.fixture
def learner(client, attempt):
    client.force_login(attempt.person)
    return client


def page(attempt: Attempt) -> str:
    return reverse("quizzes:attempt", args=[attempt.public_id])


def ids(attempt: Attempt) -> dict[str, str]:
    placed = QuizQuestion.objects.filter(quiz=attempt.quiz).select_related("question")
    return {row.question.code: str(row.question.public_id) for row in placed}


def form(attempt: Attempt, do: str = "save", **changed: dict) -> dict:
    """Every field as it is first shown, with those of the codes in `changed` filled in."""
    data: dict = {"do": do}
    for code, id in ids(attempt).items():
        data[f"was-{id}"] = attempt.answers.get(id, {}).get("value", "")
        for name, value in changed.get(code.replace("-", "_"), {}).items():
            data[f"q-{id}{name}"] = value
    return data


def right(*codes: str) -> dict:
    return {code.replace("-", "_"): RIGHT[code][0] for code in codes or RIGHT}


def values(attempt: Attempt) -> dict[str, str]:
    attempt.refresh_from_db()
    known = {id: code for code, id in ids(attempt).items()}
    return {known[id]: answer["value"] for id, answer in attempt.answers.items()}


def test_every_type_is_answered_scored_and_reviewed(learner, attempt):
    learner.post(page(attempt), form(attempt, **right()))
    assert values(attempt) == {code: value for code, (_fields, value) in RIGHT.items()}
    shown = learner.get(page(attempt)).content.decode()
    assert shown.count("checked") == 2 + 24
    learner.post(page(attempt), form(attempt, "submit", **right()))
    attempt.refresh_from_db()
    assert (attempt.state, attempt.points, attempt.is_passed) == ("submitted", attempt.points_possible, True)
    assert {mark["is_right"] for mark in attempt.marks.values()} == {True}
    reviewed = learner.get(page(attempt))
    assert reviewed.templates[0].name == "quizzes/result.html"
    text = reviewed.content.decode()
    parts = ("480 mGy·cm (± 1 %)", "<ellipse", "<polygon", 'hotspot__mark"', "κ 1.00")
    assert [text.count(part) for part in parts] == [1, 1, 2, 3, 1]


def test_every_type_shows_its_answer_again_as_it_stands(learner, attempt):
    learner.post(page(attempt), form(attempt, **right()))
    before = values(attempt)
    # The same form, posted as it is shown, changes nothing.
    learner.post(page(attempt), form(attempt, **right()))
    assert values(attempt) == before
    attempt.refresh_from_db()
    assert max(answer["counter"] for answer in attempt.answers.values()) == len(RIGHT)


def test_answers_are_taken_back_by_empty_fields(learner, attempt):
    learner.post(page(attempt), form(attempt))
    assert values(attempt) == {}
    learner.post(page(attempt), form(attempt, **right()))
    attempt.refresh_from_db()
    learner.post(page(attempt), form(attempt))
    assert set(values(attempt).values()) == {""}


UNREADABLE = [
    ("NUM-01", {".number": "viel", ".unit": "mAs"}, 'value="viel"'),
    ("NUM-01", {".number": "20 kV"}, 'value="20 kV"'),
    ("ORD-02", {".A": "1", ".B": "1", ".C": "3", ".D": "4"}, "<option selected>3</option>"),
    ("ORD-02", {".A": "1"}, "<option selected>1</option>"),
    ("HOT-01", {".x": ["350"], ".y": [""]}, 'value="350"'),
    ("HOT-01", {".x": ["350"], ".y": ["1001"]}, 'value="1001"'),
    ("HOT-02", {".x": ["x", ""], ".y": ["1", ""]}, 'value="x"'),
]
FORGED = [
    ("MAT-01", {".1": "F"}),
    ("MAT-01", {".1": "BA"}),
    ("IMG-01", {".COV": "?"}),
    ("IMG-01", {".grade": "甲乙"}),
    ("TF-01", {"": "C"}),
    ("ST-01", {"": "长" * 41}),
]


def test_what_makes_no_answer_is_shown_again_and_the_rest_is_saved(learner, attempt):
    for code, fields, kept in UNREADABLE:
        wrong = {code.replace("-", "_"): fields}
        response = learner.post(page(attempt), form(attempt, "submit", **right("TF-01", "MAT-01"), **wrong))
        assert (response.status_code, response.templates[0].name) == (200, "quizzes/attempt.html")
        assert [item.typed is not None for item in response.context["sheet"].items].count(True) == 1
        assert kept in response.content.decode()
        assert (values(attempt), attempt.state) == ({"TF-01": "A", "MAT-01": "1B,2A,3D"}, "open")


def test_forged_fields_are_refused_and_nothing_is_stored(learner, attempt):
    for code, fields in FORGED:
        response = learner.post(page(attempt), form(attempt, **right("TF-02"), **{code.replace("-", "_"): fields}))
        assert (response.status_code, response.templates[0].name) == (400, "errors/domain.html")
        assert values(attempt) == {}


def test_an_open_page_shows_pictures_once_and_no_key(learner, attempt):
    text = learner.get(page(attempt)).content.decode()
    assert [
        word for word in ("Hounsfield", "比吸收率", "480 mGy", "tolerance", "weight", "polygon") if word in text
    ] == []
    assert [text.count(part) for part in ('class="hotspot__image"', "/images/")] == [2, 4]


def test_without_review_the_result_shows_no_key(learner, attempt):
    attempt.quiz.review_policy = "never"
    attempt.quiz.save(update_fields=["review_policy"])
    learner.post(
        page(attempt), form(attempt, "submit-anyway", **right("NUM-02", "HOT-02", "IMG-02", "ST-01", "ORD-01"))
    )
    text = learner.get(page(attempt)).content.decode()
    assert "478 mGy·cm" in text
    assert [word for word in ("480 mGy", "亨氏单位", "<polygon", "badge--ok", "badge--bad") if word in text] == []


def test_exercises_are_loaded_once():
    person, bank = PersonFactory(), BankFactory()
    assert exercises.load(by=person, bank=bank) == exercises.load(by=person, bank=bank)
    assert bank.questions.count() == 18


def test_a_late_correction_says_that_the_attempt_is_closed(learner, attempt):
    attempts.submit(public_id=attempt.public_id, person=attempt.person)
    response = learner.post(page(attempt), form(attempt, NUM_01={".number": "viel"}))
    assert (response.status_code, response["Location"]) == (302, page(attempt))
