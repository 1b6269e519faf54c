"""The server's log of what players sent of a lecture (180 days), in words that its viewer and a reviewer understand."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from media_pipeline.models import PlaySession, WatchBatch
from media_pipeline.watching.crediting import Refusal

REASONS: dict[str, Promise] = {
    Refusal.INVALID: _("the player sent times that cannot be"),
    Refusal.BEFORE_OPENING: _("it was said to be played before this player was opened"),
    Refusal.AHEAD_OF_TIME: _("it was said to be played at a time that had not come yet: the device's clock ran wrong"),
    Refusal.TOO_LATE: _("it arrived more than twelve hours after it was played"),
    Refusal.BEYOND_THE_END: _("it lay behind the lecture's end"),
    Refusal.TOO_FAST: _("it was played faster than the greatest speed that counts"),
    Refusal.SPENT_ELSEWHERE: _("the same minutes were counted for another player already: time counts once"),
    Refusal.SCATTERED: _("it was scattered over too many short pieces"),
}


@dataclass(frozen=True)
class NotCounted:
    """Seconds of the lecture that were played and not counted, and why."""

    reason: str | Promise
    seconds: int


@dataclass
class SessionLog:
    """One opening of a player: from when to when it was heard of, what it sent, what was counted. Seconds are those
    of the lecture; what was played a second time is sent and not counted again, without any refusal."""

    opened_at: datetime
    last_at: datetime
    max_speed: Decimal
    background_play: bool
    batches: int = 0
    played_s: float = 0
    counted_s: float = 0
    refused_ms: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def played(self) -> int:
        return round(self.played_s)

    @property
    def counted(self) -> int:
        return round(self.counted_s)

    @property
    def refusals(self) -> list[NotCounted]:
        """The heaviest first; less than half a second is not worth a word."""
        found = sorted(self.refused_ms.items(), key=lambda item: (-item[1], item[0]))
        return [NotCounted(REASONS.get(code, code), round(ms / 1000)) for code, ms in found if ms >= 500]


def session_logs(*, person_id: int, lecture_ids: Collection[int]) -> dict[int, list[SessionLog]]:
    """By lecture, the openings of which something was heard, the oldest first. Two queries."""
    sessions = PlaySession.objects.filter(person=person_id, lecture__in=lecture_ids).order_by("opened_at", "pk")
    logs: dict[int, tuple[int, SessionLog]] = {}
    for row in sessions.values("pk", "lecture_id", "opened_at", "max_speed", "background_play"):
        log = SessionLog(row["opened_at"], row["opened_at"], row["max_speed"], row["background_play"])
        logs[row["pk"]] = (row["lecture_id"], log)
    batches = WatchBatch.objects.filter(session__person=person_id, session__lecture__in=lecture_ids).order_by("pk")
    heard = batches.values_list("session", "received_at", "claimed_s", "credited_s", "refused")
    for session, received_at, claimed_s, credited_s, refused in heard.iterator():
        log = logs[session][1]
        log.last_at = max(log.last_at, received_at)
        log.batches += 1
        log.played_s += claimed_s
        log.counted_s += credited_s
        for _index, reason, missed_ms in refused:
            log.refused_ms[reason] += missed_ms
    found: dict[int, list[SessionLog]] = defaultdict(list)
    for lecture_id, log in logs.values():
        if log.batches:
            found[lecture_id].append(log)
    return found
