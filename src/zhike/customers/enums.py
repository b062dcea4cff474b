"""Codes of the customer file, with their words."""

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.core.access.permissions import ROLES, Scope

KEEPING_ROLES = tuple(code for code, role in ROLES.items() if role.scope is Scope.PORTFOLIO)
"""The roles that keep customers of their own (管户)."""


class CustomerKind(models.TextChoices):
    INDIVIDUAL = "INDIVIDUAL", _("Individual")
    ENTERPRISE = "ENTERPRISE", _("Enterprise")


class BusinessType(models.TextChoices):
    RETAIL = "RETAIL", _("Retail")
    MICRO = "MICRO", _("Small and micro business")
    CORPORATE = "CORPORATE", _("Corporate")
    PROJECT = "PROJECT", _("Project finance and groups")


class CustomerGroup(models.TextChoices):
    GENERAL = "GENERAL", _("General")
    WEALTH = "WEALTH", _("Wealth")
    PRIVATE = "PRIVATE", _("Private banking")
    CARD = "CARD", _("Mainly credit card")


class Sex(models.TextChoices):
    M = "M", _("Male")
    F = "F", _("Female")


class IdType(models.TextChoices):
    RESIDENT_ID = "RESIDENT_ID", _("Resident identity card")
    PASSPORT = "PASSPORT", _("Passport")
    USCC = "USCC", _("Unified social credit code")
    OTHER = "OTHER", _("Other document")


class RelationKind(models.TextChoices):
    SPOUSE = "SPOUSE", _("Spouse")
    PARENT = "PARENT", _("Parent")
    CHILD = "CHILD", _("Child")
    GUARDIAN = "GUARDIAN", _("Guardian")
    LEGAL_REPRESENTATIVE = "LEGAL_REPRESENTATIVE", _("Legal representative")
    CONTROLLER = "CONTROLLER", _("Controlling person")
    SUPPLIER = "SUPPLIER", _("Supplier")
    AUTHORISED_USER = "AUTHORISED_USER", _("Authorised user of an account")
    REFERRED = "REFERRED", _("Referred")


class RevealPurpose(models.TextChoices):
    """Why somebody wants to see a value in the clear."""

    CALL = "CALL", _("To call the customer")
    VERIFY = "VERIFY", _("To check the identity of a customer who is present or on the line")
    DELIVER = "DELIVER", _("To send something the customer has asked for")
    COMPLAINT = "COMPLAINT", _("To handle a complaint")
    CHECK = "CHECK", _("Compliance check")


class FilePart(StrEnum):
    """The parts of a customer's file, as the record of who opened them names them."""

    OVERVIEW = "OVERVIEW"
    HOLDINGS = "HOLDINGS"
    TRANSACTIONS = "TRANSACTIONS"
    EVENTS = "EVENTS"
    LOYALTY = "LOYALTY"
    PORTFOLIO = "PORTFOLIO"


class FilePurpose(models.TextChoices):
    """Why somebody who keeps no customers looks into a customer's file."""

    CHECK = "CHECK", _("Compliance check")
    AUDIT = "AUDIT", _("Internal audit")
    COMPLAINT = "COMPLAINT", _("To handle a complaint")
    REQUEST = "REQUEST", _("The customer asks about the own data")
    AUTHORITY = "AUTHORITY", _("A court or an authority asks")


SHOWN_FIELDS = {
    "phone": _("Phone"),
    "id_no": _("ID number"),
    "email": _("E-mail"),
    "address": pgettext_lazy("customer", "Address"),
    "birth_on": _("Date of birth"),
}
"""The personal values that stand masked on a page and may be shown in the clear for a purpose."""
