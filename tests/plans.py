"""What PostgreSQL would do for a statement."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.db import connection


def steps_of(statement: str) -> Iterator[dict[str, Any]]:
    """Every step of the plan of a statement, as EXPLAIN names and tells them."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
        plan = cursor.fetchone()[0]
    ahead = [(json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]]
    while ahead:
        step = ahead.pop()
        ahead += step.get("Plans", [])
        yield step
