"""Who may come in: whoever has the token, from this machine, and from no page but ours."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import quote

import hmac
import secrets

HOSTS = {"127.0.0.1": "127.0.0.1", "localhost": "127.0.0.1", "::1": "::1"}  # as said → as bound
_HTTP_PORT = 80
# What a browser says of a request that no foreign page has made: one of ours, or a person who typed the address.
_OWN_SITES = ("same-origin", "none")


class Turned(NamedTuple):
    """A request that is not let in, and why."""

    status: HTTPStatus
    code: str
    message: str


class Door:
    """The door of one server: the address under which it is reached, and the token that opens it."""

    def __init__(self, host: str, port: int, token: str | None = None) -> None:
        self.token = token or secrets.token_urlsafe(32)
        self.host, self.port = host, port
        # Cookies know no ports: two servers on one machine must not take each other's for their own.
        self._cookie = f"gitledger-{port}"
        names = ("127.0.0.1", "localhost", "[::1]")
        self._addresses = {f"{name}:{port}" for name in names} | (set(names) if port == _HTTP_PORT else set())

    @property
    def address(self) -> str:
        """Where the server is, without the token."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}/"

    def url(self, task: str | None = None) -> str:
        """The address to open, with the token, and the page of a task if one is named."""
        return f"{self.address}?token={self.token}" + (f"#/tasks/{quote(task, safe='')}" if task else "")

    @property
    def cookie(self) -> str:
        """What the browser is told to keep, so that the token need not stand in addresses."""
        return f"{self._cookie}={self.token}; Path=/; HttpOnly; SameSite=Strict"

    def is_token(self, said: str | None) -> bool:
        """Whether this is the token."""
        return said is not None and hmac.compare_digest(said.encode("utf-8", "replace"), self.token.encode())

    def turn_away(self, headers: Mapping[str, str], said: str | None, *, is_page: bool) -> Turned | None:
        """Why a request is not let in, or None. `said` is a token in the address; only a page may be asked for from elsewhere."""
        if headers.get("Host", "").lower() not in self._addresses:
            return Turned(HTTPStatus.MISDIRECTED_REQUEST, "FOREIGN_HOST", "This server answers to its own address alone.")
        origin = headers.get("Origin")
        is_foreign = origin is not None and origin.lower().removeprefix("http://") not in self._addresses
        if is_foreign or (not is_page and headers.get("Sec-Fetch-Site", "none") not in _OWN_SITES):
            return Turned(HTTPStatus.FORBIDDEN, "FOREIGN_ORIGIN", "This server answers to its own pages alone.")
        if not any(self.is_token(token) for token in (said, self._kept(headers), _bearer(headers))):
            message = "Open the address that `gitledger serve` printed: it holds the token that this server asks for."
            return Turned(HTTPStatus.FORBIDDEN, "TOKEN_MISSING", message)
        return None

    def _kept(self, headers: Mapping[str, str]) -> str | None:
        for part in headers.get("Cookie", "").split(";"):
            name, _, value = part.strip().partition("=")
            if name == self._cookie:
                return value
        return None


def _bearer(headers: Mapping[str, str]) -> str | None:
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
