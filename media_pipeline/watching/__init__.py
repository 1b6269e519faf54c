"""Watched time, pure: sets of intervals, and what a player's claim is worth. All lengths are whole milliseconds."""
