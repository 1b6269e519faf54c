"""Which attempts a regrade touches, and what it makes of each."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from quizzes import grading
from quizzes.enums import LineState, RegradeCause, Verdict
from quizzes.grading import MARKED_BY_PEOPLE, regrading
from quizzes.models import Attempt, Question, Regrade, RegradeLine
from quizzes.services import grades, marking_items, scorings

AT_ONCE = 100
VERDICTS = {RegradeCause.GIVEN.value: Verdict.GIVEN, RegradeCause.OMITTED.value: Verdict.OMITTED}


@dataclass(frozen=True)
class Judge:
    """One regrade with what it needs to judge, read once a run."""

    regrade: Regrade

    @cached_property
    def keys(self) -> dict[str, Any]:
        """The corrected keys by item, in the letters of the revision."""
        target = self.regrade.target
        return {item["id"]: item["key"] for item in target.items} if target is not None else {}

    @cached_property
    def questions(self) -> frozenset[str]:
        """The public ids of the questions concerned."""
        if self.regrade.question is not None:
            return frozenset({str(self.regrade.question.public_id)})
        found = Question.objects.filter(bank=self.regrade.bank_id).values_list("public_id", flat=True)
        return frozenset(map(str, found))

    @cached_property
    def rules(self) -> Mapping[str, Any]:
        scoring = self.regrade.scoring
        return {**scorings.default().by_type, **(scoring.rules if scoring is not None else {})}

    def attempts(self, after: int = 0) -> Iterator[list[Attempt]]:
        """The attempts whose papers hold what the regrade is about, in the order of their keys, a hundred at a time."""
        rows = self._candidates().order_by("pk")
        while found := list(rows.filter(pk__gt=after)[:AT_ONCE]):
            after = found[-1].pk
            touched = [attempt for attempt in found if self.rulings(attempt) is not None]
            if touched:
                yield touched

    def _candidates(self) -> QuerySet[Attempt]:
        rows = Attempt.objects.select_related("person", "quiz")
        ids = self.regrade.revisions
        if self.regrade.cause == RegradeCause.SCORING:
            return rows
        # A paper is found by the public ids in it: no table names the questions of every attempt.
        wanted = Q(pk__in=[])
        for one in ids:
            wanted |= Q(written__contains=one)
        return rows.alias(written=Cast("paper", TextField())).filter(wanted)

    def rulings(self, attempt: Attempt) -> regrading.Rulings | None:
        """The rulings of the attempt after this regrade; None if it changes none."""
        new: regrading.Rulings = {}
        for group in attempt.paper["groups"]:
            if group["question"] not in self.questions:
                continue
            for item in group["items"]:
                before = attempt.rulings.get(item["id"], {})
                ruling = self._ruling(group, item, before)
                if ruling is not None and ruling != before:
                    new[item["id"]] = ruling
        return regrading.merged(attempt.rulings, new) if new else None

    def _ruling(
        self, group: Mapping[str, Any], item: Mapping[str, Any], before: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        cause, only = self.regrade.cause, self.regrade.items
        if cause == RegradeCause.SCORING:
            if group["scoring"] not in self.regrade.scorings or group["type"] in MARKED_BY_PEOPLE:
                return None
            rules = self.rules[group["type"]]
            return regrading.with_scoring(before, rules, item)
        if group["revision"] not in self.regrade.revisions or (only and item["id"] not in only):
            return None
        if cause == RegradeCause.KEY:
            if item["id"] not in self.keys or group["type"] in MARKED_BY_PEOPLE:
                return None
            return regrading.with_key(before, regrading.shown_key(self.keys[item["id"]], group["type"], item), item)
        return regrading.with_verdict(before, VERDICTS[cause])

    def line(self, attempt: Attempt) -> tuple[RegradeLine, regrading.Rulings, grading.Grade | None]:
        """What the regrade makes of the attempt as it stands, unsaved; the grade is None while it is open.

        One query for an attempt with essays or files.
        """
        found = self.rulings(attempt)
        rulings = attempt.rulings if found is None else found
        line = RegradeLine(
            regrade=self.regrade,
            attempt=attempt,
            seen=print_of(attempt),
            state=LineState.OPEN,
            old_points=attempt.points,
            old_possible=attempt.points_possible,
            old_passed=attempt.is_passed,
            new_possible=attempt.points_possible,
        )
        if attempt.is_open:
            return line, rulings, None
        before, attempt.rulings = attempt.rulings, rulings
        by_people = {group["type"] for group in attempt.paper["groups"]} & MARKED_BY_PEOPLE
        grade = grades.graded(attempt, marking_items.marks_by_people(attempt) if by_people else {})
        attempt.rulings = before
        line.new_points, line.new_possible, line.new_passed = grade.points, grade.possible, grade.is_passed
        if not grade.is_complete:
            line.state = LineState.UNMARKED
        else:
            line.state = LineState.SAME if grades.stands(attempt, grade) else LineState.CHANGES
        return line, rulings, grade


def print_of(attempt: Attempt) -> str:
    """What a dry run rests on: the grade that stands, or that there is none. Saves of an open attempt move nothing."""
    if attempt.is_open:
        return "open"
    stood = [attempt.marks, str(attempt.points), str(attempt.points_possible), attempt.is_passed, attempt.rulings]
    return hashlib.sha256(json.dumps(stood, sort_keys=True).encode()).hexdigest()
