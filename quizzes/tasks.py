"""Celery tasks of the quizzes."""
