"""`zhike evaluate`: an evaluation from the command line, and the proof of a past one."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import click

from zhike.cli.answers import answer, json_option, progress, refuse, told
from zhike.cli.session import enter_quietly
from zhike.cli.spark_words import why_not
from zhike.run import roles
from zhike.run.words import said

if TYPE_CHECKING:
    from zhike.analytics.spark import Spark
    from zhike.loyalty.models import Run

MASTER = "ZHIKE_SPARK_MASTER"
WAIVED = "Reviewed by no person: published from the command line."


@dataclass(frozen=True, slots=True)
class Asked:
    """The evaluation that is asked for."""

    scheme: str
    as_of: date
    period: str | None
    reason: str


def _day(context: click.Context, option: click.Parameter, text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise click.BadParameter(said("Write the day as YYYY-MM-DD.")) from error


@click.command(
    "evaluate",
    **told(
        said(
            "Evaluate loyalty, or prove that a past evaluation can be computed again.\n\nThe computation "
            "runs in this process, or on your Spark with --engine spark --master ADDRESS. Exit status 1 when "
            "the run is blocked by a difference, or when a verified run does not come out equal; 3 when it was "
            "computed by another release and comes out otherwise."
        )
    ),
)
@click.option("--scheme", metavar="CODE", help=said("The scheme in force with this code."))
@click.option("--as-of", callback=_day, metavar="DATE", help=said("Evaluate as of the end of this day."))
@click.option(
    "--period", metavar="PERIOD", help=said("The period you mean (2026Q3); refused if DATE lies elsewhere.")
)
@click.option("--reason", default="", help=said("Why a period that is already published is evaluated again."))
@click.option(
    "--publish", is_flag=True, help=said("Publish at once, reviewed by no person. For demo and recovery.")
)
@click.option(
    "--engine",
    type=click.Choice(["duckdb", "spark"]),
    default="duckdb",
    show_default=True,
    help=said("What reads the facts and computes; both give the same, bit for bit."),
)
@click.option(
    "--master",
    metavar="ADDRESS",
    help=said(
        "Where Spark is: spark://HOST:PORT, sc://HOST:PORT, yarn, k8s://…, local[2]; else ZHIKE_SPARK_MASTER."
    ),
)
@click.option("--verify", type=int, metavar="RUN", help=said("Compute a run again and compare bit for bit."))
@json_option
def command(
    scheme: str | None, as_of: date | None, period: str | None, reason: str, publish: bool, engine: str,
    master: str | None, verify: int | None, as_json: bool,
) -> None:  # fmt: skip
    if verify is None and not (scheme and as_of):
        raise click.UsageError(said("Give --scheme and --as-of, or --verify."))
    address = _address(engine, master)
    enter_quietly(roles.WORKER, roles.LOADER)
    from zhike.analytics.spark import SparkUnusable

    try:
        with _spark(address, say=progress(as_json)) as spark:
            if verify is not None:
                _verify(verify, spark, as_json=as_json)
            else:
                assert scheme and as_of
                asked = Asked(scheme, as_of, period, reason)
                _carry_out(asked, spark, publish=publish, as_json=as_json)
    except SparkUnusable as error:
        refuse(why_not(error), as_json=as_json, code=error.code)


def _address(engine: str, master: str | None) -> str:
    """Where Spark is, if it is to compute; '' for DuckDB."""
    if engine != "spark":
        if master:
            raise click.UsageError(said("--master goes with --engine spark."))
        return ""
    address = master or os.environ.get(MASTER, "")
    if not address:
        raise click.UsageError(said("--engine spark needs --master, or ZHIKE_SPARK_MASTER."))
    return address


def _spark(address: str, *, say: Callable[[str], None]) -> AbstractContextManager[Spark | None]:
    """The bank's Spark, tried before anything is changed; nothing for DuckDB. Raises SparkUnusable."""
    if not address:
        return nullcontext()
    from zhike.analytics.spark import without_secrets
    from zhike.loyalty import api as loyalty

    say(said("Opening Spark at %(address)s …", address=without_secrets(address)))
    return loyalty.spark_at(address)


def _carry_out(asked: Asked, spark: Spark | None, *, publish: bool, as_json: bool) -> None:
    from zhike.core.errors import DomainError

    try:
        run = _evaluate(asked, spark, as_json=as_json)
        if publish and run.state == "REVIEW":
            run = _publish(run)
    except DomainError as refusal:
        refuse(refusal, as_json=as_json)
    answer(_summary(run), text=_text(run), as_json=as_json)
    if run.state == "BLOCKED":
        raise SystemExit(1)


def _evaluate(asked: Asked, spark: Spark | None, *, as_json: bool) -> Run:
    from django.db import transaction

    from zhike.core.labels import Register, label
    from zhike.core.operations import jobs
    from zhike.loyalty import api as loyalty

    ruling = loyalty.scheme_in_force(asked.scheme)
    if asked.period and loyalty.period_of(asked.as_of, ruling.cycle) != asked.period:
        raise click.UsageError(
            said(
                "%(as_of)s lies in %(found)s, not in %(period)s.",
                as_of=asked.as_of,
                found=loyalty.period_of(asked.as_of, ruling.cycle),
                period=asked.period,
            )
        )
    with transaction.atomic():  # no worker gets it: it is to be computed here, and where was asked
        run = loyalty.start_run(
            scheme_id=ruling.pk, as_of=asked.as_of, reason=asked.reason, by=None, now=_now()
        )
        job = loyalty.computation_of(run)
        assert job is not None
        jobs.take(job.pk, now=_now())
    say = progress(as_json)
    try:
        loyalty.perform_run(
            job_run_id=job.pk, run_id=run.pk, clock=_now, spark=spark,
            tell=lambda step: say(f"{label(Register.STEP, step)} …"),
        )  # fmt: skip
    except KeyboardInterrupt:
        text = said(
            "Stopped. %(run)s is not computed: compute it again on its page, or make it void.", run=run
        )
        refuse(text, as_json=as_json, code="STOPPED", run=run.pk)
    run.refresh_from_db()
    return run


def _now() -> datetime:
    return datetime.now(UTC)


def _publish(run: Run) -> Run:
    from django.conf import settings
    from django.utils import translation

    from zhike.loyalty import api as loyalty

    now = _now()
    with translation.override(settings.LANGUAGE_CODE):  # what it leaves is read by the bank
        loyalty.waive_review(run_id=run.pk, reason=WAIVED, now=now)
        return loyalty.publish_run(run_id=run.pk, by=None, now=now)


def _verify(run_id: int, spark: Spark | None, *, as_json: bool) -> None:
    from zhike.analytics.inputs import SchemeTouched
    from zhike.loyalty import api as loyalty

    try:
        found = loyalty.recompute_run(run_id=run_id, spark=spark)
    except LookupError as error:
        refuse(error, as_json=as_json, code="NO_SUCH_RUN")
    except SchemeTouched as error:
        text = said("The scheme kept with this run was changed after the run: it cannot be computed again.")
        refuse(text, as_json=as_json, code=error.code)
    payload = {
        "ok": found.is_equal,
        "run": found.run,
        "stored": found.stored_hash,
        "computed": found.computed_hash or None,
        "file_is_intact": found.file_is_intact,
        "release": found.release,
        "is_same_release": found.is_same_release,
    }
    if found.is_equal:
        words = said("%(run)s: equal, bit for bit.", run=found.run)
    elif found.is_comparable:
        words = said("%(run)s: NOT equal.", run=found.run)
    else:
        words = said(
            "%(run)s: computed by another release (%(release)s): verify it with that one.",
            run=found.run,
            release=found.release,
        )
    text = words + said("\nstored   %(hash)s", hash=found.stored_hash)
    if found.computed_hash:
        text += said("\ncomputed %(hash)s", hash=found.computed_hash)
    if not found.file_is_intact:
        text += "\n" + said("The stored file has been changed since.")
    answer(payload, text=text, as_json=as_json)
    if not found.is_equal:
        raise SystemExit(1 if found.is_comparable or not found.file_is_intact else 3)


def _summary(run: Run) -> dict[str, Any]:
    return {
        "ok": run.state != "BLOCKED",
        "run": run.pk,
        "name": str(run),
        "state": run.state,
        "as_of": run.as_of.isoformat(),
        "customers": run.customer_count,
        "changed": run.changed_count,
        "by_tier": run.summary.get("by_tier", {}),
        "warnings": run.warnings,
        "differences": [each for each in run.statements if not each["is_ok"]],
        "result_hash": run.result_hash,
        "engine": run.summary.get("engine"),
    }


def _text(run: Run) -> str:
    from zhike.loyalty.api import warning_words
    from zhike.loyalty.enums import Tier

    tiers = ", ".join(f"{Tier(tier).label} {count}" for tier, count in run.summary.get("by_tier", {}).items())
    lines = [
        said(
            "%(name)s: %(state)s, %(customers)s customers (%(tiers)s), run %(run)s.",
            name=run,
            state=run.get_state_display(),
            customers=run.customer_count,
            tiers=tiers,
            run=run.pk,
        )
    ]
    lines += [said("warning: %(warning)s", warning=warning_words(code)) for code in run.warnings]
    lines += [
        said(
            "differs: %(code)s %(table)s %(unit)s: expected %(expected)s, found %(found)s",
            **{name: each[name] for name in ("code", "table", "unit", "expected", "found")},
        )
        for each in run.statements
        if not each["is_ok"]
    ]
    return "\n".join(lines)
