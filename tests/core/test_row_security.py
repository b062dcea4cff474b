"""The second barrier alone: what PostgreSQL shows when every application filter is gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from tests.cast import Bank
from zhike.core.access.acting import acting_as
from zhike.core.models import AccessGrant
from zhike.customers.models import Customer
from zhike.run import roles
from zhike.staff.models import ActingFor, RoleAssignment

pytestmark = [pytest.mark.requirement("L-32"), pytest.mark.goal("G23")]


def seen_by(staff_id: int | None) -> set[str]:
    with acting_as(staff_id):
        return set(Customer.objects.values_list("name", flat=True))


def test_a_manager_sees_the_own_outlet_and_no_other(bank: Bank) -> None:
    assert seen_by(bank.chen.pk) == {"张伟", "李娜"}


def test_a_branch_head_sees_the_outlets_below(bank: Bank) -> None:
    assert seen_by(bank.sun.pk) == {"张伟", "李娜"}


def test_head_office_sees_the_whole_bank(bank: Bank) -> None:
    assert seen_by(bank.zheng.pk) == {"张伟", "李娜", "西城客户"}


@pytest.mark.goal("G27")
def test_the_whole_bank_closes_with_the_role_that_opened_it(bank: Bank) -> None:
    RoleAssignment.objects.filter(staff=bank.zheng).update(valid_to=timezone.localdate() - timedelta(days=1))
    assert seen_by(bank.zheng.pk) == set()


def test_an_outsider_sees_nothing(bank: Bank) -> None:
    assert seen_by(bank.outsider.pk) == set()


def test_nobody_sees_nothing(bank: Bank) -> None:
    assert seen_by(None) == set()


def test_a_grant_opens_one_customer_until_it_ends(bank: Bank) -> None:
    grant = AccessGrant.objects.create(
        staff=bank.outsider,
        customer_id=bank.zhang_wei.pk,
        cause="case:1",
        until=timezone.now() + timedelta(days=1),
    )
    assert seen_by(bank.outsider.pk) == {"张伟"}
    AccessGrant.objects.filter(pk=grant.pk).update(until=timezone.now() - timedelta(seconds=1))
    assert seen_by(bank.outsider.pk) == set()


def test_a_substitute_sees_what_the_absent_person_sees(bank: Bank) -> None:
    today = timezone.localdate()
    ActingFor.objects.create(
        absent=bank.chen, substitute=bank.outsider, from_on=today, until_on=today, reason="休假"
    )
    assert seen_by(bank.outsider.pk) == {"张伟", "李娜"}


@pytest.mark.goal("G27")
def test_an_ended_role_counts_no_longer(bank: Bank) -> None:
    RoleAssignment.objects.filter(staff=bank.chen).update(valid_to=timezone.localdate() - timedelta(days=1))
    assert seen_by(bank.chen.pk) == set()


@pytest.mark.goal("G27")
def test_a_closed_account_sees_nothing(bank: Bank) -> None:
    bank.chen.is_active = False
    bank.chen.save()
    assert seen_by(bank.chen.pk) == set()


def test_a_row_cannot_be_moved_out_of_scope(bank: Bank) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), acting_as(bank.chen.pk):
        Customer.objects.filter(pk=bank.zhang_wei.pk).update(outlet=bank.west)


def test_the_setting_does_not_outlive_the_transaction(bank: Bank) -> None:
    with acting_as(bank.zheng.pk):
        pass
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('zhike.staff_id', true), current_setting('role')")
        assert cursor.fetchone() == ("", "none")


def test_only_listed_functions_run_with_the_owners_rights(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
            " AND proname NOT LIKE 'procrastinate%'"
        )
        assert {name for (name,) in cursor.fetchall()} == {
            "zhike_held",
            "zhike_whole_bank",
            "zhike_outlets",
            "zhike_granted",
            "facts_open_month",
            "loyalty_open_run",
            "loyalty_close_run",
            "loyalty_open_standings",
            "loyalty_switch_standings",
        }


def test_a_policy_never_reads_an_empty_setting_as_a_number(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('zhike.staff_id', '', true)")
        cursor.execute("SELECT zhike_staff_id(), zhike_whole_bank(), zhike_outlets()")
        assert cursor.fetchone() == (None, False, [])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_auditevent SET action = 'x'",
        "DELETE FROM core_auditevent",
        "TRUNCATE core_auditevent",
        "INSERT INTO core_auditseal (seq, event_id, previous, hash) VALUES (1, 1, '', '')",
        "UPDATE core_parameter SET value = '1'",
        "UPDATE core_rolereach SET reach = 'ALL'",
        "DELETE FROM core_sealedcolumn",
        "SELECT * FROM facts_stage_customer",
        "UPDATE facts_event SET outcome = 'UNFOUNDED'",
        "CREATE TEMP TABLE core_auditevent (id int)",
        "SET session_replication_role = replica",
        "ALTER TABLE customers_customer DISABLE ROW LEVEL SECURITY",
    ],
)
@pytest.mark.goal("G6")
def test_the_application_cannot_do_what_only_others_may(bank: Bank, statement: str) -> None:
    with pytest.raises(ProgrammingError), acting_as(bank.zheng.pk), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_auditor_adds_to_the_audit_only_that_it_was_verified(
    db: None, address_of: Callable[[str], str]
) -> None:
    add = "INSERT INTO core_auditevent (actor, on_behalf_of, action, object_type, object_id, object_label, outcome,"
    add += " reason, detail) VALUES ('system', '', %s, '', '', '', 'DONE', '', '{}') RETURNING id"
    with psycopg.connect(address_of(roles.AUDITOR)) as auditor:
        for forged in ("customer.revealed", "audit.verified2", ""):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
                auditor.execute(add, [forged])
            auditor.rollback()
        assert auditor.execute(add, ["audit.verified"]).fetchone()
        auditor.rollback()
    with psycopg.connect(address_of(roles.LOADER)) as loader:
        assert loader.execute(add, ["import.loaded"]).fetchone()
        loader.rollback()


def test_an_approval_by_the_proposer_is_refused_by_the_database(bank: Bank) -> None:
    with (
        pytest.raises(IntegrityError, match="approval_decided_by_another"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO core_approval (kind, subject_type, subject_id, subject_label, subject_version, payload,"
            " reason, state, proposed_by_id, proposed_at, decided_by_id, decided_at, decision_reason)"
            " VALUES ('x', 'x', 1, 'x', 0, '{}', 'x', 'APPROVED', %s, now(), %s, now(), '')",
            [bank.zheng.pk, bank.zheng.pk],
        )
