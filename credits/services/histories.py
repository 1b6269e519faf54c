"""What this package keeps of a person: books, and what was reported on the way to a title.

The entries in the books are facts and stay, with or without an owner.
"""

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared.storage import delete_on_commit
from credits.models import (
    Book,
    Declaration,
    Entry,
    EntryEvidence,
    EntryObjection,
    EntryStatus,
    ExamPass,
    Following,
    OfficialLine,
    Reflection,
    RepresentativeWork,
    RuleSetChange,
    Statement,
)
from credits.services.chain import lock_book, lock_feed
from organisations import retention
from organisations.enums import QualificationState
from organisations.histories import History, Keep, Table, Told
from organisations.models import Person


def count(person: Person) -> dict[str, int]:
    return {
        "credits.Entry": Entry.objects.filter(book__owner=person).count(),
        "credits.ExamPass": ExamPass.objects.filter(person=person).count(),
        "credits.RepresentativeWork": RepresentativeWork.objects.filter(person=person).count(),
        "credits.Following": Following.objects.filter(person=person).count(),
        "credits.Reflection": Reflection.objects.filter(person=person).count(),
        "credits.Declaration": Declaration.objects.filter(person=person).count(),
        "credits.EntryObjection": EntryObjection.objects.filter(person=person).count(),
        "credits.Statement": Statement.objects.filter(person=person).count(),
    }


def move(kept: Person, merged: Person) -> dict[str, int]:
    """The books of `merged` become further books of `kept`: read and judged with its own, never written again."""
    lock_feed()
    for pk in Book.objects.filter(owner__in=[kept, merged]).order_by("pk").values_list("pk", flat=True):
        lock_book(pk)
    moved = {"credits.Entry": Entry.objects.filter(book__owner=merged).count()}
    moved["credits.ExamPass"] = _move_passes(kept, merged)
    moved["credits.RepresentativeWork"] = RepresentativeWork.objects.filter(person=merged).update(person=kept)
    moved["credits.Following"] = _move_followings(kept, merged)
    moved["credits.Reflection"] = Reflection.objects.filter(person=merged).update(person=kept)
    moved["credits.Declaration"] = _move_declarations(kept, merged)
    # What a trial said of one of two accounts holds for neither; the next trial judges the person.
    RuleSetChange.objects.filter(person__in=[kept, merged]).delete()
    moved["credits.EntryObjection"] = EntryObjection.objects.filter(person=merged).update(person=kept)
    moved["credits.Statement"] = _move_statements(kept, merged)
    has_primary = Book.objects.filter(owner=kept, is_primary=True).exists()
    if has_primary:
        Book.objects.filter(owner=merged).update(owner=kept, is_primary=False)
    else:
        Book.objects.filter(owner=merged).update(owner=kept)
    return moved


def _move_passes(kept: Person, merged: Person) -> int:
    """The same paper of the same year stays with `merged`, unless only that account's was confirmed."""
    moved = 0
    refused, confirmed = QualificationState.REFUSED, QualificationState.CONFIRMED
    for row in ExamPass.objects.filter(person=merged).order_by("pk"):
        rows = ExamPass.objects.filter(person=kept, exam=row.exam, paper=row.paper, year=row.year)
        same = None if row.state == refused else rows.exclude(state=refused).first()
        if same is not None and (same.state == confirmed or row.state != confirmed):
            continue
        if same is not None:
            same.delete()
        moved += ExamPass.objects.filter(pk=row.pk).update(person=kept)
    return moved


def _move_followings(kept: Person, merged: Person) -> int:
    """What both follow stays as `kept` entered it."""
    own = set(Following.objects.filter(person=kept, ends__isnull=True).values_list("rule_set_id", flat=True))
    rows = Following.objects.filter(person=merged).exclude(ends__isnull=True, rule_set_id__in=own)
    return rows.update(person=kept)


def _move_declarations(kept: Person, merged: Person) -> int:
    """As with papers: a confirmed statement beats the same one that nobody confirmed."""
    moved = 0
    refused, confirmed = QualificationState.REFUSED, QualificationState.CONFIRMED
    for row in Declaration.objects.filter(person=merged).order_by("pk"):
        rows = Declaration.objects.filter(
            person=kept, rule_set_id=row.rule_set_id, period_begins=row.period_begins, name=row.name
        )
        same = None if row.state == refused else rows.exclude(state=refused).first()
        if same is not None and (same.state == confirmed or row.state != confirmed):
            continue
        if same is not None:
            same.delete()
        moved += Declaration.objects.filter(pk=row.pk).update(person=kept)
    return moved


def _move_statements(kept: Person, merged: Person) -> int:
    """What was printed of an account that is no more does not hold any longer; its code says so."""
    rows = Statement.objects.filter(person=merged)
    for statement in rows:
        statement.cancel()
        delete_on_commit(statement.file_key)
    rows.filter(withdrawn_at__isnull=True).update(withdrawn_at=timezone.now())
    return rows.update(person=kept, file_key="")


def export(person: Person) -> Told:
    books = list(Book.objects.filter(owner=person).order_by("pk").values_list("pk", "public_id"))
    entries = Entry.objects.filter(book__owner=person).order_by("book", "position")
    names = [
        "book__public_id", "position", "public_id", "rule_set_version", "activity_kind", "activity_id", "occurrence",
        "role", "revision", "reverses__public_id", "activity_type", "category", "title", "project_number", "level",
        "organiser", "quantity", "unit", "time_scale", "begins_at", "ends_at", "begins_on", "ends_on",
        "work_unit_name", "department", "granted_how", "reason", "evidence", "is_demo", "recorded_at", "mac",
    ]  # fmt: skip
    # A paper that several are on goes into nobody's copy: it tells of the others.
    own = EntryEvidence.objects.filter(entry__book__owner=person).select_related("entry").order_by("pk")
    papers = [paper for paper in own if not paper.is_shared]
    statuses = EntryStatus.objects.filter(entry__book__owner=person).order_by("pk")
    return Told(
        {
            "books": [str(public_id) for _pk, public_id in books],
            "entries": list(entries.values(*names)),
            "exam_papers": list(
                ExamPass.objects.filter(person=person)
                .order_by("pk")
                .values("exam", "paper", "year", "state", "entered_at", "decision")
            ),
            "works": list(
                RepresentativeWork.objects.filter(person=person)
                .order_by("pk")
                .values("kind", "title", "where", "part", "on", "state", "entered_at", "decision")
            ),
            "followed_rule_sets": list(
                Following.objects.filter(person=person)
                .order_by("pk")
                .values(
                    "rule_set_id",
                    "begins",
                    "ends",
                    "birth_month",
                    "biennium_start_year",
                    "credential_earned_on",
                    "credential",
                )
            ),
            "reflections": list(
                Reflection.objects.filter(person=person)
                .order_by("pk")
                .values("entry__public_id", "category", "learned", "practice", "service_user", "outcome", "written_at")
            ),
            "declarations": list(
                Declaration.objects.filter(person=person)
                .order_by("pk")
                .values("rule_set_id", "period_begins", "name", "value", "note", "state", "entered_at", "decision")
            ),
            "objections_to_entries": list(
                EntryObjection.objects.filter(person=person)
                .order_by("pk")
                .values(
                    "entry__public_id",
                    "rule_set_id",
                    "year",
                    "text",
                    "created_at",
                    "due_on",
                    "outcome",
                    "answer",
                    "answered_at",
                    "correction__public_id",
                )
            ),
            "statements": list(
                Statement.objects.filter(person=person)
                .order_by("pk")
                .values("rule_set_id", "year", "as_of", "language", "content", "created_at", "withdrawn_at")
            ),
            "official_states": list(statuses.values("entry__public_id", "state", "on", "reference", "recorded_at")),
        },
        tuple(
            (
                f"proofs/entry-{number}.{str(paper.file.name).rpartition('.')[2]}",
                str(paper.file.name),
                paper.file.storage,
            )
            for number, paper in enumerate(papers, start=1)
        ),
    )


def erase(person: Person) -> None:
    """The ledger stays and verifies; who it was about is no longer known here."""
    lock_feed()
    for pk in Book.objects.filter(owner=person).order_by("pk").values_list("pk", flat=True):
        lock_book(pk)
    papers = list(EntryEvidence.objects.filter(entry__book__owner=person))
    OfficialLine.objects.filter(book__owner=person).delete()
    RuleSetChange.objects.filter(person=person).delete()
    Book.objects.filter(owner=person).update(owner=None)
    ExamPass.objects.filter(person=person).delete()
    RepresentativeWork.objects.filter(person=person).delete()
    for paper in papers:
        paper.delete()
        if not EntryEvidence.objects.filter(file=paper.file.name).exists():
            delete_on_commit(str(paper.file.name))
    for model in (Following, Reflection, Declaration):
        model._default_manager.filter(person=person).delete()
    statements = Statement.objects.filter(person=person)
    for key in statements.values_list("file_key", flat=True):
        delete_on_commit(key)
    statements.delete()
    # The rows stay: exports are named by how many were answered. Nothing that was said stays in them.
    EntryObjection.objects.filter(person=person).update(person=None, text="", answer="")


def kept_until(person: Person) -> Keep | None:
    last = Entry.objects.filter(book__owner=person).aggregate(last=Max("ends_on"))["last"]
    if last is None:
        return None
    today = timezone.localdate()
    return Keep(retention.identity_may_go_on(last_credit_year=last.year, on=today), last.year)


HISTORY = History(
    name="credits",
    turn=4,
    labels={
        "credits.Entry": _("Credit entries"),
        "credits.ExamPass": _("Passed exam papers"),
        "credits.RepresentativeWork": _("Representative works"),
        "credits.Following": _("Rules that are followed"),
        "credits.Reflection": _("Reflections"),
        "credits.Declaration": _("Stated steps and figures"),
        "credits.EntryObjection": _("Objections to lines of the credit book"),
        "credits.Statement": _("Credit statements"),
    },
    count=count,
    move=move,
    export=export,
    erase=erase,
    kept_until=kept_until,
    told={
        "credits.Book.owner": "entries",
        "credits.ExamPass.person": "exam_papers",
        "credits.RepresentativeWork.person": "works",
        "credits.Following.person": "followed_rule_sets",
        "credits.Reflection.person": "reflections",
        "credits.Declaration.person": "declarations",
        "credits.EntryObjection.person": "objections_to_entries",
        "credits.Statement.person": "statements",
    },
    tables={
        "credits.ExportJob.requested_by": Table("exports", ("file_name", "created_at", "state", "row_count")),
        "credits.OfficialList.requested_by": Table("official_lists", ("file_name", "year", "created_at", "state")),
        "credits.ProjectImport.sent_by": Table("project_lists", ("file_name", "created_at", "import_stage")),
        "credits.Disclosure.requested_by": Table(
            "full_number_exports", ("place__name", "year", "reason", "created_at")
        ),
    },
    untold=dict.fromkeys(
        (
            "credits.Disclosure.decided_by",
            "credits.ExamPass.decided_by",
            "credits.RepresentativeWork.decided_by",
            "credits.Declaration.decided_by",
            "credits.EntryObjection.answered_by",
            "credits.YearClosing.set_by",
            "credits.RuleSetProposal.proposed_by",
            "credits.RuleSetProposal.decided_by",
            "credits.ProjectImport.applied_by",
            "credits.ProjectImport.undone_by",
        ),
        "Decided about somebody else; the deed stands in the copy's audit log.",
    )
    | dict.fromkeys(
        ("credits.ColumnDraft.created_by", "credits.ColumnSetVersion.published_by", "credits.FeedToken.created_by"),
        "Made for a place, not about a person; the deed stands in the copy's audit log.",
    )
    | {"credits.Statement.asked_by": "Asked for about somebody; the deed stands in the copy's audit log."}
    | {"credits.RuleSetChange.person": "A trial of rules that are not in force, judged from the entries."},
    fields=frozenset(
        {
            "credits.Book.owner",
            "credits.ExamPass.person",
            "credits.RepresentativeWork.person",
            "credits.Following.person",
            "credits.Reflection.person",
            "credits.Declaration.person",
            "credits.EntryObjection.person",
            "credits.Statement.person",
            "credits.RuleSetChange.person",
        }
    ),
    doers=frozenset(
        {
            "credits.ColumnDraft.created_by",
            "credits.ColumnSetVersion.published_by",
            "credits.ExportJob.requested_by",
            "credits.FeedToken.created_by",
            "credits.Disclosure.requested_by",
            "credits.OfficialList.requested_by",
            "credits.ProjectImport.sent_by",
            "credits.ProjectImport.applied_by",
            "credits.ProjectImport.undone_by",
            "credits.Disclosure.decided_by",
            "credits.ExamPass.decided_by",
            "credits.RepresentativeWork.decided_by",
            "credits.Declaration.decided_by",
            "credits.EntryObjection.answered_by",
            "credits.YearClosing.set_by",
            "credits.RuleSetProposal.proposed_by",
            "credits.RuleSetProposal.decided_by",
            "credits.Statement.asked_by",
        }
    ),
)
