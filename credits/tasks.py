"""Celery tasks of the credit book."""
