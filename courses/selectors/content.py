"""What a page says, in one canonical form, so that a hash names it."""

import hashlib
import json
from typing import Any

from courses.models import CoursePage, LessonPage, QuizPage
from courses.selectors.lessons import lessons_of
from quizzes.models import Quiz


def published_content(page: CoursePage | LessonPage | QuizPage) -> dict[str, Any]:
    """All that a learner studies on `page`, with the hashes of its files and the revisions of its questions."""
    if isinstance(page, LessonPage):
        return {
            "type": "lesson",
            "key": str(page.translation_key),
            "title": page.title,
            "kind": page.kind,
            "minutes": page.minutes,
            "body": _body(page),
            "lecture": _lecture(page),
            "quiz": _quiz(page.quiz),
        }
    if isinstance(page, QuizPage):
        return {
            "type": "quiz_page",
            "key": str(page.translation_key),
            "title": page.title,
            "summary": page.summary,
            "introduction": page.introduction,
            "modality": page.modality,
            "access": page.access,
            "course": str(page.course.translation_key) if page.course else None,
            "unit": str(page.unit.public_id) if page.unit else None,
            "quiz": _quiz(page.quiz),
        }
    return {
        "type": "course",
        "key": str(page.translation_key),
        "title": page.title,
        "code": page.code,
        "summary": page.summary,
        "audience": page.audience,
        "objectives": page.objectives,
        "modality": page.modality,
        "lessons": [
            {"key": str(lesson.translation_key), "title": lesson.title, "kind": lesson.kind, "minutes": lesson.minutes}
            for lesson in lessons_of(page)
        ],
    }


def canonical_sha256(content: dict[str, Any]) -> str:
    """SHA-256 in hex of `content` as UTF-8 JSON with sorted keys and no spaces."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _body(page: LessonPage) -> list[dict[str, Any]]:
    blocks = []
    for block, stored in zip(page.body, page.body.get_prep_value(), strict=True):
        value: dict[str, Any] = {"type": stored["type"], "value": stored["value"]}
        image = block.value.get("image") if stored["type"] == "figure" else None
        if image is not None:
            value["image_sha1"] = image.file_hash or image.get_file_hash()
        blocks.append(value)
    return blocks


def _lecture(page: LessonPage) -> dict[str, Any] | None:
    lecture = page.lecture
    if lecture is None:
        return None
    return {
        "id": str(lecture.public_id),
        "source_sha256": lecture.source_sha256,
        "renditions": str(lecture.renditions.public_id) if lecture.renditions else None,
    }


def _quiz(quiz: Quiz | None) -> dict[str, Any] | None:
    """`draws` is there only if there are some, so that a quiz without keeps the hash that it always had."""
    if quiz is None:
        return None
    rows = quiz.quiz_questions.order_by("sort_order", "pk").values_list(
        "question__current__public_id", "question__current__number"
    )
    content: dict[str, Any] = {
        "id": str(quiz.public_id),
        "pass_share": str(quiz.pass_share),
        "questions": [f"{public_id}:{number}" for public_id, number in rows],
    }
    names = ("section", "bank__public_id", "count", "subject", "difficulty", "type", "syllabus_code")
    draws = quiz.draws.order_by("section", "sort_order", "pk").values_list(*names)
    if found := [[str(value) if value is not None else None for value in row] for row in draws]:
        content["draws"] = found
    return content
