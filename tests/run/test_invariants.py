"""Each invariant of the data is green on an evaluated bank, and red once its bug is planted there.

A bug is planted in a transaction of the database's superuser, past every constraint that would stop it, and
rolled back: what is shown is that the invariant alone would find it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from zhike.core.keys.register import REGISTER
from zhike.run.checks.findings import Level
from zhike.run.checks.invariants import Invariant, check_invariants, read_invariants
from zhike.run.postgres import SUPERUSER
from zhike.run.servers import EmbeddedServer

pytestmark = pytest.mark.goal("G8")
Connection = psycopg.Connection[Any]

SOMEBODY = "(SELECT min(customer_id) FROM loyalty_standing WHERE manager_id IS NOT NULL)"
_HIS = f"FROM customers_customer WHERE id = {SOMEBODY}"
ANOTHER = f"(SELECT min(id) FROM staff_staff WHERE id <> (SELECT manager_id {_HIS}))"
ELSEWHERE = f"(SELECT min(id) FROM staff_unit WHERE id <> (SELECT outlet_id {_HIS}))"
ONE_RUN = "(SELECT max(run_id) FROM loyalty_standing)"
MADE = {
    "core_webhook": "INSERT INTO core_webhook (name, url, secret, state, proposed_by_id, proposed_at, version)"
    f" VALUES ('x', 'https://x.example/', 'x', 'ACTIVE', {ANOTHER}, now(), 0)",
}
"""Tables of which the bank has no row to spoil: a spoilt one is added."""
BUGS: list[tuple[str, str, str]] = [
    (
        "managers_keep_their_customers",
        "a hand-over that forgets the customer file",
        f"UPDATE customers_customer SET manager_id = {ANOTHER} WHERE id = {SOMEBODY}",
    ),
    (
        "managers_keep_their_customers",
        "a portfolio that was closed without the next one",
        f"UPDATE customers_portfolio SET to_on = from_on + 9 WHERE customer_id = {SOMEBODY}",
    ),
    (
        "managers_keep_their_customers",
        "a portfolio of a customer who has no manager",
        f"UPDATE customers_customer SET manager_id = NULL WHERE id = {SOMEBODY}",
    ),
    (
        "portfolios_follow_each_other",
        "a second manager from before",
        (
            "INSERT INTO customers_portfolio (customer_id, outlet_id, manager_id, from_on, to_on, reason,"
            " handover_note, assigned_by)"
            " SELECT customer_id, outlet_id, manager_id, from_on - 9, from_on + 9, 'x', '', 'x'"
            f" FROM customers_portfolio WHERE customer_id = {SOMEBODY}"
        ),
    ),
    (
        "portfolio_grants_end_with_the_portfolio",
        "a grant that outlives the hand-over",
        f"INSERT INTO core_accessgrant (staff_id, customer_id, cause) VALUES ({ANOTHER}, {SOMEBODY}, 'portfolio')",
    ),
    *(
        (
            "copies_follow_the_customers_outlet",
            f"a move that forgets {table}",
            f"UPDATE {table} SET outlet_id = {ELSEWHERE} WHERE customer_id = {SOMEBODY}",
        )
        for table in (
            "customers_searchterm", "customers_portfolio", "facts_account", "facts_holding", "facts_event",
            "facts_transaction", "loyalty_standing",
        )
    ),
    (
        "copies_follow_the_customers_outlet",
        "a move that forgets everything",
        f"UPDATE customers_customer SET outlet_id = {ELSEWHERE} WHERE id = {SOMEBODY}",
    ),
    (
        "nothing_belongs_to_nobody",
        "an account of a customer who is not there",
        f"UPDATE facts_account SET customer_id = 999999999 WHERE customer_id = {SOMEBODY}",
    ),
    (
        "units_form_a_tree",
        "two units above each other",
        "UPDATE staff_unit SET parent_id = (SELECT max(id) FROM staff_unit) WHERE parent_id IS NULL",
    ),
    ("parameters_stay_in_range", "ranges that nobody wrote", "DELETE FROM core_parameterrange"),
    (
        "parameters_stay_in_range",
        "a password that never ends",
        "UPDATE core_parameter SET value = '99999999' WHERE code = 'auth.password_days'",
    ),
    (
        "parameters_stay_in_range",
        "one of several limits beyond every amount",
        f"UPDATE core_parameter SET value = '[5, {10**30}]' WHERE code = 'aum.bands'",
    ),
    ("sealed_columns_are_registered", "a register that nobody wrote", "DELETE FROM core_sealedcolumn"),
    *(
        (
            "sealed_columns_hold_ciphertext",
            f"{one.table}.{one.column} stored as it came",
            MADE.get(one.table)
            or f"UPDATE {one.table} SET {one.column} = 'x' WHERE id = (SELECT min(id) FROM {one.table})",
        )
        for one in REGISTER
    ),
    (
        "sealed_columns_hold_ciphertext",
        "a value under a key of another purpose",
        "UPDATE core_datakey SET purpose = 'other' WHERE purpose = 'customer'",
    ),
    (
        "sealed_columns_hold_ciphertext",
        "a value under a key that was destroyed",
        "UPDATE core_datakey SET state = 'DESTROYED' WHERE purpose = 'customer'",
    ),
    *(
        (
            "sealed_columns_hold_ciphertext",
            f"{one.table}.{one.column} that no search finds",
            f"UPDATE {one.table} SET {one.index} = '' WHERE id = {SOMEBODY}",
        )
        for one in REGISTER
        if one.index
    ),
    (
        "no_identity_number_in_the_clear",
        "an event that keeps the number it masks elsewhere",
        """UPDATE core_auditevent SET detail = '{"changes": {"id_no": ["", "11010119900307123X"]}}' WHERE id = 1""",
    ),
    (
        "lake_files_come_from_loads",
        "a file of a load that was refused",
        "UPDATE facts_importbatch SET state = 'REFUSED', loaded_at = NULL, load_no = NULL",
    ),
    (
        "lake_files_come_from_loads",
        "a month that is read twice",
        (
            "INSERT INTO facts_lakefile (batch_id, \"table\", month_on, path, row_count, sha256)"
            " SELECT batch_id, \"table\", month_on, path || '2', row_count, sha256 FROM facts_lakefile"
            " WHERE \"table\" = 'balances' LIMIT 1"
        ),
    ),
    (
        "accounts_keep_their_transactions",
        "a transaction booked for another customer",
        f"UPDATE facts_transaction SET customer_id = {SOMEBODY} WHERE customer_id <> {SOMEBODY}",
    ),
    (
        "holdings_add_up",
        "a sum that was not drawn anew",
        f"UPDATE facts_holding SET aum_cents = aum_cents + 1 WHERE customer_id = {SOMEBODY}",
    ),
    (
        "holdings_add_up",
        "a series one month short",
        f"UPDATE facts_holding SET fund_series = fund_series[2:] WHERE customer_id = {SOMEBODY}",
    ),
    (
        "one_published_run_a_period",
        "a second publication of a period",
        "UPDATE loyalty_run SET period = '2026Q3', number = id + 100 WHERE state = 'PUBLISHED'",
    ),
    (
        "published_runs_are_whole",
        "a result that was lost",
        f"DELETE FROM loyalty_result WHERE run_id = (SELECT min(id) FROM loyalty_run) AND customer_id = {SOMEBODY}",
    ),
    (
        "standings_come_from_a_published_run",
        "standings of a run that was replaced",
        f"UPDATE loyalty_run SET state = 'SUPERSEDED' WHERE id = {ONE_RUN}",
    ),
    (
        "standings_say_what_was_found",
        "a score that differs from its result",
        f"UPDATE loyalty_standing SET score = score + 1 WHERE customer_id = {SOMEBODY}",
    ),
    (
        "standings_say_what_was_found",
        "a tier shown that nobody approved",
        (
            "UPDATE loyalty_standing SET tier = CASE tier WHEN 'HIGH' THEN 'LOW' ELSE 'HIGH' END"
            f" WHERE customer_id = {SOMEBODY}"
        ),
    ),
    (
        "standings_say_what_was_found",
        "an override that was never decided",
        (
            "WITH made AS (INSERT INTO loyalty_override (customer_id, outlet_id, run_id, tier_before, tier, reason,"
            " expires_on, proposed_by_id, proposed_at) SELECT customer_id, outlet_id, run_id, tier, 'HIGH', 'x',"
            f" now() + interval '9 days', {ANOTHER}, now() FROM loyalty_standing WHERE customer_id = {SOMEBODY}"
            " RETURNING *)"
            " UPDATE loyalty_standing s SET override_id = made.id, tier = made.tier FROM made"
            " WHERE s.customer_id = made.customer_id"
        ),
    ),
    (
        "contributions_make_the_score",
        "a contribution rounded on its way",
        (
            f"UPDATE loyalty_result SET contributions[3] = contributions[3] + 0.01 WHERE run_id = {ONE_RUN}"
            f" AND customer_id = {SOMEBODY}"
        ),
    ),
    (
        "another_person_decides",
        "a proposal decided by its proposer",
        "UPDATE core_approval SET decided_by_id = proposed_by_id",
    ),
    (
        "another_person_decides",
        "a proposal decided by one of its makers",
        "UPDATE core_approval SET payload = payload || jsonb_build_object('makers', jsonb_build_array(decided_by_id))",
    ),
    (
        "another_person_decides",
        "a scheme approved by who had changed it",
        (
            "UPDATE loyalty_scheme s SET makers = s.makers || a.decided_by_id FROM core_approval a"
            " WHERE a.kind = 'loyalty.scheme' AND a.subject_id = s.id"
        ),
    ),
    (
        "another_person_decides",
        "a run published by who started it",
        f"UPDATE loyalty_run SET published_by_id = started_by_id WHERE id = {ONE_RUN}",
    ),
    (
        "schemes_in_force_were_approved",
        "a scheme put in force past its approval",
        "UPDATE core_approval SET state = 'REJECTED'",
    ),
    (
        "decisions_stand_in_the_audit",
        "a publication that left no event",
        "DELETE FROM core_auditevent WHERE action = 'run.published'",
    ),
    (
        "audit_chain_is_dense",
        "a seal cut out of the chain",
        "DELETE FROM core_auditseal WHERE seq = 3",
    ),
    (
        "audit_chain_is_dense",
        "a chain begun anew in its middle",
        r"UPDATE core_auditseal SET previous = '\x00' WHERE seq = 3",
    ),
    (
        "seals_hold_their_events",
        "an event taken out of the audit",
        "DELETE FROM core_auditevent WHERE id = (SELECT event_id FROM core_auditseal WHERE seq = 3)",
    ),
    (
        "seals_hold_their_events",
        "a head that is not the chain's",
        r"UPDATE core_auditcheckpoint SET head = '\x00'",
    ),
    (
        "no_event_is_passed_over",
        "an event slipped in behind the sealer's back",
        (
            "INSERT INTO core_auditevent (recorded_at, actor, on_behalf_of, action, object_type, object_id,"
            " object_label, outcome, reason, detail)"
            " VALUES (now() - interval '1 day', 'x', '', 'x', '', '', '', 'DONE', '', '{}')"
        ),
    ),
]  # fmt: skip
TRIED_WITH_THE_CATALOGUE = {
    "definer_functions_fix_their_search_path", "row_security_binds_everybody", "row_security_has_policies",
    "parts_are_closed", "nothing_is_granted_to_everybody", "views_ask_as_their_caller",
}  # fmt: skip
"""Invariants of rights: their faults are seeded in test_doctor.py."""


@pytest.fixture
def planting(furnished: EmbeddedServer) -> Iterator[Connection]:
    """A transaction of the superuser without triggers and constraints; what it does is rolled back."""
    with psycopg.connect(furnished.cluster.url(SUPERUSER)) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        for table, name in connection.execute(_OURS).fetchall():
            connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        for (name,) in connection.execute(_UNIQUE).fetchall():
            connection.execute(f'DROP INDEX "{name}"')
        yield connection
        connection.rollback()


_OURS = """
SELECT conrelid::regclass::text, conname FROM pg_constraint
 WHERE contype = 'c' AND conrelid::regclass::text IN ('core_approval', 'loyalty_run', 'loyalty_override')
"""
_UNIQUE = "SELECT indexrelid::regclass::text FROM pg_index WHERE indisunique AND indpred IS NOT NULL"


def named(connection: Connection) -> set[str]:
    """The invariants that fail."""
    found = check_invariants(connection, read_invariants())
    return {finding.code for finding in found if finding.level is Level.FAILURE}


@pytest.mark.parametrize(("code", "bug", "statement"), BUGS, ids=[bug for _code, bug, _statement in BUGS])
def test_a_planted_bug_is_named(planting: Connection, code: str, bug: str, statement: str) -> None:
    assert named(planting) == set()
    assert planting.execute(statement).rowcount > 0, "nothing was planted"
    assert code in named(planting)


def test_every_invariant_has_its_bug() -> None:
    codes = {invariant.code for invariant in read_invariants()}
    assert codes == {code for code, _bug, _statement in BUGS} | TRIED_WITH_THE_CATALOGUE


def test_no_check_changes_anything(planting: Connection) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        list(check_invariants(planting, [Invariant("x", "x", "DELETE FROM core_task RETURNING 0")]))
