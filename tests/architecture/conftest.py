"""One world for all tests of a module, so that asking costs more than building."""

from collections.abc import Iterator
from typing import Any

import pytest

from credits.services.rule_sets import load_rule_sets
from tests.architecture.matrix import MatrixWorld, undone


@pytest.fixture(scope="module")
def matrix_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[MatrixWorld]:
    """The complete world of the role matrix. What a test does to it is undone after the test."""
    with django_db_blocker.unblock(), undone():
        load_rule_sets()
        yield MatrixWorld().complete()
