"""Declared outside activities with evidence stand here; nothing is recorded yet."""
