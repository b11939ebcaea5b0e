"""What the servers of both profiles share: streams, calls one after another in a worker thread, progress, protocol errors."""

from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import Any, TypeVar

import sys
import time

import anyio
import anyio.from_thread
import anyio.to_thread
import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError

from gitledger.errors import InvalidInput, LedgerError, NotFound
from gitledger.mcp.wire import mended

INTERRUPTED = 130
# A client is told of progress at most this often.
_PAUSE_S = 0.1

Answer = TypeVar("Answer")
Context = Any  # mcp.server.context.ServerRequestContext, generic in what we do not use


def serve(server: Server[Any]) -> int:
    """Serve until the client closes our standard input. Returns the exit code."""
    if sys.stdin is not None and sys.stdin.isatty():
        print("This speaks the Model Context Protocol, and is started by its clients. Ctrl-D ends it.", file=sys.stderr)
    code = 0
    try:
        anyio.run(_run, server)
    except* KeyboardInterrupt:
        code = INTERRUPTED
    except* BrokenPipeError:
        pass  # the client has gone, and so may we
    return code


async def _run(server: Server[Any]) -> None:
    # Within, standard output is the client's alone: what else is printed goes to standard error.
    async with stdio_server() as streams, mended(*streams) as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


class Turns:
    """One operation at a time: pings are answered meanwhile, and what waits can be cancelled."""

    def __init__(self) -> None:
        self._turn = anyio.CapacityLimiter(1)

    async def in_turn(self, work: Callable[[], Answer]) -> Answer:
        """Work in a thread, when it is its turn. Who cancels before that gets nothing done; what has begun is not left halfway."""
        return await anyio.to_thread.run_sync(work, limiter=self._turn)


class Progress:
    """Tells the client how far long work has come. Work that only looks stops when it is cancelled, an entry is finished."""

    def __init__(self, context: Context, *, may_stop: bool) -> None:
        self._context = context
        self._may_stop = may_stop
        self._told = float("-inf")
        self._last = 0
        self._before = 0
        self._is_heard = True

    def __call__(self, done: int, total: int) -> None:
        if self._may_stop:
            anyio.from_thread.check_cancelled()
        # What is told only ever rises, also where one piece of work follows another.
        if self._before + done < self._last:
            self._before = self._last
        now = time.monotonic()
        is_due = done == total or now - self._told >= _PAUSE_S
        if self._is_heard and is_due and self._before + done > self._last:
            self._told, self._last = now, self._before + done
            self._tell(self._last, self._before + total)

    def _tell(self, done: int, total: int) -> None:
        try:
            anyio.from_thread.run(self._context.session.report_progress, done, total, "reading the ledger")
        except CancelledError:  # while it was being told; only a check in this thread may stop the work
            self._is_heard = False


def client_of(context: Context) -> str | None:
    """What the client calls itself."""
    params = context.session.client_params
    return params.client_info.name if params is not None else None


def protocol(work: Callable[[], Answer]) -> Answer:
    """What `work` returns; a refusal of it as an error of the protocol, with all that helps in its data."""
    try:
        return work()
    except LedgerError as error:
        code = types.INVALID_PARAMS if isinstance(error, (InvalidInput, NotFound)) else types.INTERNAL_ERROR
        raise MCPError(code, error.message, data=error.to_dict()) from error
