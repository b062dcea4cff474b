"""The environment of each process: it names the two folders and only the database addresses it needs."""

from __future__ import annotations

import os
from collections.abc import Mapping

from zhike.run import roles
from zhike.run.home import Home
from zhike.run.secrets import secret_of
from zhike.run.servers import Server

SETTINGS_MODULE = "zhike.config.settings"
ADDRESS_VARIABLES = {
    roles.OWNER: "ZHIKE_DB_OWNER",
    roles.APP: "ZHIKE_DB_APP",
    roles.WORKER: "ZHIKE_DB_WORKER",
    roles.SEALER: "ZHIKE_DB_SEALER",
    roles.LOADER: "ZHIKE_DB_LOADER",
    roles.AUDITOR: "ZHIKE_DB_AUDITOR",
    roles.BACKUP: "ZHIKE_DB_BACKUP",
}


def environment_for(
    *names: str, home: Home, server: Server, environ: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The environment of a process that acts as the named database roles and no others.

    What is set already stays: in a bank each process is handed its own addresses and its own secret key.
    """
    environ = os.environ if environ is None else environ
    hidden = {"ZHIKE_DATABASE_URL", *ADDRESS_VARIABLES.values()}
    result = {name: value for name, value in environ.items() if name not in hidden}
    result["DJANGO_SETTINGS_MODULE"] = SETTINGS_MODULE
    result["ZHIKE_HOME"] = str(home.root)
    result["ZHIKE_KEYS"] = str(home.keys)
    if "ZHIKE_SECRET_KEY" not in result:
        result["ZHIKE_SECRET_KEY"] = secret_of(home.keys / "secret-key")
    for name in names:
        variable = ADDRESS_VARIABLES[name]
        result[variable] = environ.get(variable) or server.url(name)
    return result
