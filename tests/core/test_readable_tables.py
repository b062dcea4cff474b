"""What each database role may read: protected row by row, or listed here with the reason why it need not be."""

from __future__ import annotations

import pytest
from django.db import connection

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("L-32"), pytest.mark.goal("G23")]

PEOPLE = "people and units of the bank itself, whom everybody who works there may look up"
RULES = "rules of the bank, the same for everybody"
FRAMEWORK = "Django's own, and names no customer"
TOTALS = "totals without a customer's number, small groups suppressed where they are shown"
OPEN_TO_THE_APPLICATION = {
    "auth_group": FRAMEWORK,
    "auth_group_permissions": FRAMEWORK,
    "auth_permission": FRAMEWORK,
    "django_content_type": FRAMEWORK,
    "django_migrations": FRAMEWORK,
    "django_session": "unused: sessions are staff_staffsession",
    "core_accessgrant": "who may see a customer: a customer's number and nothing else of them",
    "core_approval": "proposals are decided for the whole bank; an override names a customer's number and tiers",
    "core_auditcheckpoint": "hashes",
    "core_auditevent": "the trail is read by auditors, whose right is asked for; numbers and names, masked values",
    "core_auditseal": "hashes",
    "core_datakey": "keys wrapped by a key that is not in the database",
    "core_idempotency": "answers to programs; only runs are written by programs, and they name no customer",
    "core_jobrun": "what jobs did, told without the data they failed on",
    "core_keycheck": "values that tell keys apart and open nothing",
    "core_parameter": RULES,
    "core_parameterrange": RULES,
    "core_rolereach": RULES,
    "core_sealedcolumn": RULES,
    "core_task": "tasks are shown by unit and person, which may not be the outlet of the customer they name",
    "core_webhook": "addresses of programs, with sealed secrets",
    "core_webhookattempt": "when an event was sent, and what came back as a number",
    "core_webhookdelivery": "events, which name runs and no customer",
    "core_workday": RULES,
    "desk_exportrequest": "lists asked for: whose, how long and which filters; the rows are never kept",
    "desk_savedview": "filters under a name, without what was typed to look for somebody",
    "facts_importbatch": "counts and totals of loads; rejected rows are encrypted",
    "facts_lakefile": "names of files",
    "facts_product": RULES,
    "facts_upload": "names and digests of files",
    "insight_valuestudy": "models and figures of the bank; the rows of customers lie in a file",
    "insight_portrait": "names of files",
    "insight_registeredmodel": "models and how they were tried, in totals",
    "insight_scoring": TOTALS,
    "insight_segment": "rules and their owners; who is in one stands under the customers' protection",
    "insight_segmentversion": RULES,
    "insight_snapshot": TOTALS,
    "loyalty_driftreading": TOTALS,
    "loyalty_run": TOTALS,
    "loyalty_runpeer": TOTALS,
    "loyalty_rununit": TOTALS,
    "loyalty_scheme": RULES,
    "loyalty_tierpolicy": RULES,
    "loyalty_loyaltyplan": "a plan of the bank; names no customer",
    "loyalty_planitem": "what the bank plans; names no customer",
    "loyalty_whatif": "tried rules and their totals, shown only to who may see every customer",
    "procrastinate_events": "times of jobs",
    "procrastinate_jobs": "the arguments of jobs are numbers of rows",
    "procrastinate_periodic_defers": "times of jobs",
    "procrastinate_workers": "times of jobs",
    "rest_apitoken": "hashes of tokens, and who holds them",
    "staff_actingfor": PEOPLE,
    "staff_roleassignment": PEOPLE,
    "staff_staff": PEOPLE,
    "staff_staffsession": "sessions of people, whose keys are looked up before anybody is known",
    "staff_unit": PEOPLE,
}
"""Tables whose rows are not told apart by row-level security and that the application may read, and why."""

AUDIT = {"core_auditevent", "core_auditseal", "core_auditcheckpoint", "core_keycheck"}
NARROW = {
    "zhike_sealer": AUDIT,
    "zhike_auditor": AUDIT,
}
"""Roles that read a few tables and no others."""


OPEN = """EXISTS (
    SELECT 1 FROM pg_policy AS p WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd IN ('r', '*')
       AND 0 = ANY (p.polroles) AND pg_get_expr(p.polqual, p.polrelid) = 'true')"""
"""Whether a policy of the table lets everybody read every row."""


def readable(role: str, *, unprotected: bool) -> set[str]:
    """Tables and views of which a role may read a column; with `unprotected`, those without forced policies, or
    with one that shows everybody every row."""
    protected = f" AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND NOT {OPEN})" if unprotected else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace"
            " AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
            f" AND has_any_column_privilege(%s, c.oid, 'SELECT'){protected}",
            [role],
        )
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.parametrize("role", ["zhike_app", "zhike_worker"])
def test_what_the_application_reads_is_protected_or_excused(role: str) -> None:
    assert readable(role, unprotected=True) == OPEN_TO_THE_APPLICATION.keys()


def test_every_customers_table_is_protected() -> None:
    protected = readable("zhike_app", unprotected=False) - readable("zhike_app", unprotected=True)
    assert protected == {
        "customers_customer", "customers_portfolio", "customers_relation", "customers_searchterm", "facts_account",
        "facts_event", "facts_holding", "facts_pushedevent", "facts_transaction", "insight_churnwarning",
        "insight_membership", "loyalty_earlymover", "loyalty_followup", "loyalty_override", "loyalty_result",
        "loyalty_samplecheck", "loyalty_standing",
    }  # fmt: skip


@pytest.mark.parametrize("role", NARROW)
def test_narrow_roles_read_what_they_need_and_no_more(role: str) -> None:
    assert readable(role, unprotected=False) == NARROW[role]


def test_the_loader_reads_no_approvals_sessions_or_results_of_people() -> None:
    others = {"core_approval", "core_task", "core_idempotency", "staff_staffsession", "rest_apitoken"}
    assert readable("zhike_loader", unprotected=False) & others == set()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE loyalty_notes (customer_no text, note text); GRANT SELECT ON loyalty_notes TO zhike_app",
        "CREATE VIEW everybody AS SELECT name FROM customers_customer; GRANT SELECT ON everybody TO zhike_app",
        "ALTER TABLE facts_event NO FORCE ROW LEVEL SECURITY",
        "CREATE POLICY everybody ON facts_event USING (true)",
        "GRANT SELECT (name) ON facts_stage_customer TO zhike_app",
    ],
)
def test_a_table_that_was_opened_is_found(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
    assert len(readable("zhike_app", unprotected=True) - OPEN_TO_THE_APPLICATION.keys()) == 1
