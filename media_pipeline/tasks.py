"""Celery tasks of the media pipeline."""
