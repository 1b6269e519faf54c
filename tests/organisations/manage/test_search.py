"""Searches by name or number: no address, link or form of the site shows the words, and everything still works."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import fernet
from django.conf import settings
from django.test import Client, override_settings
from django.urls import reverse

from cms.shared import search_words
from organisations.enums import Role
from organisations.models import Person
from organisations.services import objections
from tests.factories.organisations import PersonFactory
from tests.organisations.manage.desk import Desk, signed_in

WORDS = ("G0071", "0071", "13800000001", "11010519491231002X", "王伟")
LISTS = {
    "manage:people": Role.UNIT_CREDIT_ADMINISTRATOR,
    "manage:registrations": Role.UNIT_CREDIT_ADMINISTRATOR,
    "manage:objections": Role.UNIT_CREDIT_ADMINISTRATOR,
    "manage:qualifications": Role.UNIT_CREDIT_ADMINISTRATOR,
    "manage:rosters": Role.UNIT_CREDIT_ADMINISTRATOR,
    "manage:roles": Role.UNIT_CREDIT_ADMINISTRATOR,
    "manage:erasures": Role.SECURITY_ADMINISTRATOR,
    "manage:audit": Role.AUDITOR,
    "credits:people": Role.UNIT_CREDIT_ADMINISTRATOR,
}


def searched(client: Client, view: str, words: str) -> str:
    """The address that a search leads to."""
    return client.post(reverse("manage:search"), {"list": reverse(view), "q": words}).url


@pytest.fixture(autouse=True)
def books(rule_sets: int) -> None:
    """The page of credits needs a rule set."""


@pytest.mark.parametrize("view", LISTS)
def test_search_stands_in_no_address(desk: Desk, view: str) -> None:
    client = signed_in(desk.holder(LISTS[view], desk.hospital))
    for words in WORDS:
        address = searched(client, view, words)
        parts = urlsplit(address)
        assert (parts.path, list(parse_qs(parts.query))) == (reverse(view), ["q"])
        page = client.get(address).content.decode()
        # The words are in their field, and in no link and no form's address.
        assert page.count(f'value="{words}"') == 1
        given = [address, *re.findall(r'(?:href|action|src)="([^"]*)"', page)]
        given += re.findall(r'type="hidden" name="(?!csrf)\w+" value="([^"]*)"', page)
        assert [one for one in given if words.lower() in one.lower()] == []


def test_search_goes_on_over_pages_and_into_the_file(desk: Desk) -> None:
    for number in range(51):
        desk.colleague(name=f"王{number:02}")
    client = signed_in(desk.keeper)
    address = searched(client, "manage:people", "王")
    first = client.get(address)
    assert (len(first.context["rows"]), first.context["page_obj"].paginator.count) == (50, 52)
    following = re.search(r'rel="next" href="([^"]*)"', first.content.decode())[1].replace("&amp;", "&")  # type: ignore[index]
    assert len(client.get(reverse("manage:people") + following).context["rows"]) == 2
    file = re.search(r'href="([^"]*list\.csv[^"]*)"', first.content.decode())[1].replace("&amp;", "&")  # type: ignore[index]
    assert len(b"".join(client.get(file).streaming_content).splitlines()) == 53
    # What is done with everybody found is done with these.
    chosen = {"deed": "department", "everybody": "1", "filters": first.context["filters"]}
    assert client.post(reverse("manage:people_together"), chosen).context["count"] == 52


def test_words_open_for_their_reader_only_and_nobody_is_found_otherwise(desk: Desk) -> None:
    address = searched(signed_in(desk.keeper), "manage:people", "王伟")
    other = signed_in(desk.holder(Role.UNIT_CREDIT_ADMINISTRATOR, desk.hospital))
    page = other.get(address)
    assert (page.context["rows"], "王伟" in page.content.decode()) == ([], False)
    # Neither does "everybody found" become everybody.
    chosen = {"deed": "leave", "everybody": "1", "filters": urlsplit(address).query}
    assert other.post(reverse("manage:people_together"), chosen).status_code == 302


def test_words_do_not_open_after_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with search_words.read_by("a"):
        text = search_words.sealed(" 王伟 0071 ")
        assert (search_words.opened(text), search_words.shown(text)) == ("王伟 0071", "王伟 0071")
        assert search_words.sealed(text) == text
        late = fernet.time.time() + search_words.VALID_FOR.total_seconds() + 60  # type: ignore[attr-defined]
        monkeypatch.setattr(fernet.time, "time", lambda: late)  # type: ignore[attr-defined]
        assert (search_words.opened(text), search_words.shown(text)) == (text, "")


def test_words_open_after_a_change_of_the_secret_key() -> None:
    with search_words.read_by("a"):
        text = search_words.sealed("王伟")
        with override_settings(SECRET_KEY="n" * 50, SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
            assert search_words.opened(text) == "王伟"
        with override_settings(SECRET_KEY="n" * 50, SECRET_KEY_FALLBACKS=[]):
            assert search_words.shown(text) == ""


@pytest.mark.parametrize("path", ["", "//example.org/", "https://example.org/", "/en/nowhere/at/all.php"])
def test_search_leads_to_lists_of_this_site_only(desk: Desk, path: str) -> None:
    answer = signed_in(desk.keeper).post(reverse("manage:search"), {"list": path, "q": "王"})
    assert answer.status_code == 404


def test_filters_without_words_stand_in_the_address(desk: Desk) -> None:
    client = signed_in(desk.keeper)
    wanted = {"list": reverse("manage:roles"), "q": "  ", "when": "all", "role": ""}
    answer = client.post(reverse("manage:search"), wanted)
    assert answer.url == f"{reverse('manage:roles')}?when=all"


def test_search_of_objections_finds_its_words(desk: Desk) -> None:
    objections.object_to(by=desk.worker, text="工号应为 G0072")
    client = signed_in(desk.keeper)
    found = [client.get(searched(client, "manage:objections", words)) for words in ("g0072", "G0079")]
    assert [len(page.context["page_obj"]) for page in found] == [1, 0]


def test_person_of_another_unit_finds_no_list(desk: Desk) -> None:
    learner: Person = PersonFactory()
    address = searched(signed_in(learner), "manage:people", "王伟")
    assert signed_in(learner).get(address).status_code == 403
