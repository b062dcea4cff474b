"""Tokens as their owner sees them."""

from __future__ import annotations

from datetime import date

from django.db.models import BooleanField, Case, QuerySet, Value, When

from zhike.core.access.permissions import Permission
from zhike.rest.enums import SCOPES
from zhike.rest.models import ApiToken
from zhike.staff.models import Staff


def tokens_of(person: Staff, *, on: date) -> QuerySet[ApiToken]:
    """Every token somebody ever had, the usable ones first; `is_usable` says which those are."""
    usable = Case(
        When(revoked_at=None, expires_on__gte=on, then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )
    rows = ApiToken.objects.filter(staff=person).annotate(is_usable=usable)
    return rows.order_by("-is_usable", "-issued_at", "-id")


def scopes_open_to(person: Staff) -> list[Permission]:
    """The scopes somebody could give a token today: those rights of theirs the API knows."""
    return [right for right in SCOPES if person.may(right)]
