"""What every kind of page says to the browser about itself, and what signing in does to the session."""

import pytest
from django.test import Client
from django.urls import reverse

from organisations.services import consents
from tests.factories.organisations import PASSWORD
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]


def test_every_kind_of_page_carries_the_policy() -> None:
    world = World()
    course = world.offer.course
    anybodys = ["/zh-hans/", course.get_parent().get_url(), course.get_url(), reverse("account_login")]
    anybodys += [
        reverse("organisations:privacy"),
        reverse("organisations:activate"),
        "/zh-hans/none/",
        "/api/v1/schema/",
    ]
    anybodys += ["/zh-hans/%00/", "/healthz", reverse("home:learner_fragment"), "/lectures/x/y", "/api/none/"]
    own = [
        reverse("courses:my_learning"),
        reverse("credits:my_credits"),
        reverse("organisations:profile"),
        "/api/v1/me/",
    ]
    own += [
        world.lecture_lesson.get_url(),
        world.quiz_lesson.get_url(),
        reverse("credits:exports"),
        "/api/v1/attempts/",
    ]
    own += [reverse("quizzes:attempt", args=[world.attempt.public_id]), reverse("organisations:notifications")]
    for who, paths in (("anonymous", anybodys), ("learner", own)):
        client = world.client(who)
        for path in paths:
            response = client.get(path)
            policy = response.headers.get("Content-Security-Policy", "")
            assert (path, "default-src 'self'" in policy, "unsafe" in policy) == (path, True, False)
            assert (path, response.headers["X-Content-Type-Options"]) == (path, "nosniff")
            assert (path, response.headers["Referrer-Policy"]) == (path, "same-origin")
            assert (path, response.headers.get("X-Frame-Options")) in ((path, "DENY"), (path, None))
            assert (path, bool(response.headers["X-Request-ID"])) == (path, True)
            if who == "learner" and response.status_code == 200:
                cache = response.headers.get("Cache-Control", "")
                assert (path, "private" in cache or "no-store" in cache or path.startswith("/api/")) == (path, True)


def test_signing_in_gives_a_new_session_and_signing_out_ends_it() -> None:
    world = World()
    consents.accept(person=world.learner, language="zh-hans")
    client = Client()
    planted = client.session
    planted["planted"] = "by somebody else"
    planted.save()
    client.cookies["sessionid"] = planted.session_key
    form = {"login": world.learner.username, "password": PASSWORD}
    assert client.post(f"{reverse('account_login')}?next=/zh-hans/account/profile/", form).status_code == 302
    given = client.cookies["sessionid"].value
    assert given != planted.session_key
    thief = Client()
    thief.cookies["sessionid"] = planted.session_key
    assert thief.get("/api/v1/me/").status_code == 403
    client.post(reverse("account_logout"))
    thief.cookies["sessionid"] = given
    assert thief.get("/api/v1/me/").status_code == 403


@pytest.mark.parametrize(
    "target", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_to_no_other_host(target: str) -> None:
    world = World()
    consents.accept(person=world.learner, language="zh-hans")
    form = {"login": world.learner.username, "password": PASSWORD, "next": target}
    response = Client().post(reverse("account_login"), form)
    assert (response.status_code, response.headers["Location"]) == (302, reverse("courses:my_learning"))
