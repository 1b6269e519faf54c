"""A person at a browser without scripts: signs in through the form, follows links, posts forms and JSON."""

import re
from types import TracebackType
from typing import Any, Self

import httpx

from organisations.models import Person
from organisations.services import consents
from tests.factories.organisations import PASSWORD
from tests.quizzes.concurrency import ONE_REQUEST_A_CONNECTION

SIGN_IN = "/zh-hans/account/login/"
HOME = "/zh-hans/account/profile/"


class Visitor:
    """`with Visitor(site.url) as visitor: visitor.sign_in(person)`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(
            base_url=url, timeout=120, limits=httpx.Limits(max_connections=400), headers=ONE_REQUEST_A_CONNECTION
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.http.close()

    def sign_in(self, person: Person) -> None:
        """Sign in as somebody who has agreed to the documents before."""
        consents.accept(person=person, language="zh-hans")
        self.http.get(SIGN_IN)
        response = self.post_form(f"{SIGN_IN}?next={HOME}", {"login": person.username, "password": PASSWORD})
        assert (response.status_code, response.headers.get("Location")) == (302, HOME), response.text[:2000]

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.http.get(path, **more)

    def _proof(self) -> dict[str, str]:
        return {"X-CSRFToken": self.http.cookies.get("csrftoken", ""), "Referer": self.url}

    def post_form(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        return self.http.post(path, data=data or {}, headers=self._proof(), **more)

    def post_json(self, path: str, body: Any = None) -> httpx.Response:
        return self.http.post(path, json=body if body is not None else {}, headers=self._proof())


def field(html: str, name: str) -> str:
    """The value of the hidden field `name` of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, f"no field {name}"
    return found[1]
