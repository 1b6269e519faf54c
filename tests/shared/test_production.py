"""Production starts from its environment alone, and refuses what is missing, weak or unsafe."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from cms.shared import checks
from organisations.models import Person
from scripts.check import production_environment

ROOT = Path(__file__).resolve().parents[2]


SHOWN = "s.DATABASES['default']['HOST'], s.SESSION_COOKIE_SECURE"


def _start(shown: str = SHOWN, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Imports the production settings in a process whose environment holds only them, and prints what is `shown`."""
    environment = {**production_environment(), "PATH": os.environ["PATH"]}
    for name, value in changes.items():
        if value is None:
            environment.pop(name)
        else:
            environment[name] = value
    program = f"from django.conf import settings as s; print({shown})"
    return subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_complete_environment_starts() -> None:
    result = _start()
    assert (result.returncode, result.stdout.strip()) == (0, "localhost True"), result.stderr


def test_every_problem_is_named_at_once() -> None:
    result = _start(
        SECRET_KEY="django-insecure-please-change-me",
        ISOCENTER_KEY_LEDGER_MAC=None,
        ISOCENTER_KEY_MEDIA_SIGNING="1:" + base64.b64encode(b"\0" * 32).decode(),
        DATABASE_URL="sqlite:///isocenter.sqlite3",
        SITE_URL="http://learn.example.org",
        ALLOWED_HOSTS="*",
        PRIVATE_FOLDER=None,
        LECTURE_DELIVERY="carrier pigeon",
        ERASURE_LIST="erasures.txt",
    )
    assert result.returncode == 1
    lines = [line[2:].split(" ")[0].rstrip(":") for line in result.stderr.splitlines() if line.startswith("- ")]
    assert lines == [
        "SECRET_KEY",
        "ISOCENTER_KEY_LEDGER_MAC",
        "ISOCENTER_KEY_MEDIA_SIGNING",
        "DATABASE_URL",
        "SITE_URL",
        "ALLOWED_HOSTS",
        "PRIVATE_FOLDER",
        "LECTURE_DELIVERY",
        "ERASURE_LIST",
    ]


FIRST, SECOND = (
    "Zq3-first-of-the-two-keys-of-this-site-0123456789-x",
    "Wk8-second-of-the-two-keys-of-this-site-9876543210",
)
KEYS = "[s.SECRET_KEY, *s.SECRET_KEY_FALLBACKS]"


@pytest.mark.parametrize(
    ("value", "keys"),
    [(FIRST, [FIRST]), (f"2:{FIRST}", [FIRST]), (f"2:{FIRST}, 1:{SECOND}", [FIRST, SECOND])],
)
def test_first_of_the_secret_keys_signs(value: str, keys: list[str]) -> None:
    result = _start(KEYS, SECRET_KEY=value)
    assert (result.returncode, result.stdout.strip()) == (0, str(keys)), result.stderr


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (f"2:{FIRST},{SECOND}", "in a list every key is written id:characters."),
        (f"1:{FIRST},1:{SECOND}", "two keys of the list are the same or have the same id."),
        (f"2:{FIRST},1:{FIRST}", "two keys of the list are the same or have the same id."),
    ],
)
def test_list_of_secret_keys_that_is_none_is_refused(value: str, problem: str) -> None:
    result = _start(KEYS, SECRET_KEY=value)
    assert f"- SECRET_KEY: {problem}" in result.stderr.splitlines()


def test_weak_key_behind_a_good_one_is_refused() -> None:
    result = _start(KEYS, SECRET_KEY=f"2:{FIRST},1:short")
    lines = [line for line in result.stderr.splitlines() if line.startswith("- ")]
    assert lines == [
        "- SECRET_KEY is too weak or an example: take 50 random characters, openssl rand -base64 48",
    ]


def test_one_key_for_two_purposes_is_refused() -> None:
    key = "1:" + base64.b64encode(bytes(range(32))).decode()
    result = _start(ISOCENTER_KEY_LEDGER_MAC=key, ISOCENTER_KEY_MEDIA_SIGNING=key)
    assert "- ISOCENTER_KEY_*: the same key serves two purposes; make one for each." in result.stderr.splitlines()


HSTS = "s.SECURE_HSTS_SECONDS, s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.SECURE_HSTS_PRELOAD"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "31536000 False False"),
        ({"HSTS_SECONDS": "3600", "HSTS_INCLUDE_SUBDOMAINS": "1"}, "3600 True False"),
        ({"HSTS_INCLUDE_SUBDOMAINS": "1", "HSTS_PRELOAD": "true"}, "31536000 True True"),
    ],
)
def test_other_sites_of_the_domain_are_bound_only_when_asked(environment: dict[str, str], expected: str) -> None:
    result = _start(HSTS, **environment)
    assert (result.returncode, result.stdout.strip()) == (0, expected), result.stderr


def test_preloading_without_the_whole_domain_is_refused() -> None:
    result = _start(HSTS_PRELOAD="1")
    assert "- HSTS_PRELOAD needs HSTS_INCLUDE_SUBDOMAINS=1: browsers preload whole domains only." in (
        result.stderr.splitlines()
    )


BUCKET = {"S3_BUCKET_PRIVATE": "private", "S3_ACCESS_KEY": "key", "S3_SECRET_KEY": "secret"}


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ({"S3_ENDPOINT_URL": "https://files.example.org"}, "https://files.example.org"),
        (
            {"S3_ENDPOINT_URL": "https://oss-cn-beijing.aliyuncs.com", "S3_ADDRESSING": "virtual"},
            "https://private.oss-cn-beijing.aliyuncs.com",
        ),
        ({"S3_REGION": "eu-central-1"}, "https://private.s3.eu-central-1.amazonaws.com"),
    ],
)
def test_object_storage_opens_the_policies_for_its_host_only(environment: dict[str, str], host: str) -> None:
    """The host that the policies name is the host of the addresses that lectures are sent to."""
    shown = (
        "[[p['media-src'][2:], p['img-src'][-1], p['connect-src'], p['default-src']] "
        "for p in (s.CONTENT_SECURITY_POLICY['DIRECTIVES'], s.ADMIN_POLICY)], s.LECTURE_DELIVERY, "
        "__import__('django.core.files.storage').core.files.storage.storages['private']"
        ".signed_url('lectures/a/s.m4s', seconds=60, content_type='video/mp4').partition('/lectures/')[0]"
    )
    result = _start(shown, PRIVATE_FOLDER=None, **BUCKET, **environment)
    policy = [[host], host, ["'self'", host], ["'self'"]]
    path = "/private" if environment.get("S3_ENDPOINT_URL") == host else ""
    assert result.stdout.strip() == f"{[policy, policy]} redirect {host}{path}", result.stderr


def test_object_storage_without_address_is_refused() -> None:
    result = _start(PRIVATE_FOLDER=None, S3_ADDRESSING="sideways", **BUCKET)
    lines = [line[2:].split(" ")[0] for line in result.stderr.splitlines() if line.startswith("- ")]
    assert lines == ["S3_ADDRESSING", "S3_ENDPOINT_URL"]


@override_settings(PRODUCTION=True, DEMO_ALLOWED=False)
def test_demo_people_keep_production_from_starting(db: None) -> None:
    checks.refuse_unsafe_start()
    Person.objects.create_user("learner", name="演示", is_demo=True)
    with pytest.raises(ImproperlyConfigured, match="1 demo people are in this database"):
        checks.refuse_unsafe_start()


def test_demo_people_may_live_where_the_demo_is(db: None) -> None:
    Person.objects.create_user("learner", name="演示", is_demo=True)
    assert checks.check_demo_people(["default"]) == []


@pytest.mark.postgres
def test_database_that_garbles_chinese_is_refused(committed_db: str) -> None:
    import psycopg
    from django.conf import settings
    from django.db import connections

    from tests import databases

    values = settings.DATABASES["default"]
    with psycopg.connect(
        host=values["HOST"], port=values["PORT"], user=values["USER"], dbname="postgres", autocommit=True
    ) as raw:
        raw.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
        before = databases._use("latin")
        try:
            assert [problem.id for problem in checks.check_encoding(["default"])] == ["shared.E002"]
        finally:
            connections["default"].close()
            databases._use(before)
            raw.execute("DROP DATABASE latin")
