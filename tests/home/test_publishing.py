"""What an editor is told, and sees, when a page was published while caches keep the one before."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.test.utils.form_data import rich_text

from cms.home.models import HomePage
from courses.enums import LessonKind
from courses.models import LessonPage
from organisations.enums import Role
from organisations.models import Person
from organisations.services.groups import sync
from tests.factories.courses import CoursePageFactory, LessonPageFactory, home_page
from tests.factories.organisations import PersonFactory, RoleGrantFactory

EARLIER = "Readers may see the earlier version of public pages for up to 5 minutes."
REMOVED = "Readers may still see what was removed on public pages for up to 5 minutes."


@pytest.fixture
def desk(db: None) -> Client:
    person = PersonFactory.create()
    RoleGrantFactory.create(person=person, role=Role.EDITOR)
    sync(person)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(Person.objects.get(pk=person.pk), backend="django.contrib.auth.backends.ModelBackend")
    return client


def publish(desk: Client, home: HomePage, **changes: str) -> str:
    """The page that the editor sees after pressing Publish."""
    said = {
        "title": home.title, "slug": home.slug, "lead": home.lead, "body": rich_text(home.body), "seo_title": "",
        "search_description": "", "go_live_at": "", "expire_at": "", "action-publish": "action-publish",
        **{f"comments-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")},
    } | changes  # fmt: skip
    answer = desk.post(reverse("wagtailadmin_pages:edit", args=[home.pk]), said, follow=True)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def link(page: str) -> str:
    """Where the button of our message leads."""
    found = re.findall(r'href="([^"]+\?version=\d+)"', page)
    assert len(found) == 1
    return found[0].removeprefix("http://localhost")


def test_editor_sees_the_published_page_and_how_long_others_may_not(desk: Client, client: Client) -> None:
    home = home_page()
    home.save_revision().publish()
    home.refresh_from_db()
    kept = {home.url: client.get(home.url).content.decode()}  # what a cache in front of the site would keep
    page = publish(desk, home, lead="今天起新课")
    assert page.count(EARLIER) == 1
    address = link(page)
    assert address.partition("?")[0] == home.url and address not in kept
    fresh = desk.get(address)
    assert (fresh.status_code, fresh["Cache-Control"]) == (200, "public, max-age=0, s-maxage=300")
    assert ("今天起新课" in kept[home.url], "今天起新课" in fresh.content.decode()) == (False, True)
    # Every version has an address of its own.
    home.refresh_from_db()
    assert link(publish(desk, home, lead="明天起新课")) not in {address, home.url}


def test_plan_to_publish_later_changes_nothing_for_readers(desk: Client) -> None:
    home = home_page()
    home.save_revision().publish()
    home.refresh_from_db()
    later = (timezone.localtime() + timedelta(days=2)).strftime("%Y-%m-%d %H:%M")
    assert publish(desk, home, lead="后天", go_live_at=later).count(EARLIER) == 0


def test_lesson_leads_to_the_public_page_that_lists_it(desk: Client) -> None:
    course = CoursePageFactory.create()
    lesson = LessonPageFactory.create(course=course, kind=LessonKind.ON_SITE)
    lesson.unpublish()
    said = {
        "title": lesson.title, "slug": lesson.slug, "kind": lesson.kind, "minutes": "10", "seo_title": "",
        "search_description": "", "go_live_at": "", "expire_at": "", "action-publish": "action-publish",
        "body-count": "0", **{f"comments-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")},
    }  # fmt: skip
    answer = desk.post(reverse("wagtailadmin_pages:edit", args=[lesson.pk]), said, follow=True)
    assert LessonPage.objects.get(pk=lesson.pk).live is True
    assert link(unescape(answer.content.decode())).partition("?")[0] == course.url


@pytest.mark.parametrize("action", ["unpublish", "delete"])
def test_removed_page_may_still_be_seen(desk: Client, action: str) -> None:
    course = CoursePageFactory.create()
    answer = desk.post(reverse(f"wagtailadmin_pages:{action}", args=[course.pk]), follow=True)
    assert unescape(answer.content.decode()).count(REMOVED) == 1
