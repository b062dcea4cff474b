"""Deliveries for the screens: a small source system of its own, its mapping, and its files, sound and unsound."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

MAPPING = """
[mapping]
name = "small"
title = "小型核心系统"

[sources.units]
files = ["units*.csv"]
layout = "csv"
columns = ["unit", "name"]

[sources.people]
files = ["people*.csv"]
layout = "csv"
columns = { number = "客户号", name = "姓名", phone = "手机", unit = "网点", opened = "开户日" }

[sources.notes]
files = ["notes*.xlsx"]
layout = "xlsx"
optional = true
columns = ["number"]

[[feeds]]
table = "outlets"
source = "units"
[feeds.columns]
outlet_code = "unit"
name = "name"
kind = { const = "OUTLET" }

[[feeds]]
table = "customers"
source = "people"
[feeds.columns]
customer_no = "number"
kind = { const = "INDIVIDUAL" }
name = "name"
phone = "phone"
business_type = { const = "RETAIL" }
customer_group = { const = "GENERAL" }
outlet_code = "unit"
opened_on = { date = "opened", format = "YYYY-MM-DD" }

[[expect]]
name = "网点数"
source = "units"
count = true
equals = 1
"""
UNITS = "unit,name\n101,东湖网点\n"
HEAD = "客户号,姓名,手机,网点,开户日\n"
PEOPLE = HEAD + "".join(
    f"90{number:02},客户{number:02},138000000{number:02},101,2024-03-01\n" for number in range(1, 31)
)
FAULTY = PEOPLE.replace("13800000003", "12345").replace("客户07,", "客户07,多一列,")


def offer(mappings: Path) -> None:
    """Make the folder hold the mapping of the small system."""
    mappings.mkdir(exist_ok=True)
    (mappings / "small.toml").write_text(MAPPING, encoding="utf-8")


def file(name: str, content: str | bytes) -> SimpleUploadedFile:
    data = content.encode() if isinstance(content, str) else content
    return SimpleUploadedFile(name, data, content_type="application/octet-stream")


def delivery(
    people: str | bytes = PEOPLE, units: str | bytes = UNITS, *more: Any
) -> list[SimpleUploadedFile]:
    return [file("units.csv", units), file("people.csv", people), *more]


def hand_in(client: Any, files: Iterable[SimpleUploadedFile], *, mapping: str = "small") -> Any:
    return client.post("/imports/new/", {"mapping": mapping, "files": list(files)})


def bomb(megabytes: int) -> bytes:
    """A workbook that unpacks to far more than it is."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"<a>" + b" " * (megabytes * 2**20) + b"</a>")
    return packed.getvalue()
