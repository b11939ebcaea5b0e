"""What these tests need beside the others': an end even where C code loops for ever."""

from collections.abc import Iterator

import faulthandler
import sys

import pytest


@pytest.fixture(autouse=True)
def watchdog() -> Iterator[None]:
    """End the process, with a traceback, where a library loops in C: no signal reaches Python then, nor pytest-timeout."""
    faulthandler.dump_traceback_later(180, exit=True, file=sys.__stderr__)
    yield
    faulthandler.cancel_dump_traceback_later()
