"""What a person has watched, and what a player needs to know."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone

from cms.shared.errors import NotFound
from media_pipeline import signing
from media_pipeline.enums import RenditionFile
from media_pipeline.models import Lecture, PlaySession, RenditionSet, WatchBatch, WatchedTime
from media_pipeline.selectors.lectures import clock
from media_pipeline.watching import intervals, shares
from media_pipeline.watching.rules import WatchingRule
from organisations.models import Person

# A signed address outlives the lecture by this; players ask for a new one before it ends.
ADDRESS_LIFETIME = timedelta(hours=4)


@dataclass(frozen=True)
class WatchedView:
    """What a person has watched of a lecture. Intervals are [from_s, to_s] in order; `share` is 0 to 1, rounded down.

    `is_completed` says whether the share asked about is reached; without one, whether any was.
    """

    duration_s: float
    position_s: float
    covered_s: float
    share: float
    intervals: list[list[float]]
    missing: list[list[float]]
    is_completed: bool
    completed_at: datetime | None


def watched_view(
    row: WatchedTime | None,
    *,
    duration_s: float,
    threshold: Decimal | None = None,
    without: Sequence[Sequence[float]] = (),
) -> WatchedView:
    """What `row` says of a lecture `duration_s` long; what the caller does not let count (yet) is left out."""
    duration_ms = round(duration_s * 1000)
    covered = intervals.clip(intervals.from_seconds(row.intervals if row else []), 0, duration_ms)
    covered = intervals.subtract(covered, intervals.from_seconds(without))
    completed_at = row.completed_at if row else None
    position_s = row.position_s if row else 0.0
    is_completed = completed_at is not None if threshold is None else shares.is_reached(covered, duration_ms, threshold)
    return WatchedView(
        duration_s=duration_s,
        # Somebody who had reached the end starts again from the beginning.
        position_s=0.0 if position_s > duration_s - 3 else position_s,
        covered_s=intervals.length(covered) / 1000,
        share=shares.share(covered, duration_ms),
        intervals=intervals.to_seconds(covered),
        missing=intervals.to_seconds(shares.missing(covered, duration_ms, is_complete=is_completed)),
        is_completed=is_completed,
        completed_at=completed_at,
    )


def watched(
    *,
    person: Person,
    lecture: Lecture,
    threshold: Decimal | None = None,
    without: Sequence[Sequence[float]] = (),
) -> WatchedView:
    """What `person` has watched of `lecture` (select its `renditions` with it)."""
    row = WatchedTime.objects.filter(person=person, lecture=lecture).first()
    return watched_view(row, duration_s=lecture.duration_s, threshold=threshold, without=without)


def play_session(*, person: Person, public_id: uuid.UUID) -> PlaySession:
    """The person's own session. Raises NotFound."""
    session = PlaySession.objects.filter(public_id=public_id, person=person).first()
    if session is None:
        raise NotFound
    return session


@dataclass(frozen=True)
class Addresses:
    """Signed addresses of a lecture's files, good until `expires_at`; all empty while there is nothing to play."""

    master_url: str = ""
    mp4_url: str = ""
    poster_url: str = ""
    captions_url: str = ""
    sprite_url: str = ""
    expires_at: datetime | None = None


def addresses(lecture: Lecture) -> Addresses:
    """Where `lecture` is played from. The caller has checked access."""
    return addresses_of(lecture.renditions, has_captions=bool(lecture.captions_key))


def addresses_of(renditions: RenditionSet | None, *, has_captions: bool) -> Addresses:
    """Where one set is played from; also one that an editor has yet to decide about."""
    if renditions is None:
        return Addresses()
    # Rounded up to the hour: pages loaded within it share addresses, and with them what the browser has kept.
    lasting = timezone.now() + ADDRESS_LIFETIME + timedelta(hours=1, seconds=renditions.duration_s)
    expires_at = lasting.replace(minute=0, second=0, microsecond=0)
    base = f"/lectures/{signing.sign(renditions.public_id, expires_at)}/{renditions.public_id}/"
    return Addresses(
        master_url=base + RenditionFile.MASTER,
        mp4_url=base + RenditionFile.MP4,
        poster_url=base + RenditionFile.POSTER,
        captions_url=base + RenditionFile.CAPTIONS if has_captions else "",
        sprite_url=base + RenditionFile.SPRITE if renditions.qualities else "",
        expires_at=expires_at,
    )


# People's habit; the greatest that counts is the offer's.
SPEEDS = ("0.5", "0.75", "1", "1.25", "1.5", "1.75", "2")


@dataclass(frozen=True)
class SpeedChoice:
    value: str
    counts: bool

    @property
    def is_normal(self) -> bool:
        return self.value == "1"


@dataclass(frozen=True)
class QualityChoice:
    """A height that may be chosen by hand; `megabytes` of the whole lecture with its sound, rounded up."""

    height: int
    megabytes: str


@dataclass(frozen=True)
class PlayerView:
    """What the player shows before anything is played; template `components/player.html`."""

    lecture: Lecture
    is_playable: bool
    addresses: Addresses
    rule: WatchingRule
    watched: WatchedView

    @property
    def threshold_percent(self) -> int:
        return round(self.rule.threshold * 100)

    @property
    def watched_percent(self) -> int:
        return int(self.watched.share * 100)

    @property
    def last_second(self) -> int:
        return max(1, int(self.watched.duration_s))

    @property
    def first_second(self) -> int:
        return int(self.watched.position_s)

    @property
    def length(self) -> str:
        return clock(self.watched.duration_s)

    @property
    def speeds(self) -> list[SpeedChoice]:
        return [SpeedChoice(value, Decimal(value) <= self.rule.max_speed) for value in SPEEDS]

    @property
    def qualities(self) -> list[QualityChoice]:
        """Greatest first. Sets of earlier versions do not know the size of each: they play by themselves."""
        known = self.lecture.renditions.qualities if self.lecture.renditions else []
        return [QualityChoice(quality["height"], _megabytes(quality["bytes"])) for quality in known]


def _megabytes(size: int) -> str:
    tenths = -(-size // 100_000)
    return f"{tenths // 10}.{tenths % 10}" if tenths < 100 else str(-(-tenths // 10))


def player(
    *, person: Person, lecture: Lecture, rule: WatchingRule, without: Sequence[Sequence[float]] = ()
) -> PlayerView:
    """The player of `lecture` (select its `renditions` with it) for `person`. The caller has checked access."""
    return PlayerView(
        lecture=lecture,
        is_playable=lecture.is_playable,
        addresses=addresses(lecture),
        rule=rule,
        watched=watched(person=person, lecture=lecture, threshold=rule.threshold, without=without),
    )


@dataclass(frozen=True)
class Playback:
    """All that a player needs to play and to report; as JSON by `media_pipeline.api.serializers.PlaybackSerializer`.

    Intervals are [from_s, to_s] in order; `share` and `threshold` are 0 to 1.
    """

    session: uuid.UUID
    batches_url: str
    master_url: str
    mp4_url: str
    poster_url: str
    captions_url: str
    expires_at: datetime | None
    duration_s: float
    position_s: float
    intervals: list[list[float]]
    missing: list[list[float]]
    share: float
    threshold: float
    max_speed: float
    background_play: bool
    is_completed: bool


def playback(*, person: Person, lecture: Lecture, session: PlaySession) -> Playback:
    """What `session`, just opened by `person` for `lecture`, plays and how far it is."""
    view = watched(person=person, lecture=lecture, threshold=session.threshold)
    where = addresses(lecture)
    return Playback(
        session=session.public_id,
        batches_url=reverse("play_session_batches", kwargs={"session": session.public_id}),
        master_url=where.master_url,
        mp4_url=where.mp4_url,
        poster_url=where.poster_url,
        captions_url=where.captions_url,
        expires_at=where.expires_at,
        duration_s=session.duration_s,
        position_s=view.position_s,
        intervals=view.intervals,
        missing=view.missing,
        share=view.share,
        threshold=float(session.threshold),
        max_speed=float(session.max_speed),
        background_play=session.background_play,
        is_completed=view.is_completed,
    )


@dataclass(frozen=True)
class WatchedYear:
    """Seconds of a lecture that were credited in a year, and when the last of them was played."""

    seconds: Decimal
    until: datetime


def watched_by_year(*, person: Person, lecture_id: int, zone: ZoneInfo) -> dict[int, WatchedYear]:
    """What the log of batches (180 days) knows of a person's lecture, by the years of `zone`.

    A batch belongs to the year in which its last piece ended: never later than it was sent.
    """
    found: dict[int, WatchedYear] = {}
    batches = WatchBatch.objects.filter(session__person=person, session__lecture=lecture_id, credited_s__gt=0)
    for batch in batches.select_related("session").order_by("pk"):
        ended_ms = max((int(piece[3]) for piece in batch.claimed), default=0)
        until = min(batch.received_at, batch.session.opened_at + timedelta(milliseconds=ended_ms))
        year = until.astimezone(zone).year
        known = found.get(year, WatchedYear(Decimal(0), until))
        seconds = known.seconds + Decimal(str(batch.credited_s))
        found[year] = WatchedYear(seconds, max(known.until, until))
    return found
