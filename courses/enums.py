from django.db import models
from django.utils.translation import gettext_lazy as _


class LessonKind(models.TextChoices):
    LECTURE = "lecture", _("Lecture")
    READING = "reading", _("Reading")
    QUIZ = "quiz", _("Quiz")
    ON_SITE = "on_site", _("On-site part")


class Basis(models.TextChoices):
    """On what ground an offer may grant credit."""

    PROJECT = "project", _("Accredited project")
    IN_HOUSE = "in_house", _("In-house activity of a unit")
    NONE = "none", _("None: hours and a certificate of study, no credit")


class EnrolmentState(models.TextChoices):
    ACTIVE = "active", _("In progress")
    COMPLETED = "completed", _("Completed")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Modality(models.TextChoices):
    CT = "CT", _("CT")
    MR = "MR", _("MR")
    DR = "DR", _("DR")
    DSA = "DSA", _("DSA")
    NUCLEAR_MEDICINE = "NM", _("Nuclear medicine")
    ULTRASOUND = "US", _("Ultrasound")
    RADIOTHERAPY = "RT", _("Radiotherapy")
    GENERAL = "GEN", _("General")
