"""The extract files 天华银行's core system would send: what `mappings/tianhua.toml` reads back.

GB18030 CSV with Chinese headers, CRLF, dates as 20260930, amounts in yuan with two decimals, full-width
digits in some cells, the bank's own codes; units and products in an Excel workbook; one file of control
totals. The same bank gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

import duckdb
import xlsxwriter  # type: ignore[import-untyped]

from zhike.facts.demo.bank import Bank
from zhike.facts.demo.bank_codes import own_code

CONTROL_COLUMNS = ("文件名", "笔数", "金额合计")
_CHARACTERS_AT_ONCE = 1 << 20

_WIDE = "translate({0}, '0123456789', '０１２３４５６７８９')"
"""Typed by hand under a Chinese input method, digits come out full-width."""


def _day(column: str) -> str:
    return f"strftime({column}, '%Y%m%d')"


def _day_or_zeros(column: str) -> str:
    return f"coalesce({_day(column)}, '00000000')"


def _yuan(cents: str) -> str:
    return (
        f"CASE WHEN {cents} < 0 THEN '-' ELSE '' END || (abs({cents}) // 100)::VARCHAR || '.' "
        f"|| lpad((abs({cents}) % 100)::VARCHAR, 2, '0')"
    )


def _sometimes_wide(text: str, key: str, one_in: int) -> str:
    return f"CASE WHEN md5_number_lower({key}) % {one_in} = 0 THEN {_WIDE.format(text)} ELSE {text} END"


@dataclass(frozen=True, slots=True)
class _Extract:
    """One kind of file: SQL by header, in file order; `amount` is summed in the control totals."""

    stem: str
    table: str
    order: str
    columns: dict[str, str]
    amount: str | None = None
    month: str | None = None


_EXTRACTS = (
    _Extract(
        "YGXX",
        "staff",
        "staff_no",
        {
            "工号": "staff_no",
            "姓名": "name",
            "岗位": own_code("post", "post"),
            "机构号": "outlet_code",
            "入行日期": _day("hired_on"),
            "离行日期": _day_or_zeros("left_on"),
        },
    ),
    _Extract(
        "KHXX",
        "customers",
        "customer_no",
        {
            "客户号": "customer_no",
            "客户类型": own_code("customer_kind", "kind"),
            "客户名称": "name",
            "性别": own_code("sex", "sex"),
            "出生日期": _day_or_zeros("birth_on"),
            "证件类型": own_code("id_type", "id_type"),
            "证件号码": "id_no",
            "手机号码": _sometimes_wide("phone", "customer_no", 40),
            "电子邮箱": "email",
            "联系地址": _sometimes_wide("address", "customer_no || 'a'", 9),
            "所在区域": "region",
            "职业": "occupation",
            "行业": "industry",
            "业务类型": own_code("business_type", "business_type"),
            "客户群": own_code("customer_group", "customer_group"),
            "开户机构": "outlet_code",
            "管户经理": "manager_no",
            "建档日期": _sometimes_wide(_day("opened_on"), "customer_no || 'd'", 60),
            "销户日期": _day_or_zeros("closed_on"),
        },
    ),
    _Extract(
        "KHGX",
        "relations",
        "from_customer_no, to_customer_no, kind",
        {
            "客户号": "from_customer_no",
            "关联客户号": "to_customer_no",
            "关系": own_code("relation", "kind"),
            "起始日期": _day("since_on"),
        },
    ),
    _Extract(
        "ZHXX",
        "accounts",
        "account_no",
        {
            "账号": "account_no",
            "客户号": "customer_no",
            "产品代码": "product_code",
            "开户机构": "outlet_code",
            "币种": "currency",
            "合同金额": _yuan("principal_cents"),
            "开户日期": _day("opened_on"),
            "开户方式": own_code("opening", "opening"),
            "到期日期": _day_or_zeros("matures_on"),
            "销户日期": _day_or_zeros("closed_on"),
        },
        amount="principal_cents",
    ),
    _Extract(
        "ZHYE",
        "balances",
        "account_no, month_on",
        {
            "账号": "account_no",
            "年月": "strftime(month_on, '%Y%m')",
            "月日均余额": _yuan("average_cents"),
            "月末余额": _yuan("end_cents"),
        },
        amount="end_cents",
        month="month_on",
    ),
    _Extract(
        "JYLS",
        "transactions",
        "account_no, txn_no",
        {
            "流水号": "txn_no",
            "账号": "account_no",
            "交易日期": _day("booked_on"),
            "交易代码": own_code("transaction", "kind"),
            "借贷标志": "CASE WHEN amount_cents < 0 THEN '借' ELSE '贷' END",
            "交易金额": _sometimes_wide(_yuan("abs(amount_cents)"), "txn_no", 500),
            "渠道": own_code("channel", "channel"),
            "余额": _yuan("balance_cents"),
            "摘要": "purpose",
            "对方银行": "counter_bank",
        },
        amount="abs(amount_cents)",
        month="booked_on",
    ),
    _Extract(
        "KHSJ",
        "events",
        "event_no",
        {
            "事件号": "event_no",
            "客户号": "customer_no",
            "事件类型": own_code("event", "kind"),
            "发生日期": _day("happened_on"),
            "结果": own_code("outcome", "outcome"),
            "严重程度": "severity::VARCHAR",
            "满意度": "satisfaction::VARCHAR",
            "推荐意愿": "intention::VARCHAR",
            "申报金额": _yuan("amount_cents"),
            "经办工号": "staff_no",
        },
        amount="amount_cents",
    ),
)

_SHEETS: dict[str, tuple[str, dict[str, str]]] = {
    "机构": (
        "outlets",
        {
            "机构号": "outlet_code",
            "机构名称": "name",
            "机构类型": own_code("unit_kind", "kind"),
            "上级机构": "parent_code",
            "所在区域": "region",
        },
    ),
    "产品": (
        "products",
        {
            "产品代码": "product_code",
            "产品名称": "name",
            "产品大类": own_code("category", "category"),
            "年利差(%)": "{margin_ppm}",
            "年预期损失(%)": "{loss_ppm}",
            "年手续费(元)": _yuan("fee_cents"),
            "主动购买": "CASE WHEN is_chosen THEN '是' ELSE '否' END",
        },
    ),
}


def write_extracts(bank: Bank, folder: Path) -> list[Path]:
    """Write the bank's extract files into `folder` (made if missing) and give their paths, sorted."""
    folder.mkdir(parents=True, exist_ok=True)
    stamp = f"{bank.business_date:%Y%m%d}"
    paths = [_write_workbook(bank.connection, folder / f"JGCP_{stamp}.xlsx", bank.business_date)]
    controls = []
    for extract in _EXTRACTS:
        paths += _write_extract(bank.connection, extract, folder, stamp)
        controls.append(_control(bank.connection, extract))
    control = folder / f"HZ_{stamp}.csv"
    _write_lines(control, (",".join(line) + "\n" for line in (CONTROL_COLUMNS, *controls)))
    return sorted([*paths, control])


def _write_extract(
    connection: duckdb.DuckDBPyConnection, extract: _Extract, folder: Path, stamp: str
) -> list[Path]:
    if extract.month is None:
        paths = {folder / f"{extract.stem}_{stamp}.csv": "true"}
    else:
        months = connection.execute(
            f"SELECT DISTINCT strftime({extract.month}, '%Y%m') FROM main.{extract.table} ORDER BY 1"
        ).fetchall()
        paths = {
            folder / f"{extract.stem}_{month}.csv": f"strftime({extract.month}, '%Y%m') = '{month}'"
            for (month,) in months
        }
    columns = ", ".join(f'{sql} AS "{header}"' for header, sql in extract.columns.items())
    for path, condition in paths.items():
        with TemporaryDirectory(dir=folder) as work:
            utf8 = Path(work) / "utf8.csv"
            connection.execute(
                f"COPY (SELECT {columns} FROM main.{extract.table} WHERE {condition} "
                f"ORDER BY {extract.order}) TO {_literal(utf8)} (FORMAT csv, HEADER)"
            )
            with utf8.open(encoding="utf-8", newline="") as text:
                _write_lines(path, _pieces(text))
    return list(paths)


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _pieces(text: TextIO) -> Iterator[str]:
    while piece := text.read(_CHARACTERS_AT_ONCE):
        yield piece


def _write_lines(path: Path, pieces: Iterable[str]) -> None:
    with path.open("w", encoding="gb18030", newline="\r\n") as file:
        for piece in pieces:
            file.write(piece)


def _control(connection: duckdb.DuckDBPyConnection, extract: _Extract) -> tuple[str, str, str]:
    amount = "NULL" if extract.amount is None else _yuan(f"coalesce(sum({extract.amount}), 0)")
    ((count, total),) = connection.execute(
        f"SELECT count(*)::VARCHAR, {amount} FROM main.{extract.table}"
    ).fetchall()
    return extract.stem, count, total or ""


def _write_workbook(connection: duckdb.DuckDBPyConnection, path: Path, business_date: date) -> Path:
    """Units and products, every cell a text, as spreadsheets kept by hand tend to be."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as workbook:
        midnight = datetime(business_date.year, business_date.month, business_date.day, tzinfo=UTC)
        workbook.set_properties({"created": midnight.replace(tzinfo=None)})
        for title, (table, columns) in _SHEETS.items():
            sheet = workbook.add_worksheet(title)
            sheet.write_row(0, 0, columns)
            selected = ", ".join(_percent(sql) for sql in columns.values())
            rows = connection.execute(f"SELECT {selected} FROM main.{table} ORDER BY 1").fetchall()
            for place, row in enumerate(rows, 1):
                for column, cell in enumerate(row):
                    if cell is not None:
                        sheet.write_string(place, column, cell)
    return path


def _percent(sql: str) -> str:
    """SQL of a rate in ppm as per cent with four decimals, where the column is written `{rate}`."""
    if not sql.startswith("{"):
        return sql
    rate = sql.strip("{}")
    return f"({rate} // 10000)::VARCHAR || '.' || lpad(({rate} % 10000)::VARCHAR, 4, '0')"
