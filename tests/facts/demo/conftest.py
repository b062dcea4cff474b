"""One small demo bank, built once and only read."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pytest

from zhike.facts.demo.bank import Bank, build

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSINESS_DATE = date(2026, 9, 30)


@pytest.fixture(scope="package")
def bank() -> Iterator[Bank]:
    with duckdb.connect() as connection:
        yield build(connection, business_date=BUSINESS_DATE)
