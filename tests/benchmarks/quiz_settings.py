"""The settings of production for `quiz`, and one address more: the reference that every figure is held against."""

from cms.settings.production import *  # noqa: F403

ROOT_URLCONF = "tests.benchmarks.quiz_urls"
