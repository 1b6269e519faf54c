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


class AttentionEvery(models.IntegerChoices):
    """How often a learner is asked at most, in minutes, whether they are there. 0 is never."""

    NEVER = 0, _("Never")
    QUARTER = 15, _("At most every 15 minutes")
    THIRD = 20, _("At most every 20 minutes")
    HALF = 30, _("At most every 30 minutes")
    HOUR = 60, _("At most once an hour")


class EnrolmentState(models.TextChoices):
    ACTIVE = "active", _("In progress")
    COMPLETED = "completed", _("Completed")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class QuizAccess(models.TextChoices):
    """Who may open a quiz on a page of its own."""

    MEMBERS = "members", _("Everybody with an account")
    COURSE = "course", _("Those enrolled in a course")
    UNIT = "unit", _("The people of a unit")


class Modality(models.TextChoices):
    CT = "CT", _("CT")
    MR = "MR", _("MR")
    DR = "DR", _("DR")
    DSA = "DSA", _("DSA")
    NUCLEAR_MEDICINE = "NM", _("Nuclear medicine")
    ULTRASOUND = "US", _("Ultrasound")
    RADIOTHERAPY = "RT", _("Radiotherapy")
    GENERAL = "GEN", _("General")


class LostPassState(models.TextChoices):
    """What became of the credit of a course whose quiz is not passed any more. Words: models.lost_passes."""

    WAITING = "waiting"
    TAKEN_BACK = "taken_back"
    KEPT = "kept"
    PASSED_AGAIN = "passed_again"
