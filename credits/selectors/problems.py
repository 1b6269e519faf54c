"""What is wrong with a rule-set document, in the reader's language: the field first, then what to do."""

from django.utils.translation import gettext as _

from credits.rules.validation import Problem, ProblemCode


def problem_text(problem: Problem) -> str:
    """One sentence, beginning with the field ("activity_types[3].credit.qty: …") where there is one."""
    sentence = _sentences()[problem.code] % problem.params
    return f"{problem.path}: {sentence}" if problem.path else sentence


def _sentences() -> dict[ProblemCode, str]:
    return {
        ProblemCode.BROKEN_JSON: _("The file is not valid JSON: look at line %(line)s, column %(column)s."),
        ProblemCode.NOT_UTF8: _("The file is not UTF-8 text: look at byte %(byte)s, or save it as UTF-8."),
        ProblemCode.NOT_AN_OBJECT: _("The file has to hold one JSON object in braces."),
        ProblemCode.REPEATED_KEY: _("This key stands twice in one object. Keep one of them."),
        ProblemCode.MISSING: _("This field is missing."),
        ProblemCode.WRONG_TYPE: _("%(found)s stands here where %(expected)s is expected."),
        ProblemCode.WRONG_FORM: _("%(found)s has not the form that this field needs; see its description."),
        ProblemCode.NOT_ONE_OF: _("%(found)s is not known here. Use one of: %(allowed)s."),
        ProblemCode.TOO_SMALL: _("%(found)s is too small; the limit is %(limit)s."),
        ProblemCode.TOO_LARGE: _("%(found)s is too large or too long; the limit is %(limit)s."),
        ProblemCode.EMPTY: _("This field is empty."),
        ProblemCode.REPEATED: _("%(found)s stands here more than once."),
        ProblemCode.WRONG_DATE: _("%(found)s is not a day. Write it as YYYY-MM-DD."),
        ProblemCode.ENDS_BEFORE_IT_BEGINS: _("The last day lies before the first, %(begins)s."),
        ProblemCode.PARENT_MISSING: _("The version %(parent)s is not loaded. Load it first."),
        ProblemCode.PARENT_IN_A_CIRCLE: _("%(parent)s inherits from itself over its parents. Break the circle."),
        ProblemCode.NO_TIME_ZONE: _("Name the time zone whose midnight divides the days, such as Asia/Shanghai."),
        ProblemCode.UNKNOWN_TIME_ZONE: _("%(zone)s is not a time zone. Use a name such as Asia/Shanghai."),
        ProblemCode.NO_PERIOD: _("Say over which period the rules run."),
        ProblemCode.NO_BOUNDARIES: _("A fixed period of several years needs the days on which periods begin."),
        ProblemCode.UNKNOWN_CATEGORY: _("The category %(category)s is not declared in “categories”."),
        ProblemCode.BEYOND_CAP: _("%(found)s credits lie above their own cap in %(cap)s."),
        ProblemCode.SHARE_ABOVE_ONE: _("%(found)s is more than the whole. Write a share between 0 and 1."),
        ProblemCode.ROW_LENGTH: _("This row needs %(columns)s columns: one for each key, and the credit."),
        ProblemCode.UNKNOWN_REQUIREMENT: _("The amendment names %(requirement)s, which is not among the requirements."),
        ProblemCode.UNREADABLE: _("The rules cannot be read: %(reason)s"),
        ProblemCode.UNKNOWN_KEY: _("Nothing reads this key; check its spelling."),
        ProblemCode.UNKNOWN_KIND: _(
            "The platform does not judge the kind %(kind)s: it stays undetermined for everybody."
        ),
        ProblemCode.UNKNOWN_TAG: _("No activity type carries the tag %(tag)s; single activities have to carry it."),
        ProblemCode.NOT_CARRIED_OVER: _("Credits count in their own period only; nothing is carried over."),
    }
