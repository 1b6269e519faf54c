"""What it costs a worker to take and end a job."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from media_pipeline.models import Lecture, TranscodeJob
from tests.benchmarks.harness import Measured, cpu_ms, reference_ms


def measure() -> Measured:
    measured = Measured()
    lecture = Lecture.objects.create(title="CT", source_key="lecture/x")

    def once() -> None:
        job = TranscodeJob.claim(TranscodeJob.objects.create(lecture=lecture).pk)
        assert job is not None
        job.finish()

    taken, reference = cpu_ms(once, times=50), reference_ms()
    job = TranscodeJob.objects.create(lecture=lecture)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        TranscodeJob.claim(job.pk)
    measured.add("claim_and_finish", taken, "CPU ms")
    measured.add("reference", reference, "CPU ms")
    measured.add("claim_per_reference", taken / reference, "ratio")
    measured.add("sql_per_claim", len(queries), "statements")
    return measured
