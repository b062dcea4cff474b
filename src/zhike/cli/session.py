"""Entering the system from a command: the installation, the database roles to act as, Django."""

from __future__ import annotations

import os

from zhike.run.environment import environment_for
from zhike.run.home import find_home
from zhike.run.servers import find_server


def enter(*roles: str) -> None:
    """Become a process of this installation that connects as `roles`, and set Django up.

    The database must be running: `zhike up` runs it, or a bank does. Raises HomeUnusable.
    """
    home = find_home()
    home.prepare()
    os.environ.update(environment_for(*roles, home=home, server=find_server(home)))
    import django

    django.setup()
