"""Sets of half-open intervals [begin, end) of whole milliseconds: ordered, disjoint, not touching."""

from collections.abc import Iterable

Interval = tuple[int, int]
Intervals = tuple[Interval, ...]


def unite(*sets: Iterable[Interval], bridge: int = 0) -> Intervals:
    """Everything that lies in any of `sets` (in any order, overlapping or not).

    Gaps of at most `bridge` milliseconds are closed: use that only where a larger set is the cautious one.
    """
    united: list[Interval] = []
    for begin, end in sorted(interval for one in sets for interval in one):
        if begin >= end:
            continue
        if united and begin <= united[-1][1] + bridge:
            united[-1] = (united[-1][0], max(united[-1][1], end))
        else:
            united.append((begin, end))
    return tuple(united)


def subtract(these: Iterable[Interval], those: Iterable[Interval]) -> Intervals:
    """What lies in `these` and not in `those`."""
    left: list[Interval] = []
    taken = unite(those)
    for begin, end in unite(these):
        for other_begin, other_end in taken:
            if other_end <= begin:
                continue
            if other_begin >= end:
                break
            if other_begin > begin:
                left.append((begin, other_begin))
            begin = other_end
        if begin < end:
            left.append((begin, end))
    return tuple(left)


def clip(these: Iterable[Interval], begin: int, end: int) -> Intervals:
    """What of `these` lies in [begin, end)."""
    return unite((max(first, begin), min(last, end)) for first, last in these)


def length(these: Iterable[Interval]) -> int:
    """Milliseconds in an already united set."""
    return sum(end - begin for begin, end in these)


def gaps(these: Iterable[Interval], end: int, *, shortest: int = 0) -> Intervals:
    """What of [0, end) is not in `these`, without holes shorter than `shortest`."""
    return tuple(gap for gap in subtract([(0, end)], these) if gap[1] - gap[0] >= max(1, shortest))


def from_seconds(pairs: Iterable[Iterable[float]]) -> Intervals:
    return unite((round(begin * 1000), round(end * 1000)) for begin, end in pairs)


def to_seconds(these: Iterable[Interval]) -> list[list[float]]:
    return [[begin / 1000, end / 1000] for begin, end in these]
