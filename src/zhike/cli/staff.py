"""`zhike staff`: accounts, where no administrator can sign in.

Whoever runs these commands can read the database anyway; the audit names them by their account on this
machine. They do what the pages do, without the second person that the pages ask for.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from zhike.cli.answers import answer, json_option, refuse, told
from zhike.cli.session import enter_quietly, who_runs_this
from zhike.run import roles
from zhike.run.words import said

if TYPE_CHECKING:
    from zhike.staff.api import Operator

ADMINISTRATORS = ("SYSTEM_ADMIN", "SECURITY_ADMIN", "AUDIT_ADMIN")
reason_option = click.option("--reason", required=True, help=said("Why; it stands in the audit."))
number_argument = click.argument("staff_no", metavar="STAFF_NO")


@click.group(
    "staff",
    cls=click.Group,
    **told(
        said(
            "Accounts, where no administrator can sign in. Everything is audited with your name on this "
            "machine."
        )
    ),
)
def command() -> None:
    """The commands for accounts."""


@command.command(
    "open",
    **told(
        said(
            "Open an account and print its first password, once.\n\nWith --name and --unit somebody "
            "unknown is entered; with --role the first administrators of a bank are appointed: first a "
            "system administrator, then a security administrator, who is another person."
        )
    ),
)
@number_argument
@reason_option
@click.option(
    "--name", default="", help=said("The name of somebody whom no personnel extract has brought yet.")
)
@click.option(
    "--unit", default="", metavar="CODE", help=said("Their unit; in an empty bank its head office.")
)
@click.option(
    "--role", type=click.Choice(ADMINISTRATORS), help=said("Appoint, where nobody active holds it.")
)
@json_option
def open_account(staff_no: str, reason: str, name: str, unit: str, role: str | None, as_json: bool) -> None:
    def work(by: Operator, now: datetime) -> dict[str, Any]:
        from zhike.staff import api as staff

        if name:
            person = staff.add_person(staff_no=staff_no, name=name, unit_code=unit, by=by, now=now)
        else:
            person = staff.person_with_number(staff_no)
        if role:
            staff.appoint_administrator(staff_id=person.pk, role=role, reason=reason, by=by, now=now)
        made = staff.open_account(staff_id=person.pk, version=person.version, reason=reason, by=by, now=now)
        return {"password": made.password, **({"role": role} if role else {})}

    _do(staff_no, work, done=said("The account is open."), as_json=as_json)


@command.command("unlock", **told(said("End a lock before its time.")))
@number_argument
@reason_option
@json_option
def unlock(staff_no: str, reason: str, as_json: bool) -> None:
    def work(by: Operator, now: datetime) -> dict[str, Any]:
        from zhike.staff import api as staff

        person = staff.person_with_number(staff_no)
        staff.unlock_account(staff_id=person.pk, version=person.version, reason=reason, by=by, now=now)
        return {}

    _do(staff_no, work, done=said("The account is unlocked."), as_json=as_json)


@command.command(
    "reset-password",
    **told(said("Replace a forgotten password by a first one, print it once, and end all sessions.")),
)
@number_argument
@reason_option
@json_option
def reset_password(staff_no: str, reason: str, as_json: bool) -> None:
    def work(by: Operator, now: datetime) -> dict[str, Any]:
        from zhike.staff import api as staff

        person = staff.person_with_number(staff_no)
        made = staff.reset_password(staff_id=person.pk, version=person.version, reason=reason, by=by, now=now)
        return {"password": made.password}

    _do(staff_no, work, done=said("The password is reset."), as_json=as_json)


@command.command(
    "reset-second-factor",
    **told(
        said("Take off a lost second factor and end all sessions; another is set up at the next sign-in.")
    ),
)
@number_argument
@reason_option
@json_option
def reset_second_factor(staff_no: str, reason: str, as_json: bool) -> None:
    def work(by: Operator, now: datetime) -> dict[str, Any]:
        from zhike.staff import api as staff

        person = staff.person_with_number(staff_no)
        staff.reset_second_factor(staff_id=person.pk, version=person.version, reason=reason, by=by, now=now)
        return {}

    _do(staff_no, work, done=said("The second factor is reset."), as_json=as_json)


def _do(
    staff_no: str,
    work: Callable[[Operator, datetime], dict[str, Any]],
    *,
    done: str,
    as_json: bool,
) -> None:
    """Do `work` whole or not at all, and say what came of it. Exit status 1 on a refusal."""
    enter_quietly(roles.APP)
    from django.db import transaction

    from zhike.core.errors import DomainError
    from zhike.staff.api import Operator

    try:
        with transaction.atomic():
            made = work(Operator(name=who_runs_this()), datetime.now(UTC))
    except DomainError as refusal:
        refuse(refusal, as_json=as_json)
    lines = [f"{staff_no}: {done}"]
    if "password" in made:
        lines += [said("First password, shown only now: %(password)s", password=made["password"])]
    answer({"ok": True, "staff_no": staff_no, **made}, text="\n".join(lines), as_json=as_json)
