"""From a document to a rule set: overlays are merged into their parents."""

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from credits.enums import Mark
from credits.rules.documents import (
    ActivityType,
    Approval,
    Attendance,
    Cap,
    CreditRule,
    MinutesPerHour,
    PeriodRule,
    Provenance,
    Requirement,
    RuleSet,
    number,
)

Document = Mapping[str, Any]


def build(document: Document, parent: RuleSet | None = None) -> RuleSet:
    """Read `document`, laid over `parent` if it names one.

    Requirements, categories and activity types of the parent are inherited; an item with the same id or code
    replaces the parent's. Raises ValueError (or KeyError) for a document that cannot be read.
    """
    if bool(document.get("parent")) != (parent is not None) or (parent and parent.key != document["parent"]):
        raise ValueError(f"{document['id']}@{document['version']} wants the parent {document.get('parent')!r}")
    mark = Mark(document["conf"])
    last_day = document.get("effective_to")
    categories = dict(parent.categories) if parent else {}
    categories |= {c["code"]: str(c.get("title_zh") or c["code"]) for c in document.get("categories", [])}
    categories_en = dict(parent.categories_en) if parent else {}
    categories_en |= {c["code"]: str(c.get("title_en", "")) for c in document.get("categories", [])}
    types = dict(parent.types) if parent else {}
    approval = _approval(document.get("requires_approval_reference"), mark) or (parent.approval if parent else None)
    types |= {item["code"]: _activity_type(item, document, approval) for item in document.get("activity_types", [])}
    requirements = {r.id: r for r in parent.requirements} if parent else {}
    requirements |= {item["id"]: _requirement(item, document) for item in document.get("requirements", [])}
    numbering = document.get("project_number", {})
    built = RuleSet(
        id=document["id"],
        version=document["version"],
        title=document["title_zh"],
        title_en=document.get("title_en", ""),
        authority=document["authority"],
        jurisdiction=document["jurisdiction"],
        unit=document["unit"],
        mark=mark,
        sources=tuple(document.get("sources", [])),
        effective_from=date.fromisoformat(document["effective_from"]),
        effective_to=date.fromisoformat(last_day) + timedelta(days=1) if last_day else None,
        parent=document.get("parent", ""),
        period=_period(document, parent),
        minutes_per_hour=_minutes_per_hour(document, parent),
        categories=categories,
        categories_en=categories_en,
        types=types,
        requirements=tuple(requirements.values()),
        amendments=(*(parent.amendments if parent else ()), *document.get("amendments", [])),
        project_number_warning=numbering.get("regex_warning", parent.project_number_warning if parent else ""),
        hour_label=document.get("display", {}).get("hour_label_zh", parent.hour_label if parent else ""),
        english={**(parent.english if parent else {}), **_english(document)},
        applies_if=document.get("applies_if", parent.applies_if if parent else {}),
        approval=approval,
        attendance=_attendance(document, parent),
        has_exemptions=bool(document.get("exemptions") or document.get("states"))
        or (parent is not None and parent.has_exemptions),
        counts_toward=tuple(document.get("counts_toward", parent.counts_toward if parent else ())),
    )
    built.amended(date.max)  # An amendment that names nothing is refused here, not when somebody is judged.
    return built


def _english(document: Document) -> dict[str, str]:
    """What the document says in its own language → the same in English, where it gives both."""
    pairs = [*zip(document.get("sources", []), document.get("sources_en", []), strict=False)]
    for item in (document, *document.get("requirements", []), *document.get("activity_types", [])):
        pairs += [(item.get(name), item.get(f"{name}_en")) for name in ("authority", "note")]
        pairs.append((item.get("title_zh"), item.get("title_en")))
    return {original: english for original, english in pairs if original and english}


def _provenance(item: Mapping[str, Any], document: Document, title: str) -> Provenance:
    mark = Mark.M if item.get("assumption") else Mark(item.get("conf", document["conf"]))
    return Provenance(
        origin=f"{document['id']}@{document['version']}",
        mark=mark,
        clause=f"{document['authority']} · {title}" if title else str(document["authority"]),
        source=str(item.get("source") or next(iter(document.get("sources", [])), "")),
    )


def _approval(found: Mapping[str, Any] | None, mark: Mark) -> Approval | None:
    return Approval(str(found["kind"]), Mark(found.get("conf", mark))) if found else None


def _attendance(document: Document, parent: RuleSet | None) -> Attendance | None:
    found = document.get("attendance")
    if found is None:
        return parent.attendance if parent else None
    minimum = Fraction(1) if found["mode"] == "all" else number(found.get("minimum", 0))
    if not 0 <= minimum <= 1:
        raise ValueError("a share of attendance lies between 0 and 1")
    since = date.fromisoformat(found.get("since", document["effective_from"]))
    return Attendance(minimum, since, Mark(found.get("conf", document["conf"])))


def _activity_type(item: Mapping[str, Any], document: Document, approval: Approval | None) -> ActivityType:
    credit = item["credit"]
    provenance = _provenance(item, document, item["title_zh"])
    caps = [
        Cap(cap["scope"], number(cap["max"]), Mark(cap.get("conf", provenance.mark))) for cap in item.get("caps", [])
    ]
    if "max_per_activity" in credit:
        caps.append(Cap("activity", number(credit["max_per_activity"]), provenance.mark))
    unknown = {cap.scope for cap in caps} - {"activity", "day", "period"}
    if unknown:
        raise ValueError(f"{provenance.origin}, {item['code']}: unknown cap {sorted(unknown)}")
    return ActivityType(
        code=item["code"],
        category=item.get("category") or "",
        title=item["title_zh"],
        title_en=item.get("title_en", ""),
        tags=frozenset(item.get("tags", [])),
        credit=CreditRule(
            mode=credit["mode"],
            unit=credit.get("unit", ""),
            qty=number(credit.get("qty", 1)),
            credits=number(credit.get("credits", 0)),
            role=credit.get("role", ""),
            rounding=credit.get("rounding", "none"),
            per=credit.get("per", ""),
            integer_input=bool(credit.get("integer_input")),
            steps=tuple((number(at), number(worth)) for at, worth in credit.get("steps", [])),
            keys=tuple(credit.get("keys", [])),
            rows=tuple((tuple(str(v) for v in row[:-1]), number(row[-1])) for row in credit.get("rows", [])),
            min_months=int(credit.get("min_months", 0)),
        ),
        caps=tuple(caps),
        evidence=tuple(item.get("evidence", [])),
        provenance=provenance,
        note=item.get("note", ""),
        # A type's own word goes before the document's; one that says null needs no approval.
        approval=_approval(item["requires_approval_reference"], Mark(document["conf"]))
        if "requires_approval_reference" in item
        else approval,
        needs=frozenset(item.get("evidence_required", [])),
    )


def _requirement(item: Mapping[str, Any], document: Document) -> Requirement:
    return Requirement(item["id"], item["kind"], item, _provenance(item, document, str(item.get("title_zh", ""))))


def _minutes_per_hour(document: Document, parent: RuleSet | None) -> MinutesPerHour:
    found = document.get("minutes_per_hour")
    if found is None:
        return parent.minutes_per_hour if parent else MinutesPerHour()
    return MinutesPerHour(
        number(found["value"]), tuple(number(v) for v in found.get("alternatives", [])), Mark(found["conf"])
    )


def _period(document: Document, parent: RuleSet | None) -> PeriodRule:
    """Raises ValueError where neither the document nor a parent says in which time zone its days lie."""
    item = document.get("period")
    if item is None and parent is not None:
        return parent.period
    if item is None:
        raise ValueError("no period")
    zone, mark = item.get("time_zone"), Mark(item.get("time_zone_mark", document["conf"]))
    if zone is None and parent is not None:
        zone, mark = parent.period.time_zone, parent.period.time_zone_mark
    if not zone:
        raise ValueError("no time_zone: the days of a rule set begin somewhere")
    return PeriodRule(
        type=item["type"],
        months=int(item.get("months", 12)),
        boundaries=tuple(sorted(date.fromisoformat(day) for day in item.get("boundaries", []))),
        year_start=item.get("year_start", "01-01"),
        time_zone=zone,
        time_zone_mark=mark,
        window_last_months=int(item.get("window_last_months", 0)),
    )
