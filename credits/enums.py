"""Plain enums: the rules read them and know no framework."""

from enum import StrEnum


class ActivityKind(StrEnum):
    """Where a fact came from."""

    COURSE = "course"
    SESSION = "session"
    CLAIM = "claim"
    HISTORY = "history"


class ProjectLevel(StrEnum):
    NATIONAL = "national"
    PROVINCIAL = "provincial"
    CITY = "city"
    UNIT = "unit"


class CreditRole(StrEnum):
    LEARNER = "learner"
    TEACHER = "teacher"


class GrantMethod(StrEnum):
    """How an entry was granted; auditors look at the manual share."""

    ASSESSMENT = "assessment"
    ATTENDANCE = "attendance"
    MANUAL = "manual"
    IMPORTED = "imported"


class OfficialState(StrEnum):
    """What the authority's own book is known to say. Its book is the one that counts."""

    RECORDED = "recorded"
    REPORTED = "reported"
    REGISTERED = "registered"
    RETURNED = "returned"


class Mark(StrEnum):
    """How well a rule value is known: A official text, A-partial part of it, B secondary, M unverified."""

    A = "A"
    A_PARTIAL = "A-partial"
    B = "B"
    M = "M"


class RequirementState(StrEnum):
    MET = "met"
    OPEN = "open"
    FAILED = "failed"
    UNDETERMINED = "undetermined"


class LineState(StrEnum):
    COUNTED = "counted"
    PARTLY_COUNTED = "partly_counted"
    NOT_COUNTED = "not_counted"
    UNDETERMINED = "undetermined"


class ExportFormat(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
