"""What the filters of the customer list offer."""

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Standing(models.TextChoices):
    """Whether a customer is still with the bank."""

    WITH_US = "WITH_US", _("With the bank")
    LEFT = "LEFT", _("Has left")
    ANY = "ANY", _("All")


class Silence(models.TextChoices):
    """For how long nobody has recorded a contact."""

    DAYS_30 = "30", _("More than 30 days")
    DAYS_60 = "60", _("More than 60 days")
    DAYS_90 = "90", _("More than 90 days")
    DAYS_180 = "180", _("More than 180 days")


class ScoreChange(models.TextChoices):
    """What the last evaluation changed."""

    CHANGED = "CHANGED", _("Changed")
    TIER_FELL = "TIER_FELL", _("Tier fell")
    FELL = "FELL", _("Score fell")
    ROSE = "ROSE", _("Score rose")


class ViewStep(StrEnum):
    """What its owner may do with a saved view."""

    RENAME = "RENAME"
    DEFAULT = "DEFAULT"
    NO_DEFAULT = "NO_DEFAULT"
    SHARE = "SHARE"
    UNSHARE = "UNSHARE"
    DELETE = "DELETE"
