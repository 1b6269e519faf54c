"""What a process that reads untrusted files may do: nothing beside its own folder and the one file it is handed."""

import os
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from media_pipeline import ffmpeg
from media_pipeline.enums import TranscodeFailure
from media_pipeline.ffmpeg import GIB, Limits, MediaError

LIMITS = Limits(cpu_s=20, wall_s=60, file_bytes=1024**2, memory_bytes=GIB)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give up")


def inside(folder: Path, script: str, **options) -> ffmpeg.Run:
    return ffmpeg.run(["sh", "-c", script], workdir=folder, limits=LIMITS, **options)


def said(folder: Path, script: str, **options) -> str:
    done = inside(folder, script, **options)
    assert (done.returncode, done.errors) == (0, "")
    return (folder / "output.txt").read_text()


@as_root
def test_worker_of_root_gives_up_its_rights(tmp_path):
    uid, gid = ffmpeg.sandbox_user()
    assert said(tmp_path, "id -u; id -g; id -G").split() == [str(uid), str(gid), str(gid)]
    facts = dict(line.split(":\t") for line in said(tmp_path, "cat /proc/self/status").splitlines())
    assert {name: facts[name] for name in ("CapEff", "CapPrm", "CapInh", "CapBnd", "NoNewPrivs")} == {
        **dict.fromkeys(("CapEff", "CapPrm", "CapInh", "CapBnd"), "0" * 16),
        "NoNewPrivs": "1",
    }


def _may_leave_the_network() -> bool:
    """Root always may; others where the kernel gives them namespaces."""
    asked = ["unshare", "--net", "--map-current-user", "true"]
    return os.geteuid() == 0 or subprocess.run(asked, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _may_leave_the_network(), reason="this kernel gives no namespaces to users")
def test_process_has_a_network_of_its_own_with_nothing_in_it(tmp_path):
    assert said(tmp_path, "readlink /proc/self/ns/net").strip() != str(Path("/proc/self/ns/net").readlink())
    devices = said(tmp_path, "tail -n +3 /proc/net/dev").split()
    assert [word for word in devices if word.endswith(":")] == ["lo:"]
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        script = f"python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", {port}), 5)'"
        assert inside(tmp_path, script).returncode != 0
        server.settimeout(0.2)
        with pytest.raises(TimeoutError):
            server.accept()


@as_root
def test_process_is_handed_its_source_and_opens_nothing_else(tmp_path):
    secret, source, work = tmp_path / "secret", tmp_path / "closed" / "source", tmp_path / "work"
    source.parent.mkdir(mode=0o700)
    work.mkdir(mode=0o700)
    for path in (secret, source):
        path.write_text("words")
        path.chmod(0o600)
    script = f'cat "${{0#file:}}"; cat {secret} {source} || true'
    done = ffmpeg.run(["sh", "-c", script, f"file:{source}"], workdir=work, limits=LIMITS, reads=source)
    assert ((work / "output.txt").read_text(), done.errors.count("Permission denied")) == ("words", 2)
    # It may read, and no more.
    assert (stat.S_IMODE(source.stat().st_mode), source.stat().st_uid) == (0o640, 0)
    done = ffmpeg.run(
        ["sh", "-c", 'echo x > "${0#file:}"', f"file:{source}"], workdir=work, limits=LIMITS, reads=source
    )
    assert (done.returncode != 0, source.read_text()) == (True, "words")


@as_root
def test_what_the_process_wrote_is_ours_again(tmp_path):
    (tmp_path / "out").mkdir()
    inside(tmp_path, "echo x > out/file; mkdir out/folder")
    assert {path.stat().st_uid for path in (tmp_path, *tmp_path.rglob("*"))} == {0}


@pytest.mark.parametrize("script", ["ln -s /etc/passwd s00000.m4s", "mkfifo progress.txt", "mkdir a; ln -s / a/b"])
def test_links_and_pipes_that_a_process_leaves_are_refused(tmp_path, script):
    with pytest.raises(MediaError) as refused:
        inside(tmp_path, script)
    assert refused.value.failure == TranscodeFailure.ENCODER_FAILED


@pytest.mark.parametrize(
    ("script", "limits"),
    [
        ("exec head -c 3000000 /dev/zero > big", LIMITS),
        ("while :; do :; done", Limits(cpu_s=1, wall_s=60, file_bytes=1024**2, memory_bytes=GIB)),
        ("exec sleep 60", Limits(cpu_s=20, wall_s=1, file_bytes=1024**2, memory_bytes=GIB)),
    ],
    ids=["file size", "processor time", "time"],
)
def test_process_beyond_a_limit_ends_as_too_heavy(tmp_path, script, limits):
    with pytest.raises(MediaError) as ended:
        ffmpeg.run(["sh", "-c", script], workdir=tmp_path, limits=limits)
    assert ended.value.failure == TranscodeFailure.TOO_HEAVY


def test_silent_process_is_ended_and_may_be_tried_again(tmp_path):
    limits = Limits(cpu_s=20, wall_s=60, file_bytes=1024**2, memory_bytes=GIB, stall_s=1)
    with pytest.raises(MediaError) as ended:
        ffmpeg.run(["sleep", "60"], workdir=tmp_path, limits=limits)
    assert (ended.value.failure, ended.value.retry) == (TranscodeFailure.STALLED, True)


def test_missing_source_is_named(tmp_path):
    with pytest.raises(MediaError) as ended:
        inside(tmp_path, "true", reads=tmp_path / "nothing")
    assert ended.value.failure == TranscodeFailure.SOURCE_MISSING
