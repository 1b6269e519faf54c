"""The admin's list of lectures follows the preparation without being loaded again."""

import uuid

import pytest
from django.utils import timezone

from cms.shared.jobs import JobState
from media_pipeline.enums import TranscodeStage
from media_pipeline.models import TranscodeJob
from tests.browser.conftest import Visit
from tests.browser.visitor import expect
from tests.factories.media_pipeline import LectureFactory, RenditionSetFactory
from tests.factories.organisations import PASSWORD, PersonFactory

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_length_appears_when_the_preparation_ends(committed_db, live_site, visit: Visit):
    PersonFactory.create(username="chief", is_superuser=True, is_staff=True)
    lecture = LectureFactory.create(title="CT 检查技术", duration_s=None)
    job = TranscodeJob.objects.create(
        lecture=lecture, state=JobState.RUNNING, lease=uuid.uuid4(), stage=TranscodeStage.ENCODING, progress=40,
        attempt=1, heartbeat_at=timezone.now(),
    )  # fmt: skip
    with visit(live_site.url) as visitor:
        page = visitor.sign_in("chief", PASSWORD, start="/admin/snippets/media_pipeline/lecture/")
        page.goto("/admin/snippets/media_pipeline/lecture/")
        page.evaluate("document.body.dataset.first = 'yes'")
        length = page.locator(f"[data-lecture-length='{lecture.pk}']")
        expect(length).to_have_text("–")
        expect(page.locator("[data-role=percent]")).to_have_text("40 %")
        lecture.renditions = RenditionSetFactory.create(lecture=lecture, duration_s=725.2)
        lecture.save(update_fields=["renditions"])
        job.finish()
        expect(length).to_have_text("12:05")
        expect(page.locator("[data-lecture-over]")).to_have_attribute("data-lecture-over", "true")
        assert page.evaluate("document.body.dataset.first") == "yes"
