"""Settings of the test suite."""

from cms.settings.dev import *  # noqa: F403
