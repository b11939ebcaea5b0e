"""The dashboard as browsers see it: served on a free port of this machine, in threads of the test itself."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import json
import os
import subprocess
import threading

import pytest

from gitledger.web.door import Door
from gitledger.web.main import start

WAIT_S = 20
HOSTILE = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"
TASKS = (
    ("task", "create", "Add a parser", "--description", f"It reads `input`.\n\n- {HOSTILE}", "--label", "core", "--priority", "high"),
    ("task", "activate", "1"),
    ("item", "create", HOSTILE, "--label", "core"),
    ("item", "create", "Write the manual", "--label", "docs"),
    ("dep", "add", "3", "2"),
)


class Served:
    """A dashboard that is served, and how to ask it."""

    def __init__(self, door: Door, clock: list[float]) -> None:
        self.door = door
        self._clock = clock

    def wait(self, seconds: float) -> None:
        """Let its clock, which stands still, go on."""
        self._clock[0] += seconds

    def send(self, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes | None = None) -> "Answer":
        """Send a request with these headers alone, beside Host where that is not said, and read the answer."""
        with closing(HTTPConnection("127.0.0.1", self.door.port, timeout=WAIT_S)) as connection:
            connection.request(method, target, body, dict(headers or {}))
            return Answer(connection.getresponse())

    def get(self, target: str, **headers: str) -> "Answer":
        """Ask as our own page does; `If_None_Match` for a header's name."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send("GET", target, {"Cookie": self.door.cookie.partition(";")[0], **named})

    def ask(self, name: str, status: int = 200) -> Any:
        """The answer to a question: the whole JSON document."""
        answer = self.get(f"/api/{name}")
        assert answer.status == status, answer.body
        return answer.json

    def refused(self, name: str, status: int) -> str:
        """The code with which a question is refused."""
        document = self.ask(name, status)
        assert document["ok"] is False
        return document["error"]["code"]


class Answer:
    """A response, read to its end."""

    def __init__(self, response: HTTPResponse) -> None:
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def json(self) -> Any:
        """The body as a JSON document."""
        return json.loads(self.body)


@contextmanager
def serving(path: Path) -> Iterator[Served]:
    """Serve the repository of a folder."""
    clock = [0.0]
    server, door = start(root=str(path), ledger=None, environ=os.environ, port=0, refresh_ms=50, clock=lambda: clock[0])
    served = Served(door, clock)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    with server:
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join(WAIT_S)


@contextmanager
def started(cli: Any, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The server as a process of its own, with the line that it says first."""
    pipe = subprocess.PIPE
    process = subprocess.Popen(cli.argv("serve", *options), cwd=cli.path, env=cli.environ(), stdout=pipe, stderr=pipe, text=True)
    try:
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.communicate(timeout=WAIT_S)


@pytest.fixture
def serve() -> Iterator[Callable[[Path], Served]]:
    """Serve the repositories of folders until the test is over: `serve(path).ask("overview")`."""
    with ExitStack() as stack:
        yield lambda path: stack.enter_context(serving(path))


@pytest.fixture
def project(tmp_path: Path, mould: Any, make_repo: Callable[..., Any], cli_in: Callable[[Path], Any]) -> Path:
    """A repository with a ledger of three tasks: an active one, one with a hostile title, and one that waits for it."""

    def make(folder: Path) -> None:
        made = make_repo("project")
        for words in (("init",), *TASKS):
            result = cli_in(made.path)(*words)
            assert result.exit_code == 0, result
        made.path.rename(folder / "project")

    mould.cast("dashboard", tmp_path, make)
    return tmp_path / "project"
