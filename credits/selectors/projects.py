"""The register of accredited projects as its pages and offers show it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, F, Max, Min, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cms.shared.errors import NotFound
from credits.enums import CreditRole, ProjectState
from credits.models import Entry, Project
from credits.selectors.rule_sets import default_rule_set_id, is_usual_project_number

STATES = [
    (ProjectState.COMING, _("Not begun")),
    (ProjectState.OPEN, pgettext_lazy("project", "Open")),
    (ProjectState.FULL, pgettext_lazy("project", "Full")),
    (ProjectState.OVER, pgettext_lazy("project", "Over")),
    (ProjectState.CLOSED, pgettext_lazy("project", "Closed")),
]


@dataclass(frozen=True)
class ProjectStanding:
    """What a project is on a day, and its places. `left` is None where there is no limit."""

    state: ProjectState
    taken: int
    left: int | None

    @property
    def label(self) -> str:
        return str(dict(STATES)[self.state])


def standing_grants(project: Project | int) -> QuerySet[Entry]:
    """Entries on a project that nobody took back."""
    return Entry.objects.filter(project=project, reverses__isnull=True, reversed_by__isnull=True)


def places_taken(keys: Collection[int]) -> dict[int, int]:
    """{project: how many people have a place}, those without anybody left out. One query.

    A learner has one place however many entries the project brought; lecturers have none. After an erasure the book
    stands for its person.
    """
    granted = Entry.objects.filter(
        project__in=keys, role=CreditRole.LEARNER.value, reverses__isnull=True, reversed_by__isnull=True
    )
    counted = granted.order_by().values("project").annotate(people=Count(_PERSON, distinct=True))
    return dict(counted.values_list("project", "people"))


# A person who owns several books is one person.
_PERSON = Coalesce(F("book__owner"), -F("book"))


def standings_of(projects: Iterable[Project], *, on: date) -> dict[int, ProjectStanding]:
    """What each of `projects` is on a day, by its key. One query where any of them has a limit of places."""
    found = {project.pk: project for project in projects}
    taken = places_taken_of(found.values())
    return {pk: standing_on(project, on, taken=taken.get(pk, 0)) for pk, project in found.items()}


def places_taken_of(projects: Iterable[Project]) -> dict[int, int]:
    """As `places_taken`, of those with a limit; no query where none of them has one."""
    limited = [project.pk for project in projects if project.quota is not None]
    return places_taken(limited) if limited else {}


def standing_on(project: Project, on: date, *, taken: int) -> ProjectStanding:
    """What `project` is on a day, if so many have a place."""
    left = None if project.quota is None else max(0, project.quota - taken)
    if project.closed_on is not None and project.closed_on <= on:
        state = ProjectState.CLOSED
    elif on > project.ends:
        state = ProjectState.OVER
    elif on < project.begins:
        state = ProjectState.COMING
    else:
        state = ProjectState.FULL if left == 0 else ProjectState.OPEN
    return ProjectStanding(state, taken, left)


def projects(
    *, on: date, search: str = "", year: int | None = None, level: str = "", state: str = ""
) -> QuerySet[Project]:
    """The register: newest year first, in it what begins last. `search` is compared with number, title, organiser."""
    found = Project.objects.order_by("-year", "-begins", "-pk")
    for word in search.split():
        found = found.filter(
            Q(number__icontains=word) | Q(title__icontains=word) | Q(organiser__icontains=word)
        )  # fmt: skip
    if year is not None:
        found = found.filter(year=year)
    if level:
        found = found.filter(level=level)
    closed = Q(closed_on__isnull=False, closed_on__lte=on)
    by_state = {
        ProjectState.COMING: Q(begins__gt=on) & ~closed,
        ProjectState.OPEN: Q(begins__lte=on, ends__gte=on) & ~closed,
        ProjectState.OVER: Q(ends__lt=on) & ~closed,
        ProjectState.CLOSED: closed,
    }
    return found.filter(by_state[ProjectState(state)]) if state in by_state else found


def years() -> list[int]:
    """Years of which there is a project, newest first."""
    return sorted(Project.objects.order_by().values_list("year", flat=True).distinct(), reverse=True)


def project_of(public_id: UUID) -> Project:
    """Raises NotFound."""
    found = Project.objects.filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def is_usual_number(project: Project) -> bool:
    """Whether its number looks like those that the rules shown first describe for its days. Only ever a warning."""
    return is_usual_project_number(project.number, default_rule_set_id(), project.begins)


@dataclass(frozen=True)
class Granted:
    """What was granted on a project, and stands. The days are None where nothing was."""

    learners: int
    teachers: int
    entries: int
    first: date | None
    last: date | None

    def __bool__(self) -> bool:
        return self.entries > 0


def granted_on(project: Project) -> Granted:
    """One query."""
    found = standing_grants(project).aggregate(
        learners=Count(_PERSON, distinct=True, filter=Q(role=CreditRole.LEARNER.value)),
        teachers=Count(_PERSON, distinct=True, filter=Q(role=CreditRole.TEACHER.value)),
        entries=Count("pk"), first=Min("begins_on"), last=Max("ends_on"),
    )  # fmt: skip
    return Granted(**found)


@dataclass(frozen=True)
class Use:
    """Rows of one kind that point to a project: what they are called, the first of them, and how many there are."""

    kind: str
    names: list[str]
    count: int


MOST_NAMED = 50


def used_among(projects: Collection[int]) -> set[int]:
    """Of the projects with these ids: those to which anything points, whichever part of the software holds it."""
    found: set[int] = set()
    for relation in Project._meta.related_objects:
        if not relation.one_to_one:
            name = relation.field.name
            rows = relation.related_model._default_manager.filter(**{f"{name}__in": projects})
            found |= set(rows.values_list(name, flat=True))
    return found


def uses_of(project: Project) -> list[Use]:
    """Everything but entries that points to the project, whichever part of the software holds it."""
    found = []
    for relation in Project._meta.related_objects:
        if relation.related_model is Entry or relation.one_to_one:
            continue
        model = relation.related_model
        rows = model._default_manager.filter(**{relation.field.name: project}).order_by("pk")
        count = rows.count()
        if count:
            names = [str(row) for row in rows.select_related()[:MOST_NAMED]]
            found.append(Use(str(model._meta.verbose_name_plural), names, count))
    return found
