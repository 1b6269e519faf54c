"""Questions, banks and attempts of the first version come over whole, and go back as they were."""

import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from tests.factories.organisations import PersonFactory

# The conversion of the first version: it is what it was, and costs two minutes of a processor on every engine.
pytestmark = [pytest.mark.very_slow, pytest.mark.timeout(900)]

BEFORE = "0004_attempt_answered_at"


def migrate(name: str = "") -> Any:
    """The models as they are after the migration `name`, or after the newest."""
    executor = MigrationExecutor(connection)
    targets = [("quizzes", name)] if name else executor.loader.graph.leaf_nodes("quizzes")
    executor.migrate(targets)
    return executor.loader.project_state(targets).apps


def old_data(apps: Any, person_pk: int) -> None:
    def model(name: str) -> Any:
        return apps.get_model("quizzes", name).objects

    bank = model("Bank").create(title="题库", multiple_scoring="right_minus_wrong")
    flat = []
    quiz = model("Quiz").create(title="测验")
    for number, (type, answer) in enumerate((("A1", "B"), ("X", "AC")), 1):
        question = model("Question").create(bank=bank, code=f"{type}-01", public_id=uuid.UUID(int=number))
        revision = model("QuestionRevision").create(
            question=question, number=1, type=type, stem="问", options=list("甲乙丙丁戊"), answer=answer,
            explanation="解", points=Decimal("1.50"), public_id=uuid.UUID(int=number + 10),
        )  # fmt: skip
        model("Question").filter(pk=question.pk).update(current=revision)
        model("QuizQuestion").create(quiz=quiz, question=question, sort_order=number)
        flat.append(
            {
                "question": str(question.public_id),
                "revision": str(revision.public_id),
                "type": type,
                "stem": "问",
                "options": [{"key": k, "text": t, "origin": k} for k, t in zip("ABCDE", "甲乙丙丁戊", strict=True)],
                "answer": answer,
                "explanation": "解",
                "points": "1.50",
                "scoring": "right_minus_wrong",
                "is_reviewed": False,
            }
        )
    now = timezone.now()
    first = {"value": "B", "counter": 1, "client": "tab-0001", "at": ""}
    shared = {
        "person_id": person_pk, "quiz": quiz, "context_kind": "test", "context_id": "1", "paper": flat,
        "pass_share": Decimal("0.6"), "points_possible": Decimal(3), "answers": {flat[0]["question"]: first},
    }  # fmt: skip
    marks = {flat[0]["question"]: {"points": "1.50", "is_right": True}}
    model("Attempt").create(
        number=1, state="submitted", closed_at=now, points=Decimal("1.50"), is_passed=False, marks=marks, **shared
    )
    model("Attempt").create(number=2, state="open", **shared)


def rows(apps: Any, name: str) -> list[dict[str, Any]]:
    return list(apps.get_model("quizzes", name).objects.order_by("pk").values())


TABLES = ("Bank", "Question", "QuestionRevision", "Quiz", "QuizQuestion", "Attempt", "AttemptOutcome")


def test_what_was_there_comes_over_and_goes_back(committed_db: str) -> None:
    person = PersonFactory()
    apps = migrate(BEFORE)
    old_data(apps, person.pk)
    before = {name: rows(apps, name) for name in TABLES}

    apps = migrate()
    revisions = rows(apps, "QuestionRevision")
    assert [(row["type"], row["options"], row["items"]) for row in revisions] == [
        (
            type,
            [],
            [
                {
                    "id": str(uuid.UUID(int=number)),
                    "stem": "",
                    "reveal": "",
                    "options": list("甲乙丙丁戊"),
                    "settings": {},
                    "key": key,
                    "explanation": "解",
                    "points": "1.50",
                }
            ],
        )
        for number, (type, key) in enumerate((("A1", "B"), ("X", "AC")), 1)
    ]
    assert [(row["number"], row["rules"]) for row in rows(apps, "Scoring")] == [
        (1, {"X": {"mode": "right_minus_wrong", "each": "0.5"}})
    ]
    closed, open_one = rows(apps, "Attempt")
    groups = closed["paper"]["groups"]
    assert [(group["type"], group["items"][0]["key"], group["items"][0]["scoring"]) for group in groups] == [
        ("A1", "B", {"right": "1", "wrong": "0"}),
        ("X", "AC", {"mode": "right_minus_wrong", "each": "0.5"}),
    ]
    assert (closed["graded_at"], open_one["graded_at"]) == (closed["closed_at"], None)
    assert [(row["attempt_id"], row["points"], row["marks"]) for row in rows(apps, "AttemptGrade")] == [
        (closed["id"], Decimal("1.50"), closed["marks"])
    ]
    # What it was turned into is what the services of today make of it.
    from quizzes.models import Attempt
    from quizzes.services import attempts, grades, papers

    live = Attempt.objects.get(pk=open_one["id"])
    assert papers.shape_of(live.paper) == live.shape
    assert grades.graded(live).points is not None
    assert attempts.submit(public_id=live.public_id, person=person).points == Decimal("1.50")

    Attempt.objects.filter(pk=live.pk).update(
        state="open", closed_at=None, points=None, is_passed=None, marks={}, version=1, receipt=None,
        last_seen_at=open_one["last_seen_at"],
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM quizzes_attemptgrade")
        assert cursor.fetchone() == (2,)
    apps = migrate(BEFORE)
    apps.get_model("quizzes", "AttemptOutcome").objects.all().delete()
    assert {name: rows(apps, name) for name in TABLES} == before
    migrate()


def test_going_back_is_refused_for_what_the_older_version_cannot_hold(committed_db: str) -> None:
    from quizzes.services import bank
    from tests.factories.quizzes import BankFactory

    draft = bank.Draft(type="B1", stem="", options=("甲", "乙"), items=(bank.ItemDraft(key="A", stem="一"),))
    bank.create_question(by=None, bank=BankFactory(), code="B1-01", draft=draft)
    with pytest.raises(Exception, match="1 revisions of questions are of types that the older version does not know"):
        migrate(BEFORE)
    migrate()
