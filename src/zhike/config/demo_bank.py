"""The made-up bank, set up by the product's own operations: its extracts are imported, its people appointed,
and its last four quarters evaluated, approved and published by those whose duty it is."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils import timezone

from zhike.config.demo_evaluation import evaluate_quarters
from zhike.config.demo_segments import make_segments
from zhike.core.access.permissions import ROLES
from zhike.facts import api as facts
from zhike.facts.demo import MAPPING as MAPPING
from zhike.facts.demo import cast
from zhike.facts.demo.bank import DEFAULT_CUSTOMERS as DEFAULT_CUSTOMERS
from zhike.facts.demo.bank import DEFAULT_SEED as DEFAULT_SEED
from zhike.facts.demo.bank import Bank, build
from zhike.facts.demo.extracts import write_extracts
from zhike.facts.models import ImportBatch
from zhike.insight import api as insight
from zhike.run.home import Home
from zhike.run.logins import DemoLogin, write_demo_logins
from zhike.staff import api as staff
from zhike.staff.api import Staff

BUSINESS_DATE = date(2026, 10, 31)
SHANGHAI = ZoneInfo("Asia/Shanghai")
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Shape:
    """Which of the made-up banks: the same shape gives the same bank, byte by byte."""

    customers: int = DEFAULT_CUSTOMERS
    seed: int = DEFAULT_SEED
    business_date: date = BUSINESS_DATE


@dataclass(frozen=True, slots=True)
class DemoBank:
    """What was set up."""

    customers: int
    transactions: int
    periods: tuple[str, ...]
    logins: tuple[DemoLogin, ...]


def is_empty() -> bool:
    """Whether nothing has ever been loaded into this database."""
    return not ImportBatch.objects.exists() and not Staff.objects.exists()


def set_up(
    *,
    home: Home,
    mapping: Path,
    shape: Shape,
    tell: Tell,
    now: datetime,
) -> DemoBank:
    """Build, import, appoint, evaluate. Needs an empty database, and the owner's and loader's addresses."""
    with tempfile.TemporaryDirectory(dir=home.root) as folder:
        tell("MAKE")
        with duckdb.connect() as duck:
            bank = _built(duck, shape)
            counts = bank.counts
            tell("WRITE")
            write_extracts(bank, Path(folder))
        tell("IMPORT")
        facts.take_in(mapping=mapping, folder=Path(folder), by=None, now=now)
    tell("APPOINT")
    logins = _appoint(shape.business_date, now=now)
    tell("EVALUATE")
    periods = evaluate_quarters(shape.business_date)
    tell("SEGMENT")
    make_segments(shape.business_date)
    insight.ask_study(now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    write_demo_logins(home, logins)
    return DemoBank(counts["customers"], counts["transactions"], periods, tuple(logins))


def write_files(folder: Path, shape: Shape) -> list[str]:
    """Write the files the made-up bank's systems would send, and give their names. Touches no database."""
    with duckdb.connect() as duck:
        return [path.name for path in write_extracts(_built(duck, shape), folder)]


def _built(duck: duckdb.DuckDBPyConnection, shape: Shape) -> Bank:
    return build(duck, business_date=shape.business_date, customers=shape.customers, seed=shape.seed)


def shown_logins(logins: list[DemoLogin]) -> list[DemoLogin]:
    """One login per role, in the order of the permission table."""
    by_role: dict[str, DemoLogin] = {}
    for login in logins:
        by_role.setdefault(login.role, login)
    return [by_role[role] for role in ROLES if role in by_role]


@transaction.atomic
def _appoint(business_date: date, *, now: datetime) -> list[DemoLogin]:
    """Every made-up person gets the role of the post, one common password, and where needed an authenticator."""
    password = f"Tianhua-{secrets.token_hex(3)}"
    posts = {
        person.staff_no: person.post
        for person in Staff.objects.order_by("staff_no")
        if person.post in ROLES and person.is_active
    }
    first_day = min(datetime.combine(business_date, time(9), SHANGHAI).date(), timezone.localdate(now))
    appointed = staff.appoint_first(posts=posts, valid_from=first_day.replace(month=1, day=1), now=now)
    hashed = make_password(password)
    for person in appointed:
        person.password, person.password_set_at, person.must_change_password = hashed, now, False
        person.is_made_up = True
        if person.must_confirm:
            staff.give_second_factor(person=person, secret=staff.new_secret())
        person.save()
    named = {employee.staff_no for employee in cast.STAFF}
    ordered = sorted(appointed, key=lambda person: (person.staff_no not in named, person.staff_no))
    everybody = [
        DemoLogin(role=posts[person.staff_no], name=person.name, login=person.staff_no, password=password)
        for person in ordered
    ]
    return shown_logins(everybody)
