"""Rule sets and their kinds of activity by name, for whoever chooses among them."""

from dataclasses import dataclass

from credits.selectors.rule_sets import rule_book
from credits.selectors.views import in_english


@dataclass(frozen=True)
class RuleSetChoice:
    """A rule set by its newest version: `types` are (code, title) in the order of the document."""

    id: str
    title: str
    types: tuple[tuple[str, str], ...]


def rule_set_choices() -> list[RuleSetChoice]:
    """Every rule set that knows kinds of activity, in the reader's language, those of the country first. One query."""
    english, book = in_english(), rule_book()
    found = []
    for rule_set_id in sorted({version.rules.id for version in book.versions}, key=lambda id: (id[:2] != "cn", id)):
        newest = book.of(rule_set_id)[-1].rules
        types = tuple((kind.code, (english and kind.title_en) or kind.title) for kind in newest.types.values())
        if types:
            found.append(RuleSetChoice(rule_set_id, (english and newest.title_en) or newest.title, types))
    return found
