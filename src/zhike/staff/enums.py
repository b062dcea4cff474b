"""Codes of people and places."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class UnitKind(models.TextChoices):
    HEAD_OFFICE = "HEAD_OFFICE", _("Head office")
    DEPARTMENT = "DEPARTMENT", _("Department")
    BRANCH = "BRANCH", _("Branch")
    SUB_BRANCH = "SUB_BRANCH", _("Sub-branch")
    DIRECT_OUTLET = "DIRECT_OUTLET", _("Directly managed outlet")
    OUTLET = "OUTLET", _("Outlet")
