"""`zhike keys`: new data keys, and what older ones sealed brought under them."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from zhike.cli.answers import answer, json_option
from zhike.cli.session import enter_quietly
from zhike.run import roles


@click.group("keys")
def command() -> None:
    """The data keys that encrypt fields. The keys folder itself is never changed."""


@command.command("renew")
@json_option
def renew(as_json: bool) -> None:
    """Make new data keys, by the profile of ZHIKE_CRYPTOGRAPHY. What older ones sealed stays readable."""
    enter_quietly(roles.OWNER)
    from zhike.core.operations import resealing

    count = resealing.renew_keys(now=datetime.now(UTC))
    answer(
        {"ok": True, "keys": count}, text=f"{count} new data keys. Next: zhike keys reseal", as_json=as_json
    )


@command.command("reseal")
@json_option
def reseal(as_json: bool) -> None:
    """Encrypt anew, under the active data keys, whatever older keys sealed. May run while people work."""
    enter_quietly(roles.OWNER)
    from zhike.core.keys import register
    from zhike.core.operations import resealing

    counts = {
        f"{one.table}.{one.column}": resealing.reseal_column(one, now=datetime.now(UTC))
        for one in register.REGISTER
    }
    lines = [f"{place}: {count:,} values encrypted anew" for place, count in counts.items()]
    answer({"ok": True, "values": counts}, text="\n".join(lines), as_json=as_json)
