"""The book. Entries are facts and only ever added; judgements are what a rule-set version makes of them."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared import sealing
from credits.enums import GrantMethod, OfficialState
from credits.models.projects import Project
from credits.models.rule_sets import RuleSetVersion

GRANT_METHODS = [
    (GrantMethod.ASSESSMENT, _("Assessment passed")),
    (GrantMethod.ATTENDANCE, _("Attendance")),
    (GrantMethod.MANUAL, _("Entered by hand")),
    (GrantMethod.IMPORTED, _("Imported")),
]
OFFICIAL_STATES = [
    (OfficialState.RECORDED, _("Recorded here")),
    (OfficialState.REPORTED, _("Reported")),
    (OfficialState.REGISTERED, _("Registered by the authority")),
    (OfficialState.RETURNED, _("Returned")),
]


class Book(models.Model):
    """A person's book. Nothing personal is in it; the row holds the chain's head and is the lock of its entries.

    A person has one primary book, which takes new entries; merging accounts adds others that are only read.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="books")
    is_primary = models.BooleanField(default=True)
    last_position = models.PositiveIntegerField(default=0)
    last_mac = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="book_one_primary", fields=["owner"], condition=models.Q(is_primary=True))
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Entry(models.Model):
    """The raw fact of one activity, copied when it was recorded. Never changed: a correction is a reversing entry.

    `quantity` in `unit` ("minute", "hour", "session", "character" …) is what was really done; `time_scale` > 1 says
    that demo minutes stand for more. `reverses` names the entry that this one takes back; its activity is
    ("reversal", public id of that entry), so that an entry is taken back once only. `rule_set_version` is
    "rule set@version" as it was in force on `ends_on`; `category` is what that version called it.
    """

    append_only = True
    keyed: ClassVar[tuple[sealing.Keyed, ...]] = (sealing.Signed("mac_key", "ledger_mac"),)

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="entries")
    position = models.PositiveIntegerField()
    rule_set_id = models.CharField(max_length=40)
    rule_set_version = models.CharField(max_length=60)
    activity_kind = models.CharField(max_length=20)
    activity_id = models.CharField(max_length=64)
    occurrence = models.CharField(max_length=40, blank=True)
    role = models.CharField(max_length=20)
    revision = models.PositiveIntegerField(default=1)
    reverses = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="reversed_by")
    activity_type = models.CharField(max_length=40)
    category = models.CharField(max_length=40)
    title = models.CharField(max_length=300)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, null=True, related_name="entries")
    project_number = models.CharField(max_length=60, blank=True)
    level = models.CharField(max_length=20, blank=True)
    organiser = models.CharField(max_length=200, blank=True)
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    unit = models.CharField(max_length=20)
    time_scale = models.PositiveSmallIntegerField(default=1)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    begins_on = models.DateField()
    ends_on = models.DateField(help_text="The day that decides the period, in the rule set's time zone")
    work_unit_id = models.BigIntegerField(null=True, help_text="Node of the person's employment on that day")
    work_unit_name = models.CharField(max_length=120, blank=True)
    department = models.CharField(max_length=60, blank=True)
    granted_how = models.CharField(max_length=20, choices=GRANT_METHODS)
    granted_by_id_copy = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    evidence = models.JSONField(default=list, help_text="[{kind, sha256}, …]")
    is_demo = models.BooleanField(default=False)
    recorded_at = models.DateTimeField()
    previous_mac = models.CharField(max_length=64, blank=True)
    mac_key = models.CharField(max_length=40)
    mac = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("credit entry")
        verbose_name_plural = _("credit entries")
        constraints = [
            models.UniqueConstraint(name="entry_position", fields=["book", "position"]),
            models.UniqueConstraint(
                name="entry_unique_activity",
                fields=[
                    "book",
                    "rule_set_id",
                    "activity_kind",
                    "activity_id",
                    "occurrence",
                    "role",
                    "revision",
                ],
            ),
        ]
        indexes = [
            models.Index(name="entry_period", fields=["book", "rule_set_id", "ends_on"]),
            models.Index(name="entry_work_unit", fields=["work_unit_id", "ends_on"]),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.ends_on})"


class EntryStatus(models.Model):
    """What is known of an entry in the authority's book; the newest row holds."""

    append_only = True

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="statuses")
    state = models.CharField(max_length=12, choices=OFFICIAL_STATES, default=OfficialState.RECORDED)
    on = models.DateField()
    reference = models.CharField(max_length=80, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.entry}: {self.state}"


class Judgement(models.Model):
    """What one rule-set version makes of one book in one period: a projection, rebuilt at will, never summed with
    another version's.

    `rule_set_id` is the one asked for; `version` may be its parent's where it has none of its own for the period.
    `lines`: {entry public id: {state, credits, earned (before caps), hours, reason, limit, category, activity_type,
    mark, clause, source, origin}}. `requirements`: [{id, kind, category, required, reached (as the document reads),
    reached_verified (nothing unverified), reached_if_unverified (all of it, and no unverified cap), running, closed
    (the state while the period runs, and from its end on), turns ([[day, state]] of a running period), reason, mark,
    clause, source, origin, is_limit, is_advice}]. Figures are strings of decimals in the JSON. `rules_sha256` says by
    which text of the rules, and which engine, it was judged; `state` holds for the day of judging. `brief` is all of it
    that a row of a list needs, see `credits.selectors.briefs`.

    For sums over many people: `missing_credits` and `missing_hours` are what the totals asked for still lack as the
    document reads (0 where none is asked for); `is_unverified`: any figure rests on a value that is not official;
    `by_month`: {"2026-05": what was added in that month to `credits`, in hundredths}; `turns_on`: the day from which
    on, while the period runs, the whole is no longer open but `turns_to`, as a year inside of it has ended.
    """

    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="judgements")
    rule_set_id = models.CharField(max_length=40)
    version = models.ForeignKey(RuleSetVersion, on_delete=models.PROTECT, related_name="judgements")
    rules_sha256 = models.CharField(max_length=64)
    period_begins = models.DateField()
    period_ends = models.DateField(help_text="Exclusive")
    credits = models.DecimalField(max_digits=10, decimal_places=2)
    hours = models.DecimalField(max_digits=10, decimal_places=2)
    credits_registered = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    state = models.CharField(max_length=14)
    state_closed = models.CharField(max_length=14)
    brief = models.TextField(blank=True)
    missing_credits = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    missing_hours = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    is_unverified = models.BooleanField(default=False)
    by_month = models.JSONField(default=dict)
    turns_on = models.DateField(null=True)
    turns_to = models.CharField(max_length=14, blank=True)
    by_category = models.JSONField(default=dict)
    lines = models.JSONField(default=dict)
    requirements = models.JSONField(default=list)
    entries_judged = models.PositiveIntegerField(default=0)
    judged_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="judgement_unique", fields=["book", "rule_set_id", "version", "period_begins"])
        ]

    def __str__(self) -> str:
        return f"{self.book} {self.period_begins}: {self.credits}"


class Rebuilding(models.Model):
    """One judging of every book anew. Books up to the id `judged_to` are done, in the same transactions as the
    judgements: a run that was cut short goes on from there, as long as the rules and the engine (`stamp`) are the same.
    """

    stamp = models.CharField(max_length=64)
    judged_to = models.PositiveBigIntegerField(default=0)
    judgements = models.PositiveBigIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}: {self.judgements}"


class Feed(models.Model):
    """Entries in the order in which they became visible; positions never skip."""

    append_only = True

    position = models.PositiveBigIntegerField(unique=True)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="feed")

    def __str__(self) -> str:
        return str(self.position)


class Checkpoint(models.Model):
    """Once a day: how many books and entries there are and a keyed root over all heads.

    `heads`: {book public id: [position, mac]} of the books that moved since the checkpoint before; together they name
    a book that is missing or whose tail was cut. Checkpoints are a chain themselves.
    """

    append_only = True
    keyed: ClassVar[tuple[sealing.Keyed, ...]] = (sealing.Signed("mac_key", "ledger_mac"),)

    position = models.PositiveIntegerField(unique=True)
    at = models.DateTimeField(default=timezone.now)
    books = models.PositiveBigIntegerField()
    entries = models.PositiveBigIntegerField()
    root = models.CharField(max_length=64)
    heads = models.JSONField(default=dict)
    previous_mac = models.CharField(max_length=64, blank=True)
    mac_key = models.CharField(max_length=40)
    mac = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d}: {self.entries}"
