"""What the plots of a year draw: whole numbers for SVG, each beside the table that says the same."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from credits.enums import JudgementState
from credits.selectors import texts
from credits.selectors.overview_figures import Figures, Question, edges
from credits.views.overview_forms import within
from organisations.enums import PersonState

_TONES = {
    JudgementState.MET: "ok",
    JudgementState.OPEN: "info",
    JudgementState.FAILED: "bad",
    JudgementState.UNDETERMINED: "warn",
    JudgementState.RECORD_ONLY: "info",
}
WIDTH, HEIGHT = 420, 160
# Of more months every so-manieth is named under the plot.
NAMED = 6


@dataclass(frozen=True)
class Bar:
    """How many people; `share` of all in whole hundredths; `query` names exactly them in the list of people."""

    label: str
    count: int
    share: int
    tone: str
    query: str


@dataclass(frozen=True)
class Month:
    """What one month added, and all of it up to there; where its column stands in the plot."""

    label: str
    added: Decimal
    reached: Decimal
    x: int
    y: int
    width: int
    height: int
    is_named: bool

    @property
    def middle(self) -> int:
        return self.x + self.width // 2


def states(figures: Figures) -> list[Bar]:
    """Where people stand, those not assessed by what they are."""
    bars = [
        _bar(texts.state(state), figures.states[state], figures.people, _TONES[state], f"state={state.value}")
        for state in JudgementState
        if figures.states[state] or state in (JudgementState.MET, JudgementState.UNDETERMINED)
    ]
    away = [
        _bar(
            _("Not assessed: %(state)s") % {"state": state.label},
            figures.away[state], figures.people, "", f"state={state.value}",
        )
        for state in PersonState
        if figures.away[state]
    ]  # fmt: skip
    return bars + away


def shortfall(question: Question, figures: Figures) -> list[Bar]:
    """How much of the total that is asked for is missing; nothing where none is asked for."""
    if not question.required:
        return []
    whole = figures.assessed
    bars = [_bar(_("nothing"), figures.shortfall[0], whole, "ok", "")]
    for part, (low, most) in enumerate(edges(question.required), 1):
        bars.append(_bar(within(low, most), figures.shortfall[part], whole, "warn", f"short={part}"))
    return bars


def _bar(label: str, count: int, whole: int, tone: str, query: str) -> Bar:
    return Bar(label, count, count * 100 // whole if whole else 0, tone, query)


def trend(question: Question, figures: Figures) -> list[Month]:
    """The credits that count, month by month of their activities, from the begin of the period on."""
    names = question.months
    if not names:
        return []
    reached, step, found = 0, WIDTH // len(names), []
    highest = max(1, sum(figures.months[name] for name in names))
    every = -(-len(names) // NAMED)
    for number, name in enumerate(names):
        reached += figures.months[name]
        height = reached * HEIGHT // highest
        found.append(
            Month(
                name, Decimal(figures.months[name]).scaleb(-2), Decimal(reached).scaleb(-2),
                number * step, HEIGHT - height, max(1, step * 4 // 5), height, number % every == 0,
            )
        )  # fmt: skip
    return found
