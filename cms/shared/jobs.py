"""Jobs: the database row is the truth, the broker only wakes workers.

Every job model inherits `Job`; claim, beat, finish, fail and reap stand here and nowhere else. All of them are
compare-and-set, so that they hold on SQLite without row locks.
"""

import contextlib
import threading
import traceback
import uuid
import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, ClassVar, Self

import structlog
from django.apps import apps
from django.conf import settings
from django.db import OperationalError, connection, models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared import logs

logger = structlog.get_logger(__name__)

# A worker beats at least four times in this while it works; without a beat for so long the job is somebody else's.
LEASE = timedelta(seconds=settings.JOB_LEASE_S)
# The first of the two numbers of the lock under which limited jobs are taken; the second is of their kind.
CLAIM_LOCK = 20261123


class JobState(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class LostLease(Exception):
    """The job was reaped or cancelled while this worker held it; the worker must stop and write nothing."""


class Job(models.Model):
    """One piece of long work. `lease` is the token of the worker that holds it; only that worker may write."""

    # Name of the Celery task that runs this model's jobs, given the primary key.
    task_name: ClassVar[str]
    max_attempts: ClassVar[int] = 3

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(max_length=10, choices=JobState, default=JobState.QUEUED, editable=False)
    stage = models.CharField(max_length=40, blank=True, editable=False)
    progress = models.PositiveSmallIntegerField(default=0, editable=False, help_text=_("Percent"))
    attempt = models.PositiveSmallIntegerField(default=0, editable=False)
    lease = models.UUIDField(null=True, editable=False)
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    cancel_requested = models.BooleanField(default=False, editable=False)
    error_code = models.CharField(max_length=60, blank=True, editable=False)
    last_words = models.TextField(blank=True, editable=False)
    request_id = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding and not self.request_id:
            self.request_id = logs.request_id()
        super().save(*args, **kwargs)

    @property
    def is_over(self) -> bool:
        return self.state in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}

    @classmethod
    def places(cls) -> int | None:
        """How many more jobs of this kind may run now; None if they are not limited (`JOBS_AT_ONCE`)."""
        at_once = settings.JOBS_AT_ONCE.get(cls._meta.label)
        if at_once is None:
            return None
        return max(0, at_once - cls._default_manager.filter(state=JobState.RUNNING).count())

    @classmethod
    def in_turn(cls) -> list[int]:
        """The waiting jobs in the order in which they are to be taken. A kind with an order of its own says it here."""
        waiting = cls._default_manager.filter(state=JobState.QUEUED)
        return list(waiting.order_by("pk").values_list("pk", flat=True))

    @classmethod
    @contextlib.contextmanager
    def _one_at_a_time(cls) -> Iterator[None]:
        """Where jobs of this kind are limited, nobody else takes one until this transaction ends.

        Counting and taking are two statements: without this, two workers would both find the last place free. SQLite
        has one writer at a time anyway.
        """
        if cls._meta.label not in settings.JOBS_AT_ONCE:
            yield
            return
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [CLAIM_LOCK, zlib.crc32(cls._name()) >> 1])
            yield

    @classmethod
    def _name(cls) -> bytes:
        return cls._meta.label.encode()

    @classmethod
    def claim(cls, pk: int) -> Self | None:
        """Take the queued job `pk`; None if another worker has it, it is over, or enough of its kind are running.

        The reaper and every job that ends wake the next one, so that a job left waiting here is not forgotten.
        """
        with cls._one_at_a_time():
            return None if cls.places() == 0 else cls._take(pk)

    @classmethod
    def claim_next(cls) -> Self | None:
        """Take the waiting job whose turn it is (`in_turn`); None if none waits or enough of its kind are running."""
        with cls._one_at_a_time():
            if cls.places() == 0:
                return None
            for pk in cls.in_turn():
                job = cls._take(pk)
                if job is not None:
                    return job
        return None

    @classmethod
    def _take(cls, pk: int) -> Self | None:
        lease, now = uuid.uuid4(), timezone.now()
        taken = cls._default_manager.filter(pk=pk, state=JobState.QUEUED).update(
            state=JobState.RUNNING,
            lease=lease,
            heartbeat_at=now,
            started_at=now,
            attempt=F("attempt") + 1,
            progress=0,
            stage="",
        )
        if taken != 1:
            return None
        job = cls._default_manager.get(pk=pk)
        if job.request_id:
            structlog.contextvars.bind_contextvars(request_id=job.request_id)
        return job

    def _wake_next(self) -> None:
        """If jobs of this kind are limited, the end of one is the turn of the next."""
        if self._meta.label in settings.JOBS_AT_ONCE:
            following = next((pk for pk in self.in_turn() if pk != self.pk), None)
            if following is not None:
                wake(self.task_name, following)

    def _held(self) -> models.QuerySet[Self]:
        return type(self)._default_manager.filter(pk=self.pk, lease=self.lease, state=JobState.RUNNING)

    def require_wanted(self) -> None:
        """Raises LostLease if the job is no longer ours or was cancelled; writes nothing."""
        if not self._held().filter(cancel_requested=False).exists():
            raise LostLease

    def beat(self, *, stage: str | None = None, progress: int | None = None, **fields: Any) -> None:
        """Say that the work goes on, with `fields` of the model. Raises LostLease if it is not ours or cancelled."""
        changes: dict[str, Any] = {"heartbeat_at": timezone.now(), **fields}
        if stage is not None:
            changes["stage"] = self.stage = stage
        if progress is not None:
            changes["progress"] = self.progress = max(0, min(100, progress))
        if self._held().filter(cancel_requested=False).update(**changes) != 1:
            raise LostLease

    @contextlib.contextmanager
    def kept_alive(self, *, progress: Callable[[], int] | None = None) -> Iterator[threading.Event]:
        """Beat from a thread of its own while one long statement or file keeps this one busy.

        Yields an event that is set when the lease was lost: look at it between steps and stop. `progress` says how far
        it is, for work that itself may write nothing because it reads everything of one moment. A beat that the
        database cannot take just now is followed by the next.
        """
        lost, over = threading.Event(), threading.Event()

        def keep() -> None:
            try:
                while not over.wait(LEASE.total_seconds() / 4):
                    try:
                        self.beat(progress=progress() if progress is not None else None)
                    except OperationalError:
                        logger.warning("job_beat_missed", job=self.pk, exc_info=True)
                        connection.close()
            except LostLease:
                lost.set()
            finally:
                connection.close()

        thread = threading.Thread(target=keep, name=f"beat-{self.pk}", daemon=True)
        thread.start()
        try:
            yield lost
        finally:
            over.set()
            thread.join(timeout=10)

    def finish(self, **fields: Any) -> None:
        """Mark done, writing `fields` with it. Raises LostLease. Call inside the transaction of the results."""
        now = timezone.now()
        done = self._held().update(
            state=JobState.DONE,
            finished_at=now,
            progress=100,
            lease=None,
            error_code="",
            last_words="",
            **fields,
        )
        if done != 1:
            raise LostLease
        self.refresh_from_db()
        self._wake_next()

    def fail(self, code: str, last_words: str = "", *, retry: bool = False) -> None:
        """Mark failed; with `retry`, queue again while attempts are left. No effect if the lease was lost.

        `last_words` may quote what a person typed: they are kept as a line of the log is, without numbers and mails.
        """
        again = retry and self.attempt < self.max_attempts
        self._held().update(
            state=JobState.QUEUED if again else JobState.FAILED,
            error_code=code,
            last_words=logs.scrub(last_words)[-4000:],
            lease=None,
            finished_at=None if again else timezone.now(),
        )
        self.refresh_from_db()
        if again:
            wake(self.task_name, self.pk)
        self._wake_next()

    def fail_unexpected(self, error: BaseException) -> None:
        """A fault of ours: keep the trace for the operator, try again while attempts are left."""
        logger.error("job_error", job=self.task_name, pk=self.pk, exc_info=error)
        self.fail("internal_error", "".join(traceback.format_exception(error)), retry=True)

    def retry(self) -> bool:
        """A person asks to run an ended, unsuccessful job again. False if it was not ended."""
        moved = (
            type(self)
            ._default_manager.filter(pk=self.pk, state__in=[JobState.FAILED, JobState.CANCELLED])
            .update(
                state=JobState.QUEUED,
                attempt=0,
                cancel_requested=False,
                error_code="",
                last_words="",
                finished_at=None,
                progress=0,
                stage="",
            )
        )
        if moved:
            wake(self.task_name, self.pk)
        return moved == 1

    def give_up(self) -> None:
        """After LostLease: if it was asked to stop, say at once that it has. No effect if somebody else has it."""
        self._held().filter(cancel_requested=True).update(
            state=JobState.CANCELLED, lease=None, finished_at=timezone.now()
        )
        self._wake_next()

    def cancel(self) -> None:
        """Stop a waiting job at once; ask a running one to stop at its next beat."""
        rows = type(self)._default_manager.filter(pk=self.pk)
        if not rows.filter(state=JobState.QUEUED).update(state=JobState.CANCELLED, finished_at=timezone.now()):
            rows.filter(state=JobState.RUNNING).update(cancel_requested=True)

    @classmethod
    def reap(cls) -> int:
        """Requeue running jobs whose worker fell silent; end those asked to stop or out of attempts."""
        silent = cls._default_manager.filter(state=JobState.RUNNING, heartbeat_at__lt=timezone.now() - LEASE)
        over = {"lease": None, "finished_at": timezone.now()}
        silent.filter(cancel_requested=True).update(state=JobState.CANCELLED, **over)
        silent.filter(attempt__gte=cls.max_attempts).update(state=JobState.FAILED, error_code="worker_lost", **over)
        return silent.update(state=JobState.QUEUED, lease=None)

    @classmethod
    def release_all(cls) -> int:
        """Requeue every running job at once. Only where the one worker that runs them is just starting."""
        cls._default_manager.filter(state=JobState.RUNNING).update(
            heartbeat_at=timezone.now() - LEASE - timedelta(seconds=1)
        )
        return cls.reap()


def job_models() -> list[type[Job]]:
    return [model for model in apps.get_models() if issubclass(model, Job)]


def wake(task_name: str, pk: int) -> None:
    """Once the transaction is committed, tell the workers that job `pk` waits. A deaf broker loses nothing."""
    transaction.on_commit(lambda: send(task_name, pk))


def send(task_name: str, *args: int) -> None:
    """Send a wake-up call now. A broker that does not answer loses nothing: a sweep or the reaper follows."""
    from celery import current_app

    try:
        current_app.send_task(task_name, args=list(args), retry=False)
    except Exception as error:
        logger.warning("wake_failed", task=task_name, args=args, error=type(error).__name__)


def queue_of(task_name: str) -> str:
    """The queue whose workers run this task."""
    route: dict[str, str] = settings.CELERY_TASK_ROUTES.get(task_name, {})
    return route.get("queue", settings.CELERY_TASK_DEFAULT_QUEUE)


def reap_all() -> int:
    """Requeue lost jobs of every model and wake workers for those that may run. Returns how many calls were sent.

    While an encode of hours has the only place, the calls for those behind it would pile up.
    """
    sent = 0
    for model in job_models():
        model.reap()
        for pk in model.in_turn()[: model.places()]:
            send(model.task_name, pk)
            sent += 1
    return sent
