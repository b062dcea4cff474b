"""Two made-up banks with the same traps: Czech layout by `mappings/berka.toml`, Chinese layout by `CHINESE`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import xlsxwriter

from zhike.facts.intake.limits import Limits
from zhike.facts.intake.mapping import Mapping, load_mapping, parse_mapping
from zhike.facts.intake.reading import Reading, read
from zhike.facts.intake.rejects import Reject

TODAY = date(2026, 11, 23)
BERKA = Path(__file__).parents[3] / "mappings" / "berka.toml"

CZECH_FILES = {
    "district.asc": 'A1;A2;A3;A4\r\n1;"Horni";"north";10\r\n2;"Dolni";"south";?\r\n',
    "client.asc": '"client_id";"birth_number";"district_id"\r\n1;"706213";1\r\n2;"450204";2\r\n3;"406009";2\r\n',
    "account.asc": (
        '"account_id";"district_id";"frequency";"date"\r\n'
        '1;1;"POPLATEK MESICNE";930101\r\n2;2;"POPLATEK TYDNE";930115\r\n'
    ),
    "disp.asc": (
        '"disp_id";"client_id";"account_id";"type"\r\n1;1;1;"OWNER"\r\n2;2;2;"OWNER"\r\n3;3;2;"DISPONENT"\r\n'
    ),
    "loan.asc": (
        '"loan_id";"account_id";"date";"amount";"duration";"payments";"status"\r\n'
        '7;1;930705;96396;12;8033.00;"B"\r\n8;2;930711;165960.00;36;4610.00;"C"\r\n'
    ),
    "card.asc": '"card_id";"disp_id";"type";"issued"\r\n5;3;"gold";931107 00:00:00\r\n',
    "order.asc": (
        '"order_id";"account_id";"bank_to";"account_to";"amount";"k_symbol"\r\n1;1;"YZ";"87144583";2452.00;" "\r\n'
    ),
    "trans.asc": (
        '"trans_id";"account_id";"date";"type";"operation";"amount";"balance";"k_symbol";"bank";"account"\r\n'
        '11;1;930101;"PRIJEM";"VKLAD";1000.00;1000.00;"";;\r\n'
        '12;1;930131;"VYDAJ";"VYBER";14.60;990.40;"SLUZBY";;\r\n'
        '90;1;930131;"PRIJEM";"";5.00;1005.00;"UROK";;\r\n'
        '13;1;930210;"VYBER";"VYBER";90.40;900.00;;;\r\n'
        '14;1;930305;"VYDAJ";"PREVOD NA UCET";100.00;800.00;" ";"AB";"87"\r\n'
        '15;2;930305;"PRIJEM";"PREVOD Z UCTU";50.00;50.00;"DUCHOD";"CD";"12"\r\n'
    ),
}

CHINESE = """
[mapping]
name = "made_up"
title = "Made-up bank, Chinese layout"

[sources.org]
files = ["机构*.csv"]
layout = "csv"
columns = { code = "机构号", name = "机构名称" }

[sources.cust]
files = ["客户_*.csv"]
layout = "csv"

[sources.cust.columns]
no = "客户号"
name = "客户名称"
type = "客户类型"
id = "证件号码"
phone = "手机"
opened = "开户日期"
org = "机构号"

[sources.acct]
files = ["账户.xlsx"]
layout = "xlsx"
sheet = "账户"
columns = { no = "账号", cust = "客户号", product = "产品", opened = "开户日", amount = "本金", chosen = "续存" }

[sources.txn]
files = ["流水_*.csv"]
layout = "csv"
several = true
optional = true
columns = { no = "流水号", acct = "账号", day = "日期", kind = "交易类型", amount = "金额", sign = "借贷" }

[sources.control]
files = ["control.csv"]
layout = "csv"
columns = ["file", "row_count", "amount"]

[codes.customer_type]
"对私" = "INDIVIDUAL"
"对公" = "ENTERPRISE"

[codes.id_type]
"对私" = "RESIDENT_ID"
"对公" = "USCC"

[codes.kind]
"存现" = "CASH_IN"
"取现" = "CASH_OUT"

[[fixed]]
table = "products"
assumed = true
note = "margins are assumed"

[[fixed.rows]]
product_code = "活期"
name = "活期"
category = "DEMAND"
margin_ppm = 13000
loss_ppm = 0
fee_cents = 0
is_chosen = true

[[feeds]]
table = "outlets"
source = "org"
[feeds.columns]
outlet_code = "code"
name = "name"
kind = { const = "OUTLET" }

[[feeds]]
table = "customers"
source = "cust"
[feeds.columns]
customer_no = { half_width = "no" }
kind = { code = "type", codes = "customer_type" }
name = "name"
id_type = { code = "type", codes = "id_type" }
id_no = "id"
birth_on = { when = { type = "对私" }, then = { resident_birth_date = "id" } }
sex = { when = { type = "对私" }, then = { resident_sex = "id" } }
phone = "phone"
business_type = { when = { type = "对公" }, then = { const = "CORPORATE" }, otherwise = { const = "RETAIL" } }
customer_group = { const = "GENERAL" }
outlet_code = "org"
opened_on = { date = "opened", formats = ["YYYY-MM-DD", "YYYY年M月D日"] }

[[feeds]]
table = "accounts"
source = "acct"
[feeds.columns]
account_no = "no"
customer_no = "cust"
product_code = "product"
outlet_code = { const = "001" }
currency = { const = "CNY" }
principal_cents = { cents = "amount", group = "," }
opened_on = { date = "opened", format = "YYYY-MM-DD" }
opening = { when = { chosen = "是" }, then = { const = "RENEWED" }, otherwise = { const = "NEW" } }

[[feeds]]
table = "transactions"
source = "txn"
[feeds.columns]
txn_no = "no"
account_no = "acct"
booked_on = { date = "day", format = "YYYYMMDD" }
kind = { code = "kind", codes = "kind" }
amount_cents = { cents = "amount", negative_when = { sign = "借" } }
channel = { const = "COUNTER" }

[[expect]]
name = "customers sent"
source = "cust"
count = true
equals = { source = "control", column = "row_count", where = { file = "客户" } }

[[expect]]
name = "principal loaded"
table = "accounts"
sum = "principal_cents"
equals = { source = "control", column = "amount", where = { file = "账户" } }
"""

CANARIES = {"C1": "𠮷野家", "C2": "㛃明", "C3": "阿依古丽·买买提", "E1": "天华㐂贸易有限公司"}
"""Names that a wrong decoding cannot keep: two need four bytes in GB18030 and are absent from GBK."""

CHINESE_TEXTS = {
    "机构.csv": "机构号,机构名称\n001,浦东支行\n",
    "客户_20260930.csv": (
        "客户号,客户名称,客户类型,证件号码,手机,开户日期,机构号\n"
        "Ｃ１,𠮷野家,对私,11010519491231002X,+86 138 0013 8000,2024年3月5日,001\n"
        "C2,㛃明,对私,４４０５２４ １９８００１０１ ００１３,,２０２４－０３－０６,001\n"
        '"C3 ",　阿依古丽·买买提　,对私,130503670401001,010-62345678,2024-03-07,001\n'
        "E1,天华㐂贸易有限公司,对公,91350100m000100y43,,2024-03-08,001\n"
    ),
    "流水_202409.csv": (
        "流水号,账号,日期,交易类型,金额,借贷\nT1,A1,20240901,存现,１００.５,贷\nT2,A1,20240902,取现,20,借\n"
    ),
    "control.csv": "file,row_count,amount\n客户,4,\n账户,2,12345678.90\n",
}
CHINESE_ACCOUNTS = [
    ["账号", "客户号", "产品", "开户日", "本金", "续存"],
    ["A1", "C1", "活期", date(2024, 3, 5), 12345678.9, "是"],
    ["A2", "E1", "活期", date(2024, 3, 8), None, "否"],
]


def write_czech(folder: Path, **changed: str) -> Path:
    """The Czech bank; `client="..."` replaces the text of client.asc."""
    for name, text in CZECH_FILES.items():
        (folder / name).write_text(changed.get(name.removesuffix(".asc"), text), "ascii", newline="")
    return folder


def write_chinese(folder: Path, *, encoding: str = "gb18030", **changed: str) -> Path:
    """The Chinese bank; `客户="..."` replaces the text of the file whose name begins so."""
    for name, text in CHINESE_TEXTS.items():
        stem = name.split("_")[0].removesuffix(".csv")
        (folder / name).write_bytes(changed.get(stem, text).encode(encoding))
    write_sheet(folder / "账户.xlsx", CHINESE_ACCOUNTS)
    return folder


def write_sheet(path: Path, rows: list[list[object]], sheet: str = "账户") -> Path:
    """A workbook of one sheet. Texts beginning with = become formulas, as a careless program writes them."""
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"})
    page = book.add_worksheet(sheet)
    for number, row in enumerate(rows):
        page.write_row(number, 0, row)
    book.close()
    return path


def berka() -> Mapping:
    """The mapping that ships."""
    return load_mapping(BERKA)


def chinese() -> Mapping:
    """The mapping of the Chinese bank."""
    return parse_mapping(CHINESE, file="made_up.toml")


def read_in(work: Path, mapping: Mapping, folder: Path, limits: Limits | None = None) -> Reading:
    """Read `folder` in a fresh folder below `work`."""
    place = work / f"work-{len(list(work.iterdir()))}"
    place.mkdir()
    return read(mapping, folder, place, today=TODAY, limits=limits)


def told(reject: Reject) -> tuple[str, int, str, str, str]:
    """What a person needs of a reject: file, line, header, reason, text."""
    return reject.file, reject.line, reject.header, reject.reason, reject.text
