"""Whatever stands in an address or a form, the answer is the page or a refusal, never a fault of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse
from tests.cast import Bank
from tests.loyalty import seeded

from zhike.facts import urls as facts_urls
from zhike.facts.models import ImportBatch
from zhike.loyalty import urls as loyalty_urls
from zhike.loyalty.models import TierPolicy

ClientOf = Callable[..., Client]
ODD = (
    "²",
    "9" * 5000,
    "9" * 19,
    "-1",
    "1_0",
    "１２",
    "\x00",
    "2026-13-45",
    "0001-01-01",
    "0001-03-31",
    "9999-12-31",
)
NAMES = (
    "customer", "run", "outlet", "page", "size", "sort", "direction", "open", "as_of", "scheme", "move", "tier",
    "search", "next", "next_on", "version", "state", "mapping", "expires_on", "verdict", "purpose", "reason",
)  # fmt: skip


@pytest.fixture
def world(bank: Bank, lake: Any, loader_here: None) -> seeded.World:
    return seeded.make(bank, lake)


def addresses(bank: Bank, world: seeded.World) -> list[str]:
    """Every route of loyalty and of the imports, with things that are there and a number that is none."""
    rows = {
        "run": world.second.pk, "scheme": world.scheme.pk, "weight": world.next_scheme.pk,
        "customer": world.customers[1].pk, "override": world.customers[1].pk, "follow": world.customers[1].pk,
        "policy": TierPolicy.objects.first().pk, "import": ImportBatch.objects.first().pk,
    }  # fmt: skip
    found = []
    for room, urls in (("loyalty", loyalty_urls), ("facts", facts_urls)):
        for route in urls.urlpatterns:
            name = f"{room}:{route.name}"
            try:
                found.append(reverse(name))
            except NoReverseMatch:
                held = next((pk for word, pk in rows.items() if route.name.startswith(word)), 1)
                arguments = [held] * len(route.pattern.converters)
                found.append(reverse(name, args=arguments))
                found.append(reverse(name, args=[2**70] * len(arguments)))
    return found


@pytest.mark.goal("G20")
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_address_falls_over_what_it_is_handed(
    bank: Bank, world: seeded.World, client_of: ClientOf, method: str
) -> None:
    fallen = []
    for reader in (bank.chen, bank.wu, bank.zheng):
        client = client_of(reader)
        client.raise_request_exception = False
        for address in addresses(bank, world):
            plain = getattr(client, method)(address)
            if plain.status_code >= 500:
                fallen.append((reader.name, address, ""))
            if plain.status_code in {403, 404, 405}:
                continue
            for odd in ODD:
                sent = {
                    **dict.fromkeys(NAMES, odd),
                    "scheme": world.scheme.pk,
                    "kind": "CALL",
                    "outcome": "WILLING",
                }
                if getattr(client, method)(address, sent).status_code >= 500:
                    fallen.append((reader.name, address, odd[:12]))
    assert fallen == []


@pytest.mark.goal("G20")
def test_a_part_of_a_page_opened_by_itself_leads_to_the_page(
    bank: Bank, world: seeded.World, client_of: ClientOf
) -> None:
    client = client_of(bank.wu)
    batch = ImportBatch.objects.first()
    for part, page in (
        (
            reverse("loyalty:run_progress", args=[world.second.pk]),
            reverse("loyalty:run", args=[world.second.pk]),
        ),
        (reverse("facts:import_progress", args=[batch.pk]), reverse("facts:import", args=[batch.pk])),
    ):
        assert client.get(part)["Location"] == page
