"""`zhike demo`: the made-up bank."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from zhike.cli.answers import answer, json_option, progress, refuse, told
from zhike.cli.imports import find_mapping
from zhike.cli.layout import aligned
from zhike.cli.session import enter_quietly
from zhike.run import roles
from zhike.run.home import find_home
from zhike.run.words import marked, said

STEPS = {
    "MAKE": marked("Making up the bank"),
    "WRITE": marked("Writing its extract files"),
    "IMPORT": marked("Importing the extracts"),
    "APPOINT": marked("Appointing its people"),
    "EVALUATE": marked("Evaluating loyalty, quarter by quarter"),
    "SEGMENT": marked("Making segments of customers"),
}


@click.command(
    "demo",
    **told(
        said(
            "Set up 天华银行, a made-up bank, in an empty database: facts, people, four evaluated "
            "quarters.\n\nWith --extracts FOLDER, write its extract files there instead: to try the import "
            "with, by a page or a command."
        )
    ),
)
@click.option(
    "--customers", type=click.IntRange(200, 5_000_000), default=None, help=said("How many customers. [3000]")
)
@click.option("--seed", type=int, default=None, help=said("Another seed makes another bank."))
@click.option(
    "--extracts",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help=said("Only write the files its systems would send into this folder; load nothing."),
)
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    default=None,
    help=said("Business date of the facts. [2026-10-31]"),
)
@click.option("--if-empty", is_flag=True, help=said("Do nothing where something has been loaded already."))
@json_option
def command(
    customers: int | None,
    seed: int | None,
    until: datetime | None,
    extracts: Path | None,
    if_empty: bool,
    as_json: bool,
) -> None:
    enter_quietly(roles.OWNER, roles.LOADER)
    from zhike.config import demo_bank

    shape = demo_bank.Shape(
        customers=demo_bank.DEFAULT_CUSTOMERS if customers is None else customers,
        seed=demo_bank.DEFAULT_SEED if seed is None else seed,
        business_date=demo_bank.BUSINESS_DATE if until is None else until.date(),
    )
    if extracts is not None:
        try:
            names = demo_bank.write_files(extracts, shape)
        except OSError as error:
            text = said(
                "%(folder)s cannot be written: %(strerror)s.", folder=extracts, strerror=error.strerror
            )
            refuse(text, as_json=as_json, code="NOT_WRITABLE")
        text = "\n".join(
            [said("Written into %(extracts)s:", extracts=extracts), *(f"  {name}" for name in names)]
        )
        return answer({"ok": True, "folder": str(extracts), "files": names}, text=text, as_json=as_json)
    if not demo_bank.is_empty():
        if if_empty:
            return answer({"ok": True, "new": False}, text=said("A bank is there already."), as_json=as_json)
        text = said(
            "This database already holds a bank. The made-up one is set up only in an empty database."
        )
        refuse(text, as_json=as_json, code="BANK_EXISTS")
    from django.conf import settings
    from django.utils import translation

    say = progress(as_json)
    with translation.override(settings.LANGUAGE_CODE):  # what it leaves is read by the bank
        made = demo_bank.set_up(
            home=find_home(), mapping=find_mapping(Path("tianhua")),
            shape=shape, tell=lambda step: say(f"{said(STEPS[step])} …"), now=datetime.now(UTC),
        )  # fmt: skip
    lines = [
        said(
            "天华银行: %(customers)s customers, %(transactions)s transactions.",
            customers=f"{made.customers:,}",
            transactions=f"{made.transactions:,}",
        )
    ]
    rows = [(login.role, login.login, login.password, login.name) for login in made.logins]
    lines += [f"  {line}" for line in aligned(rows)]
    return answer({"ok": True, "new": True, **asdict(made)}, text="\n".join(lines), as_json=as_json)
