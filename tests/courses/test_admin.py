"""What an editor may publish, in words; previews; terms of an offer."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from wagtail.test.utils.form_data import nested_form_data, streamfield

from courses.enums import Basis, LessonKind
from courses.models import LessonPage, Offer, PublishedVersion
from organisations.models import Person
from tests.factories.courses import (
    CoursePageFactory,
    CurrentProjectFactory,
    EnrolmentFactory,
    LessonPageFactory,
    OfferFactory,
    lecture_of,
)
from tests.factories.organisations import NodeFactory
from tests.factories.quizzes import QuizFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor() -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(Person.objects.create_superuser("boss", name="Boss", password=None, language="en"))
    with translation.override("en"):
        yield client


def lesson_form(*, kind: str, blocks: list[tuple[str, Any]], minutes: int | str = 10, publish: bool = True) -> dict:
    data = {"title": "L", "slug": "l", "kind": kind, "minutes": minutes, "body": streamfield(blocks)}
    return nested_form_data(data | ({"action-publish": "1"} if publish else {}))


def create(editor: Client, **form: Any):
    course = CoursePageFactory()
    url = reverse("wagtailadmin_pages:add", args=["courses", "lessonpage", course.pk])
    return editor.post(url, lesson_form(**form))


TEXT = ("text", "<p>x</p>")


@pytest.mark.parametrize(
    ("kind", "blocks", "field", "words"),
    [
        (LessonKind.LECTURE, [], "kind", "A lecture lesson needs a lecture"),
        (LessonKind.QUIZ, [], "kind", "A quiz lesson needs a quiz"),
        (LessonKind.READING, [], "kind", "A reading lesson needs something to read"),
    ],
)
def test_a_lesson_without_what_its_kind_promises_is_not_published(editor, kind, blocks, field, words) -> None:
    response = create(editor, kind=kind, blocks=blocks)
    assert words in str(response.context["form"].errors[field])
    assert LessonPage.objects.count() == 0


def test_a_lesson_without_planned_minutes_is_not_published(editor) -> None:
    response = create(editor, kind=LessonKind.ON_SITE, blocks=[], minutes=0)
    assert "Say how many minutes are planned" in str(response.context["form"].errors["minutes"])


def test_a_quiz_in_a_lecture_lesson_is_not_published(editor) -> None:
    blocks = [("lecture", str(lecture_of().pk)), ("quiz", str(QuizFactory().pk))]
    response = create(editor, kind=LessonKind.LECTURE, blocks=blocks)
    assert "Put the quiz into its own lesson" in str(response.context["form"].errors["kind"])


def test_an_unfinished_lesson_is_kept_as_a_draft(editor) -> None:
    response = create(editor, kind=LessonKind.QUIZ, blocks=[], publish=False)
    lesson = LessonPage.objects.get()
    assert (response.status_code, lesson.live, PublishedVersion.objects.filter(page_id_copy=lesson.pk).count()) == (
        302,
        False,
        0,
    )


def test_a_complete_lesson_is_published_with_its_version(editor) -> None:
    quiz = QuizFactory()
    create(editor, kind=LessonKind.QUIZ, blocks=[("quiz", str(quiz.pk))])
    lesson = LessonPage.objects.get()
    assert (lesson.live, lesson.quiz) == (True, quiz)
    version = PublishedVersion.objects.get(page_id_copy=lesson.pk)
    assert version.content["quiz"]["id"] == str(quiz.public_id)
    assert version.revision_id_copy == lesson.live_revision_id


@pytest.mark.parametrize("kind", [LessonKind.LECTURE, LessonKind.QUIZ, LessonKind.READING])
def test_preview_shows_a_lesson_without_enrolment(rf, kind: str) -> None:
    blocks = {
        LessonKind.LECTURE: {"lecture": lecture_of()},
        LessonKind.QUIZ: {"quiz": QuizFactory()},
    }.get(kind, {})
    lesson = LessonPageFactory(**blocks)
    response = lesson.make_preview_request()
    assert response.status_code == 200
    assert lesson.title in response.content.decode()


def test_preview_shows_a_course() -> None:
    course = CoursePageFactory()
    assert course.summary in course.make_preview_request().content.decode()


def offer_form(offer: Offer, **changes: Any) -> dict[str, Any]:
    form = {
        "course": offer.course.pk,
        "basis": offer.basis,
        "project": offer.project_id or "",
        "in_house_unit": offer.in_house_unit_id or "",
        "rule_set_id": offer.rule_set_id,
        "activity_type": offer.activity_type,
        "begins": offer.begins,
        "ends": offer.ends,
        "watch_threshold": "0.9",
        "max_speed": "2",
        "background_play": "on",
        "attention_minutes": "0",
    }
    return form | changes


def save(editor: Client, offer: Offer, **changes: Any):
    return editor.post(reverse("wagtailsnippets_courses_offer:edit", args=[offer.pk]), offer_form(offer, **changes))


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"basis": Basis.PROJECT, "project": ""}, "project", "Choose the accredited project"),
        ({"basis": Basis.IN_HOUSE, "project": ""}, "in_house_unit", "Choose the unit"),
        ({"basis": Basis.NONE}, "project", "Empty this field"),
        ({"activity_type": "nonsense"}, "activity_type", "This rule set knows these activity types"),
        ({"rule_set_id": "nowhere"}, "rule_set_id", "No version of the credit rules"),
        ({"ends": "2000-01-01"}, "ends", "The last day lies before the first one."),
        ({"ends": "2999-01-01"}, "ends", "the offer must lie within these days"),
    ],
)
def test_an_offer_says_what_is_wrong(editor, rule_sets, changes, field, words) -> None:
    offer = OfferFactory(project=CurrentProjectFactory())
    response = save(editor, offer, **changes)
    assert response.status_code == 200
    assert words in str(response.context["form"].errors[field])


def test_an_offer_on_a_project_is_saved(editor, rule_sets) -> None:
    offer = OfferFactory(project=CurrentProjectFactory())
    ends = timezone.localdate() + timedelta(days=45)
    assert save(editor, offer, ends=ends).status_code == 302
    offer.refresh_from_db()
    assert offer.ends == ends


def test_rules_of_an_offer_are_chosen_and_listed_by_name(editor, rule_sets) -> None:
    offer = OfferFactory(project=CurrentProjectFactory(), activity_type="promo_online")
    address = reverse("wagtailsnippets_courses_offer:edit", args=[offer.pk])
    form = editor.get(address, headers={"accept-language": "en"}).context["form"]
    rules, kinds = (str(form[name]) for name in ("rule_set_id", "activity_type"))
    named = '<option value="cn-henan-cme" selected>Henan continuing medical education (from 2025)</option>'
    assert rules.count(named) == 1
    assert kinds.count('<option value="promo_online" selected>Promotion project (online)</option>') >= 1
    listed = editor.get(reverse("wagtailsnippets_courses_offer:list"), headers={"accept-language": "en"})
    assert [offer.rule_set_title for offer in listed.context["object_list"]] == [
        "Henan continuing medical education (from 2025)"
    ]


def test_code_that_is_no_longer_known_stays_as_it_is(editor, rule_sets) -> None:
    offer = OfferFactory(project=CurrentProjectFactory(), activity_type="elder")
    form = editor.get(reverse("wagtailsnippets_courses_offer:edit", args=[offer.pk])).context["form"]
    assert str(form["activity_type"]).count('<option value="elder" selected>elder</option>') == 1


def test_admin_offers_no_pages_about_wagtail(editor) -> None:
    assert "guide.wagtail.org/en/releases" not in editor.get("/admin/pages/").content.decode()


def test_the_terms_of_an_offer_hold_for_those_who_enrolled(editor, rule_sets) -> None:
    offer = EnrolmentFactory(offer=OfferFactory(in_house_unit=NodeFactory())).offer
    response = save(editor, offer, watch_threshold="0.5")
    assert "People are enrolled under these terms" in str(response.context["form"].errors["watch_threshold"])
    assert save(editor, offer, ends=offer.ends + timedelta(days=5)).status_code == 302


def test_the_list_of_offers_shows_them(editor) -> None:
    offer = OfferFactory()
    response = editor.get(reverse("wagtailsnippets_courses_offer:list"))
    assert offer.course.title in response.content.decode()
