"""What a step to a title asks and how far somebody is, in words. Always "likely", never more."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from credits.enums import PaperState, PathReason, PathState
from credits.rules.earning import rounded
from credits.rules.pathway_documents import Named, Option, Pathway
from credits.rules.pathways import PathRequirement, Reading
from credits.selectors.texts import plain
from credits.selectors.views import in_english


def named(one: Named) -> str:
    return (in_english() and one.title_en) or one.title


def name_of(pathway: Pathway, code: str) -> str:
    """A title or degree of the pathway in the reader's language."""
    return next((named(one) for one in (*pathway.ladder, *pathway.degrees) if one.code == code), code)


def amount(value: Fraction) -> str:
    return plain(Decimal(rounded(value)))


def duration(months: int) -> str:
    """Whole months as years and months."""
    years, rest = divmod(months, 12)
    parts = []
    if years or not rest:
        parts.append(ngettext("%(count)s year", "%(count)s years", years) % {"count": years})
    if rest:
        parts.append(ngettext("%(count)s month", "%(count)s months", rest) % {"count": rest})
    return " ".join(parts)


def state(value: PathState) -> str:
    return {
        PathState.MET: _("Met"),
        PathState.MISSING: _("Missing"),
        PathState.UNDETERMINED: _("Undetermined"),
    }[value]


def verdict(value: PathState) -> str:
    """Of a whole step. Nobody is called eligible: the personnel office decides."""
    return {
        PathState.MET: _("Likely, by what is recorded here"),
        PathState.MISSING: _("Not yet, by what is recorded here"),
        PathState.UNDETERMINED: _("Cannot be said from here"),
    }[value]


def paper_state(value: PaperState, year: int | None, last_year: int | None) -> str:
    figures = {"year": year, "last_year": last_year}
    return {
        PaperState.OPEN: _("still to pass"),
        PaperState.KEPT: _("passed in %(year)s, counts up to the exam of %(last_year)s"),
        PaperState.LAPSED: _("passed in %(year)s, lapsed after %(last_year)s: to be passed again"),
        PaperState.DONE: _("passed in %(year)s"),
    }[value] % figures


def title_of(pathway: Pathway, row: PathRequirement) -> str:
    """What is asked."""
    if row.condition is not None:
        return (in_english() and row.condition.title_en) or row.condition.title
    reading, subject = row.confirmed, name_of(pathway, row.confirmed.subject)
    if row.kind == "degree":
        return _("Degree: %(degree)s or a higher one") % {"degree": subject} if reading.subject else _("A degree")
    if row.kind == "title":
        return _("The title %(title)s") % {"title": subject}
    if row.kind == "place":
        return _("Work in a grassroots unit")
    if row.kind == "papers":
        return _("All %(count)s papers of exam %(exam)s") % {"count": asked(reading), "exam": reading.subject}
    return _years(row.kind.removeprefix("years_"), subject, asked(reading))


def option(pathway: Pathway, one: Option) -> str:
    """One way to a step, without its degrees."""
    values = [value for value in (one.years, *one.readings) if value is not None]
    if one.years == 0 and not one.readings:
        parts = [_("at once")]
    else:
        parts = [_years(one.since, name_of(pathway, one.title), span(values))]
    if one.only_if == "grassroots":
        parts.append(_("only in grassroots units"))
    return " · ".join(parts)


def _years(since: str, title: str, years: str) -> str:
    figures = {"years": years, "title": title}
    if since == "appointed":
        return _("Years since the appointment to %(title)s: %(years)s") % figures
    if since == "obtained":
        return _("Years since %(title)s was obtained: %(years)s") % figures
    return _("Years since the degree: %(years)s") % figures


def asked(reading: Reading) -> str:
    return span([value for value in (reading.required, reading.required_most) if value is not None])


def span(values: Sequence[Fraction]) -> str:
    """The figure asked for; both ends where several are in use; a word where none is known."""
    if not values:
        return _("how many is not known")
    if min(values) != max(values):
        return _("%(least)s or up to %(most)s") % {"least": amount(min(values)), "most": amount(max(values))}
    return amount(min(values))


def figures(row: PathRequirement) -> list[str]:
    """How far somebody is: by what is confirmed, and beside it with what was only reported."""
    if row.reported is None:
        return _figures(row.kind, row.confirmed)
    return [
        _("Confirmed: %(figures)s") % {"figures": " ".join(_figures(row.kind, row.confirmed)) or _("nothing")},
        _("With what you reported: %(figures)s")
        % {"figures": " ".join(_figures(row.kind, row.reported)) or state(row.reported.state)},
    ]


def _figures(kind: str, reading: Reading) -> list[str]:
    found = []
    if kind.startswith("years_") and kind != "years_met" and reading.reached is not None and reading.since is not None:
        found.append(
            _("%(duration)s since %(day)s.") % {"duration": duration(reading.reached), "day": reading.since.isoformat()}
        )
        found += _missing(reading)
    if kind == "papers":
        found.append(_("Passed and still counting: %(count)s.") % {"count": reading.reached})
    if kind == "works":
        found.append(_("Recorded: %(count)s.") % {"count": reading.reached})
    if kind == "years_met" and reading.since is not None:
        found.append(_("Met in %(reached)s of %(years)s closed years.") % _years_met(reading))
        if reading.gaps:
            found.append(_("Not met or not on record: %(years)s.") % {"years": ", ".join(map(str, reading.gaps))})
    return found


def _years_met(reading: Reading) -> dict[str, object]:
    return {"reached": reading.reached, "years": amount(reading.required or Fraction(0))}


def _missing(reading: Reading) -> list[str]:
    if reading.earliest is None or reading.reached is None or reading.required_most is None:
        return []
    months = int(reading.required_most * 12) - reading.reached
    if months <= 0:
        return []
    return [
        _("Missing: %(duration)s; reached on %(day)s at the earliest.")
        % {"duration": duration(months), "day": reading.earliest.isoformat()}
    ]


_WITHOUT_FIGURE = frozenset({"degree", "title", "place"})


def reason(row: PathRequirement) -> str:
    """Why the state is what it is; for an unverified figure also what it would say."""
    if row.reason == PathReason.UNVERIFIED_VALUE and row.kind in _WITHOUT_FIGURE:
        return {
            PathState.MET: _("By the rules as they are told this is met, but their text has not been verified."),
            PathState.MISSING: _(
                "By the rules as they are told this is missing, but their text has not been verified."
            ),
            PathState.UNDETERMINED: _("The text of the rules has not been verified."),
        }[row.confirmed.state]
    if row.reason == PathReason.UNVERIFIED_VALUE and row.confirmed.state != PathState.UNDETERMINED:
        texts = {
            PathState.MET: _("By the figure in circulation this is reached, but the figure has not been verified."),
            PathState.MISSING: _(
                "By the figure in circulation this is not reached, but the figure has not been verified."
            ),
        }
        return texts[row.confirmed.state]
    return _reasons()[row.reason]


def _reasons() -> dict[PathReason, str]:
    return {
        PathReason.REACHED: _("Reached, by a verified figure and confirmed facts."),
        PathReason.NOT_REACHED: _("Not reached, by a verified figure and confirmed facts."),
        PathReason.UNVERIFIED_VALUE: _("Several figures are in use for this, and none has been verified."),
        PathReason.UNCONFIRMED_FACT: _("It hangs on what was reported and your unit has not confirmed."),
        PathReason.UNKNOWN_VALUE: _("How much is asked is not known here."),
        PathReason.UNKNOWN_DEGREE: _("No degree is on record."),
        PathReason.UNKNOWN_DEGREE_DATE: _("The day of the degree is not on record."),
        PathReason.UNKNOWN_TITLE_DATE: _("The day on which the title was obtained is not on record."),
        PathReason.UNKNOWN_APPOINTMENT: _("The day of the appointment is not on record."),
        PathReason.UNKNOWN_PLACE: _("Whether the place of work is a grassroots unit is not on record."),
        PathReason.OUTSIDE: _("This is decided elsewhere; nothing about it is recorded here."),
        PathReason.NO_RECORD: _("Years without a record here can be neither met nor failed."),
    }


def to_do(row: PathRequirement) -> str:
    """What the person can do about it; "" where nothing."""
    if row.state == PathState.MET:
        return ""
    steps = {
        PathReason.UNKNOWN_DEGREE: _("Report your degree with its day."),
        PathReason.UNKNOWN_DEGREE_DATE: _("Report your degree with its day, or ask your unit to add the day."),
        PathReason.UNKNOWN_TITLE_DATE: _("Report the title with its day, or ask your unit to add the day."),
        PathReason.UNKNOWN_APPOINTMENT: _("Report the appointment with its day."),
        PathReason.UNKNOWN_PLACE: _("Ask your unit to enter your place of work and its level."),
        PathReason.UNCONFIRMED_FACT: _("Ask your unit to confirm it."),
        PathReason.OUTSIDE: _("Ask your personnel office."),
        PathReason.UNKNOWN_VALUE: _("Ask your personnel office what is asked, and keep your list complete."),
        PathReason.NO_RECORD: _("Look at the years in question and ask your unit about them."),
    }
    if row.reason in steps:
        return steps[row.reason]
    if row.kind == "papers" and row.confirmed.state == PathState.MISSING:
        return _("Pass the papers still open, and report what you passed.")
    if row.is_warning and row.confirmed.state == PathState.MISSING:
        return _("Look at the years in question and ask your unit about them.")
    if row.kind == "degree" and row.confirmed.state == PathState.MISSING:
        return _("Ask your personnel office whether another way is open to you.")
    if not row.provenance.is_verified and row.kind not in _WITHOUT_FIGURE:
        return _("Ask your personnel office for the figure that applies.")
    return ""
