"""No page offers somebody a form that they may not send: a button without effect is a promise not kept."""

import re

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from organisations.enums import Role
from tests.architecture.matrix import MatrixWorld, browser_of, lines, undone

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(900)]

FORM = re.compile(r'<form\b[^>]*\bmethod="post"[^>]*>')
ACTION = re.compile(r'\baction="([^"]*)"')
ASKED = (Role.AUDITOR, Role.DEPARTMENT_CREDIT_ADMINISTRATOR, Role.BRANCH_SECRETARY, Role.COUNTY_REVIEWER)


@pytest.mark.parametrize("role", ASKED, ids=[role.value for role in ASKED])
def test_no_page_offers_a_form_that_its_reader_may_not_send(matrix_world: MatrixWorld, role: Role) -> None:
    holder, refused = matrix_world.holders[role, True], refused_routes(role)
    found, forms, client = set(), 0, browser_of(holder, Client())
    for line in lines():
        if line.method != "get" or inside(line.expected[role.value]) != "200":
            continue
        path = line.path(matrix_world)
        with undone():
            response = client.get(path)
            if response.streaming:
                response.getvalue()
                continue
            if not response.headers.get("Content-Type", "").startswith("text/html"):
                continue
            page = response.content.decode()
        for form in FORM.findall(page):
            action = ACTION.search(form)
            target = action[1].partition("?")[0] if action and action[1] else path
            forms += 1
            if route_of(target) in refused:
                found.add((str(line), route_of(target)))
    assert (found, forms > 0) == (set(), True)


def inside(expected: str) -> str:
    return expected.partition("/")[0]


def refused_routes(role: Role) -> set[str]:
    return {line.route for line in lines() if line.method == "post" and inside(line.expected[role.value]) == "403"}


def route_of(path: str) -> str:
    """As the matrix spells it: without the language."""
    try:
        return re.sub(r"^(zh-hans|en)/", "", resolve(path).route)
    except Resolver404:
        return ""
