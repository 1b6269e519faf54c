"""People, where they work, what they are, what they may do."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cms.shared import crypto, sealing
from cms.shared.free_text import FreeTextField
from cms.shared.storage import private_storage
from organisations import rules
from organisations.enums import (
    Degree,
    EmploymentKind,
    NodeKind,
    PersonState,
    ProfessionalTitle,
    QualificationKind,
    QualificationState,
    Role,
)
from organisations.models.places import Node


class PersonManager(BaseUserManager["Person"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "Person":
        person = self.model(username=username, **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "Person":
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.get(username=username)


class Person(AbstractBaseUser, PermissionsMixin):
    """Everybody who signs in. Phone and ID number are stored sealed; `*_index` finds them and keeps them unique."""

    keyed: ClassVar[tuple[sealing.Keyed, ...]] = (
        sealing.Sealed(
            "phone_sealed", "person.phone", lambda person: f"person.phone:{person.public_id}", index="phone_index"
        ),
        sealing.Sealed(
            "id_number_sealed",
            "person.id_number",
            lambda person: f"person.id_number:{person.public_id}",
            index="id_number_index",
        ),
    )

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    username = models.CharField(_("user name"), max_length=60, unique=True)
    name = FreeTextField(pgettext_lazy("person", "name"), max_length=60)
    email = models.EmailField(_("e-mail"), null=True, blank=True, unique=True)
    phone_sealed = models.TextField(blank=True, editable=False)
    phone_index = models.CharField(max_length=64, null=True, unique=True, editable=False)
    id_number_sealed = models.TextField(blank=True, editable=False)
    id_number_index = models.CharField(max_length=64, null=True, unique=True, editable=False)
    title = models.CharField(
        _("professional title"), max_length=30, choices=ProfessionalTitle, default=ProfessionalTitle.NONE
    )
    language = models.CharField(_("language"), max_length=10, default="zh-hans")
    is_staff = models.BooleanField(_("staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    is_demo = models.BooleanField(default=False, editable=False)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, editable=False, related_name="merged_people"
    )
    details_seen_at = models.DateTimeField(
        null=True, editable=False, help_text="When the person saw what others had entered"
    )
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[PersonManager] = PersonManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    @property
    def phone(self) -> str:
        """The phone number in clear, "" if none. Show it masked (`masked_phone`)."""
        return crypto.decrypt(self.phone_sealed, row=f"person.phone:{self.public_id}") if self.phone_sealed else ""

    @property
    def masked_phone(self) -> str:
        phone = self.phone.removeprefix("+86")
        return f"{phone[:3]}****{phone[-4:]}" if phone else ""

    @property
    def masked_id_number(self) -> str:
        if not self.id_number_sealed:
            return ""
        return rules.masked_id_number(crypto.decrypt(self.id_number_sealed, row=f"person.id_number:{self.public_id}"))

    def set_phone(self, phone: str) -> None:
        """Seal and index an already normalised number (E.164); "" removes it. The caller saves."""
        self.phone_sealed = crypto.encrypt(phone, row=f"person.phone:{self.public_id}") if phone else ""
        self.phone_index = crypto.index(phone, field="person.phone") if phone else None

    def set_id_number(self, number: str) -> None:
        """Seal and index an already checked ID number; "" removes it. The caller saves."""
        self.id_number_sealed = crypto.encrypt(number, row=f"person.id_number:{self.public_id}") if number else ""
        self.id_number_index = crypto.index(number, field="person.id_number") if number else None


class Employment(models.Model):
    """Where a person worked from when to when; an entry belongs to the unit of its day. Half-open dates.

    `unit` is the department's place where the unit has one of that name; `department` is what was entered, and says
    where somebody works only where there is no such place. Show `department_name` and `unit_name`.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="employments")
    unit = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="employments")
    department = FreeTextField(_("department"), max_length=60, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=EmploymentKind, default=EmploymentKind.STAFF)
    staff_number = models.CharField(_("staff number"), max_length=30, blank=True, db_index=True)
    begins = models.DateField(_("from"))
    ends = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("employment")
        constraints = [
            models.CheckConstraint(
                name="employment_begins_before_ends", condition=Q(ends__isnull=True) | Q(ends__gt=F("begins"))
            ),
            models.UniqueConstraint(name="employment_one_open", fields=["person"], condition=Q(ends__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.unit}"

    @property
    def department_name(self) -> str:
        return self.unit.name if self.unit.kind == NodeKind.DEPARTMENT else self.department

    @cached_property
    def unit_name(self) -> str:
        """The hospital's name for a department of it. One query for those, unless `selectors.name_units` was asked."""
        if self.unit.kind != NodeKind.DEPARTMENT:
            return self.unit.name
        above = self.unit.get_ancestors().exclude(kind=NodeKind.DEPARTMENT).order_by("-path").first()
        return str(above.name) if above is not None else self.unit.name

    @property
    def workplace(self) -> str:
        """The unit and the department in one line."""
        names = [self.unit_name, self.department_name]
        return " · ".join(dict.fromkeys(name for name in names if name))


class Membership(models.Model):
    """A person's place in the society."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    branch = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="memberships")
    begins = models.DateField(_("from"))
    ends = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="membership_unique", fields=["person", "branch", "begins"])]

    def __str__(self) -> str:
        return f"{self.person} · {self.branch}"


class StatePeriod(models.Model):
    """From when to when a person is on leave, abroad, exempt or cancelled, with its proof. Half-open dates."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="state_periods")
    state = models.CharField(
        _("state"), max_length=10, choices=[choice for choice in PersonState.choices if choice[0] != PersonState.ACTIVE]
    )
    begins = models.DateField(_("from"))
    ends = models.DateField(_("until"), null=True, blank=True)
    note = FreeTextField(_("note"), max_length=200, blank=True)
    proof = models.FileField(_("proof"), storage=private_storage, max_length=200, blank=True)
    recorded_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("state of a person")
        constraints = [
            models.CheckConstraint(
                name="state_period_begins_before_ends", condition=Q(ends__isnull=True) | Q(ends__gt=F("begins"))
            ),
        ]
        indexes = [models.Index(name="state_period_person", fields=["person", "begins"])]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_state_display()}"


class Qualification(models.Model):
    """A title, an appointment to one, or a degree, with its day. What the person entered counts as reported until the
    unit confirms it.

    `value` is a ProfessionalTitle or a Degree, by `kind`.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="qualifications")
    kind = models.CharField(_("kind"), max_length=10, choices=QualificationKind)
    value = models.CharField(_("title or degree"), max_length=30)
    subject = FreeTextField(_("subject"), max_length=80, blank=True)
    institution = FreeTextField(_("awarded by"), max_length=120, blank=True)
    obtained_on = models.DateField(_("obtained on"), null=True, blank=True)
    proof = models.FileField(_("proof"), storage=private_storage, max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=QualificationState, default=QualificationState.CLAIMED)
    entered_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    entered_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision = FreeTextField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("qualification")
        constraints = [
            models.UniqueConstraint(
                name="qualification_once",
                fields=["person", "kind", "value"],
                condition=~Q(state=QualificationState.REFUSED),
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.value_text}"

    @property
    def value_text(self) -> str:
        """With what it is where that does not follow from the name: an appointment names a title too."""
        if self.kind == QualificationKind.APPOINTMENT:
            return str(_("Appointed: %(title)s") % {"title": self.name})
        return self.name

    @property
    def name(self) -> str:
        """The title or degree alone."""
        kinds: type[models.TextChoices] = Degree if self.kind == QualificationKind.DEGREE else ProfessionalTitle
        return str(kinds(self.value).label)


class RoleGrant(models.Model):
    """A role on a node; it reaches the node's subtree from `begins` until `ends` (half-open)."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="role_grants")
    role = models.CharField(_("role"), max_length=40, choices=Role)
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="role_grants")
    begins = models.DateField(_("from"))
    ends = models.DateField(_("until"), null=True, blank=True)
    substitute_for = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="substitutes",
        help_text=_("The grant whose holder is stood in for"),
    )
    reason = FreeTextField(_("reason"), max_length=200, blank=True)
    granted_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("role grant")
        constraints = [
            models.UniqueConstraint(
                name="role_grant_one_open", fields=["person", "role", "node"], condition=Q(ends__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_role_display()} · {self.node}"
