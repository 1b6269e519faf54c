"""Hundreds of old recordings from a folder."""

import hashlib
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils.translation import override

from cms.shared.jobs import JobState
from media_pipeline.models import Lecture, TranscodeJob
from media_pipeline.services.imports import ListUnreadable, Titled, read_titles
from media_pipeline.services.quotas import set_quota
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory

LIST = "file,title,lecturer\nCT/第一讲.MP4,CT 物理基础,王老师\nb_two.wmv,,李老师\nlost.avi,丢了,\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in {
        "CT/第一讲.MP4": b"one",
        "b_two.wmv": b"two",
        "copy of two.flv": b"two",
        "empty.mov": b"",
        "notes.txt": b"no recording",
        ".trash/old.mp4": b"hidden",
        "._b_two.wmv": b"what a Mac leaves",
        "last.mts": b"three",
    }.items():
        path = tmp_path / "old" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "old"


def run(folder: Path, *arguments: str) -> tuple[list[str], bool]:
    """Lines, and whether it ended well."""
    out = StringIO()
    try:
        call_command("import_lectures", str(folder), *arguments, stdout=out)
    except CommandError:
        return out.getvalue().splitlines(), False
    return out.getvalue().splitlines(), True


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030"])
def test_folder_becomes_lectures_with_their_titles(db, folder, tmp_path, encoding):
    titles = tmp_path / "titles.csv"
    titles.write_bytes(LIST.encode(encoding))
    with override("en"):
        lines, is_good = run(folder, "--titles", str(titles))
    empty = "This file is empty (0 bytes). Copy it from the recorder again and upload it once more."
    assert lines == [
        "[1/5] CT/第一讲.MP4: imported “CT 物理基础”",
        "[2/5] b_two.wmv: imported “b two”",
        "[3/5] copy of two.flv: already here “copy of two” (b two)",
        f"[4/5] empty.mov: failed “empty” ({empty})",
        "[5/5] last.mts: imported “last”",
        "[titles] lost.avi: not in the folder “丢了”",
        "Summary: imported 3, already here 1, failed 1, not in the folder 1",
    ]
    assert not is_good
    found = Lecture.objects.order_by("pk").values_list("title", "lecturer", "source_name", "source_sha256")
    assert list(found) == [
        ("CT 物理基础", "王老师", "第一讲.MP4", hashlib.sha256(b"one").hexdigest()),
        ("b two", "李老师", "b_two.wmv", hashlib.sha256(b"two").hexdigest()),
        ("last", "", "last.mts", hashlib.sha256(b"three").hexdigest()),
    ]
    assert [job.state for job in TranscodeJob.objects.all()] == [JobState.QUEUED] * 3
    # Once more: nothing new; after a break: only what was missing.
    run(folder, "--titles", str(titles))
    assert Lecture.objects.count() == 3
    TranscodeJob.objects.all().delete()
    Lecture.objects.get(title="last").delete()
    assert run(folder)[0][-1] == "Summary: imported 1, already here 3, failed 1"


def test_rehearsal_changes_nothing(db, folder):
    (folder / "empty.mov").unlink()
    lines, is_good = run(folder, "--dry-run")
    assert (lines[-1], is_good) == ("Summary: would import 3, already here 1", True)
    assert (Lecture.objects.count(), TranscodeJob.objects.count()) == (0, 0)


def test_lectures_belong_to_whom_the_operator_names(db, folder):
    (folder / "empty.mov").unlink()
    person = PersonFactory(username="wang")
    unit = NodeFactory()
    EmploymentFactory(person=person, unit=unit)
    assert run(folder, "--by", "wang")[1]
    assert set(Lecture.objects.values_list("uploaded_by", "unit")) == {(person.pk, unit.pk)}
    assert run(folder, "--by", "nobody") == ([], False)


def test_file_that_fails_stops_no_other(db, folder):
    """The unit has room for one of them only."""
    person, unit = PersonFactory(username="wang"), NodeFactory()
    EmploymentFactory(person=person, unit=unit)
    set_quota(by=None, unit=unit, most_bytes=4)
    lines, is_good = run(folder, "--by", "wang")
    assert (lines[-1], is_good) == ("Summary: imported 1, failed 4", False)


def test_folder_and_list_that_are_not_there_are_named(db, tmp_path, folder):
    for arguments in ((tmp_path / "none",), (folder, "--titles", str(tmp_path / "none.csv"))):
        with pytest.raises(CommandError, match="none"):
            call_command("import_lectures", *map(str, arguments))
    assert run(tmp_path / "old" / "CT")[0][-1] == "Summary: imported 1"


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"title\nCT\n", "标题,讲师\n".encode()], ids=range(4))
def test_list_without_its_columns_is_refused(content):
    with pytest.raises(ListUnreadable):
        read_titles(content)


def test_list_is_read_as_people_write_it():
    written = "文件名;标题;主讲人\r\n.\\CT\\a.mp4;螺距;王\r\n\r\nCafe\u0301.mov;x\r\n"
    assert read_titles(written.encode()) == {"CT/a.mp4": Titled("螺距", "王"), "Café.mov": Titled("x", "")}
