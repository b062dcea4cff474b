"""Open sessions: since when, from where, with what."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from zhike.core import parameters
from zhike.staff.models import Staff, StaffSession

# What stands in a browser's description of itself, the more particular first: every Edge also says Chrome.
BROWSERS = {
    "Edg": "Edge", "QIHU": "360", "Qaxbrowser": "Qianxin", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari",
}  # fmt: skip
SYSTEMS = {
    "HarmonyOS": "HarmonyOS", "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows",
    "Mac OS": "macOS", "UOS": "UOS", "Kylin": "Kylin", "Linux": "Linux",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One open session as people see it. `mark` stands for the key, which no page ever shows."""

    mark: str
    begun_at: datetime | None
    seen_at: datetime | None
    address: str
    browser: str
    is_this: bool


def alive(*, now: datetime) -> QuerySet[StaffSession]:
    """Sessions of people that neither time nor idleness (`auth.idle_minutes`) has ended."""
    minutes = parameters.value("auth.idle_minutes", on=timezone.localdate(now))
    return StaffSession.objects.filter(
        staff__isnull=False, expire_date__gt=now, seen_at__gt=now - timedelta(minutes=minutes)
    )


def open_sessions(person: Staff, *, this: str = "", now: datetime) -> list[OpenSession]:
    """A person's open sessions, the latest first; `this` is the key of the one that asks."""
    return [
        OpenSession(
            mark=mark_of(row),
            begun_at=row.begun_at,
            seen_at=row.seen_at,
            address=row.address or "",
            browser=described(row.browser),
            is_this=row.session_key == this,
        )
        for row in alive(now=now).filter(staff=person).order_by("-seen_at", "session_key")
    ]


def mark_of(row: StaffSession) -> str:
    """A short name for a session that opens nothing."""
    return hashlib.sha256(row.session_key.encode()).hexdigest()[:16]


def described(browser: str) -> str:
    """Browser and system in two words, or '' where neither is known."""
    found = [
        next((word for sign, word in names.items() if sign in browser), "") for names in (BROWSERS, SYSTEMS)
    ]
    return ", ".join(filter(None, found))
