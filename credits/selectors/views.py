"""What pages, API and exports are given: frozen, in decimals, with words that follow the reader's language."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import get_language

from credits.enums import (
    SENT_LATE,
    SHARED_PROOF,
    JudgementState,
    LineReason,
    LineState,
    Mark,
    OfficialState,
    RequirementReason,
    RequirementState,
)
from credits.models import Entry
from credits.rules import RuleSet
from credits.selectors import texts
from organisations.models import Person


def in_english() -> bool:
    return (get_language() or "").startswith("en")


def readable(rules: RuleSet, text: str) -> str:
    """A clause, source or note of `rules` in the reader's language, as far as the document gives it."""
    return rules.in_english(text) if in_english() else text


@dataclass(frozen=True)
class LineView:
    """One entry and what the version in force makes of it. `earned` is its credit before caps.

    `clause` and `source` are the document's own words, `clause_text` and `source_text` the same for the reader.
    """

    entry: Entry
    state: LineState
    credits: Decimal
    earned: Decimal
    hours: Decimal
    reason: LineReason
    limit: Decimal | None
    category: str
    category_title: str
    type_title: str
    mark: Mark
    clause: str
    source: str
    origin: str
    official_state: OfficialState
    official_on: date | None
    official_reference: str
    taken_back_because: str = ""
    clause_text: str = ""
    source_text: str = ""

    @property
    def text(self) -> str:
        text = texts.line_reason(self.reason, limit=self.limit, credits=self.credits, earned=self.earned)
        return f"{text} {texts.sent_late()}" if self.is_sent_late else text

    @property
    def is_sent_late(self) -> bool:
        """Whether the work was done before New Year and reached the platform after it."""
        return not self.is_reversal and any(item.get("kind") == SENT_LATE for item in self.entry.evidence)

    @property
    def official_text(self) -> str:
        return texts.official_state(self.official_state)

    @property
    def has_paper(self) -> bool:
        """Whether a paper that proves it was handed in."""
        return not self.is_reversal and any(item.get("kind") == "proof" for item in self.entry.evidence)

    @property
    def has_shared_paper(self) -> bool:
        """Whether it is proved by a paper that others are on too, which its own person does not read."""
        return not self.is_reversal and any(item.get("kind") == SHARED_PROOF for item in self.entry.evidence)

    @property
    def is_reversed(self) -> bool:
        return self.reason == LineReason.REVERSED

    @property
    def is_reversal(self) -> bool:
        return self.reason == LineReason.REVERSAL


@dataclass(frozen=True)
class RequirementView:
    """`reached`: as the document reads. `reached_verified` and `reached_if_unverified` are the two figures to show
    where the state is undetermined: without anything unverified, and with all of it."""

    id: str
    kind: str
    category: str
    category_title: str
    required: Decimal | None
    reached: Decimal
    reached_verified: Decimal
    reached_if_unverified: Decimal
    state: RequirementState
    reason: RequirementReason
    mark: Mark
    clause: str
    source: str
    origin: str
    is_limit: bool
    is_advice: bool = False
    unit: str = "credit"
    clause_text: str = ""
    source_text: str = ""

    @property
    def title(self) -> str:
        return texts.requirement_title(self.kind, self.category_title, self.required, self.unit)

    @property
    def text(self) -> str:
        return texts.requirement_reason(self.reason, low=self.reached_verified, high=self.reached_if_unverified)

    @property
    def state_text(self) -> str:
        return texts.state(self.state)

    @property
    def missing(self) -> Decimal:
        """What is still to be earned, as the document reads; 0 where nothing is."""
        if self.required is None or self.is_limit or self.is_advice:
            return Decimal(0)
        return max(Decimal(0), self.required - self.reached)


@dataclass(frozen=True)
class Standing:
    """A person's year under one rule set. `credits` is what is recorded here, `credits_registered` what the authority
    has registered of it: the authority's book is the one that counts.

    `period_begins` is None where the period hangs on facts about the person that are not known (state undetermined).
    `period_ends` is exclusive. `lines` is in the book's order; empty where lines were not asked for. `marks` are the
    marks other than A that any figure here rests on. `brief` is the judgement in brief (`credits.selectors.briefs`), ""
    where the period is not known.
    """

    person: Person
    rule_set_id: str
    year: int
    version: RuleSet
    period_begins: date | None
    period_ends: date | None
    is_closed: bool
    state: JudgementState
    credits: Decimal
    hours: Decimal
    credits_registered: Decimal
    by_category: dict[str, Decimal]
    requirements: tuple[RequirementView, ...]
    lines: tuple[LineView, ...]
    marks: tuple[Mark, ...]
    has_demo: bool
    entries: int
    brief: str = ""

    @property
    def last_day(self) -> date | None:
        """The last day of the period, itself within it."""
        return self.period_ends and self.period_ends - timedelta(days=1)

    @property
    def version_title(self) -> str:
        return (in_english() and self.version.title_en) or self.version.title

    @property
    def unit_text(self) -> str:
        """What these rules count."""
        return texts.unit(self.version.unit)

    @property
    def counts_hours(self) -> bool:
        return self.version.unit != "activity"

    @property
    def authority(self) -> str:
        return readable(self.version, self.version.authority)

    @property
    def sources(self) -> tuple[tuple[str, str], ...]:
        """Each source for the reader, and as the document has it."""
        return tuple((readable(self.version, source), source) for source in self.version.sources)

    @property
    def state_text(self) -> str:
        return texts.state(self.state)

    @property
    def goals(self) -> tuple[RequirementView, ...]:
        """The requirements that can be met, without the limits."""
        return tuple(requirement for requirement in self.requirements if not requirement.is_limit)
