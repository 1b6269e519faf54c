"""Lists of the authority beside the book, as their pages show them."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, QuerySet

from cms.shared import errors
from credits.enums import Finding
from credits.models import OfficialLine, OfficialList
from credits.models.official import FINDINGS
from credits.selectors.pages import exportable_rule_sets, rule_set_titles
from credits.selectors.rule_sets import default_rule_set_id
from credits.selectors.standings import today_in
from organisations.enums import Power
from organisations.formats.problems import FileProblem
from organisations.models import Node, Person
from organisations.selectors import required_scope

YEARS_BACK = 6


@dataclass(frozen=True)
class Choices:
    """Places in the order of their tree; years and rule sets, the running ones first."""

    places: QuerySet[Node]
    years: list[int]
    rule_sets: list[tuple[str, str]]


def choices(by: Person) -> Choices:
    """What `by` may mark or compare. Raises OutOfScope."""
    places = Node.objects.filter(required_scope(by, Power.KEEP_CREDITS).q("")).order_by("path")
    this_year = today_in(default_rule_set_id()).year
    return Choices(places, [this_year - back for back in range(YEARS_BACK)], rule_set_titles(exportable_rule_sets()))


def lists_in(by: Person, power: Power = Power.SEE_COMPARISONS) -> QuerySet[OfficialList]:
    """Lists of the places over which `by` has `power`, newest first. Raises OutOfScope."""
    scope = required_scope(by, power)
    return OfficialList.objects.filter(scope.q("place")).select_related("place", "requested_by")


def list_of(*, by: Person, public_id: UUID, power: Power = Power.SEE_COMPARISONS) -> OfficialList:
    """To work on it ask for `power` KEEP_CREDITS. Raises OutOfScope, NotFound."""
    found = lists_in(by, power).filter(public_id=public_id).first()
    if found is None:
        raise errors.NotFound
    return found


def lines_of(job: OfficialList, finding: str = "") -> QuerySet[OfficialLine]:
    """In the order of the file, what is only ours at the end; all of them for an unknown finding."""
    lines = job.lines.select_related("book__owner", "entry", "official_list")
    return lines.filter(finding=finding) if finding in set(Finding) else lines


def counts_of(job: OfficialList) -> list[tuple[str, str, int]]:
    """(finding, in words, how many), in the order in which they are to be looked at."""
    counted = {row["finding"]: row["n"] for row in job.lines.order_by().values("finding").annotate(n=Count("pk"))}
    return [(finding.value, str(label), counted.get(finding.value, 0)) for finding, label in FINDINGS]


def problem_of(job: OfficialList) -> str:
    """Why the file could not be read, for its sender; "" where that is not the file's fault."""
    return str(FileProblem(job.error_code).label) if job.error_code in FileProblem.values else ""
