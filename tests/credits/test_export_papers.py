"""Exports on paper: a page for every person, an archive where there are many."""

import io
import zipfile
from datetime import date
from typing import Any

import pytest

from cms.shared.jobs import JobState
from credits.exports import pdfs
from credits.services import exports
from tests.credits.test_export_files import SETS, YEAR, World, content
from tests.factories.credits import entry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]


@pytest.mark.slow
def test_statement_on_paper_has_a_page_for_every_person(settings: Any) -> None:
    world = World()
    entry(person=world.learners[0], on=date(YEAR, 1, 10), title="纸面活动")
    job = world.made(file_format="pdf", column_set=SETS["statement"])
    data = content(job)
    assert (job.state, data[:5], data.count(b"/FontFile")) == (JobState.DONE, b"%PDF-", data.count(b"/FontDescriptor "))
    assert job.file_name.endswith(".pdf")


def test_only_statements_go_on_paper() -> None:
    world = World()
    with pytest.raises(exports.NotOnPaper):
        exports.request_export(by=world.reviewer, reason="年报", **world.wish(file_format="pdf"))


@pytest.mark.slow
def test_many_statements_come_as_an_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdfs, "AT_A_TIME", 1)
    world = World()
    job = world.made(file_format="pdf", column_set=SETS["statement"])
    with zipfile.ZipFile(io.BytesIO(content(job))) as archive:
        assert archive.namelist() == ["0001-0001.pdf", "0002-0002.pdf"]
    assert job.file_name.endswith(".zip")
