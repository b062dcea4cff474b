"""Saved views of the customer list: whose, what is kept, who sees them, with which counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from tests.cast import Bank
from tests.factories.files import filed
from tests.factories.people import person

from zhike.core.models import AuditEvent
from zhike.desk.models import SavedView
from zhike.desk.operations import saved_views
from zhike.desk.queries.saved_views import kept_query, views_of
from zhike.staff.models import Staff

ClientOf = Callable[[Staff], Client]
LIST = "/customers/"
WANTED = "customer_group=WEALTH&sort=-name"


@pytest.fixture
def listed(bank: Bank) -> Bank:
    for number, group in (("81", "WEALTH"), ("82", "WEALTH"), ("83", "GENERAL")):
        filed(number, outlet=bank.donghu, manager=bank.chen, name=f"客户{number}", customer_group=group)
    filed("84", outlet=bank.west, manager=None, name="西城富", customer_group="WEALTH")
    return bank


def save(client: Client, name: str = "财富客户", query: str = WANTED) -> Any:
    return client.post(reverse("desk:view_save"), {"name": name, "query": query})


def step(client: Client, view: SavedView, what: str, name: str = "") -> int:
    return client.post(reverse("desk:view_change", args=[view.pk]), {"step": what, "name": name}).status_code


def test_a_view_is_saved_and_counts_what_each_reader_may_see(listed: Bank, client_of: ClientOf) -> None:
    head, outsider = client_of(listed.liu), client_of(listed.zheng)
    assert save(head).url == f"{LIST}?{WANTED}"
    view = SavedView.objects.get()
    assert "财富客户" in head.get(f"{LIST}?{WANTED}").content.decode()
    chips = head.get(reverse("desk:views"), {"now": WANTED}, headers={"HX-Request": "true"}).content.decode()
    assert '<b class="zk-num">2</b>' in chips
    assert 'aria-current="page"' in chips
    assert "财富客户" not in outsider.get(reverse("desk:views")).content.decode()
    assert step(head, view, "SHARE") == 302
    assert list(views_of(listed.chen)) == [view]
    assert list(views_of(listed.zheng)) == []
    assert (
        '<b class="zk-num">2</b>'
        in client_of(listed.chen).get(reverse("desk:views"), headers={"HX-Request": "true"}).content.decode()
    )
    actions = (
        AuditEvent.objects.filter(action__startswith="view.").order_by("pk").values_list("action", flat=True)
    )
    assert list(actions) == ["view.saved", "view.changed"]


def test_neither_who_was_looked_for_nor_a_page_is_kept(listed: Bank, client_of: ClientOf) -> None:
    save(client_of(listed.chen), query="q=13800001111&number=abc&page=3&size=50&customer_group=WEALTH")
    assert SavedView.objects.get().query == "customer_group=WEALTH"
    assert kept_query([("a", ["x" * 3000])], frozenset()) == ""
    answer = save(client_of(listed.chen), name="只有查找", query="q=张伟")
    assert answer.status_code == 422
    assert SavedView.objects.count() == 1


def test_the_list_opens_with_the_default_and_can_be_cleared_from_there(
    listed: Bank, client_of: ClientOf
) -> None:
    client = client_of(listed.chen)
    save(client)
    save(client, name="一般客户", query="customer_group=GENERAL")
    first, second = SavedView.objects.order_by("pk")
    assert client.get(LIST).status_code == 200
    assert step(client, first, "DEFAULT") == step(client, second, "DEFAULT") == 302
    assert list(SavedView.objects.filter(is_default=True)) == [second]
    assert client.get(LIST).url == f"{LIST}?customer_group=GENERAL"
    assert (
        client.get(LIST, headers={"referer": f"http://testserver{LIST}?customer_group=GENERAL"}).status_code
        == 200
    )
    assert client.get(LIST, headers={"HX-Request": "true"}).status_code == 200
    assert step(client, second, "NO_DEFAULT") == 302
    assert client.get(LIST).status_code == 200


def test_a_view_is_changed_by_its_owner_alone(listed: Bank, client_of: ClientOf) -> None:
    owner, other = client_of(listed.liu), client_of(listed.chen)
    save(owner)
    view = SavedView.objects.get()
    step(owner, view, "SHARE")
    assert step(other, view, "DELETE") == step(other, view, "RENAME", "别人的") == 404
    assert step(owner, view, "OTHER") == 404
    assert step(owner, view, "RENAME", " 重点  客户 ") == 302
    view.refresh_from_db()
    assert (view.name, view.unit_id) == ("重点 客户", listed.donghu.pk)
    save(owner, name="另一个", query="customer_group=GENERAL")
    assert step(owner, view, "RENAME", "另一个") == 422
    assert step(owner, view, "RENAME", " ") == 422
    assert step(owner, view, "UNSHARE") == step(owner, view, "DELETE") == 302
    assert list(SavedView.objects.values_list("name", flat=True)) == ["另一个"]


def test_sharing_is_for_who_leads_a_unit(listed: Bank, client_of: ClientOf) -> None:
    client = client_of(listed.chen)
    save(client)
    assert step(client, SavedView.objects.get(), "SHARE") == 422
    assert "SHARE" not in client.get(reverse("desk:views")).content.decode()
    assert client_of(person("HR01", "HR", at=listed.crm)).get(reverse("desk:views")).status_code == 403


def test_a_name_stands_once_and_views_have_an_end(
    listed: Bank, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(listed.chen)
    assert save(client).status_code == 302
    assert "of this name already" in save(client).content.decode()
    assert "no more than 40" in save(client, name="长" * 41).content.decode()
    assert save(client, name="<b>=1+1</b>").status_code == 302
    assert "<b>=1+1" not in client.get(LIST).content.decode()
    monkeypatch.setattr(saved_views, "MOST_VIEWS", 2)
    assert "You have 2 views" in save(client, name="第三个").content.decode()
