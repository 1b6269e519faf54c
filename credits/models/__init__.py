from credits.models.exports import ExportJob
from credits.models.ledger import Book, Checkpoint, Entry, EntryStatus, Feed, Judgement
from credits.models.projects import Project
from credits.models.rule_sets import RuleSetVersion

__all__ = [
    "Book",
    "Checkpoint",
    "Entry",
    "EntryStatus",
    "ExportJob",
    "Feed",
    "Judgement",
    "Project",
    "RuleSetVersion",
]
