"""Work done before New Year and sent after it: in which year it counts."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from credits.enums import SENT_LATE

# Domain rule of this platform, no authority's: a line that is down over New Year takes nobody's year away, and work
# sent later than this counts when it was sent. What a player sends is bounded more strictly, by the horizon of
# `media_pipeline.watching.crediting`.
LATE_WITHIN = timedelta(hours=72)

Flag = tuple[dict[str, str], ...]


def settled(*, worked_until: datetime, received: datetime, zone: ZoneInfo) -> tuple[datetime, Flag]:
    """The instant that decides the year of work, and the flag for its entry if that is an earlier year than it was
    sent in.

    `worked_until` is the last instant of the work for which the server vouches (at the least what it had acknowledged
    by then), `received` when the rest, or the request to count it, came in.
    """
    if received <= worked_until or received.astimezone(zone).year == worked_until.astimezone(zone).year:
        return worked_until, ()
    if received - worked_until > LATE_WITHIN:
        return received, ()
    return worked_until, ({"kind": SENT_LATE, "received_at": received.isoformat()},)
