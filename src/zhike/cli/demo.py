"""`zhike demo`: the made-up bank."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from zhike.cli.answers import answer, json_option, progress
from zhike.cli.imports import find_mapping
from zhike.cli.session import enter_quietly
from zhike.run import roles
from zhike.run.home import find_home


@click.command("demo")
@click.option(
    "--customers", type=click.IntRange(200, 5_000_000), default=None, help="How many customers. [3000]"
)
@click.option("--seed", type=int, default=None, help="Another seed makes another bank.")
@click.option(
    "--extracts",
    type=click.Path(path_type=Path, file_okay=False),
    help="Only write the files its systems would send into this folder; load nothing.",
)
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    default=None,
    help="Business date of the facts. [2026-10-31]",
)
@click.option("--if-empty", is_flag=True, help="Do nothing where something has been loaded already.")
@json_option
def command(
    customers: int | None,
    seed: int | None,
    until: datetime | None,
    extracts: Path | None,
    if_empty: bool,
    as_json: bool,
) -> None:
    """Set up 天华银行, a made-up bank, in an empty database: facts, people, four evaluated quarters.

    With --extracts FOLDER, write its extract files there instead: to try the import with, by a page or a command.
    """
    enter_quietly(roles.OWNER, roles.LOADER)
    from zhike.config import demo_bank

    shape = demo_bank.Shape(
        customers=demo_bank.DEFAULT_CUSTOMERS if customers is None else customers,
        seed=demo_bank.DEFAULT_SEED if seed is None else seed,
        business_date=demo_bank.BUSINESS_DATE if until is None else until.date(),
    )
    if extracts is not None:
        names = demo_bank.write_files(extracts, shape)
        text = "\n".join([f"Written into {extracts}:", *(f"  {name}" for name in names)])
        return answer({"ok": True, "folder": str(extracts), "files": names}, text=text, as_json=as_json)
    if not demo_bank.is_empty():
        if if_empty:
            return answer({"ok": True, "new": False}, text="A bank is there already.", as_json=as_json)
        text = "This database already holds a bank. The made-up one is set up only in an empty database."
        answer({"ok": False, "error": text}, text=text, as_json=as_json)
        raise SystemExit(1)
    from django.conf import settings
    from django.utils import translation

    say = progress(as_json)
    with translation.override(settings.LANGUAGE_CODE):  # what it leaves is read by the bank
        made = demo_bank.set_up(
            home=find_home(), mapping=find_mapping(Path("tianhua")),
            shape=shape, tell=lambda step: say(f"{step} …"), now=datetime.now(UTC),
        )  # fmt: skip
    lines = [f"天华银行: {made.customers:,} customers, {made.transactions:,} transactions."]
    lines += [f"  {login.role:<18} {login.login}  {login.password}  {login.name}" for login in made.logins]
    return answer({"ok": True, "new": True, **asdict(made)}, text="\n".join(lines), as_json=as_json)
