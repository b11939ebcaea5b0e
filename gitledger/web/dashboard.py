"""What the server answers: its own files, and questions, each by an operation as the command line runs it."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import parse_qs

import msgspec

from gitledger import __version__
from gitledger.errors import LedgerError
from gitledger.store import local
from gitledger.web.door import Door
from gitledger.web.questions import operation_for

_STATIC = Path(__file__).parent / "static"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_JSON = "application/json; charset=utf-8"
_TEXT = "text/plain; charset=utf-8"
# Leases run out and dates fall due while the ledger stands still: an answer is good for so long at most.
_FRESH_S = 60
_MOST_ARGUMENTS = 50
# exit code of a refusal → status of the answer
_STATUS = {
    2: HTTPStatus.BAD_REQUEST,
    3: HTTPStatus.CONFLICT,
    4: HTTPStatus.CONFLICT,
    5: HTTPStatus.NOT_FOUND,
    6: HTTPStatus.SERVICE_UNAVAILABLE,
}


class Request(msgspec.Struct, frozen=True):
    """What came in: a path with its query as sent, and the headers, whose names know no case."""

    target: str
    headers: Mapping[str, str]


class Response(msgspec.Struct, frozen=True):
    """What goes out; `headers` are those of this answer alone."""

    status: HTTPStatus
    body: bytes = b""
    content_type: str = _TEXT
    headers: dict[str, str] = {}


class Place(msgspec.Struct, frozen=True):
    """Where the dashboard looks: a folder, the ledger that was named, and the environment."""

    root: str
    ledger: str | None
    environ: Mapping[str, str]


class Dashboard:
    """Answers requests, one question at a time."""

    def __init__(self, place: Place, door: Door, *, refresh_ms: int, clock: Callable[[], float]) -> None:
        self.door = door
        self._place = place
        self._refresh_ms = refresh_ms
        self._clock = clock
        self._turn = Lock()
        self._files = {path.name: (path.read_bytes(), _TYPES[path.suffix]) for path in _STATIC.iterdir()}

    def answer(self, request: Request) -> Response:
        """The response to a request. Raises a LedgerError that says why there is none."""
        path, _, rest = request.target.partition("?")
        try:
            query = parse_qs(rest, max_num_fields=_MOST_ARGUMENTS, errors="strict")
        except ValueError:
            return refuse(path, HTTPStatus.BAD_REQUEST, "INVALID_INPUT", "The address cannot be understood.")
        said = query.get("token", [None])[0] if path == "/" else None
        turned = self.door.turn_away(request.headers, said, is_page=path == "/")
        if turned is not None:
            return refuse(path, *turned)
        if path.startswith("/api/"):
            return self._ask(path.removeprefix("/api/"), query, request.headers.get("If-None-Match"))
        found = self._files.get("index.html" if path == "/" else path.removeprefix("/static/"))
        if found is None or (path != "/" and not path.startswith("/static/")):
            return refuse(path, HTTPStatus.NOT_FOUND, "NOT_FOUND", "There is no such page.")
        return self._file(*found, request.headers, self.door.is_token(said))

    # ------------------------------------------------------------------ files

    def _file(self, body: bytes, content_type: str, headers: Mapping[str, str], is_greeted: bool) -> Response:
        tag = f'"{sha256(body).hexdigest()[:32]}"'
        own = {"ETag": tag, "Cache-Control": "no-cache"} | ({"Set-Cookie": self.door.cookie} if is_greeted else {})
        if headers.get("If-None-Match") == tag:
            return Response(HTTPStatus.NOT_MODIFIED, headers=own)
        return Response(HTTPStatus.OK, body, content_type, own)

    # ------------------------------------------------------------------ questions

    def _ask(self, name: str, query: dict[str, list[str]], known: str | None) -> Response:
        from gitledger.ledger import open_ledger

        named = query.pop("ledger", None)
        wanted = named[0] if named else self._place.ledger
        with self._turn:
            # Opened anew, so that what others have written, and another branch, is seen.
            ledger = open_ledger(self._place.root, ledger=wanted, environ=self._place.environ, has_terminal=False)
            tag = f'"{self._state(ledger)}"'
            if known == tag:
                return Response(HTTPStatus.NOT_MODIFIED, headers={"ETag": tag})
            with ledger.naming():
                outcome = ledger.run(operation_for(name, query))
        body = {
            "ok": True,
            "ledger": ledger.name,
            "refresh_ms": self._refresh_ms,
            "version": __version__,
            "result": outcome.view,
            "warnings": outcome.warnings,
        }
        return Response(HTTPStatus.OK, msgspec.json.encode(body), _JSON, {"ETag": tag})

    def _state(self, ledger: Any) -> str:
        """What every answer hangs on: the tips, which ledger and task are chosen here, and the minute."""
        minute = int(self._clock() // _FRESH_S)
        pointer = local.read_pointer(ledger.repo, ledger.pointer)
        seen = (__version__, ledger.name, sorted(ledger.repo.ledgers().items()), ledger.repo.branch(), pointer, minute)
        return sha256(msgspec.json.encode(seen)).hexdigest()[:32]


# ---------------------------------------------------------------------------------------------- refusals


def refuse(path: str, status: HTTPStatus, code: str, message: str) -> Response:
    """A refusal of the server itself: a sentence for people, JSON where JSON was asked for."""
    if not path.startswith("/api/"):
        return Response(status, f"{message}\n".encode())
    return _failure(status, {"code": code, "message": message})


def refuse_for(error: LedgerError) -> Response:
    """The refusal of an operation."""
    return _failure(_STATUS.get(error.exit_code, HTTPStatus.INTERNAL_SERVER_ERROR), error.to_dict())


def _failure(status: HTTPStatus, error: dict[str, Any]) -> Response:
    return Response(status, msgspec.json.encode({"ok": False, "error": error}), _JSON)
