"""What the rules are told: one entry as a `Fact`, what was written to it later, what is known of the person beside."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

WHOLE = Fraction(1)


@dataclass(frozen=True)
class Fact:
    """One entry as the rules see it. `activity` is "kind:id"; `level` holds the keys of a table rule, joined by "/".

    `quantity` in `unit`; a unit "credit" carries what an authority decided, for types that rules cannot compute.
    """

    key: str
    activity: str
    activity_type: str
    role: str
    quantity: Decimal
    unit: str
    ends_on: date
    position: int = 0
    level: str = ""
    time_scale: int = 1
    is_reversed: bool = False
    is_reversal: bool = False
    # The same activity counts from another book of the same person.
    is_doubled: bool = False
    # For types that leave the category to the learner.
    category: str = ""
    # What the activity itself carries, beside the tags of its type ("sonography").
    tags: frozenset[str] = frozenset()
    # Schemes of which a reference is recorded ("RCEEM"). None recorded is none.
    approvals: frozenset[str] = frozenset()
    # The share of the activity that was attended; None: not recorded.
    attended: Fraction | None = WHOLE
    # Kinds of evidence on file, and names of the fields that were written; None: not known.
    evidence: frozenset[str] | None = None
    fields: frozenset[str] | None = None


@dataclass(frozen=True)
class Supplement:
    """What was written to an entry after it was recorded; the entry itself never changes.

    `fields` are the names of written texts that are not empty ("reflection", "benefit_to_practice", "outcome_tag").
    """

    category: str = ""
    tags: frozenset[str] = frozenset()
    approvals: frozenset[str] = frozenset()
    evidence: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()

    def added_to(self, fact: Fact) -> Fact:
        return replace(
            fact,
            category=self.category or fact.category,
            tags=fact.tags | self.tags,
            approvals=fact.approvals | self.approvals,
            evidence=(fact.evidence or frozenset()) | self.evidence,
            fields=(fact.fields or frozenset()) | self.fields,
        )


@dataclass(frozen=True)
class Declaration:
    """A figure from outside the book, or a step (1 done, 0 not done). Unconfirmed, it decides nothing."""

    value: Decimal
    is_confirmed: bool = False


@dataclass(frozen=True)
class Declared:
    """What is known of a person beside the entries. What is absent is not known.

    `traits` answer the conditions of rules ({"credential": "RRA", "credential_earned": date}); `figures` and `steps`
    are named by the rules ("clinical_hours"; "learning_plan"). `is_excused`: the person is in a state that the rules
    exempt (leave, illness). Before `complete_since` the book may lack what was done elsewhere; None: it always may.
    """

    traits: Mapping[str, Any] = field(default_factory=dict)
    figures: Mapping[str, Declaration] = field(default_factory=dict)
    steps: Mapping[str, Declaration] = field(default_factory=dict)
    is_excused: bool = False
    complete_since: date | None = None


NOTHING_DECLARED = Declared()
