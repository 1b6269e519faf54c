import pytest

from tests.organisations.manage.desk import Desk


@pytest.fixture
def desk(db) -> Desk:
    return Desk()
