"""Serving of lecture files, and the pages of the admin."""
