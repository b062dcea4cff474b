"""Mappings: what loads, and how one that does not says file, key and reason."""

from __future__ import annotations

import pytest
from tests.facts.intake import banks

from zhike.facts.intake.mapping import load_mapping, parse_mapping
from zhike.facts.intake.refusals import MappingFault, MappingRefused

SMALL = """
[mapping]
name = "small"
title = "Small"

[sources.org]
files = ["org.csv"]
layout = "csv"
columns = ["code", "name"]

[[feeds]]
table = "outlets"
source = "org"
[feeds.columns]
outlet_code = "code"
name = "name"
kind = { const = "OUTLET" }
"""


def test_the_mapping_that_ships_loads_and_marks_its_assumptions():
    mapping = load_mapping(banks.BERKA)
    assert mapping.name == "berka"
    assumed = [feed for feed in mapping.feeds if feed.assumed]
    assert [(feed.table.name, len(feed.rows)) for feed in assumed] == [("products", 7)]
    assert all(feed.note for feed in assumed)


@pytest.mark.parametrize("taken", ["outlets", "events", "rejects", "raw_0", "known_customers"])
@pytest.mark.parametrize("kind", ["source", "view"])
def test_a_name_of_the_readings_own_tables_is_refused(taken, kind):
    text = SMALL.replace("sources.org", f"sources.{taken}").replace('source = "org"', f'source = "{taken}"')
    key = f"sources.{taken}"
    if kind == "view":
        text = f'{SMALL}\n[[views]]\nname = "{taken}"\nof = "org"\ncolumns = ["code"]\nsql = "SELECT * FROM org"\n'
        key = "views[1].name"
    with pytest.raises(MappingRefused) as refused:
        parse_mapping(text, file="small.toml")
    assert refused.value.key == key


def test_a_small_mapping_loads():
    assert [feed.table.name for feed in parse_mapping(SMALL, file="small.toml").feeds] == ["outlets"]


@pytest.mark.parametrize(
    ("old", "new", "key", "code"),
    [
        ("[mapping]", "[mapping", "", MappingFault.NOT_TOML),
        ('name = "small"', 'name = "Small bank"', "mapping.name", MappingFault.NOT_ALLOWED),
        ('title = "Small"', "", "mapping.title", MappingFault.MISSING_KEY),
        ('title = "Small"', "title = 3", "mapping.title", MappingFault.WRONG_KIND),
        ('title = "Small"', 'title = "x"\ntitel = "y"', "mapping.titel", MappingFault.UNKNOWN_KEY),
        ('layout = "csv"', 'layout = "xls"', "sources.org.layout", MappingFault.NOT_ALLOWED),
        ('layout = "csv"', 'layout = "csv"\ndelimiter = ";;"', "sources.org.delimiter", MappingFault.NOT_ALLOWED),
        ('files = ["org.csv"]', 'files = ["../org.csv"]', "sources.org.files", MappingFault.NOT_ALLOWED),
        ('["code", "name"]', "[]", "sources.org.columns", MappingFault.WRONG_KIND),
        ('["code", "name"]', '{ code = "x", name = "x" }', "sources.org.columns", MappingFault.DUPLICATE_NAME),
        ('table = "outlets"', 'table = "branches"', "feeds[1].table", MappingFault.NOT_ALLOWED),
        ('source = "org"', 'source = "orgs"', "feeds[1].source", MappingFault.NOT_ALLOWED),
        ('name = "name"', 'name = "title"', "F.name", MappingFault.UNKNOWN_NAME),
        ('name = "name"', 'nam = "name"', "F.nam", MappingFault.UNKNOWN_NAME),
        ('name = "name"', "", "F.name", MappingFault.MISSING_KEY),
        ('name = "name"', "name = { const = 3 }", "F.name", MappingFault.WRONG_TYPE),
        ('name = "name"', 'name = { lower = "name" }', "F.name", MappingFault.NOT_ALLOWED),
        ('name = "name"', 'name = { upper = "name", lower = 1 }', "F.name.lower", MappingFault.UNKNOWN_KEY),
        ('name = "name"', 'name = { code = "name", codes = "x" }', "F.name.codes", MappingFault.UNKNOWN_NAME),
        ('name = "name"', 'name = { decide = "x" }', "F.name.decide", MappingFault.UNKNOWN_NAME),
        ('name = "name"', 'name = { upper = { cents = "name" } }', "F.name.upper", MappingFault.WRONG_TYPE),
        ('name = "name"', 'name = { date = "name", format = "YYYY" }', "F.name.format", MappingFault.BAD_FORMAT),
        ('name = "name"', 'name = { date = "name", format = "YYMMDD" }', "F.name.century", MappingFault.BAD_FORMAT),
        ('source = "org"', 'source = "org"\nwhere = { x = "1" }', "feeds[1].where", MappingFault.UNKNOWN_NAME),
        ('source = "org"', 'source = "org"\nwhere = { code = 1 }', "feeds[1].where.code", MappingFault.WRONG_KIND),
        (
            "[[feeds]]",
            '[decisions.d]\ncolumns = ["code"]\nrows = [["1"]]\n[[feeds]]',
            "decisions.d.rows[1]",
            MappingFault.WRONG_KIND,
        ),
        (
            "[[feeds]]",
            '[[expect]]\nname = "n"\nsource = "org"\nequals = 1\n[[feeds]]',
            "expect[1].count",
            MappingFault.MISSING_KEY,
        ),
        (
            "[[feeds]]",
            "[running_balance]\nfirst = ['TAX']\n[[feeds]]",
            "running_balance.first",
            MappingFault.NOT_ALLOWED,
        ),
    ],
)  # fmt: skip
def test_a_wrong_mapping_is_refused_with_file_key_and_reason(
    old: str, new: str, key: str, code: MappingFault
):
    assert old in SMALL
    key = key.replace("F.", "feeds[1].columns.")
    with pytest.raises(MappingRefused) as refusal:
        parse_mapping(SMALL.replace(old, new, 1), file="small.toml")
    assert (refusal.value.file, refusal.value.key, refusal.value.code) == ("small.toml", key, code)


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE org",
        "SELECT 1; SELECT 2",
        "COPY org TO 'x.csv'",
        "ATTACH 'x.db'",
        "SELEC",
        "SET threads = 9",
    ],
)
def test_a_view_is_one_select_and_nothing_else(sql: str):
    view = f'[[views]]\nname = "v"\nof = "org"\ncolumns = ["code"]\nsql = "{sql}"\n[[feeds]]'
    with pytest.raises(MappingRefused) as refusal:
        parse_mapping(SMALL.replace("[[feeds]]", view), file="small.toml")
    assert (refusal.value.key, refusal.value.code) == ("views[1].sql", MappingFault.BAD_SQL)


def test_derived_balances_and_delivered_ones_exclude_each_other():
    text = (
        SMALL
        + """
[[feeds]]
table = "balances"
source = "org"
[feeds.columns]
account_no = "code"
month_on = { const = 2024-01-01 }
average_cents = { const = 1 }
end_cents = { const = 1 }

[running_balance]
derive_balances = true
"""
    )
    with pytest.raises(MappingRefused) as refusal:
        parse_mapping(text, file="small.toml")
    assert refusal.value.key == "running_balance.derive_balances"
