"""The claims at a tiny size: that they measure what they say and print what is promised, not how quick they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from bench.claim import Claim, Figure, cost, speed, within
from bench.data_sets import kept, version_of

from bench import __main__ as command
from bench import (
    bank,
    beside_pandas,
    clv,
    evaluate,
    extracts,
    growth,
    imports,
    large_bank,
    page_clients,
    pages,
    publish,
    segment,
    spark,
    what_if,
)
from zhike.analytics import bgnbd
from zhike.analytics.purchases import Purchases

KEYS = {"name", "size", "measured", "ratio", "target", "ok", "machine"}
CLAIMS = tuple(
    module.CLAIM
    for module in (evaluate, publish, what_if, growth, beside_pandas, spark, imports, pages, clv, segment)
)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data sets of a test are its own."""
    monkeypatch.setenv("ZHIKE_BENCH_CACHE", str(tmp_path / "cache"))


def test_every_claim_is_run_by_its_name_and_has_both_sizes() -> None:
    assert [claim.name for claim in CLAIMS] == list(command.MODULES)
    assert all(claim.sizes.keys() == {"small", "full"} for claim in CLAIMS)
    assert CLAIMS[0].sizes["full"] == {"customers": 1_000_000, "transactions": 20_000_000}


@pytest.mark.parametrize(
    ("figure", "ratio", "is_ok"),
    [
        (cost("a", 10.0, floor=2.0, at_most=5.0), 5.0, True),
        (cost("a", 10.2, floor=2.0, at_most=5.0), 5.1, False),
        (speed("a", 1.0, peer=2.0, at_least=0.5), 0.5, True),
        (speed("a", 0.9, peer=2.0, at_least=0.5), 0.45, False),
        (within("a", 0, limit=0), 0.0, True),
        (within("a", 1, limit=0), 1e9, False),
    ],
)
def test_a_figure_says_whether_its_target_holds(figure: Figure, ratio: float, is_ok: bool) -> None:
    assert figure.ratio == pytest.approx(ratio)
    assert figure.is_ok is is_ok


def test_a_claim_prints_one_object_and_leaves_with_whether_it_holds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    figures = [
        cost("near", 1.0, floor=1.0, at_most=2.0),
        speed("far", 1.0, peer=4.0, at_least=0.5, unit="rows / s"),
    ]
    claim = Claim("made-up", {"small": {}, "full": {}}, lambda: figures)
    with pytest.raises(SystemExit) as leaving:
        claim.main(["--size", "small"])
    printed = json.loads(capsys.readouterr().out)
    assert leaving.value.code == 1
    assert printed.keys() == KEYS | {"peer", "parts"}
    assert (printed["name"], printed["ratio"], printed["ok"]) == ("made-up", 0.25, False)
    assert [part["ok"] for part in printed["parts"]] == [True, False]


def test_evaluate_and_growth_measure_a_bank_of_any_size() -> None:
    for claim in (evaluate.CLAIM, growth.CLAIM):
        outcome = claim.outcome({"customers": 2_000, "transactions": 20_000})
        assert outcome.keys() >= KEYS
        assert outcome["measured"] > 0 and outcome["floor"] > 0


def test_clv_makes_the_same_customers_again_and_holds_two_fits_beside_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = clv.make(3000)
    assert all((one == other).all() for one, other in zip(rows, clv.make(3000), strict=True))
    assert all((column % 1 == 0).all() for column in rows)
    ours = bgnbd.fit(Purchases.of(*rows))
    same = {name: getattr(ours.model, name) for name in ours.errors}
    told = [
        {"seconds": 5.0, "parameters": same | {"a": same["a"] * 1.1}},
        {"seconds": 1.0, "parameters": same},
    ]
    monkeypatch.setattr(clv, "peer_fits", lambda rows, grouped, work: told)
    fit, parameters = clv.measure(3000)
    assert fit.against == 3000 / 5
    assert (fit.notes["distinct"], fit.notes["peer_seconds_grouped"]) == (ours.distinct_count, 1.0)
    assert parameters.measured == pytest.approx(1 - 1 / 1.1)
    assert not parameters.is_ok


def test_pandas_comes_to_the_same_scores_and_tiers_and_is_timed() -> None:
    pytest.importorskip("pandas", reason="pandas is installed where Spark is")
    outcome = beside_pandas.CLAIM.outcome({"customers": 20_000, "transactions": 200_000})
    speed_part, scores, tiers = outcome["parts"]
    assert speed_part["measured"] > 0 and speed_part["peer"] > 0
    assert (scores["measured"], tiers["measured"]) == (0, 0)


@pytest.mark.spark
def test_spark_is_compared_row_by_row_and_timed() -> None:
    outcome = spark.CLAIM.outcome({"customers": 2_000, "transactions": 20_000})
    assert (outcome["ok"], outcome["rows"]) == (True, 2_000)
    assert outcome["spark_seconds"] > 0


def test_segment_counts_whom_the_bare_filter_counts() -> None:
    count, split = segment.measure(300, 3000)
    assert count.notes["members"] > 0
    assert {count.name, split.name} == {"count", "split"}


def test_a_data_set_is_made_once_and_a_broken_making_leaves_none(tmp_path: Path) -> None:
    made: list[Path] = []

    def fail(folder: Path) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        kept("set", "1", fail)
    assert list((tmp_path / "cache").iterdir()) == []
    assert kept("set", "1", made.append) == kept("set", "1", made.append)
    assert len(made) == 1


def test_the_version_of_a_generator_follows_its_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    source = tmp_path / "bench" / "generator.py"
    source.parent.mkdir()
    monkeypatch.setattr("bench.data_sets.HERE", source.parent)
    source.write_text("one")
    before = version_of(source)
    assert version_of(source.parent) == before
    source.write_text("two")
    assert version_of(source) != before


def test_p95_is_the_value_that_nineteen_of_twenty_do_not_exceed() -> None:
    assert page_clients.p95([float(number) for number in range(1, 21)]) == 19.0
    assert page_clients.p95([3.0]) == 3.0


def test_banks_side_by_side_share_their_head_office_and_nothing_else(tmp_path: Path) -> None:
    with duckdb.connect() as duck:
        large_bank.build(duck, business_date=extracts.BUSINESS_DATE, customers=200, detail_percent=1)
        one = _counts(duck)
        large_bank.lay_side_by_side(duck, 3)
        three = _counts(duck)
        for table in ("customers", "accounts", "balances", "transactions", "events", "relations"):
            assert three[table] == 3 * one[table], table
        assert three["products"] == one["products"]
        assert duck.execute("SELECT count(*) FROM outlets WHERE kind = 'HEAD_OFFICE'").fetchone() == (1,)
        for table, column, target, key in (
            ("outlets", "parent_code", "outlets", "outlet_code"), ("staff", "outlet_code", "outlets", "outlet_code"),
            ("customers", "outlet_code", "outlets", "outlet_code"), ("customers", "manager_no", "staff", "staff_no"),
            ("accounts", "customer_no", "customers", "customer_no"), ("events", "staff_no", "staff", "staff_no"),
            ("transactions", "account_no", "accounts", "account_no"),
        ):  # fmt: skip
            lost = f"SELECT count(*) FROM {table} WHERE {column} NOT IN (SELECT {key} FROM {target})"
            assert duck.execute(lost).fetchone() == (0,), (table, column)


def _counts(duck: duckdb.DuckDBPyConnection) -> dict[str, int]:
    names = [name for (name,) in duck.execute("SHOW TABLES").fetchall()]
    return {name: duck.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}


@pytest.mark.django_db(transaction=True, databases=["default", "loader"])
def test_publish_carries_committed_facts_to_standings(committed: None, tmp_path: Path) -> None:
    from bench import published
    from zhike.loyalty.models import Result, Run, Standing

    published.furnish(evaluate.lake_of(500, 5_000), tmp_path)
    scheme = published.put_in_force(bank.AS_OF)
    for memory in (None, publish.TIGHT):
        steps = published.publish_once(scheme, bank.AS_OF, memory)
        assert {"READ", "RESULTS", "STORE", "PUBLISH"} <= steps.keys()
    assert sorted(Run.objects.values_list("state", flat=True)) == ["PUBLISHED", "SUPERSEDED"]
    assert Result.objects.filter(run__state="PUBLISHED").count() == Standing.objects.count() > 400


@pytest.mark.django_db(transaction=True, databases=["default", "loader"])
def test_imports_and_pages_measure_the_products_own_ways(
    committed: None,
    static_files: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    address_of: Callable[[str], str],
) -> None:
    from bench import page_queries, peer_load
    from zhike.customers.models import Customer, SearchTerm
    from zhike.facts.models import Account

    made = extracts.folder_of(200)
    steps = imports.load_customers(made, tmp_path)
    assert {"seal", "customers and terms", "accounts"} <= steps.keys()
    rows, seconds = peer_load.measure(tmp_path)
    assert rows == {"base": 200 + Account.objects.count(), "terms": SearchTerm.objects.count()}
    assert seconds["all"] > seconds["without_terms"] > 0
    count, _ = imports.load_transactions(made, "utf-8", tmp_path)
    assert count > 3_000
    large_bank.appoint()
    monkeypatch.setenv("ZHIKE_DB_APP", address_of("zhike_app"))
    found = page_queries.inspect(page_queries.sign_in())
    assert {page.kind for page in found} == {"search", "list", "customer"}
    assert {page.role for page in found} == set(page_queries.ROLES)
    assert all(page.query_count > 1 and page.sql_seconds > 0 for page in found)
    assert Customer.objects.count() == 200
