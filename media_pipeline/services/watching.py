"""Watching: a player opens a session and sends, batch by batch, what was played; the server decides what counts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared.errors import DomainError, InvalidInput, TooLarge
from media_pipeline.enums import OutcomeKind
from media_pipeline.models import Lecture, PlaySession, WatchBatch, WatchClock, WatchedTime, WatchingOutcome
from media_pipeline.selectors.watching import WatchedView, watched_view
from media_pipeline.watching import crediting, intervals, shares
from media_pipeline.watching.rules import WatchingRule
from organisations.models import Person

MAX_PIECES = 200
SESSION_LIFETIME = timedelta(hours=24)
BATCHES_KEPT = timedelta(days=180)


class LectureNotReady(DomainError):
    code, http_status = "lecture_not_ready", 409
    message = _("This lecture is still being prepared. Please come back in a few minutes.")


class PlaySessionOver(DomainError):
    code, http_status = "play_session_over", 410
    message = _("This player has been open for more than a day. Press play again; what was counted stays counted.")


@dataclass(frozen=True)
class PlayedPiece:
    """`from_s` to `to_s` of the lecture, played between `began_s` and `ended_s` after the session's opening."""

    from_s: float
    to_s: float
    began_s: float
    ended_s: float


@dataclass(frozen=True)
class BatchResult:
    """The acknowledgement of a batch, the same however often it is sent, and what is watched by now.

    `refused` are (index of the piece, reason, seconds of the lecture not credited).
    """

    client_id: str
    sequence: int
    credited_s: float
    reason: str
    refused: list[tuple[int, str, float]]
    watched: WatchedView


@transaction.atomic
def open_session(*, person: Person, lecture: Lecture, rule: WatchingRule) -> PlaySession:
    """Open a player for `person`; `rule` holds for the whole session. The caller has checked access.

    Raises LectureNotReady.
    """
    if not lecture.is_playable:
        raise LectureNotReady
    WatchClock.objects.get_or_create(person=person)
    row, _created = WatchedTime.objects.get_or_create(person=person, lecture=lecture)
    session = PlaySession.objects.create(
        person=person,
        lecture=lecture,
        threshold=rule.threshold,
        max_speed=rule.max_speed,
        background_play=rule.background_play,
        duration_s=lecture.duration_s,
    )
    # Watched before, under a stricter rule or an earlier one: this rule is met without another second of play.
    if shares.is_reached(intervals.from_seconds(row.intervals), _ms(session.duration_s), rule.threshold):
        _complete(row, session, session.opened_at)
    return session


@transaction.atomic
def record_batch(
    *,
    session: PlaySession,
    client_id: str,
    sequence: int,
    pieces: Sequence[PlayedPiece],
    position_s: float | None = None,
) -> BatchResult:
    """Credit what of `pieces` is earned, in their order. A repeated (client, sequence) changes nothing.

    Locks the person's watch clock. Raises InvalidInput, TooLarge, PlaySessionOver.
    """
    claims = _claims(client_id, sequence, pieces, position_s)
    # An update first: it locks the row on every database, and what is read after it is the newest.
    WatchClock.objects.filter(person_id=session.person_id).update(revision=F("revision") + 1)
    now = timezone.now()
    row = WatchedTime.objects.select_related("person__watch_clock").get(
        person_id=session.person_id, lecture_id=session.lecture_id
    )
    known = WatchBatch.objects.filter(session=session, client_id=client_id, sequence=sequence).first()
    if known is None:
        if now - session.opened_at > SESSION_LIFETIME:
            raise PlaySessionOver
        known = _credit(session, row, claims, WatchBatch(session=session, client_id=client_id, sequence=sequence), now)
        row.position_s = _position(session, pieces, position_s, row.position_s)
        row.save(update_fields=["intervals", "covered_s", "position_s", "last_at", "completed_at"])
    return BatchResult(
        client_id=client_id,
        sequence=sequence,
        credited_s=known.credited_s,
        reason=known.reason,
        refused=[(index, reason, missed / 1000) for index, reason, missed in known.refused],
        watched=watched_view(row, duration_s=session.duration_s, threshold=session.threshold),
    )


def forget_batches() -> int:
    """Delete the log of batches that are older than 180 days. What was credited stays."""
    deleted, _by_model = WatchBatch.objects.filter(received_at__lt=timezone.now() - BATCHES_KEPT).delete()
    return deleted


def _credit(
    session: PlaySession, row: WatchedTime, claims: list[crediting.Piece], batch: WatchBatch, now: datetime
) -> WatchBatch:
    """Credit `claims` to `row` and the clock, and log them. The caller holds the clock's lock and saves `row`."""
    clock = row.person.watch_clock
    frame = crediting.Frame(
        opened_ms=_epoch_ms(session.opened_at),
        now_ms=_epoch_ms(now),
        duration_ms=_ms(session.duration_s),
        max_speed=session.max_speed,
    )
    before = intervals.from_seconds(row.intervals)
    spent = intervals.unite([(begin, end) for begin, end in clock.spent_ms])
    result = crediting.credit(claims, frame=frame, covered=before, spent=spent)
    weightiest = max(result.refused, key=lambda refusal: refusal.missed_ms, default=None)
    batch.claimed = [[piece.from_ms, piece.to_ms, piece.began_ms, piece.ended_ms] for piece in claims]
    batch.claimed_s = sum(max(0, piece.to_ms - piece.from_ms) for piece in claims) / 1000
    batch.credited_s = result.credited_ms / 1000
    batch.refused = [[refusal.index, refusal.reason.value, refusal.missed_ms] for refusal in result.refused]
    batch.reason = weightiest.reason.value if weightiest else ""
    batch.save(force_insert=True)
    if result.spent != spent:
        WatchClock.objects.filter(pk=clock.pk).update(spent_ms=[list(interval) for interval in result.spent])
    row.intervals = intervals.to_seconds(result.covered)
    row.covered_s = intervals.length(result.covered) / 1000
    row.last_at = now
    if shares.is_reached(result.covered, frame.duration_ms, session.threshold) and not shares.is_reached(
        before, frame.duration_ms, session.threshold
    ):
        _complete(row, session, _worked_until(session, batch, intervals.subtract(result.spent, spent), now))
    return batch


def _worked_until(session: PlaySession, batch: WatchBatch, paid: intervals.Intervals, now: datetime) -> datetime:
    """When the last second that was paid for ended: what was played before midnight and sent after it belongs to the
    day before. Never before what the server had acknowledged by then, never after it was sent."""
    acknowledged = WatchBatch.objects.filter(session=session).exclude(pk=batch.pk)
    last = acknowledged.aggregate(last=Max("received_at"))["last"] or session.opened_at
    ended = datetime.fromtimestamp(paid[-1][1] / 1000, UTC) if paid else now
    return min(now, max(ended, last))


def _complete(row: WatchedTime, session: PlaySession, at: datetime) -> None:
    """Write the outcome of reaching the session's threshold, once. Sets `completed_at`; saving it is idempotent."""
    if row.completed_at is None:
        row.completed_at = at
        row.save(update_fields=["completed_at"])
    _outcome, created = WatchingOutcome.objects.get_or_create(
        subject=row, kind=OutcomeKind.LECTURE_WATCHED, revision=int(session.threshold * 1000)
    )
    if created:
        WatchingOutcome.announce()


def _claims(
    client_id: str, sequence: int, pieces: Sequence[PlayedPiece], position_s: float | None
) -> list[crediting.Piece]:
    if len(pieces) > MAX_PIECES:
        raise TooLarge(_("Too many pieces in one batch. Send at most %(most)s at a time."), most=MAX_PIECES)
    numbers = [number for piece in pieces for number in (piece.from_s, piece.to_s, piece.began_s, piece.ended_s)]
    numbers.append(position_s or 0.0)
    if not all(math.isfinite(number) and abs(number) < 10_000_000 for number in numbers):
        raise InvalidInput
    if not 1 <= len(client_id) <= 36 or not 0 <= sequence < 2**31:
        raise InvalidInput
    return [
        crediting.Piece(_ms(piece.from_s), _ms(piece.to_s), _ms(piece.began_s), _ms(piece.ended_s)) for piece in pieces
    ]


def _position(session: PlaySession, pieces: Sequence[PlayedPiece], position_s: float | None, otherwise: float) -> float:
    if position_s is None:
        position_s = pieces[-1].to_s if pieces else otherwise
    return round(min(max(position_s, 0.0), session.duration_s), 3)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _epoch_ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
