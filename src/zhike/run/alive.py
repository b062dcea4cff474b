"""Whether a process lives, whoever it belongs to."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def is_alive(number: int) -> bool:
    """Whether a process of this number runs. A dead one that nobody has buried yet does not."""
    with suppress(OSError):
        # The name, in brackets, may hold brackets and spaces; the state follows the last one. Linux only.
        return Path(f"/proc/{number}/stat").read_text(errors="replace").rpartition(") ")[2][:1] not in "ZX"
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
