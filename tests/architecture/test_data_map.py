"""docs/data-map.md names every table of the software, and none that is not there."""

import re

from django.apps import apps
from django.conf import settings

TEXT = (settings.BASE_DIR / "docs" / "data-map.md").read_text()


def test_data_map_names_every_table_and_no_other() -> None:
    named = set(re.findall(r"`([A-Z][A-Za-z]+)`", TEXT))
    # One engine's search index has a table that the other one has not.
    assert named | {"SQLiteFTSIndexEntry"} == {model.__name__ for model in apps.get_models()} | {"SQLiteFTSIndexEntry"}
