from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class WatchingRule:
    """What a viewing is measured by: the share that completes (0 to 1), the greatest speed that counts, and whether
    it counts while the page is hidden."""

    threshold: Decimal
    max_speed: Decimal
    background_play: bool
