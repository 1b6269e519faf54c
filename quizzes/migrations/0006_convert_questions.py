"""Questions get items, banks their scoring as versioned data, papers their groups, closed attempts their grade's row."""

from decimal import Decimal

from django.db import migrations
from django.db.models import Q

# How the types that there were have been scored.
RULES = {
    "A1": {"right": "1", "wrong": "0"},
    "A2": {"right": "1", "wrong": "0"},
    "X": {"mode": "all_or_nothing", "each": "0.5"},
}
OLD_TYPES = ("A1", "A2", "X")


class TooNew(Exception):
    """The older version cannot hold what is there; nothing was changed."""


def paper_of(flat):
    """A flat paper as groups of one item."""
    groups = [
        {
            "question": item["question"],
            "revision": item["revision"],
            "type": item["type"],
            "section": 0,
            "stem": item["stem"],
            "options": [],
            "images": [],
            "locks": False,
            "is_reviewed": item["is_reviewed"],
            "scoring": 0,
            "items": [
                {
                    "id": item["question"],
                    "stem": "",
                    "reveal": "",
                    "options": item["options"],
                    "settings": {},
                    "key": item["answer"],
                    "explanation": item["explanation"],
                    "points": item["points"],
                    "scoring": {**RULES["X"], "mode": item["scoring"]} if item["type"] == "X" else RULES[item["type"]],
                }
            ],
        }
        for item in flat
    ]
    return {"version": 2, "sections": [{"title": "", "locks": False}], "groups": groups}


def shape_of(paper):
    return {
        "sections": [False for _section in paper["sections"]],
        "groups": [{"section": 0, "locks": False, "items": [group["items"][0]["id"]]} for group in paper["groups"]],
        "items": {
            group["items"][0]["id"]: {
                "group": index,
                "type": group["type"],
                "keys": "".join(option["key"] for option in group["items"][0]["options"]),
            }
            for index, group in enumerate(paper["groups"])
        },
    }


def flat_of(paper, modes):
    """The flat paper that the older version knows; `modes` of the banks by question. Raises TooNew if it cannot."""
    flat = []
    for group in paper["groups"]:
        item = group["items"][0]
        if group["type"] not in OLD_TYPES or len(group["items"]) > 1 or group["images"] or len(paper["sections"]) > 1:
            raise TooNew("an attempt has a paper that the older version cannot show")
        flat.append(
            {
                "question": group["question"],
                "revision": group["revision"],
                "type": group["type"],
                "stem": group["stem"],
                "options": item["options"],
                "answer": item["key"],
                "explanation": item["explanation"],
                "points": item["points"],
                "scoring": item["scoring"].get("mode") or modes.get(group["question"], "all_or_nothing"),
                "is_reviewed": group["is_reviewed"],
            }
        )
    return flat


def forwards(apps, schema_editor):
    Revision, Bank = apps.get_model("quizzes", "QuestionRevision"), apps.get_model("quizzes", "Bank")
    Scoring, Attempt = apps.get_model("quizzes", "Scoring"), apps.get_model("quizzes", "Attempt")
    Grade = apps.get_model("quizzes", "AttemptGrade")
    for row in Revision.objects.select_related("question").order_by("pk").iterator(chunk_size=500):
        item = {
            "id": str(row.question.public_id),
            "stem": "",
            "reveal": "",
            "options": row.options,
            "settings": {},
            "key": row.answer,
            "explanation": row.explanation,
            "points": str(row.points),
        }
        Revision.objects.filter(pk=row.pk).update(items=[item], options=[])
    for bank in Bank.objects.exclude(multiple_scoring="all_or_nothing").order_by("pk"):
        rules = {"X": {**RULES["X"], "mode": bank.multiple_scoring}}
        if not Scoring.objects.filter(bank=bank).exists():
            Scoring.objects.create(bank=bank, number=1, rules=rules, mark="M")
    for attempt in Attempt.objects.order_by("pk").iterator(chunk_size=200):
        if isinstance(attempt.paper, list):
            paper = paper_of(attempt.paper)
            graded_at = attempt.closed_at if attempt.points is not None else None
            Attempt.objects.filter(pk=attempt.pk).update(paper=paper, shape=shape_of(paper), graded_at=graded_at)
            if graded_at is not None and not Grade.objects.filter(attempt=attempt).exists():
                Grade.objects.create(
                    attempt=attempt, revision=1, marks=attempt.marks, points=attempt.points,
                    is_passed=attempt.is_passed, cause="closing", at=graded_at,
                )  # fmt: skip


def backwards(apps, schema_editor):
    Revision, Bank = apps.get_model("quizzes", "QuestionRevision"), apps.get_model("quizzes", "Bank")
    Scoring, Attempt = apps.get_model("quizzes", "Scoring"), apps.get_model("quizzes", "Attempt")
    newer = Revision.objects.filter(~Q(type__in=OLD_TYPES) | Q(images__isnull=False)).count()
    if newer:
        raise TooNew(f"{newer} revisions of questions are of types that the older version does not know")
    Quiz = apps.get_model("quizzes", "Quiz")
    ruled = Quiz.objects.filter(
        Q(draws__isnull=False) | Q(opens_at__isnull=False) | Q(closes_at__isnull=False) | Q(navigation="sections")
        | Q(review_policy__in=["after_window", "never"])
    )  # fmt: skip
    if ruled.exists():
        raise TooNew("a quiz has draws, a window or rules that the older version does not know")
    if Attempt.objects.exclude(state="open").filter(points__isnull=True).exists():
        raise TooNew("an attempt waits for marks, which the older version does not know")
    for row in Revision.objects.order_by("pk").iterator(chunk_size=500):
        item = row.items[0]
        Revision.objects.filter(pk=row.pk).update(
            options=item["options"], answer=item["key"], explanation=item["explanation"],
            points=Decimal(item["points"]), items=[],
        )  # fmt: skip
    for scoring in Scoring.objects.order_by("bank", "number"):
        mode = scoring.rules.get("X", RULES["X"])["mode"]
        Bank.objects.filter(pk=scoring.bank_id).update(multiple_scoring=mode)
    Question = apps.get_model("quizzes", "Question")
    modes = {str(id): mode for id, mode in Question.objects.values_list("public_id", "bank__multiple_scoring")}
    for attempt in Attempt.objects.order_by("pk").iterator(chunk_size=200):
        if isinstance(attempt.paper, dict):
            Attempt.objects.filter(pk=attempt.pk).update(paper=flat_of(attempt.paper, modes))


class Migration(migrations.Migration):
    dependencies = [
        ("quizzes", "0005_question_items"),
    ]

    operations = [
        migrations.RunPython(forwards, backwards, elidable=False),
    ]
