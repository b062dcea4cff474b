"""The `zhike` command as an operator gives it."""

from __future__ import annotations

import os
import subprocess
import sys

from zhike.run.home import Home


def zhike(home: Home, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """A `zhike` command on an installation, as an operator would give it."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("ZHIKE_", "DJANGO_"))}
    return subprocess.run(
        [sys.executable, "-m", "zhike.cli", *words],
        env={**own, "ZHIKE_HOME": str(home.root), "ZHIKE_KEYS": str(home.keys), **environ},
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
