import pytest

from credits.rules import RuleSet
from tests.credits.rules.shipped import read_books


@pytest.fixture(scope="session")
def books() -> dict[str, RuleSet]:
    return read_books()
