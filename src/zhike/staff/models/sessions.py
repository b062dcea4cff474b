"""Sessions that know whose they are, so that people and administrators can see and end them.

The module is Django's session engine too (`SESSION_ENGINE`): it keeps the columns in line with what a session
holds. A session is over the moment its row is gone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from zhike.staff.models.people import Staff

BEGUN, SEEN = "begun_at", "seen_at"  # entries of a session: seconds since the epoch
ADDRESS, BROWSER = "address", "browser"


class StaffSession(AbstractBaseSession):
    """A session, and once somebody has signed in: whose, since when, last seen when and from where."""

    staff = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="sessions")
    begun_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=200, default="")

    def __str__(self) -> str:
        return f"{self.staff_id} {self.begun_at}"

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        """What Django's abstract session asks for."""
        return SessionStore


class SessionStore(DatabaseSessions):
    """Django's sessions in the database, with the columns above."""

    @classmethod
    def get_model_class(cls) -> type[StaffSession]:
        return StaffSession

    def create_model_instance(self, data: dict[str, Any]) -> StaffSession:
        """The row as the session's entries say."""
        row: StaffSession = super().create_model_instance(data)
        row.staff_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.begun_at, row.seen_at = _moment(data.get(BEGUN)), _moment(data.get(SEEN))
        row.address = data.get(ADDRESS)
        row.browser = data.get(BROWSER, "")[:200]
        return row


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
