"""Who left the places of a scope in the last year, and who took them over."""

from datetime import timedelta

from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from organisations.enums import NodeKind
from organisations.models import Employment, Node
from organisations.scopes import Scope

WITHIN = timedelta(days=365)


def departures_in(scope: Scope) -> QuerySet[Employment]:
    """The last employment in `scope` of everybody who left it within a year or goes to another unit, newest first.

    `went_to` is the name of the unit that entered them from that very day, None if none did.
    """
    today = timezone.localdate()
    next_one = Employment.objects.filter(person=OuterRef("person"), begins=OuterRef("ends"))
    later = Employment.objects.filter(
        Q(ends__isnull=True) | Q(ends__gt=OuterRef("ends")), scope.q("unit"), person=OuterRef("person")
    )
    ended = Employment.objects.filter(scope.q("unit"), ends__gt=today - WITHIN)
    rows = ended.filter(Q(ends__lte=today) | Exists(next_one)).exclude(Exists(later))
    # Of a department, the hospital: the nearest place above it, or itself, that is none.
    there = ExpressionWrapper(OuterRef("unit__path"), output_field=CharField())
    unit = Node.objects.exclude(kind=NodeKind.DEPARTMENT).alias(there=there).filter(there__startswith=F("path"))
    named = next_one.annotate(hospital=Subquery(unit.order_by("-path").values("name")[:1]))
    went_to = Subquery(named.order_by("pk").values("hospital")[:1], output_field=CharField(null=True))
    return rows.annotate(went_to=went_to).select_related("person", "unit").order_by(F("ends").desc(), "-pk")
