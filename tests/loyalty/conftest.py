"""A bank with the golden facts, a scheme in force, and a run at each stage.

Everything of Django is imported inside the fixtures: this file is read before Django is set up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cast import Bank

    from zhike.loyalty.models import Run, Scheme


@pytest.fixture(autouse=True)
def wired(monkeypatch: pytest.MonkeyPatch) -> None:
    """The handlers of this room, as the wiring attaches them."""
    from zhike.config import wiring
    from zhike.core import hearing
    from zhike.core.operations import approvals
    from zhike.loyalty import api

    monkeypatch.setitem(wiring.CARRIED_OUT, "loyalty.scheme", api.scheme_approved)
    monkeypatch.setitem(wiring.CARRIED_OUT, "loyalty.override", api.override_approved)
    if not hearing._topics[approvals.REJECTED]:
        monkeypatch.setitem(hearing._topics, approvals.REJECTED, [api.proposal_rejected])


@pytest.fixture
def golden_scheme(golden_bank: Bank) -> Scheme:
    from tests.loyalty import golden, steps

    return steps.in_force(golden.golden_spec(), golden_bank)


@pytest.fixture
def computed(golden_bank: Bank, golden_scheme: Scheme) -> Run:
    """A run of the third quarter, started by the analyst and ready for review."""
    from tests.loyalty import golden, steps

    return steps.compute(golden_scheme, golden_bank, as_of=golden.Q3)


@pytest.fixture
def published(golden_bank: Bank, computed: Run) -> Run:
    from tests.loyalty import steps

    return steps.publish(computed, golden_bank)
