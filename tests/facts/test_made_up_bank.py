"""Beside people whose codes everybody is shown, nothing but the demo's own extracts is loaded."""

from __future__ import annotations

from datetime import date

import pytest

from tests.cast import Bank
from zhike.config import demo_bank
from zhike.facts import demo
from zhike.facts.models import ImportBatch
from zhike.facts.operations.imports import blocking
from zhike.run.checks import demo as checked
from zhike.staff.models import Staff

TODAY = date(2026, 11, 23)


@pytest.mark.requirement("L-32")
@pytest.mark.parametrize("is_made_up", [True, False])
@pytest.mark.parametrize("mapping", [demo.MAPPING, "berka"])
def test_other_files_than_the_demos_are_not_loaded_beside_its_people(
    bank: Bank, mapping: str, is_made_up: bool
) -> None:
    Staff.objects.filter(pk=bank.zheng.pk).update(is_made_up=is_made_up)
    batch = ImportBatch(mapping=mapping, counts={"customers": {"offered": 1, "kept": 1, "rejected": 0}})
    refusal = blocking(batch, on=TODAY)
    assert ("zhike up --empty" in refusal) == (is_made_up and mapping != demo.MAPPING)


def test_the_demos_mapping_is_one_and_the_same_wherever_it_is_named() -> None:
    assert {demo.MAPPING, demo_bank.MAPPING, checked.MAPPING} == {"tianhua"}
