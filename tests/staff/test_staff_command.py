"""`zhike staff`: what the operator on the machine may do where no administrator can sign in."""

from __future__ import annotations

import json
import os
import pwd
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from django.utils import timezone

from tests.cast import Bank
from zhike.cli import COMMANDS
from zhike.cli import staff as cli
from zhike.core.models import AuditEvent
from zhike.staff.models import RoleAssignment, Staff, Unit
from zhike.staff.operations import signing_in

ACCOUNT_HERE = pwd.getpwuid(os.getuid()).pw_name


@pytest.fixture
def zhike(monkeypatch: pytest.MonkeyPatch, db: None) -> Any:
    """Runs `zhike staff …` in this process, on the tests' database."""
    monkeypatch.setattr(cli, "enter_quietly", lambda *roles: None)
    monkeypatch.delenv("SUDO_USER", raising=False)

    def run(*words: str) -> Result:
        return CliRunner().invoke(cli.command, [*words])

    return run


def test_the_command_is_registered_and_explains_itself(zhike: Any) -> None:
    assert COMMANDS["staff"] == "zhike.cli.staff"
    for words in ((), ("open",), ("unlock",), ("reset-password",), ("reset-second-factor",)):
        told = zhike(*words, "--help")
        assert (told.exit_code, "Usage:" in told.output) == (0, True)


def test_a_locked_account_is_unlocked_in_the_name_of_who_runs_the_command(zhike: Any, bank: Bank) -> None:
    Staff.objects.filter(pk=bank.sun.pk).update(locked_until=timezone.now() + timedelta(minutes=20))
    told = zhike("unlock", "B001", "--reason", "行长无法登录")
    assert (told.exit_code, told.output) == (0, "B001: The account is unlocked.\n")
    bank.sun.refresh_from_db()
    assert bank.sun.locked_until is None
    event = AuditEvent.objects.get(action="account.unlocked")
    assert (event.actor, event.actor_id, event.reason) == (f"system {ACCOUNT_HERE}", None, "行长无法登录")


def test_who_became_root_by_sudo_is_named_too(
    zhike: Any, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zhike.cli.session.os.getuid", lambda: 0)
    monkeypatch.setenv("SUDO_USER", "nobody")
    zhike("reset-password", "B001", "--reason", "忘记密码")
    assert AuditEvent.objects.get(action="password.reset").actor.endswith(" (sudo by nobody)")


def test_a_reset_password_is_printed_once_and_signs_in(zhike: Any, bank: Bank) -> None:
    told = json.loads(zhike("reset-password", "B001", "--reason", "忘记密码", "--json").output)
    assert (told["ok"], told["staff_no"]) == (True, "B001")
    found = signing_in.check_login(staff_no="B001", password=told["password"], now=timezone.now())
    assert found.must_change_password
    assert told["password"] not in str(list(AuditEvent.objects.values()))


def test_a_lost_second_factor_is_taken_off(zhike: Any, bank: Bank) -> None:
    signing_in.give_second_factor(person=bank.sun, secret=signing_in.new_secret())
    bank.sun.save()
    assert zhike("reset-second-factor", "B001", "--reason", "手机遗失").exit_code == 0
    bank.sun.refresh_from_db()
    assert not bank.sun.second_factor


def test_the_first_administrators_of_an_empty_bank(zhike: Any) -> None:
    words = ["--unit", "000", "--reason", "建行", "--json"]
    first = zhike("open", "T001", "--name", "何建国", "--role", "SYSTEM_ADMIN", *words)
    assert json.loads(first.output)["role"] == "SYSTEM_ADMIN"
    assert zhike("open", "T002", "--name", "吕岚", "--role", "SECURITY_ADMIN", *words).exit_code == 0
    held = RoleAssignment.objects.order_by("staff__staff_no").values_list("staff__staff_no", "role")
    assert list(held) == [("T001", "SYSTEM_ADMIN"), ("T002", "SECURITY_ADMIN")]
    third = zhike("open", "T003", "--name", "某人", "--role", "SYSTEM_ADMIN", *words)
    assert (third.exit_code, json.loads(third.output)["ok"]) == (1, False)
    assert not Staff.objects.filter(staff_no="T003").exists(), "a refused command leaves nothing behind"
    assert Unit.objects.count() == 1


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("unlock", "Z999", "--reason", "x"), "Nobody has the staff number Z999."),
        (("unlock", "A001", "--reason", "x"), "does not allow this: In use."),
        (("open", "A001", "--reason", "x"), "does not allow this: In use."),
        (("reset-second-factor", "A001", "--reason", "x"), "does not allow this"),
        (("reset-password", "A001", "--reason", " "), "Please give a reason."),
        (("open", "N001", "--name", "新人", "--unit", "999", "--reason", "x"), "no unit with this code"),
    ],
)
def test_what_cannot_be_done_is_said_and_ends_with_status_one(
    zhike: Any, bank: Bank, words: tuple[str, ...], complaint: str
) -> None:
    told = zhike(*words)
    assert (told.exit_code, complaint in told.output) == (1, True)
    assert not AuditEvent.objects.exists()


def test_a_closed_account_is_told_apart_and_a_reason_is_demanded(zhike: Any, bank: Bank) -> None:
    Staff.objects.filter(pk=bank.sun.pk).update(is_active=False)
    assert "Account closed" in zhike("reset-password", "B001", "--reason", "x").output
    assert zhike("unlock", "B001").exit_code == 2
