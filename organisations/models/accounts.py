"""How people come in, what they agreed to, and what becomes of an account."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cms.shared import crypto, sealing
from cms.shared.free_text import FreeTextField
from cms.shared.jobs import Job
from cms.shared.storage import private_storage
from organisations.enums import DocumentKind, RequestState
from organisations.models.people import Person
from organisations.models.places import Node


class ActivationSheet(Job):
    """The codes of a unit's people to be printed: one page part a person, by department. The file is kept briefly."""

    task_name: ClassVar[str] = "organisations.make_activation_sheet"

    unit = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="activation_sheets")
    department = FreeTextField(_("department"), max_length=60, blank=True)
    file_format = models.CharField(max_length=4, choices=[("pdf", "PDF"), ("xlsx", "Excel")])
    language = models.CharField(max_length=10, default="zh-hans")
    requested_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="activation_sheets")
    chosen = models.JSONField(default=list, help_text="Keys of the people it was asked for")
    people_count = models.PositiveIntegerField(default=0, help_text="How many people got a code in it")
    file = models.FileField(storage=private_storage, max_length=200, blank=True)
    file_erased_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("activation sheet")

    def __str__(self) -> str:
        return f"{self.unit} {self.created_at:%Y-%m-%d}"


class Activation(models.Model):
    """A single-use code with which an imported person sets the first password. Only its keyed hash is stored."""

    keyed: ClassVar[tuple[sealing.Keyed, ...]] = (
        sealing.Hashed(
            "code_index",
            "activation.code",
            live=lambda now: models.Q(used_at__isnull=True, expires_at__gt=now),
            since="created_at",
        ),
    )

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="activations")
    code_index = models.CharField(max_length=64, unique=True)
    sheet = models.ForeignKey(ActivationSheet, on_delete=models.SET_NULL, null=True, related_name="activations")
    issued_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("activation code")

    def __str__(self) -> str:
        return str(self.person)


class Consent(models.Model):
    """That a person agreed to a version of a document, when, and in which language it was shown."""

    append_only = True

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="consents")
    document = models.CharField(max_length=20, choices=DocumentKind)
    version = models.CharField(max_length=20)
    language = models.CharField(max_length=10)
    accepted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("agreement to a notice")
        constraints = [models.UniqueConstraint(name="consent_once", fields=["person", "document", "version"])]

    def __str__(self) -> str:
        return f"{self.document} {self.version}"


class SaidContact(models.Model):
    """A phone number and an e-mail address that somebody said are theirs, sealed: they are not the account's yet."""

    said_as: ClassVar[str]

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    phone_sealed = models.TextField(blank=True, editable=False)
    email_sealed = models.TextField(blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def phone(self) -> str:
        """The number that was said, in clear, "" if none. Show it masked (`masked_phone`)."""
        row = f"{self.said_as}.phone:{self.public_id}"
        return crypto.decrypt(self.phone_sealed, row=row) if self.phone_sealed else ""

    @property
    def email(self) -> str:
        """The address that was said, in clear, "" if none."""
        row = f"{self.said_as}.email:{self.public_id}"
        return crypto.decrypt(self.email_sealed, row=row) if self.email_sealed else ""

    @property
    def masked_phone(self) -> str:
        phone = self.phone.removeprefix("+86")
        return f"{phone[:3]}****{phone[-4:]}" if phone else ""

    @property
    def masked_email(self) -> str:
        name, _at, host = self.email.partition("@")
        return f"{name[:1]}***@{host}" if host else ""

    def set_contact(self, *, phone: str, email: str) -> None:
        """Seal a normalised number and an address ("" for none). The caller saves."""
        self.phone_sealed = crypto.encrypt(phone, row=f"{self.said_as}.phone:{self.public_id}") if phone else ""
        self.email_sealed = crypto.encrypt(email, row=f"{self.said_as}.email:{self.public_id}") if email else ""


class Registration(SaidContact):
    """Somebody came in without a code and says where they work; the unit's administrator confirms or refuses.

    Until then `person` can sign in, learn, and sees that the unit has not confirmed. Phone and address were only said:
    they become the account's when the unit confirms, so that nobody takes, or finds out, the number of somebody else.
    """

    keyed: ClassVar[tuple[sealing.Keyed, ...]] = (
        sealing.Sealed("phone_sealed", "registration.phone", lambda row: f"registration.phone:{row.public_id}"),
        sealing.Sealed("email_sealed", "registration.email", lambda row: f"registration.email:{row.public_id}"),
    )

    said_as = "registration"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="registrations")
    unit = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="registrations")
    department = FreeTextField(_("department"), max_length=60, blank=True)
    staff_number = models.CharField(_("staff number"), max_length=30, blank=True)
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.WAITING)
    created_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision = FreeTextField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("registration")
        constraints = [
            models.UniqueConstraint(
                name="registration_one_waiting", fields=["person"], condition=models.Q(state=RequestState.WAITING)
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.unit}"


class Objection(SaidContact):
    """A person says that something entered about them is not right; the unit answers.

    With a phone number or an address: that it is theirs, though another account has it. It is kept until the answer.
    """

    keyed: ClassVar[tuple[sealing.Keyed, ...]] = (
        sealing.Sealed("phone_sealed", "objection.phone", lambda row: f"objection.phone:{row.public_id}"),
        sealing.Sealed("email_sealed", "objection.email", lambda row: f"objection.email:{row.public_id}"),
    )
    said_as = "objection"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="objections")
    unit = models.ForeignKey(Node, on_delete=models.PROTECT, null=True, related_name="objections")
    text = FreeTextField(_("what is not right"), max_length=500)
    created_at = models.DateTimeField(default=timezone.now)
    answer = FreeTextField(pgettext_lazy("to a person", "answer"), max_length=500, blank=True)
    answered_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("objection")

    def __str__(self) -> str:
        return f"{self.person} {self.created_at:%Y-%m-%d}"


class AccountMerge(models.Model):
    """That two accounts were found to be of one person. `moved` counts what went over, by package and table."""

    append_only = True

    kept = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="merges_into")
    merged = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="merge")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    reason = FreeTextField(max_length=200)
    moved = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.merged_id} → {self.kept_id}"


class PersonExport(Job):
    """Everything about one person as one file, for that person."""

    task_name: ClassVar[str] = "organisations.export_person"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="exports")
    file = models.FileField(storage=private_storage, max_length=200, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    file_erased_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.person_id} {self.created_at:%Y-%m-%d}"


class ErasureRequest(Job):
    """A person asks to be forgotten. Not before `earliest_on`, and not before a second person agreed.

    Its job runs when both hold; what it leaves is the ledger without a name.
    """

    task_name: ClassVar[str] = "organisations.erase_person"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="erasure_requests")
    request_state = models.CharField(max_length=10, choices=RequestState, default=RequestState.WAITING)
    earliest_on = models.DateField()
    basis = models.CharField(max_length=300, help_text="Why not before: the rule and the record that it rests on")
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision = FreeTextField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("request for erasure")
        constraints = [
            models.UniqueConstraint(
                name="erasure_one_waiting", fields=["person"], condition=models.Q(request_state=RequestState.WAITING)
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.created_at:%Y-%m-%d}"
