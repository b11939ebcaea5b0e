"""Clones of one project, and real servers on loopback: each ends with the test that started it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

from tests.conftest import Cli, Mould, Repo, Result

REF = "refs/taskledger/main"
HOOK = "#!/bin/sh\necho 'not on a Friday' >&2\nexit 1\n"


@pytest.fixture(autouse=True)
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Git may talk to files and to servers of this machine; a proxy of the user's would stand in between."""
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file:git:http")
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy", "GIT_ASKPASS", "SSH_ASKPASS"):
        monkeypatch.delenv(name, raising=False)


class Clone(Repo):
    """A repository with a remote `origin`, and the program in it."""

    def __init__(self, path: Path, actor: str) -> None:
        super().__init__(path)
        self.actor = actor

    def __call__(self, *args: str, expect: int = 0, env: dict[str, str] | None = None) -> Result:
        result = Cli(self.path)(*args, env={"GITLEDGER_ACTOR_NAME": self.actor, "GITLEDGER_ACTOR_TYPE": "agent", **(env or {})})
        assert result.exit_code == expect, str(result)[-3000:] if result.exit_code == 1 else result
        return result

    def sync(self, *args: str) -> Any:
        """Sync, and the JSON of what came of it."""
        return self("sync", *args, "--json").json["result"]

    def fails(self, *args: str) -> Any:
        """Run what is refused; the error object."""
        result = Cli(self.path)(*args, "--json")
        answer = result.json
        assert answer["ok"] is False, result
        assert answer["error"]["exit_code"] == result.exit_code
        assert result.stderr == "", result
        return answer["error"]

    def create(self, title: str) -> str:
        """A new task; its uid."""
        return self("task", "create", title, "--json").json["result"]["uid"]

    def tip(self, ref: str = REF) -> str:
        loose = self.path / ".git" / ref
        return loose.read_text().strip() if loose.is_file() else self.git("rev-parse", "--verify", "--quiet", ref, check=False)

    def numbers(self) -> dict[str, str]:
        """Title → number."""
        rows = self("task", "list", "--json").json["result"]["tasks"]
        return {row["title"]: row["id"] for row in rows}

    def is_whole(self) -> bool:
        return self("verify", "--json").json["result"]["healthy"]

    def refs(self) -> str:
        return self.git("for-each-ref")


@pytest.fixture
def make_clone(tmp_path: Path) -> Callable[..., Clone]:
    """Make a repository whose `origin` is at a URL or path: `make_clone("a", url)`."""
    return lambda name, url=None: begin_clone(tmp_path / name, url)


def begin_clone(path: Path, url: str | Path | None = None) -> Clone:
    """A repository without commits, named like its folder."""
    clone = Clone(path, path.name)
    path.mkdir()
    clone.git("init", "--quiet", "-b", "main")
    if url is not None:
        clone.git("remote", "add", "origin", str(url))
    return clone


@pytest.fixture
def hub(make_repo: Callable[..., Repo]) -> Repo:
    """A bare repository by path."""
    return make_repo("hub.git", bare=True)


@pytest.fixture
def clones(mould: Mould, tmp_path: Path, hub: Repo) -> tuple[Clone, Clone]:
    """Two clones of the hub that share a ledger with one task."""

    def make(folder: Path) -> None:
        shutil.copytree(hub.path, folder / hub.path.name)
        a, b = (begin_clone(folder / name, folder / hub.path.name) for name in ("a", "b"))
        a("init")
        a.create("First")
        a.sync()
        b.sync()

    mould.cast("two clones that share a ledger", tmp_path, make)
    return Clone(tmp_path / "a", "a"), Clone(tmp_path / "b", "b")


def reject(repo: Repo, name: str = "pre-receive", script: str = HOOK) -> Path:
    """Install a hook; by default one that turns everything down."""
    hook = repo.path / "hooks" / name
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(script)
    hook.chmod(0o755)
    return hook


# ---------------------------------------------------------------------------------------------- servers


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise AssertionError(f"nothing listens on port {port}")


@contextmanager
def git_daemon(root: Path) -> Iterator[str]:
    """`git daemon` over the repositories in a folder; everybody may push."""
    port = free_port()
    argv = ["git", "daemon", "--reuseaddr", "--export-all", "--enable=receive-pack", "--listen=127.0.0.1"]
    child = subprocess.Popen(
        [*argv, f"--port={port}", f"--base-path={root}", str(root)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for(port)
        yield f"git://127.0.0.1:{port}"
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


class _Backend(BaseHTTPRequestHandler):
    """`git http-backend` behind a few lines of CGI."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server: Any = self.server
        server.requests.append(f"{self.command} {self.path}")
        if server.password and self.headers.get("Authorization") != server.password:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="ledger"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            "GIT_PROJECT_ROOT": server.root,
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.receivepack",
            "GIT_CONFIG_VALUE_0": "true",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_ADDR": "127.0.0.1",
            "REMOTE_USER": "ada",
        }
        done = subprocess.run(["git", "http-backend"], env=environ, input=self._body(), capture_output=True, timeout=60)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = [line.split(": ", 1) for line in head.decode().splitlines() if ": " in line]
        status = next((int(value.split()[0]) for name, value in headers if name == "Status"), 200)
        self.send_response(status)
        for name, value in headers:
            if name != "Status":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    def log_message(self, *_: object) -> None:
        pass


class HttpServer(ThreadingHTTPServer):
    """Serves the repositories in `root`; with a password only to who knows it. `requests` are all that were made."""

    daemon_threads = True

    def __init__(self, root: Path, password: str | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Backend)
        self.root = str(root)
        self.password = "Basic " + base64.b64encode(password.encode()).decode() if password else None
        self.requests: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


@contextmanager
def smart_http(root: Path, password: str | None = None) -> Iterator[HttpServer]:
    with HttpServer(root, password) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class Proxy:
    """Forwards connections to a port, and counts what goes through.

    It cuts the line after so many bytes of answers, and before every answer while the file `cut_from` is there.
    """

    def __init__(self, target: int, cut_after: int | None = None, cut_from: Path | None = None) -> None:
        self.target = target
        self.cut_after = cut_after
        self.cut_from = cut_from
        self.sent = self.received = self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            server = socket.create_connection(("127.0.0.1", self.target))
            self.open += [client, server]
            threading.Thread(target=self._pump, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, False), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, is_up: bool) -> None:
        try:
            while data := source.recv(4096):
                if is_up:
                    self.sent += len(data)
                else:
                    self.received += len(data)
                    if self._is_cut():
                        break
                sink.sendall(data)
            if self._is_cut():
                raise ConnectionError
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            for line in (source, sink):
                self._cut(line)

    def _is_cut(self) -> bool:
        is_over = self.cut_after is not None and self.received > self.cut_after
        return is_over or self.cut_from is not None and self.cut_from.exists()

    @staticmethod
    def _cut(line: socket.socket) -> None:
        # Closing alone ends nothing while the other thread waits on the socket.
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
        line.close()

    def close(self) -> None:
        # A thread that waits in accept() holds the socket; shutting it down wakes it up.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for line in self.open:
            self._cut(line)


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Start servers over the folder of the test's repositories: `servers("daemon")` gives its URL."""
    with ExitStack() as stack:

        def start(kind: str, **options: Any) -> Any:
            if kind == "path":
                return str(tmp_path)
            if kind == "daemon":
                return stack.enter_context(git_daemon(tmp_path))
            if kind == "proxy":
                proxy = Proxy(**options)
                stack.callback(proxy.close)
                return proxy
            server = stack.enter_context(smart_http(tmp_path, **options))
            return server if options.get("password") else server.url

        yield start


@pytest.fixture
def copy_repo(tmp_path: Path) -> Callable[..., Clone]:
    """Copy a clone, folder and all."""

    def copy(clone: Clone, name: str) -> Clone:
        shutil.copytree(clone.path, tmp_path / name, symlinks=True)
        return Clone(tmp_path / name, name)

    return copy


def as_json(result: Result) -> Any:
    return json.loads(result.stdout)["result"]
