"""A long paper stays light on a bad line."""

import re

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from PIL import Image as Picture
from wagtail.images import get_image_model

from quizzes.models import QuestionImage
from quizzes.services import attempts
from tests.factories.organisations import PersonFactory
from tests.factories.quizzes import AttemptFactory, BankFactory, QuestionFactory, QuizFactory, item_ids, make_group

pytestmark = [
    pytest.mark.django_db,
    # Made by Willow for a rendition and left to the garbage collector.
    pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.SpooledTemporaryFile:ResourceWarning"),
]

STEM = "CT 扫描中其他条件不变，把管电流时间积提高到原来的 4 倍，图像噪声（标准差）约变为原来的"
OPTIONS = ("定位像范围过大", "螺距减小而管电流不变", "自动管电流调制", "按指征限定扫描范围", "低管电压配合迭代重建")


@pytest.fixture
def picture():
    import io

    data = io.BytesIO()
    Picture.new("L", (640, 480), 90).save(data, "PNG")
    return get_image_model().objects.create(title="体模", file=ContentFile(data.getvalue(), name="phantom.png"))


def test_a_paper_of_100_questions_with_30_images_is_at_most_150_kilobytes(client, picture):
    home = BankFactory()
    questions = [QuestionFactory(bank=home, stem=f"{STEM}（{n}）", options=OPTIONS) for n in range(100)]
    for question in questions[:30]:
        QuestionImage.objects.create(revision=question.current, image=picture, alt="水模的轴位图像，中心有圆形低密度影")
    attempt = AttemptFactory(quiz=QuizFactory(questions=questions))
    client.force_login(attempt.person)
    page = client.get(reverse("quizzes:attempt", args=[attempt.public_id])).content
    pictures = re.findall(rb"<img [^>]*>", page)
    own = [tag for tag in pictures if b"/images/" in tag]
    lazy = [tag for tag in own if b'loading="lazy"' in tag and b'width="640" height="480"' in tag and b'alt="' in tag]
    assert (len(lazy), page.count(b"data-item=")) == (30, 100)
    assert len(page) <= 150_000
    body = client.get(reverse("quizzes_api:attempt", args=[attempt.public_id])).content
    assert len(body) <= 150_000


def test_a_picture_is_served_to_its_learner_once_its_item_is_open(client, picture):
    case = make_group("A4", items=2)
    second = case.current.items[1]["id"]
    shared = QuestionImage.objects.create(revision=case.current, image=picture, alt="病例图")
    later = QuestionImage.objects.create(revision=case.current, image=picture, alt="复查图", item=second)
    attempt = AttemptFactory(quiz=QuizFactory(questions=[case]))

    def status(image: QuestionImage) -> int:
        response = client.get(reverse("quizzes:image", args=[attempt.public_id, image.pk]))
        # Read to its end, the file is closed.
        assert response.status_code != 200 or b"".join(response.streaming_content)[1:4] == b"PNG"
        return response.status_code

    assert status(shared) == 302
    client.force_login(PersonFactory())
    assert status(shared) == 404
    client.force_login(attempt.person)
    assert [status(shared), status(later)] == [200, 404]
    response = client.get(reverse("quizzes:image", args=[attempt.public_id, shared.pk]))
    assert (response["Content-Type"], response["Cache-Control"]) == ("image/png", "private, max-age=3600")
    assert b"".join(response.streaming_content)[1:4] == b"PNG"
    first = item_ids(attempt)[0]
    attempts.advance(person=attempt.person, public_id=attempt.public_id, item=first)
    assert [status(shared), status(later)] == [200, 200]
