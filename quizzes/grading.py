"""Scoring of answers: pure, Decimal, no framework."""
