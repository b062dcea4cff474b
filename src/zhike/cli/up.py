"""`zhike up`: the whole bank on one machine."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import click

from zhike.cli import COMMANDS
from zhike.cli.answers import answer, json_option, progress, refuse, told
from zhike.cli.layout import aligned
from zhike.run import roles
from zhike.run.accounts import database_account
from zhike.run.binaries import NoPostgres
from zhike.run.checks.folders import demand_closed_keys
from zhike.run.children import Child, command_line
from zhike.run.environment import environment_for
from zhike.run.home import Home, HomeUnusable, find_home
from zhike.run.lock import AlreadyRunning, HomeLock
from zhike.run.logins import DemoLogin, read_demo_logins
from zhike.run.orphans import end_orphans
from zhike.run.postgres import ServerFailed
from zhike.run.roles import RolesNeedAdministrator
from zhike.run.servers import Server, find_server
from zhike.run.supervisor import (
    Plan,
    StartFailed,
    Step,
    StopRequested,
    free_port,
    held,
    prepared_server,
    serve,
    stop_signals,
)
from zhike.run.words import counted, marked, said

# What is done once before the processes start: title, command, database roles it acts as.
STEPS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    (marked("Bringing the database to this release"), ("migrate",), (roles.OWNER,)),
    (marked("Setting up the made-up bank"), ("demo", "--if-empty"), (roles.OWNER, roles.LOADER)),
)
LOOKING = marked("Looking after the made-up bank")
# The processes besides the pages, and the roles each acts as. The pages start last and stop first.
PROCESSES: dict[str, tuple[str, ...]] = {
    "sealer": (roles.SEALER,),
    "worker": (roles.WORKER, roles.LOADER),
}


@click.command(
    "up", **told(said("Start the database, bring it to this release, and serve pages and jobs until Ctrl-C."))
)
@click.option("--host", default="127.0.0.1", show_default=True, help=said("Address to listen on."))
@click.option(
    "--port", type=click.IntRange(1, 65535), help=said("Port; by default 8000 or the next free one.")
)
@click.option("--empty", is_flag=True, help=said("Leave an empty database empty: no made-up bank."))
@json_option
def command(host: str, port: int | None, empty: bool, as_json: bool) -> None:
    say = progress(as_json)
    home = find_home()
    try:
        database_account()
        home.prepare()
        demand_closed_keys(home)
        server = find_server(home)
        with ExitStack() as stack:
            stack.enter_context(stop_signals())
            lock = stack.enter_context(held(HomeLock(home.lock)))
            if count := end_orphans(home.root):
                say(
                    counted(
                        "Ended %(count)s process that an earlier start had left.",
                        "Ended %(count)s processes that an earlier start had left.",
                        count,
                    )
                )
            stack.enter_context(prepared_server(server, say=say))
            plan = plan_for(home, server, host=host, port=free_port(host, wanted=port), empty=empty)

            def tell() -> None:
                lock.tell(address=plan.address)
                _announce(home, plan.address, as_json=as_json)

            serve(plan, say=say, on_ready=tell)
    except StopRequested:
        if not as_json:
            click.echo(said("Stopped."))
    except AlreadyRunning as error:
        refuse(error, as_json=as_json, address=error.running.address if error.running else "")
    except RolesNeedAdministrator as error:
        refuse(error, as_json=as_json, sql=error.statements)
    except (HomeUnusable, NoPostgres, ServerFailed, StartFailed) as error:
        refuse(error, as_json=as_json)


def plan_for(home: Home, server: Server, *, host: str, port: int, empty: bool = False) -> Plan:
    """What this release brings up on one machine."""

    def log(name: str) -> Path:
        return home.logs / f"{name}.log"

    def environ(*names: str) -> dict[str, str]:
        return environment_for(*names, home=home, server=server)

    has_bank = bool(read_demo_logins(home))
    steps = [
        Step(said(_title(title, words, has_bank=has_bank)), command_line(*words), environ(*names))
        for title, words, names in STEPS
        if not (empty and words[0] == "demo")
    ]
    children = [
        Child(name, command_line(name), environ(*names), log(name))
        for name, names in PROCESSES.items()
        if name in COMMANDS
    ]
    pages = command_line("web", "--host", host, "--port", str(port))
    children.append(Child("web", pages, environ(roles.APP), log("web")))
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not listened on
    shown = f"[{shown}]" if ":" in shown else shown
    return Plan(steps=steps, children=children, address=f"http://{shown}:{port}/", server=server)


def _title(title: str, words: tuple[str, ...], *, has_bank: bool) -> str:
    return LOOKING if has_bank and words[0] == "demo" else title


def _announce(home: Home, address: str, *, as_json: bool) -> None:
    logins = read_demo_logins(home)
    lines = [
        said("Zhike is running at %(address)s", address=address),
        *_login_lines(logins),
        said("Ctrl-C stops it."),
    ]
    answer(
        {"ok": True, "address": address, "home": str(home.root), "logins": [asdict(one) for one in logins]},
        text="\n".join(lines),
        as_json=as_json,
    )


def _login_lines(logins: list[DemoLogin]) -> list[str]:
    if not logins:
        return []
    rows = [(one.role, one.login, one.password, one.name) for one in logins]
    heading = said("Demo logins (role, login, password, name):")
    return [heading, *(f"  {line}" for line in aligned(rows))]
