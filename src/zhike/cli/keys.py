"""`zhike keys`: new data keys, and what older ones sealed brought under them."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from zhike.cli.answers import answer, json_option, told
from zhike.cli.session import enter_quietly
from zhike.run import roles
from zhike.run.words import counted, said


@click.group(
    "keys",
    cls=click.Group,
    **told(said("The data keys that encrypt fields. The keys folder itself is never changed.")),
)
def command() -> None:
    """The commands for data keys."""


@command.command(
    "renew",
    **told(
        said(
            "Make new data keys, by the profile of ZHIKE_CRYPTOGRAPHY. What older ones sealed stays readable."
        )
    ),
)
@json_option
def renew(as_json: bool) -> None:
    enter_quietly(roles.OWNER)
    from zhike.core.operations import resealing

    count = resealing.renew_keys(now=datetime.now(UTC))
    answer(
        {"ok": True, "keys": count},
        text=counted(
            "%(count)s new data key. Next: zhike keys reseal",
            "%(count)s new data keys. Next: zhike keys reseal",
            count,
        ),
        as_json=as_json,
    )


@command.command(
    "reseal",
    **told(
        said(
            "Encrypt anew, under the active data keys, whatever older keys sealed. May run while people work."
        )
    ),
)
@json_option
def reseal(as_json: bool) -> None:
    enter_quietly(roles.OWNER)
    from zhike.core.keys import register
    from zhike.core.operations import resealing

    counts = {
        f"{one.table}.{one.column}": resealing.reseal_column(one, now=datetime.now(UTC))
        for one in register.REGISTER
    }
    lines = [
        counted(
            "%(place)s: %(count)s value encrypted anew",
            "%(place)s: %(count)s values encrypted anew",
            count,
            place=place,
        )
        for place, count in counts.items()
    ]
    answer({"ok": True, "values": counts}, text="\n".join(lines), as_json=as_json)
