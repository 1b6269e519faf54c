"""Which lectures each course shows."""

from collections import defaultdict

from courses.models import CoursePage, LessonPage


def lectures_by_course() -> list[tuple[str, frozenset[int]]]:
    """(title, primary keys of lectures) of every course, with its translations as one. Two queries."""
    shown: dict[str, set[int]] = defaultdict(set)
    for path, lecture in LessonPage.objects.exclude(lecture=None).values_list("path", "lecture"):
        shown[path[: -LessonPage.steplen]].add(lecture)
    titles: dict[object, str] = {}
    merged: dict[object, set[int]] = defaultdict(set)
    for path, key, title in CoursePage.objects.order_by("pk").values_list("path", "translation_key", "title"):
        titles.setdefault(key, title)
        merged[key] |= shown.get(path, set())
    return [(titles[key], frozenset(pks)) for key, pks in merged.items() if pks]
