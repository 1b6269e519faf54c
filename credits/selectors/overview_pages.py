"""What the pages of a year of a place ask and show, limited to what their reader may see."""

from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from cms.shared.errors import NotFound
from credits.selectors.overview import YearOfPlace, year_of_place
from credits.selectors.overview_figures import Question
from credits.selectors.pages import rule_set_titles, year_as_told
from credits.selectors.rule_sets import NoRuleSetInForce, default_rule_set_id, period_of_year, rule_book, zone_in
from organisations.enums import EmploymentKind, Power, ProfessionalTitle
from organisations.models import Node, Person
from organisations.scopes import Scope
from organisations.selectors import node_in, required_scope

YEARS = 4


@dataclass(frozen=True)
class Asked:
    """A question with what else could have been asked, the newest year first; `scope` is the reader's."""

    question: Question
    scope: Scope
    years: list[int]
    rule_sets: list[tuple[str, str]]

    @property
    def values(self) -> dict[str, str]:
        """The question as an address tells it, without what narrows nothing."""
        question = self.question
        told = {
            "year": str(question.year),
            "rules": question.rule_set_id,
            "title": question.title,
            "kind": question.kind,
        }
        return {name: value for name, value in told.items() if value}


def asked(
    *,
    by: Person,
    public_id: UUID,
    year: str = "",
    rule_set_id: str = "",
    title: str = "",
    kind: str = "",
    department: str | None = None,
) -> Asked:
    """As it stands in the address; what is unknown falls back to this year's default, or narrows nothing.

    Raises OutOfScope, NotFound: also for a year before the rules began. Three queries.
    """
    scope = required_scope(by, Power.SEE_CREDITS)
    node, book, default = node_in(scope, public_id), rule_book(), default_rule_set_id()
    chosen = rule_set_id if book.of(rule_set_id) else default
    today = timezone.now().astimezone(zone_in(book, chosen)).date()
    when = year_as_told(year, today.year)
    try:
        version, period = period_of_year(chosen, when, on=today, book=book)
    except NoRuleSetInForce as error:
        raise NotFound from error
    question = Question(
        node=node,
        rule_set_id=chosen,
        year=when,
        on=today,
        version=version,
        period=period,
        title=title if title in ProfessionalTitle.values else "",
        kind=kind if kind in EmploymentKind.values else "",
        department=department,
    )
    others = sorted({one.rules.id for one in book.versions} - {default})
    years = sorted({when, *(today.year - back for back in range(YEARS))}, reverse=True)
    return Asked(question, scope, years, rule_set_titles([default, *others], book))


def year_asked(asked: Asked) -> YearOfPlace:
    """With the places above as far as the reader's roles reach. At most 6 queries. Raises TooManyToJudge."""
    found = year_of_place(asked.question)
    above = [node for node in found.above if asked.scope.covers(node.path)]
    return YearOfPlace(found.question, above, found.total, found.parts, found.several)


def tops(by: Person) -> list[Node]:
    """The places on which the reader holds a role over credits, in the order of the tree. Raises OutOfScope."""
    paths = required_scope(by, Power.SEE_CREDITS).paths
    return list(Node.objects.filter(path__in=paths).order_by("path"))
