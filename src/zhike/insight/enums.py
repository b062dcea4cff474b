"""Codes of the insight room with their words, and which state may follow which."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class SegmentState(models.TextChoices):
    DRAFT = "DRAFT", _("Draft")
    IN_FORCE = "IN_FORCE", pgettext_lazy("segment", "In force")
    RETIRED = "RETIRED", pgettext_lazy("segment", "Retired")


NEXT_SEGMENT_STATE: dict[SegmentState, frozenset[SegmentState]] = {
    SegmentState.DRAFT: frozenset({SegmentState.IN_FORCE, SegmentState.RETIRED}),
    SegmentState.IN_FORCE: frozenset({SegmentState.RETIRED}),
    SegmentState.RETIRED: frozenset({SegmentState.DRAFT, SegmentState.IN_FORCE}),
}
"""What was retired can be taken back to what it was."""


class VersionState(models.TextChoices):
    DRAFT = "DRAFT", _("Being edited")
    PENDING = "PENDING", _("Waiting for approval")
    IN_FORCE = "IN_FORCE", pgettext_lazy("version", "In force")
    REPLACED = "REPLACED", _("Replaced by a later version")


NEXT_VERSION_STATE: dict[VersionState, frozenset[VersionState]] = {
    VersionState.DRAFT: frozenset({VersionState.PENDING, VersionState.IN_FORCE}),
    VersionState.PENDING: frozenset({VersionState.DRAFT, VersionState.IN_FORCE}),
    VersionState.IN_FORCE: frozenset({VersionState.REPLACED}),
    VersionState.REPLACED: frozenset(),
}
"""A rule that comes back, whatever for, is edited again; the one in force stays so meanwhile."""


class SegmentScope(models.TextChoices):
    """Whose segment it is, and of whose customers (M-29)."""

    BANK = "BANK", _("Whole bank")
    BRANCH = "BRANCH", _("Sub-branch")
    OUTLET = "OUTLET", _("Outlet")
    PERSONAL = "PERSONAL", _("Personal")


class RfmCell(models.TextChoices):
    """The eight cells of RFM (formula E.11), by the codes of `analytics.rfm.Cell`."""

    IMPORTANT_VALUE = "IMPORTANT_VALUE", pgettext_lazy("rfm", "Important: value")
    IMPORTANT_DEVELOP = "IMPORTANT_DEVELOP", pgettext_lazy("rfm", "Important: develop")
    IMPORTANT_KEEP = "IMPORTANT_KEEP", pgettext_lazy("rfm", "Important: keep")
    IMPORTANT_WIN_BACK = "IMPORTANT_WIN_BACK", pgettext_lazy("rfm", "Important: win back")
    GENERAL_VALUE = "GENERAL_VALUE", pgettext_lazy("rfm", "General: value")
    GENERAL_DEVELOP = "GENERAL_DEVELOP", pgettext_lazy("rfm", "General: develop")
    GENERAL_KEEP = "GENERAL_KEEP", pgettext_lazy("rfm", "General: keep")
    GENERAL_WIN_BACK = "GENERAL_WIN_BACK", pgettext_lazy("rfm", "General: win back")


class Standing(models.TextChoices):
    """How a customer stands against a year before (formula E.8), by the codes of `analytics.keeping.Standing`."""

    KEPT = "KEPT", pgettext_lazy("standing", "Kept")
    PARTLY_LOST = "PARTLY_LOST", _("Partly lost")
    ASSETS_LOST = "ASSETS_LOST", _("Assets lost")
    SLEEPING = "SLEEPING", pgettext_lazy("standing", "Asleep")
    LEFT = "LEFT", pgettext_lazy("standing", "Left")
    NEW = "NEW", pgettext_lazy("standing", "New")
