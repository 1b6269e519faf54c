"""How questions are scored, in words for whoever is about to answer them."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from quizzes.enums import MultipleScoring, QuestionType
from quizzes.models.bank import MULTIPLE_SCORINGS

Rule = Mapping[str, str]


def words_for(type: str, rules: Rule) -> str:
    """One sentence; `rules` are those of the type, as a bank's scoring says them."""
    said = _SAID.get(QuestionType(type), _exact)
    return said(rules)


def _exact(rules: Rule) -> str:
    return _("All points for the right answer; nothing is taken off for a wrong one.")


def _several(rules: Rule) -> str:
    mode = MultipleScoring(rules["mode"])
    if mode == MultipleScoring.PARTIAL_NO_WRONG and rules["each"] != "0.5":
        said = _("%(each)s of each right answer's share while some are missing, nothing with a wrong one.")
        return said % {"each": rules["each"]}
    return str(dict(MULTIPLE_SCORINGS)[mode])


def _signed(number: str) -> str:
    return f"\N{MINUS SIGN}{number[1:]}" if number.startswith("-") else number


def _case(rules: Rule) -> str:
    said = _("%(right)s for each right option, %(wrong)s for each wrong one, never below 0 for a question.")
    return said % {"right": rules["right"], "wrong": _signed(rules["wrong"])}


def _hotspot(rules: Rule) -> str:
    said = _("%(right)s for each place hit, %(wrong)s for each point beside them, never below 0 for a question.")
    return said % {"right": rules["right"], "wrong": _signed(rules["wrong"])}


def _order(rules: Rule) -> str:
    if rules["mode"] == "all_or_nothing":
        return _("All points for the whole order, none otherwise.")
    return _("Each option in its right place counts its share.")


def _match(rules: Rule) -> str:
    if rules["mode"] == "all_or_nothing":
        return _("All points if every pair is right, none otherwise.")
    return _("Each right pair counts its share.")


def _grading(rules: Rule) -> str:
    said = _("By agreement with the experts: %(item)s for each item of the rubric, %(grade)s for the grade.")
    return said % {"item": rules["item"], "grade": rules["grade"]}


def _by_people(rules: Rule) -> str:
    if rules["markers"] == "1":
        return _("Marked by one person.")
    if rules["blind"] == "yes":
        return _("Marked by two people who know neither you nor each other's mark; a third one where they differ much.")
    return _("Marked by two people; by a third one where they differ much.")


_SAID: dict[QuestionType, Callable[[Rule], str]] = {
    QuestionType.X: _several,
    QuestionType.CASE: _case,
    QuestionType.HOTSPOT: _hotspot,
    QuestionType.ORDERING: _order,
    QuestionType.MATCHING: _match,
    QuestionType.IMAGE_GRADING: _grading,
    QuestionType.ESSAY: _by_people,
    QuestionType.FILE: _by_people,
}
