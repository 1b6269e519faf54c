"""Plain enums: the rules read them and know no framework."""

from enum import StrEnum


class ActivityKind(StrEnum):
    """Where a fact came from."""

    COURSE = "course"
    SESSION = "session"
    CLAIM = "claim"
    HISTORY = "history"
    REVERSAL = "reversal"  # the id is that of the entry taken back, so that it can be taken back once only


# A piece of evidence that is none: the work was done before New Year and sent after it.
SENT_LATE = "sent_late"
# A paper that proves it for several people at once; "proof" is one person's own.
SHARED_PROOF = "shared_proof"


class ProjectLevel(StrEnum):
    NATIONAL = "national"
    PROVINCIAL = "provincial"
    CITY = "city"
    UNIT = "unit"


class ProjectState(StrEnum):
    """What an accredited project is on a day. A full one is one that is open but has no place left."""

    COMING = "coming"
    OPEN = "open"
    FULL = "full"
    OVER = "over"
    CLOSED = "closed"


class ImportStage(StrEnum):
    """How far a sheet of projects has come."""

    READING = "reading"
    CHECKING = "checking"
    WAITING = "waiting"
    APPLYING = "applying"
    APPLIED = "applied"
    UNDOING = "undoing"
    UNDONE = "undone"
    UNREADABLE = "unreadable"


class RowAction(StrEnum):
    """What a row of a sheet would do to the register."""

    WRONG = "wrong"
    NEW = "new"
    CHANGE = "change"
    SAME = "same"


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


class ListKind(StrEnum):
    """What a row of the authority's list stands for."""

    PEOPLE = "people"
    ENTRIES = "entries"


class Finding(StrEnum):
    """What comparing the authority's list with the book found."""

    SAME = "same"
    DIFFERENT = "different"
    ONLY_THEIRS = "theirs"
    ONLY_OURS = "ours"
    UNCLEAR = "unclear"


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


class JudgementState(StrEnum):
    """What a whole rule set makes of a period. A set without requirements records only; it is never met."""

    MET = "met"
    OPEN = "open"
    FAILED = "failed"
    UNDETERMINED = "undetermined"
    RECORD_ONLY = "record_only"


class LineReason(StrEnum):
    """Why an entry counts, counts in part, or does not count."""

    COUNTED = "counted"
    CAP_ACTIVITY = "cap_activity"
    CAP_DAY = "cap_day"
    CAP_TYPE = "cap_type"
    CAP_CATEGORY = "cap_category"
    CAP_TOTAL = "cap_total"
    BELOW_MINIMUM = "below_minimum"
    AWAITING_DECISION = "awaiting_decision"
    AWAITING_LOCAL_RULE = "awaiting_local_rule"
    ROW_MISSING = "row_missing"
    UNKNOWN_TYPE = "unknown_type"
    UNKNOWN_UNIT = "unknown_unit"
    OTHER_ROLE = "other_role"
    DEEMS_COMPLETE = "deems_complete"
    REVERSED = "reversed"
    REVERSAL = "reversal"
    DOUBLED = "doubled"
    NO_APPROVAL = "no_approval"
    PARTLY_ATTENDED = "partly_attended"
    AWAITING_ATTENDANCE = "awaiting_attendance"
    AWAITING_EVIDENCE = "awaiting_evidence"
    WRONG_PERIOD = "wrong_period"


class RequirementReason(StrEnum):
    """What the state of a requirement rests on."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"
    UNVERIFIED_CREDIT = "unverified_credit"
    UNVERIFIED_VALUE = "unverified_value"
    AWAITING = "awaiting"
    UNKNOWN_KIND = "unknown_kind"
    UNKNOWN_TRAIT = "unknown_trait"
    DEEMED_COMPLETE = "deemed_complete"
    LIMIT = "limit"
    AWAITING_EVIDENCE = "awaiting_evidence"
    AWAITING_FIELDS = "awaiting_fields"
    AWAITING_STEPS = "awaiting_steps"
    AWAITING_FIGURE = "awaiting_figure"
    UNCONFIRMED = "unconfirmed"
    UNKNOWN_HISTORY = "unknown_history"
    CLIPPED_YEAR = "clipped_year"
    YEAR_MISSED = "year_missed"
    GAP_TOO_LONG = "gap_too_long"
    EXCUSED = "excused"


class LineState(StrEnum):
    COUNTED = "counted"
    PARTLY_COUNTED = "partly_counted"
    NOT_COUNTED = "not_counted"
    UNDETERMINED = "undetermined"


class ObjectionOutcome(StrEnum):
    """How an objection to a line of the book ended."""

    UPHELD = "upheld"
    REJECTED = "rejected"


class Remedy(StrEnum):
    """What an objection that is right leads to: the entry goes, comes back, or another entry mends it already."""

    TAKE_BACK = "take_back"
    RECORD_AGAIN = "record_again"
    NAMED = "named"


class ChangeKind(StrEnum):
    """What a proposed version of the rules changes for somebody; the first that fits."""

    NOW_MET = "now_met"
    NO_LONGER_MET = "no_longer_met"
    MORE = "more"
    LESS = "less"
    OTHER = "other"


class ExportFormat(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


class Encoding(StrEnum):
    """Of a CSV file: with a byte-order mark, or the national standard that older spreadsheets expect."""

    UTF_8 = "utf-8"
    GB18030 = "gb18030"


class Layout(StrEnum):
    """Of a workbook."""

    ONE_SHEET = "one"
    SHEET_PER_UNIT = "units"


class PathState(StrEnum):
    """Of one requirement on the way to a title. What is not known for certain is undetermined."""

    MET = "met"
    MISSING = "missing"
    UNDETERMINED = "undetermined"


class PathReason(StrEnum):
    """What the state of a title's requirement rests on."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"
    UNVERIFIED_VALUE = "unverified_value"
    UNCONFIRMED_FACT = "unconfirmed_fact"
    UNKNOWN_VALUE = "unknown_value"
    UNKNOWN_DEGREE = "unknown_degree"
    UNKNOWN_DEGREE_DATE = "unknown_degree_date"
    UNKNOWN_TITLE_DATE = "unknown_title_date"
    UNKNOWN_APPOINTMENT = "unknown_appointment"
    UNKNOWN_PLACE = "unknown_place"
    OUTSIDE = "outside"
    NO_RECORD = "no_record"


class PaperState(StrEnum):
    """Of one paper of a title's exam, as the exam's rolling years have it."""

    OPEN = "open"
    KEPT = "kept"
    LAPSED = "lapsed"
    DONE = "done"


class WorkKind(StrEnum):
    """What is shown in a title's review in place of a number of papers (代表作)."""

    PAPER = "paper"
    CASE = "case"
    PROTOCOL = "protocol"
    PATENT = "patent"
    STANDARD = "standard"
    TEACHING = "teaching"
    POPULAR_SCIENCE = "popular_science"
