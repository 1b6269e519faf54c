"""What this package keeps of a person: what they watched."""

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from media_pipeline.enums import OutcomeKind
from media_pipeline.models import PlaySession, Upload, WatchClock, WatchedTime, WatchingOutcome
from media_pipeline.services.uploads import erase_uploads
from media_pipeline.watching import intervals, shares
from organisations.histories import History, Table, Told
from organisations.models import Person


def count(person: Person) -> dict[str, int]:
    return {"media_pipeline.WatchedTime": person.watched_times.count()}


def move(kept: Person, merged: Person) -> dict[str, int]:
    """Watched time goes over; of a lecture that both watched, `kept` gets what either has seen."""
    # The clock is the lock of every batch of its person; taken in the order of the keys.
    clocks = {
        clock.person_id: clock
        for clock in WatchClock.objects.select_for_update().filter(person__in=[kept, merged]).order_by("person")
    }
    if merged.pk in clocks and kept.pk in clocks:
        mine, theirs = (
            [(begin, end) for begin, end in clocks[person.pk].spent_ms] for person in (kept, merged)
        )  # fmt: skip
        spent = [list(interval) for interval in intervals.unite(mine, theirs)]
        WatchClock.objects.filter(person=kept).update(spent_ms=spent)
        clocks[merged.pk].delete()
    else:
        WatchClock.objects.filter(person=merged).update(person=kept)
    PlaySession.objects.filter(person=merged).update(person=kept)
    Upload.objects.filter(by=merged).update(by=kept)
    moved = 0
    mine_by_lecture = {row.lecture_id: row for row in kept.watched_times.all()}
    for row in merged.watched_times.order_by("pk"):
        if row.lecture_id in mine_by_lecture:
            _unite(mine_by_lecture[row.lecture_id], row)
        else:
            WatchedTime.objects.filter(pk=row.pk).update(person=kept)
        moved += 1
    return {"media_pipeline.WatchedTime": moved}


def _unite(mine: WatchedTime, theirs: WatchedTime) -> None:
    covered = intervals.unite(intervals.from_seconds(mine.intervals), intervals.from_seconds(theirs.intervals))
    mine.intervals = intervals.to_seconds(covered)
    mine.covered_s = intervals.length(covered) / 1000
    if theirs.last_at > mine.last_at:
        mine.position_s = theirs.position_s
    mine.first_at, mine.last_at = min(mine.first_at, theirs.first_at), max(mine.last_at, theirs.last_at)
    mine.completed_at = min((at for at in (mine.completed_at, theirs.completed_at) if at), default=None)
    mine.save()
    # Both together may reach a share that neither reached alone.
    rules = PlaySession.objects.filter(person=mine.person_id, lecture=mine.lecture_id).order_by()
    for threshold, duration_s in rules.values_list("threshold").annotate(duration=Max("duration_s")):
        if not shares.is_reached(covered, round(duration_s * 1000), threshold):
            continue
        if mine.completed_at is None:
            mine.completed_at = timezone.now()
            mine.save(update_fields=["completed_at"])
        _outcome, created = WatchingOutcome.objects.get_or_create(
            subject=mine, kind=OutcomeKind.LECTURE_WATCHED, revision=int(threshold * 1000)
        )
        if created:
            WatchingOutcome.announce()


def export(person: Person) -> Told:
    watched = person.watched_times.order_by("first_at", "pk").values(
        "lecture__title", "intervals", "covered_s", "position_s", "first_at", "last_at", "completed_at"
    )
    sessions = person.play_sessions.order_by("opened_at", "pk")
    return Told(
        {
            "watched": list(watched),
            "players_opened": list(sessions.values("lecture__title", "opened_at", "max_speed", "threshold")),
        }
    )


def erase(person: Person) -> None:
    """What was watched goes; that a lecture was completed stands in the courses, and its evidence in the ledger."""
    for rows in (person.play_sessions, person.watched_times):
        rows.all().delete()
    WatchClock.objects.filter(person=person).delete()
    erase_uploads(person)


HISTORY = History(
    name="media_pipeline",
    turn=1,
    labels={"media_pipeline.WatchedTime": _("Watched lectures")},
    count=count,
    move=move,
    export=export,
    erase=erase,
    told={
        "media_pipeline.WatchedTime.person": "watched",
        "media_pipeline.PlaySession.person": "players_opened",
    },
    tables={
        "media_pipeline.Lecture.uploaded_by": Table("lectures_uploaded", ("title", "source_name", "uploaded_at")),
        "media_pipeline.Upload.by": Table("uploads", ("title", "lecturer", "file_name", "state", "created_at")),
    },
    untold={
        "media_pipeline.WatchClock.person": "A counter that keeps two players from counting one minute twice.",
        "media_pipeline.TranscodeJob.requested_by": "The work of a machine on a lecture that the copy names.",
    },
    fields=frozenset(
        {
            "media_pipeline.WatchClock.person",
            "media_pipeline.PlaySession.person",
            "media_pipeline.Upload.by",
            "media_pipeline.WatchedTime.person",
        }
    ),
    doers=frozenset({"media_pipeline.Lecture.uploaded_by", "media_pipeline.TranscodeJob.requested_by"}),
)
