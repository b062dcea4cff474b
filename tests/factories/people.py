from __future__ import annotations

from datetime import UTC, date, datetime

from django.contrib.auth.hashers import make_password

from zhike.staff.models import RoleAssignment, Staff, Unit

PASSWORD = "Correct-Horse-9"
HASHED: list[str] = []
NOW = datetime(2026, 9, 29, 2, 0, tzinfo=UTC)


def unit(code: str, *, kind: str = "OUTLET", parent: Unit | None = None, name: str = "") -> Unit:
    return Unit.objects.get_or_create(
        code=code, defaults={"name": name or code, "kind": kind, "parent": parent}
    )[0]


def person(staff_no: str, *roles: str, at: Unit, name: str = "", **fields: object) -> Staff:
    """A member of staff with roles in a unit, and the one password of the tests."""
    if not HASHED:
        HASHED.append(make_password(PASSWORD))
    made = Staff.objects.create(
        staff_no=staff_no, name=name or staff_no, post=roles[0] if roles else "TELLER", unit=at,
        password=HASHED[0], password_set_at=datetime.now(UTC), **fields,
    )  # fmt: skip
    for role in roles:
        RoleAssignment.objects.create(staff=made, role=role, unit=at, valid_from=date(2020, 1, 1))
    return made
