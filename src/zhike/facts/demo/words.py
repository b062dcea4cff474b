"""The vocabulary as SQL: lists behind macros, the surnames as a table, and `pick`."""

from __future__ import annotations

from itertools import accumulate

import duckdb

from zhike.facts.demo import vocabulary
from zhike.facts.demo.catalogue import PRODUCTS
from zhike.facts.demo.tables import fill, make


def create_words(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the word lists, `pick(list, what, a, b)`, the numbering of accounts, and both product tables."""
    shares = vocabulary.SURNAMES
    starts = [0, *accumulate(shares.values())]
    make(
        connection,
        "surnames",
        "from_mark BIGINT, surname VARCHAR",
        zip(starts, shares, strict=False),
    )
    generations = ", ".join(
        f"{{'M': {_words(men)}, 'F': {_words(women)}}}" for _, men, women in vocabulary.GENERATIONS
    )
    by_sex = "CASE sex WHEN 'M' THEN {} ELSE {} END"
    trades = ", ".join(f"['{trade}', '{words}']" for trade, words in vocabulary.TRADES.items())
    macros = {
        "surname_total()": starts[-1],
        "given_names(generation, sex)": f"CASE sex WHEN 'M' THEN ([{generations}])[generation + 1]['M'] "
        f"ELSE ([{generations}])[generation + 1]['F'] END",
        "given_letters(sex)": by_sex.format(*(_letters(vocabulary.GENERATION_CHARACTERS[s]) for s in "MF")),
        "dotted_names(sex)": by_sex.format(*(_words(vocabulary.DOTTED_NAMES[s]) for s in "MF")),
        "rare_names()": _words(" ".join(vocabulary.RARE_GIVEN_NAMES)),
        "brand_heads()": _words(vocabulary.BRANDS[0]),
        "brand_tails()": _words(vocabulary.BRANDS[1]),
        "trades()": f"[{trades}]",
        "occupations()": _words(vocabulary.OCCUPATIONS),
        "streets()": _words(vocabulary.STREETS),
        "phone_prefixes()": _words(vocabulary.PHONE_PREFIXES),
        "id_regions()": _words(vocabulary.ID_REGIONS),
        "other_banks()": _words(vocabulary.OTHER_BANKS),
        "spending()": _words(vocabulary.SPENDING),
        "pick(words, what, a, b)": "words[below(draw(what, a, b), len(words)) + 1]",
        "customer_no(i)": "'80' || lpad(i::VARCHAR, 8, '0')",
        "account_no(i, role, instance)": "'6228' || lpad(i::VARCHAR, 9, '0') || lpad(role::VARCHAR, 2, '0') "
        "|| lpad(instance::VARCHAR, 3, '0')",
        # The lake keeps this number, so it does not show the account's: a bijection modulo 10^12.
        "txn_no(i, role, instance, booked_on, n)": "strftime(booked_on, '%Y%m%d') "
        "|| lpad(((i * 100000 + role * 1000 + instance) * 7654321 % 1000000000000)::VARCHAR, 12, '0') "
        "|| lpad(n::VARCHAR, 4, '0')",
    }
    for signature, body in macros.items():
        connection.execute(f"CREATE MACRO {signature} AS {body}")
    fill(connection, "main.products", (product[:7] for product in PRODUCTS))
    make(
        connection,
        "products",
        "product_code VARCHAR, name VARCHAR, category VARCHAR, months BIGINT, rate_ppm BIGINT",
        ((p.product_code, p.name, p.category, p.months, p.rate_ppm) for p in PRODUCTS),
    )


def _words(text: str) -> str:
    return "[" + ", ".join(f"'{word}'" for word in text.split()) + "]"


def _letters(text: str) -> str:
    return _words(" ".join(text))
