"""The test run's own database is as closed as a real one."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from django.db import connection

from zhike.run import roles


@pytest.mark.django_db
def test_default_connection_may_step_into_the_application_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {roles.APP}")
        cursor.execute("SELECT current_user, has_database_privilege(current_database(), 'TEMPORARY')")
        assert cursor.fetchone() == (roles.APP, False)


@pytest.mark.django_db
@pytest.mark.parametrize("role", roles.PROCESS_ROLES)
def test_each_process_role_can_log_in_to_the_test_database(
    role: str, address_of: Callable[[str], str]
) -> None:
    with psycopg.connect(address_of(role)) as own:
        assert own.execute("SELECT current_user, current_database()").fetchone() == (role, "test_zhike")
