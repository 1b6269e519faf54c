"""One person's year on one page: what stands on it as plain data, and the PDF that is made of that data alone."""

import hashlib
import json
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import translation

from cms.shared import documents
from credits.enums import LineState, Mark, OfficialState
from credits.rules import worst
from credits.selectors import LineView, RequirementView, Standing, category_title
from credits.selectors.texts import plain
from organisations.models import Employment, Person

# A page has room for so many rows of one line; an entry takes two. What has no room is said to be left out.
ROOM, FEWEST_LINES = 27, 3
# Characters of one line of a requirement, and of two lines of anything else.
ONE_LINE, LONGEST = 36, 60


def content_of(found: Standing, *, employment: Employment | None, as_of: date, language: str) -> dict[str, Any]:
    """All that stands on the page, in the active language, as JSON. Figures are those of the judgement."""
    goals = [goal for goal in found.goals if not goal.is_advice]
    categories = [(code, figure) for code, figure in sorted(found.by_category.items()) if figure]
    counted = sorted(
        (line for line in found.lines if not line.is_reversal and not line.is_reversed),
        key=lambda line: (line.entry.ends_on, line.entry.recorded_at, str(line.entry.public_id)),
        reverse=True,
    )
    shown = counted[: lines_beside(len(goals) + len(categories))]
    return {
        "language": language,
        "year": found.year,
        "as_of": as_of.isoformat(),
        "period": _period(found),
        "person": _person(found.person, employment),
        "rules": {
            "title": short(found.version_title),
            "key": found.version.key,
            "authority": short(found.authority),
            "mark": found.version.mark.value,
        },
        "state": found.state.value,
        "state_text": found.state_text,
        "unit_text": found.unit_text,
        "credits": plain(found.credits),
        "registered": plain(found.credits_registered),
        "hours": plain(found.hours) if found.counts_hours else "",
        "hours_mark": found.version.minutes_per_hour.mark.value,
        "marks": sorted(mark.value for mark in found.marks),
        "goals": [_goal(found, goal) for goal in goals],
        "categories": [_category(found, code, figure) for code, figure in categories],
        "lines": [_line(line) for line in shown],
        "left_out": len(counted) - len(shown),
        "is_demo": found.has_demo,
    }


def lines_beside(rows: int) -> int:
    """How many entries fit on a page with so many requirements and categories."""
    return max(FEWEST_LINES, (ROOM - rows) * 5 // 9)


def _period(found: Standing) -> list[str]:
    if found.period_begins is None or found.last_day is None:
        return []
    return [found.period_begins.isoformat(), found.last_day.isoformat()]


def _person(person: Person, employment: Employment | None) -> dict[str, str]:
    return {
        "id": str(person.public_id),
        "name": short(person.name, 40),
        "number": (employment.staff_number if employment is not None else "") or person.username,
        "title": str(person.get_title_display()),
        "unit": short(employment.unit_name) if employment is not None else "",
        "department": short(employment.department_name, 20) if employment is not None else "",
    }


def _goal(found: Standing, goal: RequirementView) -> dict[str, str]:
    # Which of the figures is unverified does not matter on paper: the row bears the mark.
    mark = worst(goal.mark, Mark.A if goal.reached == goal.reached_verified else Mark.M)
    if goal.kind == "min_hours":
        mark = worst(mark, found.version.minutes_per_hour.mark)
    return {
        "title": short(goal.title, ONE_LINE),
        "figures": f"{plain(goal.reached)} / {plain(goal.required)}" if goal.required is not None else "",
        "state": goal.state_text,
        "mark": mark.value,
    }


def _category(found: Standing, code: str, figure: Decimal) -> dict[str, str]:
    marks = [line.mark for line in found.lines if line.category == code and line.credits]
    title = short(category_title(found.version, code) or translation.gettext("Without a category"), ONE_LINE)
    return {"title": title, "credits": plain(figure), "mark": worst(Mark.A, *marks).value}


def _line(line: LineView) -> dict[str, str]:
    registered = line.official_state == OfficialState.REGISTERED
    return {
        "day": line.entry.ends_on.isoformat(),
        "title": short(line.entry.title),
        "number": short(line.entry.project_number),
        "category": short(line.category_title or line.type_title, 16),
        "credits": plain(line.credits),
        "mark": line.mark.value,
        "why": "" if line.state == LineState.COUNTED else short(line.text),
        "official": line.official_text,
        "reference": short(line.official_reference, 20) if registered else "",
    }


def short(text: str, most: int = LONGEST) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def sha256_of(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def sha256_of_book(found: Standing) -> str:
    """Names the state of the book that figures were read from: no day in it, so that it changes with the book alone."""
    lines = sorted(
        [str(line.entry.public_id), line.state.value, plain(line.credits), line.official_state.value]
        for line in found.lines
    )
    figures = [found.version.key, plain(found.credits), plain(found.hours), plain(found.credits_registered)]
    return sha256_of({"lines": lines, "figures": figures})


def pdf(content: dict[str, Any], *, code: str, address: str, link: str) -> bytes:
    """The page. `code` as it is printed, `address` of the page that takes it, `link` with the code."""
    with translation.override(content["language"]):
        title = translation.gettext("Credit statement %(year)s") % {"year": content["year"]}
        context = {
            "content": content,
            "title": title,
            "code": code,
            "address": address,
            "picture": documents.qr_code(link),
        }
        return documents.pdf_of(
            "credits/documents/statement.html", context, title=title, language=content["language"],
            styles=("statement.css",),
        )  # fmt: skip
