"""The edge: policies, sessions, errors, addresses, what is logged."""

import time

import pytest
from django.core.exceptions import RequestDataTooBig
from django.test import Client, RequestFactory, override_settings

from cms.shared import http, logs
from organisations.models import Person

SITE_POLICY = {
    "default-src 'self'",
    "media-src 'self' blob:",
    "worker-src 'self' blob:",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'self'",
}


def _policy(client: Client, path: str) -> set[str]:
    return set(client.get(path)["Content-Security-Policy"].split("; "))


def test_policy_of_the_site_has_no_inline(client: Client, db: None) -> None:
    assert _policy(client, "/en/account/login/") == SITE_POLICY


def test_policy_of_the_admin_stays_on_its_own_host(client: Client, db: None) -> None:
    policy = _policy(client, "/admin/login/")
    assert "script-src 'self' 'unsafe-inline' 'unsafe-eval'" in policy
    assert not any("http" in directive or "*" in directive for directive in policy)


def test_policy_of_the_api_documentation_is_the_second_one(client: Client, db: None) -> None:
    assert "style-src 'self' 'unsafe-inline'" in _policy(client, "/api/v1/docs/")


def test_api_documentation_asks_no_other_host(client: Client, db: None) -> None:
    page = client.get("/api/v1/docs/").content.decode()
    assert "https://" not in page and "//cdn" not in page


def test_schema_names_only_our_own_addresses(client: Client, db: None) -> None:
    import yaml

    schema = yaml.safe_load(client.get("/api/v1/schema/").content)
    assert [path for path in schema["paths"] if not path.startswith("/api/v1/")] == []


def test_request_id_is_kept_when_sane(client: Client, db: None) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": "abcdef-12345678"})["X-Request-ID"] == "abcdef-12345678"
    assert len(client.get("/healthz", headers={"X-Request-ID": "a b\n"})["X-Request-ID"]) == 32


def test_healthz_asks_no_database(client: Client) -> None:
    assert client.get("/healthz").content == b"ok\n"


def test_readyz_names_the_parts(client: Client, db: None) -> None:
    answer = client.get("/readyz")
    parts = {"database": "ok", "cache": "ok", "broker": "ok", "storage": "ok"}
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "parts": parts})


def test_readyz_says_what_failed_and_not_why(client: Client, db: None, settings: object) -> None:
    with override_settings(STORAGES={"private": {"BACKEND": "no.such.Storage"}}):
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"] == {"database": "ok", "cache": "ok", "broker": "ok", "storage": "failed"}


@pytest.mark.parametrize(
    ("hops", "address"), [(0, "10.0.0.1"), (1, "198.51.100.7"), (2, "203.0.113.5"), (3, "10.0.0.1")]
)
def test_client_address_believes_only_our_proxies(hops: int, address: str) -> None:
    request = RequestFactory().get(
        "/", headers={"X-Forwarded-For": "203.0.113.5, 198.51.100.7"}, REMOTE_ADDR="10.0.0.1"
    )
    with override_settings(TRUSTED_PROXY_COUNT=hops):
        assert http.client_address(request) == address


def test_unknown_page_answers_json_under_api(client: Client, db: None) -> None:
    answer = client.get("/api/v1/nothing/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_unknown_page_answers_html_elsewhere(client: Client, db: None) -> None:
    answer = client.get("/en/nothing/")
    assert (answer.status_code, answer["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_oversized_body_is_a_413() -> None:
    request = RequestFactory().post("/api/v1/anything/")
    answer = http.bad_request(request, RequestDataTooBig())
    assert answer.status_code == 413


def test_server_error_needs_no_database() -> None:
    answer = http.server_error(RequestFactory().get("/en/"))
    assert answer.status_code == 500 and b"<html" in answer.content


def test_session_is_written_at_most_every_quarter_hour(
    client: Client, db: None, django_assert_num_queries: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(Person.objects.create_user("one", name="One"))
    client.get("/en/account/password/change/")
    first = client.session["touched"]
    client.get("/en/account/password/change/")
    assert client.session["touched"] == first
    later = time.time() + 15 * 60 + 1
    monkeypatch.setattr("cms.shared.http.time.time", lambda: later)
    client.get("/en/account/password/change/")
    assert client.session["touched"] == int(later)


def test_logs_hide_what_is_personal() -> None:
    event = {
        "event": "sign-in of 13800138000, 41010219900101001X, a.b@example.org",
        "phone": "13800138000",
        "pk": 13,
        "request_id": "0123456789abcdef13800138000aaaaa",
        "logger": "name",
    }
    assert logs.hide_personal(None, "info", event) == {
        "event": "sign-in of ***, ***, ***",
        "phone": "***",
        "pk": 13,
        "request_id": "0123456789abcdef13800138000aaaaa",
        "logger": "name",
    }
