"""HTTP on the loopback interface: requests in, responses out, with the headers that every one of them carries."""

from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import socket
import socketserver
import sys

from gitledger.web.dashboard import Request, Response, refuse
from gitledger.web.door import HOSTS

_IDLE_S = 60
HEADERS = {
    # Nothing but our own files; no page of others may show ours, and no text becomes markup, whoever wrote it.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Server(ThreadingHTTPServer):
    """Listens on loopback from the moment it is made; `answer` is set before it serves. Raises OSError where it cannot."""

    daemon_threads = True
    answer: Callable[[Request], Response]

    def __init__(self, host: str, port: int) -> None:
        bound = HOSTS[host]
        self.address_family = socket.AF_INET6 if ":" in bound else socket.AF_INET
        super().__init__((bound, port), Handler)

    def server_bind(self) -> None:
        """Bind, without asking the name service what this machine is called."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away in the middle is no error."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "gitledger"
    sys_version = ""
    timeout = _IDLE_S
    # Head and body go out together, at once: else each answer waits 40 ms for the client to confirm its head.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        """Answer."""
        if self.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in self.headers:
            self.close_connection = True  # what follows would be read as the next request
        self._send(self.server.answer(Request(self.path, self.headers)))

    do_HEAD = do_GET

    def _refuse_method(self) -> None:
        self.close_connection = True
        response = refuse(self.path, HTTPStatus.METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "This server only shows: GET and HEAD.")
        self._send(response, {"Allow": "GET, HEAD"})

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_CONNECT = _refuse_method

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What HTTP itself forbids, in our form."""
        self.close_connection = True
        self.request_version = self.protocol_version  # what could not be read may have been of any, and is answered in ours
        status = HTTPStatus(code)
        self._send(Response(status, f"{status.phrase}.\n".encode()))

    def _send(self, response: Response, more: dict[str, str] | None = None) -> None:
        self.send_response(response.status)
        headers = {"Cache-Control": "no-store", **HEADERS, **response.headers, **(more or {})}
        if response.status != HTTPStatus.NOT_MODIFIED:
            headers |= {"Content-Type": response.content_type, "Content-Length": str(len(response.body))}
        if self.close_connection:
            headers["Connection"] = "close"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are nobody's concern."""
