"""Programs and what they read. Django is imported inside: this file is read before it is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cast import Bank
    from tests.rest.programs import Program
    from zhike.facts.models import Account
    from zhike.loyalty.models import Run


@pytest.fixture(autouse=True)
def _pages(static_files: None, db: None) -> None:
    """Every request passes the middleware that serves static files."""


@pytest.fixture
def analyst(bank: Bank) -> Program:
    """The program of the CRM analyst, who sees the whole bank and may start runs."""
    from tests.rest.programs import program_of

    return program_of(bank.wu)


@pytest.fixture
def holdings(bank: Bank) -> Account:
    from tests.rest.programs import give_holdings

    return give_holdings(bank)


@pytest.fixture
def published(bank: Bank) -> Run:
    from tests.rest.programs import publish

    return publish(bank)
