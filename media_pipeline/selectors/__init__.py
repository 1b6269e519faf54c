from media_pipeline.selectors.watching import (
    Addresses,
    Playback,
    PlayerView,
    WatchedView,
    addresses,
    addresses_of,
    play_session,
    playback,
    player,
    watched,
)

__all__ = [
    "Addresses",
    "Playback",
    "PlayerView",
    "WatchedView",
    "addresses",
    "addresses_of",
    "play_session",
    "playback",
    "player",
    "watched",
]
