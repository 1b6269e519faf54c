"""The question form of the admin, used as an author would: every type written, read again, and refused."""

import pytest
from django.urls import reverse
from django.utils.translation import override

from quizzes.models import Question
from quizzes.services import bank
from tests.factories.quizzes import BankFactory, QuestionFactory
from tests.quizzes.admin.posts import POSTS, filled

# Wagtail leaves the original open when it makes a rendition.
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.SpooledTemporaryFile:ResourceWarning"),
]


def address(view: str, *args: object) -> str:
    return reverse(f"wagtailsnippets_quizzes_question:{view}", args=args)


def posted_of(form) -> dict:
    """What a browser would post of a form that nobody touched."""
    data = {"items-TOTAL": str(len(form.items)), "images-TOTAL": str(len(form.images))}
    for one in (form, *form.items, *form.images):
        for field in one:
            value = field.value()
            if value not in (None, False, ""):
                data[field.html_name] = getattr(value, "pk", value)
    return data


@pytest.mark.parametrize("type", POSTS)
def test_every_type_is_written_shown_previewed_and_left_alone(author, picture, type):
    """One walk a type: create, open, preview without and with the key, save unchanged, change a little."""
    post, home = POSTS[type], BankFactory()
    created = author.post(address("add"), filled(type, bank=home.pk, picture=picture.pk))
    assert created.status_code == 302, (
        created.context["form"].errors,
        [f.errors for f in created.context["form"].items],
    )
    question = Question.objects.get()
    first = question.current.items[0]
    assert tuple(item["stem"] for item in question.current.items) == post.stems
    if post.key is not None:
        assert (first["key"], first["options"]) == (post.key, post.options)
    if post.settings is not None:
        assert first["settings"] == post.settings
    assert (question.syllabus_codes, question.modality, question.body_part, question.bloom) == (
        ["5", "14"], "CT", "chest", "apply",
    )  # fmt: skip
    assert [row.alt for row in question.current.images.all()] == ["胸部正位片"] * post.needs_picture

    page = author.get(address("edit", question.pk))
    assert page.status_code == 200
    untouched = posted_of(page.context["form"])
    preview = address("preview_on_edit", question.pk)
    assert author.post(preview, untouched).json() == {"is_valid": True, "is_available": True}
    seen = author.get(preview, {"mode": ""})
    assert [(item.key, item.explanation) for item in seen.context["object"].preview.items] == [(None, None)] * len(
        post.stems
    )
    assert "量子噪声" not in seen.content.decode()

    assert author.post(address("edit", question.pk), untouched).status_code == 302
    question.refresh_from_db()
    assert question.revisions.count() == 1
    changed = author.post(address("edit", question.pk), {**untouched, "items-0-explanation": "另一种解释"})
    question.refresh_from_db()
    assert (changed.status_code, question.revisions.count()) == (302, 2)
    after = question.current.items[0]
    assert (after["id"], after["key"]) == (first["id"], first["key"])


def test_ordering_is_typed_in_order_and_stored_in_another(author):
    author.post(address("add"), filled("ORDERING", bank=BankFactory().pk))
    item = Question.objects.get().current.items[0]
    assert [item["options"]["ABC".index(letter)] for letter in item["key"]] == ["定位", "扫描", "重建"]
    assert item["options"] != ["定位", "扫描", "重建"]


def test_matching_stores_pairs_and_what_fits_nothing(author):
    author.post(address("add"), filled("MATCHING", bank=BankFactory().pk))
    item = Question.objects.get().current.items[0]
    pairs = [item["options"]["ABC".index(pair[1])] for pair in item["key"].split(",")]
    assert (item["settings"], pairs, sorted(item["options"])) == (
        {"prompts": ["水", "空气"], "repeats": False}, ["0 HU", "-1000 HU"], ["-1000 HU", "0 HU", "1000 HU"],
    )  # fmt: skip


WRONG = [
    ("A1", {"items-0-right": ["A", "B"]}, "right"),
    ("A1", {"items-0-right": ["F"]}, "right"),
    ("A1", {"items-0-right": []}, "right"),
    ("A1", {"items-0-option_b": ""}, "option_a"),
    ("A1", {"items-0-points": "0"}, "points"),
    ("X", {"items-0-right": ["A"]}, "right"),
    ("CASE", {"items-0-weight_a": "-1"}, "weight_a"),
    ("TRUE_FALSE", {"items-0-right": []}, "right"),
    ("NUMERIC", {"items-0-number": "viel"}, "number"),
    ("NUMERIC", {"items-0-tolerance": "101"}, "tolerance"),
    ("SHORT_TEXT", {"items-0-accepted": " \n "}, "accepted"),
    ("SHORT_TEXT", {"items-0-accepted": "kV\nKV"}, "accepted"),
    ("ORDERING", {"items-0-ordered": "一\n一"}, "ordered"),
    ("MATCHING", {"items-0-match_2": ""}, "match_2"),
    ("MATCHING", {"items-0-match_2": "0 HU"}, "repeats"),
    ("HOTSPOT", {"items-0-r1_rx": ""}, "r1_rx"),
    ("HOTSPOT", {"items-0-r3_corners": "100,200 300,200"}, "r3_corners"),
    ("HOTSPOT", {"items-0-points_allowed": "1"}, "points_allowed"),
    ("IMAGE_GRADING", {"items-0-grade": "废"}, "grade"),
    ("IMAGE_GRADING", {"items-0-met_COV": ""}, "met_COV"),
    ("ESSAY", {"items-0-max_length": "0"}, "max_length"),
    ("FILE", {"items-0-types": ["exe"]}, "types"),
]


@pytest.mark.parametrize(("type", "change", "field"), WRONG)
def test_author_is_told_which_field_is_wrong_and_keeps_what_was_typed(author, picture, type, change, field):
    data = filled(type, bank=BankFactory().pk, picture=picture.pk, **change)
    with override("en"):
        response = author.post(address("add"), data)
    form = response.context["form"]
    assert (response.status_code, Question.objects.count()) == (200, 0)
    assert [name for item in form.items for name in item.errors] == [field]
    assert (form["stem"].value(), form.items[0]["explanation"].value()) == ("题干", "量子噪声")
    assert str(form.items[0].errors[field][0]) in response.content.decode().replace("&quot;", '"').replace(
        "&#x27;", "'"
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"stem": ""}, "stem"),
        ({"difficulty": "6"}, "difficulty"),
        ({"modality": "xx"}, "modality"),
        ({"code": ""}, "code"),
    ],
)
def test_author_is_told_of_a_wrong_field_of_the_question(author, change, field):
    form = author.post(address("add"), filled("A1", bank=BankFactory().pk, **change)).context["form"]
    assert list(form.errors) == [field]


def test_question_about_a_picture_needs_one_with_a_description(author, picture):
    home = BankFactory()
    form = author.post(address("add"), filled("HOTSPOT", bank=home.pk)).context["form"]
    assert list(form.images[0].errors) == ["image"]
    data = filled("HOTSPOT", bank=home.pk, picture=picture.pk, **{"images-0-alt": ""})
    assert list(author.post(address("add"), data).context["form"].images[0].errors) == ["alt"]


def test_taken_code_is_told_at_its_field(author):
    question = QuestionFactory(code="A1-09")
    form = author.post(address("add"), filled("A1", bank=question.bank_id)).context["form"]
    assert (form.is_valid(), Question.objects.count()) == (False, 1)


def test_author_chooses_the_type_first(author):
    page = author.get(address("add"))
    text = page.content.decode()
    assert [f'href="?type={type}"' in text for type in POSTS] == [True] * len(POSTS)


@pytest.mark.very_slow
@pytest.mark.parametrize("type", POSTS)
def test_empty_form_of_every_type_opens(author, type):
    page = author.get(address("add"), {"type": type})
    assert (page.status_code, page.context["form"].kind) == (200, type)


def test_parts_of_a_shared_group_show_the_words_of_its_options(author):
    author.post(address("add"), filled("B1", bank=BankFactory().pk))
    form = author.get(address("edit", Question.objects.get().pk)).context["form"]
    assert [row["words"] for row in form.items[1].usual_rows][:4] == ["水", "脂肪", "空气", ""]


def test_items_are_ordered_removed_and_added_and_keep_their_ids(author):
    author.post(address("add"), filled("A3", bank=BankFactory().pk))
    question = Question.objects.get()
    one, two = (item["id"] for item in question.current.items)
    data = posted_of(author.get(address("edit", question.pk)).context["form"])
    more = author.post(address("edit", question.pk), {**data, "do": "more"})
    assert (more.status_code, len(more.context["form"].items), question.revisions.count()) == (200, 3, 1)
    data |= {"items-TOTAL": "3", "items-0-order": "3", "items-1-order": "1", "items-2-order": "2"}
    data |= {"items-2-stem": "中间一问", "items-2-points": "1", "items-2-option_a": "甲", "items-2-option_b": "乙"}
    data |= {"items-2-right": ["A"]}
    assert author.post(address("edit", question.pk), data).status_code == 302
    question.refresh_from_db()
    assert [item["stem"] for item in question.current.items] == ["第二问", "中间一问", "第一问"]
    assert [question.current.items[place]["id"] for place in (0, 2)] == [two, one]
    data = posted_of(author.get(address("edit", question.pk)).context["form"])
    author.post(address("edit", question.pk), {**data, "items-0-remove": "on"})
    question.refresh_from_db()
    assert [item["id"] for item in question.current.items][-1] == one
    assert len(question.current.items) == 2


def test_second_of_two_authors_is_told_and_keeps_what_was_typed(author):
    question = QuestionFactory()
    data = posted_of(author.get(address("edit", question.pk)).context["form"])
    author.post(address("edit", question.pk), {**data, "items-0-right": ["C"]})
    late = author.post(address("edit", question.pk), {**data, "items-0-right": ["D"]})
    question.refresh_from_db()
    assert (late.status_code, question.current.items[0]["key"]) == (200, "C")
    form = late.context["form"]
    assert (form.items[0]["right"].value(), form["seen"].value()) == (["D"], "2")
    assert author.post(address("edit", question.pk), posted_of(form)).status_code == 302
    question.refresh_from_db()
    assert (question.current.number, question.current.items[0]["key"]) == (3, "D")


def test_type_may_change_among_those_with_the_same_fields(author):
    question = QuestionFactory()
    data = posted_of(author.get(address("edit", question.pk)).context["form"])
    author.post(address("edit", question.pk), {**data, "type": "X", "items-0-right": ["A", "B"]})
    question.refresh_from_db()
    assert (question.current.type, question.current.items[0]["key"]) == ("X", "AB")
    form = author.post(address("edit", question.pk), {**data, "type": "ESSAY", "seen": "2"}).context["form"]
    assert "type" in form.errors


def test_preview_as_reviewed_shows_authors_what_is_right(author):
    question = QuestionFactory(explanation="量子噪声")
    data = posted_of(author.get(address("edit", question.pk)).context["form"])
    preview = address("preview_on_edit", question.pk)
    author.post(preview, data)
    shown = author.get(preview, {"mode": "reviewed"}).content.decode()
    assert ("answer--right" in shown, "量子噪声" in shown) == (True, True)
    assert question.revisions.count() == 1


def test_published_question_is_previewed_as_reviewed_by_experts_until_it_is_changed(author):
    question = QuestionFactory()
    type(question.current).objects.update(review_state="published")
    data = posted_of(author.get(address("edit", question.pk)).context["form"])
    preview, seen = address("preview_on_edit", question.pk), []
    for stem in (data["stem"], "另一题干"):
        author.post(preview, {**data, "stem": stem})
        seen.append(author.get(preview, {"mode": ""}).context["object"].preview.is_reviewed)
    assert seen == [True, False]


def test_unknown_classification_stays_until_it_is_changed(author):
    question = QuestionFactory()
    Question.objects.update(modality="OLD", syllabus_codes=["99"])
    data = posted_of(author.get(address("edit", question.pk)).context["form"])
    assert author.post(address("edit", question.pk), data).status_code == 302
    question.refresh_from_db()
    assert (question.modality, question.syllabus_codes, question.current.number) == ("OLD", ["99"], 1)
    assert bank.draft_of(question.current).images == ()
