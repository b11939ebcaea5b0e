"""The server as clients see it: installed from the wheel, started as a process, spoken to by the official client, or line by line."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import json
import subprocess

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp.client.session import ClientSession
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import Implementation

from tests.installed import Installed

WAIT_S = 60


class Client:
    """A session with a server of its own, in words that wait for their answer."""

    def __init__(self, portal: BlockingPortal, session: ClientSession) -> None:
        self._portal = portal
        self.session = session
        self.welcome: Any = None

    def ask(self, call: Callable[..., Any], *args: Any) -> Any:
        """Await one request of the session."""
        return self._portal.call(call, *args)

    def raw(self, tool: str, arguments: Mapping[str, Any] | None = None, progress: Any = None) -> Any:
        """The result of a call as the client gets it; it has been checked against the tool's output schema."""

        async def call() -> Any:
            return await self.session.call_tool(tool, dict(arguments or {}), progress_callback=progress)

        return self.ask(call)

    def call(self, tool: str, **arguments: Any) -> Any:
        """What a call answers; it must succeed."""
        done = self.raw(tool, arguments)
        assert not done.is_error, done.structured_content
        assert json.loads(done.content[0].text) == done.structured_content
        return done.structured_content

    def write(self, command: str, request_id: str | None = None, **arguments: Any) -> Any:
        """What `write` answers."""
        key = {"request_id": request_id} if request_id else {}
        return self.call("write", command=command, arguments=arguments, **key)

    def read(self, command: str, **arguments: Any) -> Any:
        """The result that `read` answers with."""
        return self.call("read", command=command, arguments=arguments)["result"]

    def refused(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The error that a call is refused with."""
        done = self.raw(tool, arguments)
        assert done.is_error and done.structured_content["ok"] is False, done.structured_content
        return done.structured_content["error"]


class Compatible(Client):
    """A session with a server of the compatible profile, whose answers are JSON documents in strings."""

    def say(self, tool: str, **arguments: Any) -> Any:
        """What a call answers, errors included."""
        done = self.raw(tool, arguments)
        assert not done.is_error, done.content
        assert done.structured_content == {"result": done.content[0].text}
        assert done.content[0].text.isascii()
        return json.loads(done.content[0].text)

    def error(self, tool: str, **arguments: Any) -> Any:
        """The error that a call answers: `(code, field)`, or a sentence."""
        error = self.say(tool, **arguments)["error"]
        assert isinstance(error, str) or error["message"]
        return error if isinstance(error, str) else (error["code"], error.get("field"))

    def failed(self, tool: str, **arguments: Any) -> str:
        """What a call says that fails as such."""
        done = self.raw(tool, arguments)
        assert done.is_error, done.content
        return done.content[0].text


@asynccontextmanager
async def _session(installed: Installed, path: Path, log: Any, options: tuple[str, ...], env: Mapping[str, str]) -> Any:
    environ = {**installed.environ(), **env}
    server = StdioServerParameters(command="gitledger", args=["mcp", *options], cwd=path, env=environ)
    name = Implementation(name="test-client", version="1")
    async with stdio_client(server, errlog=log) as (incoming, outgoing):
        async with ClientSession(incoming, outgoing, client_info=name) as session:
            yield session, await session.initialize()


@pytest.fixture
def connect(installed: Installed, tmp_path: Path) -> Callable[..., AbstractContextManager[Client]]:
    """Start a server in a folder and speak to it: `with connect(path) as client`."""

    @contextmanager
    def connected(path: Path, *options: str, kind: type[Client] = Client, env: Mapping[str, str] | None = None) -> Iterator[Client]:
        with open(tmp_path / "server.log", "a") as log, start_blocking_portal() as portal:
            with portal.wrap_async_context_manager(_session(installed, path, log, options, env or {})) as (session, welcome):
                client = kind(portal, session)
                client.welcome = welcome
                failed = None
                try:
                    yield client
                except BaseException as error:  # raised outside, where no task group wraps it
                    failed = error
        if failed is not None:
            raise failed

    return connected


@pytest.fixture
def orchestrate(connect: Callable[..., Any]) -> Callable[..., AbstractContextManager[Compatible]]:
    """The same for the compatible profile: `with orchestrate(path) as client`."""

    def connected(path: Path, **env: str) -> Any:
        return connect(path, "--profile", "orchestrator", kind=Compatible, env=env)

    return connected


class Wire:
    """The server's own streams: one JSON object a line."""

    def __init__(self, installed: Installed, path: Path, *options: str) -> None:
        pipe, argv = subprocess.PIPE, [installed.folder / "bin" / "gitledger", "mcp", *options]
        self.process = subprocess.Popen(argv, cwd=path, env=installed.environ(), stdin=pipe, stdout=pipe, stderr=pipe)
        self.lines: list[Any] = []
        hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "wire", "version": "1"}}
        self.ask(1, "initialize", hello)
        self.send({"method": "notifications/initialized"})

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one message."""
        self.send_line(json.dumps({"jsonrpc": "2.0", **message}).encode())

    def send_line(self, line: bytes) -> None:
        """Send a line, whatever it is."""
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def request(self, number: int, method: str, params: Any) -> None:
        """Send a request and do not wait."""
        self.send({"id": number, "method": method, "params": params})

    def ask(self, number: int, method: str, params: Any) -> Any:
        """Send a request and read on to its answer; what comes before is kept in `lines`."""
        self.request(number, method, params)
        return self.answer(number)

    def answer(self, number: int) -> Any:
        """Read on to the answer to a request. Everything on the way has to be protocol."""
        while True:
            line = self.process.stdout.readline()
            assert line, self.process.stderr.read()
            message = json.loads(line)
            assert message["jsonrpc"] == "2.0"
            self.lines.append(message)
            if message.get("id") == number:
                return message

    def leave(self) -> tuple[int, bytes]:
        """Close the server's input, as a client does that ends. Gives its exit code and what was left on its output."""
        self.process.stdin.close()
        rest = self.process.stdout.read()
        return self.process.wait(WAIT_S), rest

    def end(self) -> None:
        """Leave nothing running."""
        self.process.kill()
        self.process.wait(WAIT_S)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()


@pytest.fixture
def wire(installed: Installed) -> Iterator[Callable[..., Wire]]:
    """Start a server in a folder and speak to it line by line: `wire(path).ask(2, "ping", {})`."""
    started: list[Wire] = []

    def start(path: Path, *options: str) -> Wire:
        started.append(Wire(installed, path, *options))
        return started[-1]

    yield start
    for one in started:
        one.end()
