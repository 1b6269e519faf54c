"""Jobs: claimed once, given back when their worker falls silent, never written by who lost them."""

import threading
from datetime import timedelta
from typing import Any

import pytest
import structlog
from celery import current_app
from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone

from cms.shared import jobs, logs
from cms.shared.jobs import Job, JobState, LostLease
from media_pipeline.models import Lecture, TranscodeJob
from tests.factories.organisations import PersonFactory

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def _job(**fields: Any) -> TranscodeJob:
    return TranscodeJob.objects.create(lecture=Lecture.objects.create(title="CT", source_key="lecture/x"), **fields)


def _silence(job: Job) -> None:
    type(job)._default_manager.filter(pk=job.pk).update(heartbeat_at=timezone.now() - jobs.LEASE - timedelta(seconds=1))


def _state(job: Job) -> str:
    return str(type(job)._default_manager.values_list("state", flat=True).get(pk=job.pk))


def test_claim_takes_a_waiting_job_once(db: None) -> None:
    job = _job()
    claimed = TranscodeJob.claim(job.pk)
    assert claimed is not None and (claimed.state, claimed.attempt) == (JobState.RUNNING, 1)
    assert TranscodeJob.claim(job.pk) is None


@pytest.mark.slow
def test_claim_of_sixteen_workers_gives_one_winner(committed_db: str) -> None:
    job = _job()
    barrier, winners = threading.Barrier(16), []

    def work() -> None:
        barrier.wait()
        try:
            if TranscodeJob.claim(job.pk) is not None:
                winners.append(threading.get_ident())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(winners) == 1
    assert TranscodeJob.objects.get(pk=job.pk).attempt == 1


def test_beat_reports_progress(db: None) -> None:
    job = TranscodeJob.claim(_job().pk)
    assert job is not None
    job.beat(stage="encoding", progress=140)
    job.refresh_from_db()
    assert (job.stage, job.progress) == ("encoding", 100)


def test_reap_requeues_a_silent_job_and_its_worker_loses_it(db: None) -> None:
    first = TranscodeJob.claim(_job().pk)
    assert first is not None
    assert TranscodeJob.reap() == 0
    _silence(first)
    assert TranscodeJob.reap() == 1
    second = TranscodeJob.claim(first.pk)
    assert second is not None and second.attempt == 2
    for write in (first.beat, first.finish):
        with pytest.raises(LostLease):
            write()
    first.fail("too_late")
    assert _state(second) == JobState.RUNNING
    second.finish()
    assert _state(second) == JobState.DONE


def test_reap_ends_a_job_that_ran_out_of_attempts(db: None) -> None:
    job = TranscodeJob.claim(_job(attempt=TranscodeJob.max_attempts - 1).pk)
    assert job is not None
    _silence(job)
    assert TranscodeJob.reap() == 0
    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, "worker_lost")


def test_cancel_stops_a_waiting_job_at_once_and_a_running_one_at_its_beat(db: None) -> None:
    waiting, running = _job(), TranscodeJob.claim(_job().pk)
    assert running is not None
    waiting.cancel()
    running.cancel()
    assert (_state(waiting), _state(running)) == (JobState.CANCELLED, JobState.RUNNING)
    with pytest.raises(LostLease):
        running.beat()
    _silence(running)
    TranscodeJob.reap()
    assert _state(running) == JobState.CANCELLED


def test_fail_queues_again_while_attempts_are_left(db: None) -> None:
    pk = _job().pk
    states = []
    for _ in range(TranscodeJob.max_attempts):
        job = TranscodeJob.claim(pk)
        assert job is not None
        job.fail("internal_error", "trace", retry=True)
        states.append(job.state)
    assert states == [JobState.QUEUED] * (TranscodeJob.max_attempts - 1) + [JobState.FAILED]


def test_retry_by_a_person_starts_over(db: None) -> None:
    job = TranscodeJob.claim(_job().pk)
    assert job is not None
    assert job.retry() is False
    job.fail("no_video")
    assert job.retry() is True
    job.refresh_from_db()
    assert (job.state, job.attempt, job.error_code) == (JobState.QUEUED, 0, "")


def test_release_all_gives_back_what_the_dead_worker_held(db: None) -> None:
    job = TranscodeJob.claim(_job().pk)
    assert job is not None
    assert TranscodeJob.release_all() == 1
    assert _state(job) == JobState.QUEUED


@override_settings(JOBS_AT_ONCE={"media_pipeline.TranscodeJob": 1})
def test_limited_jobs_wait_for_their_turn(db: None) -> None:
    first, second = TranscodeJob.claim(_job().pk), _job()
    assert first is not None
    assert TranscodeJob.claim(second.pk) is None
    first.finish()
    assert TranscodeJob.claim(second.pk) is not None


@pytest.mark.slow
def test_claims_of_eight_workers_never_pass_the_limit(committed_db: str, settings: Any) -> None:
    settings.JOBS_AT_ONCE = {"media_pipeline.TranscodeJob": 3}
    waiting = [_job(media_left_s=left).pk for left in (50, 10, 40, 20, 30)]
    barrier, taken = threading.Barrier(8), []

    def work() -> None:
        barrier.wait()
        try:
            job = TranscodeJob.claim_next()
            if job is not None:
                taken.append(job.pk)
        finally:
            connection.close()

    for round_number in range(2):
        TranscodeJob.objects.update(state=JobState.QUEUED, lease=None)
        taken.clear()
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(taken) == sorted([waiting[1], waiting[3], waiting[4]]), round_number
        assert TranscodeJob.objects.filter(state=JobState.RUNNING).count() == 3
        barrier.reset()


def test_worker_takes_the_job_whose_turn_it_is(db: None, settings: Any) -> None:
    """Whoever has fewest running, then what is shortest, then what is oldest; not what it was woken for."""
    settings.JOBS_AT_ONCE = {"media_pipeline.TranscodeJob": 9}
    busy, free = PersonFactory(), PersonFactory()
    running = TranscodeJob.claim(_job(requested_by=busy, media_left_s=1).pk)
    assert running is not None
    long, short, other = (
        _job(requested_by=who, media_left_s=left) for who, left in ((busy, 90), (busy, 30), (free, 60))
    )
    later = _job(requested_by=free, media_left_s=60)
    nobody = _job(media_left_s=60, created_at=timezone.now() - timedelta(days=1))
    assert TranscodeJob.in_turn() == [nobody.pk, other.pk, later.pk, short.pk, long.pk]
    taken = []
    while (job := TranscodeJob.claim_next()) is not None:
        taken.append(job.pk)
    # With each that is taken its editor has one more running.
    assert taken == [nobody.pk, other.pk, short.pk, later.pk, long.pk]


@override_settings(JOBS_AT_ONCE={"media_pipeline.TranscodeJob": 1})
def test_end_of_a_limited_job_wakes_the_next(db: None, django_capture_on_commit_callbacks: Any) -> None:
    first, _second = TranscodeJob.claim(_job().pk), _job()
    assert first is not None
    with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
        first.finish()
    assert len(callbacks) == 1


def test_job_remembers_the_request_that_queued_it(db: None) -> None:
    logs.follow("0123456789abcdef")
    job = _job()
    structlog.contextvars.clear_contextvars()
    claimed = TranscodeJob.claim(job.pk)
    assert claimed is not None and claimed.request_id == "0123456789abcdef"
    assert logs.request_id() == "0123456789abcdef"
    structlog.contextvars.clear_contextvars()


def test_last_words_hold_no_number_and_no_mail(db: None) -> None:
    job = TranscodeJob.claim(_job().pk)
    assert job is not None
    try:
        raise ValueError("王丽: 13800138000, 41010219900101001X, wang@example.org")
    except ValueError as error:
        job.fail_unexpected(error)
    assert job.last_words.rpartition("ValueError: ")[2] == "王丽: ***, ***, ***\n"


def test_last_words_that_are_cut_show_no_part_of_a_number(db: None) -> None:
    job = TranscodeJob.claim(_job().pk)
    assert job is not None
    job.fail("bad", "41010219900101001X" + "." * 3990)
    assert job.last_words == "***" + "." * 3990


@pytest.mark.parametrize(("running", "woken"), [(0, 2), (1, 1), (2, 0)])
def test_reaper_wakes_no_more_limited_jobs_than_may_run(db: None, settings: Any, running: int, woken: int) -> None:
    settings.JOBS_AT_ONCE = {"media_pipeline.TranscodeJob": 2}
    for _number in range(running):
        assert TranscodeJob.claim(_job().pk) is not None
    for _number in range(3):
        _job()
    assert jobs.reap_all() == woken


def test_reaper_wakes_every_job_without_a_limit(db: None, settings: Any) -> None:
    settings.JOBS_AT_ONCE = {}
    for _number in range(3):
        _job()
    assert jobs.reap_all() == 3


def test_tasks_of_the_media_queue_exist(settings: Any) -> None:
    current_app.loader.import_default_modules()
    assert [name for name in settings.CELERY_TASK_ROUTES if name not in current_app.tasks] == []
    encoding = [model.task_name for model in jobs.job_models() if jobs.queue_of(model.task_name) == "media"]
    assert encoding == ["media_pipeline.run_transcode"]


def test_call_reaches_the_queue_of_its_task_and_no_other(settings: Any) -> None:
    """In memory, as both kinds of broker route it."""
    with current_app.connection_for_write("memory://") as broker:
        for name in ("media_pipeline.run_transcode", "organisations.run_roster"):
            current_app.send_task(name, args=[1], connection=broker)
        channel = broker.default_channel
        lengths = {queue.name: queue(channel).queue_declare(passive=True)[1] for queue in settings.CELERY_TASK_QUEUES}
    assert lengths == {"isocenter": 1, "media": 1}
