"""A small bank with two published quarters, one of them moved: for looking at screens and for journeys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tests.cast import Bank
from tests.factories.customers import customer
from tests.loyalty import golden, steps

from zhike.loyalty.models import Run, Scheme

Q2 = date(2026, 6, 30)
NOW = datetime(2026, 10, 8, 2, 0, tzinfo=UTC)
NAMES = (
    "罗雅琴", "傅明达", "贺兰芝", "韩建业", "沈若岚", "唐国栋", "倪文博", "陆启明", "程佩华", "苏映雪",
    "阿依古丽·买买提", "欧阳清", "钱学文", "王芳", "李建国", "赵晓燕", "孙浩然", "周丽华", "吴建平", "郑雨桐",
)  # fmt: skip


@dataclass(frozen=True)
class World:
    """What the seeded bank holds."""

    scheme: Scheme
    next_scheme: Scheme
    first: Run
    second: Run
    third: Run
    customers: list[Any]


def make(bank: Bank, lake: Path) -> World:
    """Publish the second and third quarter, compute the fourth; complaints and answers in between move some."""
    people = [
        customer(f"71{at:02}", outlet=bank.donghu, manager=bank.chen if at % 3 else bank.lin, name=name)
        for at, name in enumerate(NAMES)
    ]
    golden.load(_rows(bank, people), lake=lake, digest="seeded")
    scheme = steps.in_force(golden.golden_spec("RETAIL"), bank)
    first = steps.publish(steps.compute(scheme, bank, as_of=Q2), bank)
    second = steps.publish(steps.compute(scheme, bank, as_of=golden.Q3), bank)
    third = steps.compute(scheme, bank, as_of=golden.Q4)
    draft = steps.draft(golden.golden_spec("RETAIL"), bank)
    return World(scheme, draft, first, second, third, people)


def pages(bank: Bank, world: World) -> list[tuple[str, Any, str]]:
    """Screens to look at: name, who looks, address."""
    someone = world.customers[1].pk
    return [
        ("runs", bank.zheng, "/loyalty/"),
        ("run", bank.zheng, f"/loyalty/runs/{world.second.pk}/"),
        ("run-review", bank.zheng, f"/loyalty/runs/{world.third.pk}/"),
        ("run-exec", bank.liang, f"/loyalty/runs/{world.second.pk}/"),
        ("start", bank.wu, f"/loyalty/runs/start/?scheme={world.scheme.pk}&as_of=2027-03-31"),
        ("schemes", bank.zheng, "/loyalty/schemes/"),
        ("draft", bank.zheng, "/loyalty/schemes/draft/"),
        ("scheme", bank.zheng, f"/loyalty/schemes/{world.scheme.pk}/"),
        ("scheme-edit", bank.zheng, f"/loyalty/schemes/{world.next_scheme.pk}/"),
        ("indicators", bank.zheng, "/loyalty/indicators/"),
        ("changes", bank.chen, "/loyalty/changes/"),
        ("changes-head", bank.liu, "/loyalty/changes/"),
        ("outlets", bank.sun, "/loyalty/outlets/"),
        ("watch", bank.zheng, "/loyalty/watch/"),
        ("unkept", bank.liu, "/loyalty/unkept/"),
        ("measures", bank.zheng, "/loyalty/measures/"),
        ("customer", bank.chen, f"/loyalty/customers/{someone}/"),
        ("override", bank.chen, f"/loyalty/customers/{someone}/override/"),
    ]


def _rows(bank: Bank, people: list[Any]) -> golden.Rows:
    rows = golden.golden_rows(bank)
    for at, each in enumerate(people):
        golden.add_customer(rows, each)
        golden.add_holdings(rows, each.pk, held=at % 4 != 0)
        golden.add_decisions(rows, each.pk, count=at % 6)
        _happened(rows, each.pk, "ANSWER", "VALID", date(2026, 3, 1), satisfaction=3 + at % 3)
        if at % 5 == 1:
            _happened(rows, each.pk, "COMPLAINT", "FOUNDED", date(2026, 8, 9), severity=3)
        if at % 9 == 2:
            _happened(rows, each.pk, "COMPLAINT", "FOUNDED", date(2026, 2, 9), severity=1)
        if at % 4 == 2:
            _happened(rows, each.pk, "ANSWER", "VALID", date(2026, 8, 1), satisfaction=1 + at % 2)
        if at % 7 == 3:
            _happened(rows, each.pk, "REFERRAL", "QUALIFIED", date(2026, 8 if at % 2 else 4, 20))
    return rows


def _happened(rows: golden.Rows, customer_id: int, kind: str, outcome: str, on: date, **figures: int) -> None:
    rows["events"].append(golden.event(customer_id, kind, outcome, on=on, **figures))
