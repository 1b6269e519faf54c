from credits.models.exports import Disclosure, ExportJob
from credits.models.ledger import Book, Checkpoint, Entry, EntryStatus, Feed, Judgement
from credits.models.projects import Project
from credits.models.rule_sets import RuleSetVersion

__all__ = [
    "Book",
    "Checkpoint",
    "Disclosure",
    "Entry",
    "EntryStatus",
    "ExportJob",
    "Feed",
    "Judgement",
    "Project",
    "RuleSetVersion",
]
