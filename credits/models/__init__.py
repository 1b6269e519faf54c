from credits.models.closings import YearClosing
from credits.models.column_sets import ColumnDraft, ColumnSetVersion
from credits.models.evidence import EntryEvidence
from credits.models.exports import Disclosure, ExportJob
from credits.models.feeds import FeedToken
from credits.models.following import Declaration, Following, Reflection
from credits.models.ledger import Book, Checkpoint, Entry, EntryStatus, Feed, Judgement, Rebuilding
from credits.models.official import OfficialLine, OfficialList
from credits.models.project_imports import ProjectImport, ProjectImportRow
from credits.models.projects import Project
from credits.models.review import EntryObjection
from credits.models.rule_sets import RuleSetChange, RuleSetProposal, RuleSetVersion
from credits.models.statements import Statement
from credits.models.titles import ExamPass, RepresentativeWork

__all__ = [
    "Book",
    "Checkpoint",
    "ColumnDraft",
    "ColumnSetVersion",
    "Declaration",
    "Disclosure",
    "Entry",
    "EntryEvidence",
    "EntryObjection",
    "EntryStatus",
    "ExamPass",
    "ExportJob",
    "Feed",
    "FeedToken",
    "Following",
    "Judgement",
    "OfficialLine",
    "OfficialList",
    "Project",
    "ProjectImport",
    "ProjectImportRow",
    "Rebuilding",
    "Reflection",
    "RepresentativeWork",
    "RuleSetChange",
    "RuleSetProposal",
    "RuleSetVersion",
    "Statement",
    "YearClosing",
]
