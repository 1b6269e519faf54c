"""Serving of renditions."""
