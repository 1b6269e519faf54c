"""Bodies that nobody foresaw: every posting operation answers them below 500, in the one shape of errors."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.architecture.addresses import addresses
from tests.architecture.test_api_access import TABLE
from tests.world import World

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.django_db,
    pytest.mark.usefixtures("rule_sets"),
]

KEYS = st.sampled_from(
    (
        *("events", "client", "counter", "question", "value", "at", "permit", "pieces", "client_id", "sequence"),
        *("position_s", "from_s", "to_s", "began_s", "ended_s", "place", "year", "rule_set", "file_format"),
    )
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.just(10**400),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["\0", "\ud800", "nan", "inf", "-1", "1e400", "影" * 4000, "00000000-0000-0000-0000-000000000000"]),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=12
)
QUERIES = (
    *(f"page={value}" for value in ("%00", "-1", "99999999999999999999", "x")),
    *(f"page_size={value}" for value in ("0", "x", "99999999999999999999")),
    *(f"year={value}" for value in ("NaN", "1e9", "2026.5", "%00", "-1", "99999999999999999", "Infinity", "2199", "²")),
    *(f"rule_set={value}" for value in ("%00", "%ff", "none")),
    "format=xml",
)
ENDLESS = {"client_id": "tab", "sequence": 1, "pieces": [], "position_s": 10**400}
POSTED = [route for method, route in TABLE if method == "post"]
HEADERS = ("", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data")
RAW = (b"", b"{", b"\xff\xfe", b"[" * 20_000, b"null", b"[]", b'"x"', b"1e999", b"NaN", b'{"events": NaN}', b"\x00")


def mutations(body: Any) -> st.SearchStrategy[Any]:
    """The right body with one thing in it replaced, or something else altogether."""
    if not isinstance(body, dict) or not body:
        return VALUES
    return VALUES | st.sampled_from(sorted(body)).flatmap(
        lambda name: (VALUES | inside(body[name])).map(lambda value: {**body, name: value})
    )


def inside(value: Any) -> st.SearchStrategy[Any]:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return mutations(value[0]).map(lambda changed: [changed])
    return SCALARS


@pytest.mark.parametrize("route", POSTED)
def test_no_body_brings_an_operation_down(route: str) -> None:
    world = World()
    arguments, body, _statuses = TABLE["post", route]
    path = next(found for found in addresses() if found.route == f"api/v1/{route}").path(arguments(world))
    client = world.client("administrator" if route == "credit-exports/" else "learner")

    def answered(data: bytes | str, content_type: str = "application/json") -> None:
        response = client.generic("POST", path, data, content_type=content_type)
        assert response.status_code < 500, data[:300]
        if response.status_code >= 400:
            assert {"code", "message", "params"} <= set(response.json())

    for raw in RAW:
        answered(raw)
    for content_type in HEADERS:
        answered(b"{", content_type)
    answered(b" " * 3_000_000)
    answered(json.dumps(ENDLESS))

    @settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(mutations(body(world)))
    def fuzz(value: Any) -> None:
        answered(json.dumps(value))

    fuzz()


def test_no_query_brings_a_reading_operation_down() -> None:
    world = World()
    client = world.client("administrator")
    lists = [route for method, route in TABLE if method == "get" and "<" not in route]
    for route, query in itertools.product(set(lists) - {"schema/", "docs/"}, QUERIES):
        response = client.get(f"/api/v1/{route}?{query}")
        assert (route, query, response.status_code < 500) == (route, query, True)
        if response.status_code >= 400:
            assert {"code", "message", "params"} <= set(response.json())
