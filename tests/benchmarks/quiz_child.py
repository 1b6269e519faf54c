"""The processes of `quiz` that know the models. `migrate <folder>` fills the empty database, `prepare <folder>
<learners> <attempts each> <openings> <items of the case>` makes the quizzes, the people and their sessions, `check
<folder>` compares what lies in the database with what was acknowledged.
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

QUESTIONS = 20
CASE = "患者，女，58岁，间断胸闷气短三月，加重一周，既往有糖尿病病史十年，血肌酐偏高，拟行胸部CT增强扫描。"


def prepare(folder: Path, learners: int, each: int, openings: int, items: int) -> None:
    from django.core.cache import cache
    from django.db import connection

    from quizzes.services import attempts
    from tests.benchmarks.quiz_urls import Account, Line
    from tests.factories.quizzes import QuestionFactory, QuizFactory, make_group

    with connection.schema_editor() as editor:
        for model in (Account, Line):
            editor.create_model(model)
    options = [f"第{n}项处理：{CASE[:24]}" for n in range(1, 6)]
    questions = [
        QuestionFactory.create(stem=f"{n}．{CASE}首先应当", options=options, explanation=f"选B。{CASE}")
        for n in range(1, QUESTIONS + 1)
    ]
    quiz = QuizFactory.create(questions=questions, attempts_allowed=0, shuffle_options=True, time_limit_minutes=60)
    case = make_group("A4", items=items)
    long_case = QuizFactory.create(questions=[case], time_limit_minutes=60)
    assert case.current is not None
    cache.clear()

    def permit(person: Any, quiz: Any, turn: int) -> str:
        context, back = attempts.Context("bench", str(turn)), "/zh-hans/learning/courses/ct/quiz/"
        return attempts.permit(person=person, quiz=quiz, context=context, return_url=back)

    people = []
    for number, person in enumerate(_people(learners + openings)):
        if number < learners:
            Account.objects.create(owner=person)
        turns = each if number < learners else 1
        permits = [permit(person, quiz, turn) for turn in range(turns)]
        people.append({"session": _session(person), "permits": permits, "case": permit(person, long_case, 0)})
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # as autovacuum has done on a real server
    ids = [str(question.public_id) for question in questions]
    parts = [item["id"] for item in case.current.items]
    (folder / "prepared.json").write_text(json.dumps({"people": people, "questions": ids, "items": parts}))


def _people(count: int) -> Iterator[Any]:
    from organisations.models import Person

    made = [Person(username=f"bench{n}", name=f"学员{n}", password="!") for n in range(count)]
    yield from Person.objects.bulk_create(made, batch_size=500)


def _session(person: Any) -> str:
    """What signing in and opening a first page leave behind."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib import auth

    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session.update(
        {
            auth.SESSION_KEY: str(person.pk),
            auth.BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
            auth.HASH_SESSION_KEY: person.get_session_auth_hash(),
            "touched": int(time.time()),
        }
    )
    session.create()
    return str(session.session_key)


def check(folder: Path) -> dict[str, int]:
    """`acknowledged.json`: attempt → {"answers": {question: [counter, value]}, "handed_in": bool}."""
    from django.db.models import Count

    from quizzes.models import Attempt

    told = json.loads((folder / "acknowledged.json").read_text())
    rows = {str(row.public_id): row for row in Attempt.objects.annotate(times=Count("outcomes"))}
    lost = results = 0
    for attempt, known in told.items():
        row = rows.get(attempt)
        stored = row.answers if row else {}
        for question, (counter, value) in known["answers"].items():
            answer = stored.get(question, {"counter": 0, "value": ""})
            lost += (answer["counter"], answer["value"]) != (counter, value)
        if known["handed_in"] and (row is None or row.state != "submitted" or row.points is None):
            lost += 1
        results += row is not None and row.times != (0 if row.is_open else 1)
    return {
        "attempts": len(told),
        "answers": sum(len(known["answers"]) for known in told.values()),
        "handed_in": sum(known["handed_in"] for known in told.values()),
        "lost": lost,
        "results_not_one": results,
    }


def main(step: str, folder: Path, *numbers: str) -> None:
    import django

    django.setup()
    if step == "migrate":
        from django.conf import settings

        from tests import databases

        databases.fill_postgres(settings.DATABASES["default"]["NAME"])
    elif step == "prepare":
        prepare(folder, *map(int, numbers))
    else:
        print(json.dumps(check(folder)))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
