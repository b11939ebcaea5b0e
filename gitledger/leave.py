"""The end of a program: at once, without Python taking everything apart that the system takes back a moment later."""

from typing import NoReturn

import contextlib
import os
import sys


def leave(code: int) -> NoReturn:
    """End the process with this exit code; a sixth of a short command's time would go into an orderly end.

    What was printed is handed over first. Where another thread still runs, the end is Python's own.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with contextlib.suppress(OSError, ValueError):  # who reads it has gone: that was told before
                stream.flush()
    threading = sys.modules.get("threading")
    if threading is None or threading.active_count() == 1:
        os._exit(code)
    sys.exit(code)
