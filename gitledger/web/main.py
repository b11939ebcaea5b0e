"""The entry of the dashboard, and the boundary at which its errors become answers."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import signal
import sys
import threading
import time

from gitledger.errors import InvalidInput, LedgerError, StorageError
from gitledger.ops._facts import PROGRAM
from gitledger.web.dashboard import Dashboard, Place, Request, Response, refuse_for
from gitledger.web.door import HOSTS, Door
from gitledger.web.serving import Server

PORT = 8765


def start(
    *,
    root: str,
    ledger: str | None,
    environ: Mapping[str, str],
    host: str = "127.0.0.1",
    port: int | None = None,
    refresh_ms: int = 1000,
    clock: Callable[[], float] = time.time,
) -> tuple[Server, Door]:
    """A server that listens and does not serve yet, and its door. Without a port the usual one, or any that is free.

    Raises InvalidInput for what cannot be, StorageError outside a repository and where the port is taken.
    """
    from gitledger.ledger import open_ledger

    if host not in HOSTS:
        raise InvalidInput(f"The dashboard is for this machine alone: --host is one of {', '.join(HOSTS)}.")
    if port is not None and not 0 <= port <= 65535:
        raise InvalidInput("--port is from 0 to 65535.")
    if refresh_ms < 1:
        raise InvalidInput("--refresh-ms must be positive.")
    open_ledger(root, ledger=ledger, environ=environ, has_terminal=False)  # no repository is said at once
    server = _listen(host, port)
    door = Door(host, server.server_port)
    server.answer = _guarded(Dashboard(Place(root, ledger, environ), door, refresh_ms=refresh_ms, clock=clock))
    return server, door


def serve(server: Server, announce: Callable[[], None]) -> int:
    """Serve until somebody interrupts or ends the process; `announce` first. Returns the exit code."""
    with server, _ended_by_signals(server.shutdown):
        announce()
        server.serve_forever()
    return 0


def _listen(host: str, port: int | None) -> Server:
    try:
        return Server(host, PORT if port is None else port)
    except OSError as error:
        if port is None:
            return _listen(host, 0)
        raise StorageError(
            f"Port {port} cannot be listened on: {error.strerror or error}.",
            code="PORT_TAKEN",
            hint=(PROGRAM, "serve", "--port", "0"),
        ) from None


def _guarded(dashboard: Dashboard) -> Callable[[Request], Response]:
    """The boundary: whatever goes wrong is an answer that says so."""

    def answer(request: Request) -> Response:
        try:
            return dashboard.answer(request)
        except LedgerError as error:
            return refuse_for(error)
        except Exception as error:
            return refuse_for(_bug(error))

    return answer


def _bug(error: Exception) -> LedgerError:
    """The error of a bug, with the traceback where the server was started."""
    import traceback

    traceback.print_exception(error, file=sys.stderr)
    message = f"gitledger itself failed ({type(error).__name__}); the traceback stands where `gitledger serve` was started."
    return LedgerError(message, hint=(PROGRAM, "version", "--full"))


@contextmanager
def _ended_by_signals(end: Callable[[], None]) -> Iterator[None]:
    """Within, an interrupt and SIGTERM end the server; it is the way to end it, and no failure."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: Any) -> None:
        threading.Thread(target=end, daemon=True).start()  # it waits for the loop that this has interrupted

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
