"""The encrypted stream: whatever happened to one byte of it, nothing but a refusal comes out."""

import io
import tarfile
from pathlib import Path

import pyrage
import pytest

from cms.backup import NotPrepared, Refused, archive
from tests.backup.conftest import key_file


def written(path: Path, recipient: str, files: dict[str, bytes]) -> None:
    def pieces():
        tally = archive.Tally()
        for name, content in files.items():
            yield from archive.member(name, len(content), [content], tally)
        yield archive.END

    with path.open("wb") as target:
        archive.write(pieces(), target, archive.recipients([recipient]))


def read(path: Path, identity: Path) -> dict[str, bytes]:
    with archive.opened(path, archive.identities(identity)) as members:
        return {name: content.read() for name, _size, content in members}


@pytest.fixture
def identity(tmp_path: Path) -> Path:
    return tmp_path / "identity"


@pytest.fixture
def path(tmp_path: Path, identity: Path) -> Path:
    written(tmp_path / "a.age", key_file(identity), {"header.json": b"{}", "files/private/片": b"x" * 200_000})
    return tmp_path / "a.age"


def test_what_was_written_is_read(path: Path, identity: Path) -> None:
    assert read(path, identity) == {"header.json": b"{}", "files/private/片": b"x" * 200_000}


def test_age_and_tar_alone_open_it(path: Path, identity: Path) -> None:
    clear = pyrage.decrypt(path.read_bytes(), archive.identities(identity))
    with tarfile.open(fileobj=io.BytesIO(clear)) as tar:
        assert tar.getnames() == ["header.json", "files/private/片"]
    assert b"header.json" not in path.read_bytes()


@pytest.mark.parametrize("where", [0, 3, 40, 110, 200, 5_000, 70_000, 131_300, -40_000, -20, -1])
def test_one_changed_byte_is_refused(path: Path, identity: Path, where: int) -> None:
    content = bytearray(path.read_bytes())
    content[where] ^= 1
    path.write_bytes(content)
    with pytest.raises(Refused):
        read(path, identity)


@pytest.mark.parametrize("length", [0, 10, 150, 60_000, 131_272, -1, -5_000])
def test_cut_file_is_refused(path: Path, identity: Path, length: int) -> None:
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(Refused, match="damaged"):
        read(path, identity)


def test_bytes_after_the_end_are_refused(path: Path, identity: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(Refused, match="damaged"):
        read(path, identity)


def test_another_identity_is_refused(path: Path, tmp_path: Path) -> None:
    key_file(tmp_path / "other")
    with pytest.raises(Refused, match="not encrypted for this identity"):
        read(path, tmp_path / "other")


@pytest.mark.parametrize("name", ["/etc/passwd", "files/private/../../x", "files//x", "files\\x", "."])
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, identity: Path, name: str) -> None:
    written(tmp_path / "a.age", key_file(identity), {name: b"x"})
    with pytest.raises(Refused):
        read(tmp_path / "a.age", identity)


def test_error_of_the_source_comes_out_as_it_is(tmp_path: Path, identity: Path) -> None:
    def pieces():
        yield b"x" * 100_000
        raise ZeroDivisionError("of the source")

    with (tmp_path / "a.age").open("wb") as target, pytest.raises(ZeroDivisionError, match="of the source"):
        archive.write(pieces(), target, archive.recipients([key_file(identity)]))


def test_reader_may_stop_early(path: Path, identity: Path) -> None:
    with pytest.raises(ZeroDivisionError), archive.opened(path, archive.identities(identity)) as members:
        next(members)
        raise ZeroDivisionError


@pytest.mark.parametrize("texts", [[], ["age1nothing"], [""]])
def test_recipients_that_are_none_are_refused(texts: list[str]) -> None:
    with pytest.raises(NotPrepared, match="BACKUP_RECIPIENTS"):
        archive.recipients(texts)


@pytest.mark.parametrize("content", ["", "# only a comment\n", "AGE-SECRET-KEY-1X\n", "\x00\xff"])
def test_identity_files_that_are_none_are_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "identity").write_bytes(content.encode("latin-1"))
    with pytest.raises(NotPrepared, match="identity"):
        archive.identities(tmp_path / "identity")
    with pytest.raises(NotPrepared, match="identity"):
        archive.identities(tmp_path / "missing")
