"""A token ends with the account and does not come back with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.cast import Bank
from tests.factories.people import person
from zhike.rest.models import ApiToken
from zhike.rest.operations import tokens
from zhike.staff.models import Staff
from zhike.staff.operations import accounts

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.mark.requirement("L-04")
@pytest.mark.parametrize("closed_by", ["administrator", "extract"])
def test_a_reopened_account_comes_back_without_its_tokens(bank: Bank, closed_by: str) -> None:
    admin = person("T001", "SYSTEM_ADMIN", at=bank.head_office, name="何建国")
    issued = tokens.issue_token(
        name="报表", scopes=["customer:read"], expires_on=(NOW + timedelta(days=30)).date(), by=bank.zheng, now=NOW
    )  # fmt: skip
    assert tokens.admit(issued.secret, now=NOW) is not None
    if closed_by == "extract":
        Staff.objects.filter(pk=bank.zheng.pk).update(is_active=False)
    else:
        accounts.close_account(
            staff_id=bank.zheng.pk, version=0, left_on=None, reason="离岗", by=admin, now=NOW
        )
        assert ApiToken.objects.get().revoked_by == admin
    bank.zheng.refresh_from_db()
    accounts.reopen_account(
        staff_id=bank.zheng.pk, version=bank.zheng.version, reason="返岗", by=admin, now=NOW
    )
    assert tokens.admit(issued.secret, now=NOW) is None
    assert (ApiToken.objects.get().revoked_at, ApiToken.objects.get().revoked_by) == (NOW, admin)
