"""The two streams of a face: everything made harmless, colour by meaning, tables that fit, a bar that goes away."""

import contextlib
import re
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import IO, Any, NamedTuple

from gitledger.cli.text import clean, display_width, one_line, say, truncate

# Glyphs of our own that a narrow encoding may lack, each with what stands for it there.
_ASCII = str.maketrans({"…": "...", "→": "->", "·": "-", "✓": "x", "✗": "!", "─": "-", "—": "-", "•": "*"})

_STYLES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}

# What a status, a role or a result means, as a colour; what is over and done with is dim.
MEANING = {
    "done": "dim",
    "cancelled": "dim",
    "archived": "dim",
    "dismissed": "dim",
    "superseded": "dim",
    "finished": "dim",
    "draft": "",
    "queue": "",
    "open": "yellow",
    "planning": "cyan",
    "plan_review": "yellow",
    "proposed": "yellow",
    "approved": "green",
    "accepted": "green",
    "implementing": "cyan",
    "running": "cyan",
    "work": "cyan",
    "implemented": "blue",
    "validating": "magenta",
    "review": "magenta",
    "failed_validation": "red",
    "failed": "red",
    "rejected": "red",
    "blocked": "red",
    "broken": "red",
    "fail": "red",
    "error": "red",
    "warn": "yellow",
    "warning": "yellow",
    "pass": "green",
    "passed": "green",
    "ok": "green",
    "answered": "green",
    "yes": "green",
    "no": "yellow",
}


class Styled(NamedTuple):
    """Text with a style name; cleaned like any other text before the colour is put around it."""

    text: str
    style: str


Cell = str | Styled


class Console:
    """Where a face says things: data on `out`, talk on `err`. Colour, width and glyphs follow the terminal."""

    def __init__(self, out: IO[str], err: IO[str], environ: Mapping[str, str], *, json: bool = False) -> None:
        self.out = out
        self.err = err
        self.json = json
        plain = json or bool(environ.get("NO_COLOR")) or environ.get("TERM") == "dumb"
        self.color = not plain and _is_terminal(out)
        self.err_color = not plain and _is_terminal(err)
        self.width = _columns(out, environ)

    @property
    def is_terminal(self) -> bool:
        """Whether what is said is read on a terminal."""
        return _is_terminal(self.out)

    # ------------------------------------------------------------------ saying

    def line(self, *parts: Cell) -> None:
        """One piece of text on stdout, parts joined as they are, and a newline."""
        self._write(self.out, self._join(parts, self.color) + "\n")

    def talk(self, *parts: Cell) -> None:
        """The same on stderr."""
        self._write(self.err, self._join(parts, self.err_color) + "\n")

    def text(self, body: str) -> None:
        """A text of several lines as it is, ending in one newline."""
        if body:
            self.line(body.removesuffix("\n"))

    def heading(self, title: str) -> None:
        """A blank line and a bold heading."""
        self.line()
        self.line(Styled(title, "bold"))

    def fields(self, pairs: Iterable[tuple[str, Any]], *, indent: int = 0) -> None:
        """`key: value` lines with the values aligned; pairs whose value is None or empty are left out."""
        shown = [(key, value) for key, value in pairs if value is not None and value != "" and value != []]
        room = max((display_width(one_line(key)) for key, _ in shown), default=0) + 1
        for key, value in shown:
            label = one_line(key) + ":"
            pad = " " * (room - display_width(label) + 1)
            cell = value if isinstance(value, Styled) else say(value)
            if isinstance(cell, str) and "\n" in cell:
                hang = "\n" + " " * (indent + room + 1)
                cell = hang.join(cell.rstrip("\n").split("\n"))
            self.line(" " * indent, Styled(label, "dim"), pad, cell)

    def table(
        self,
        rows: Sequence[Sequence[Cell | None]],
        headers: Sequence[str] = (),
        *,
        grow: int = -1,
        indent: int = 0,
    ) -> None:
        """Aligned columns; column `grow` (the title) is cut to fit the terminal. Columns empty in all rows vanish."""
        cells = [[_cell(value) for value in row] for row in rows]
        kept = [at for at in range(max(map(len, cells), default=0)) if any(row[at].text for row in cells)]
        lines = [[row[at] for at in kept] for row in cells]
        if headers and lines:
            lines.insert(0, [Styled(headers[at], "dim") for at in kept])
        widths = [max(display_width(row[at].text) for row in lines) for at in range(len(kept))]
        growing = (grow if grow >= 0 else max(kept, default=0) + 1 + grow)
        if self.width and growing in kept:
            at = kept.index(growing)
            room = self.width - indent - sum(widths) - 2 * (len(widths) - 1) + widths[at]
            widths[at] = min(widths[at], max(room, 12))
        for row in lines:
            self._row(row, widths, indent)

    def _row(self, row: Sequence[Styled], widths: Sequence[int], indent: int) -> None:
        parts: list[Cell] = [" " * indent]
        last = max((at for at, cell in enumerate(row) if cell.text), default=-1)
        for at, (cell, width) in enumerate(zip(row, widths, strict=True)):
            if at > last:
                break
            text = truncate(cell.text, width)
            parts.append(Styled(text, cell.style))
            if at < last:
                parts.append(" " * (width - display_width(text) + 2))
        self.line(*parts)

    def status(self, word: str) -> Styled:
        """A status, coloured by what it means."""
        return Styled(word, MEANING.get(word, ""))

    # ------------------------------------------------------------------ progress

    def progress(self, label: str) -> Callable[[int, int], None]:
        """A callback `(done, total)` that draws a bar on stderr: only on a terminal, after 0.3 s, gone at the end."""
        if self.json or not _is_terminal(self.err):
            return lambda done, total: None
        return _Progress(self.err, one_line(label))

    # ------------------------------------------------------------------ writing

    def _join(self, parts: Sequence[Cell], color: bool) -> str:
        made = []
        for part in parts:
            text, style = part if isinstance(part, Styled) else (part, "")
            code = _STYLES.get(style)
            made.append(f"\x1b[{code}m{clean(text)}\x1b[0m" if color and code and text else clean(text))
        return "".join(made)

    def _write(self, stream: IO[str], text: str) -> None:
        encoding = getattr(stream, "encoding", None) or "utf-8"
        try:
            text.encode(encoding)
        except (UnicodeEncodeError, LookupError):
            text = text.translate(_ASCII).encode(encoding, "backslashreplace").decode(encoding)
        with _lost_output():
            stream.write(text)

    def pass_on(self, stream: int, data: bytes) -> None:
        """What a program printed on its output (1) or error (2), as it is; with JSON all of it goes to stderr. Raises OSError."""
        target = self.err if self.json or stream == 2 else self.out
        binary = getattr(target, "buffer", None)
        if binary is None:
            target.write(data.decode("utf-8", "replace"))
            return
        target.flush()
        binary.write(data)
        binary.flush()

    def flush(self) -> None:
        """Hand everything over, so that a reader that went away is noticed here and not at exit."""
        with _lost_output():
            self.out.flush()
            self.err.flush()

    def hush(self) -> None:
        """stdout is gone: send what Python still holds for it nowhere, so that nothing is said at exit."""
        if self.out is sys.stdout:
            with contextlib.suppress(OSError, ValueError):
                hole = os.open(os.devnull, os.O_WRONLY)
                os.dup2(hole, self.out.fileno())
                os.close(hole)

    def json_text(self, text: str) -> None:
        """JSON on stdout, always UTF-8, control and bidirectional characters escaped as JSON escapes them."""
        safe = re.sub("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]", lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"
        binary = getattr(self.out, "buffer", None)
        if binary is None:
            self.out.write(safe)
            return
        with _lost_output():
            self.out.flush()
            binary.write(safe.encode("utf-8", "backslashreplace"))


class OutputLost(Exception):
    """What was said could not be written: a full disk, a closed descriptor."""


@contextlib.contextmanager
def _lost_output() -> Iterator[None]:
    """Tell trouble with the streams apart from trouble with the work. A reader that left stays a BrokenPipeError."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputLost(error.strerror or str(error)) from error


class _Progress:
    """A bar that redraws itself at most ten times a second and clears itself when done."""

    def __init__(self, stream: IO[str], label: str) -> None:
        self.stream = stream
        self.label = label
        self.next: float | None = None
        self.drawn = False

    def __call__(self, done: int, total: int) -> None:
        if done >= total:
            if self.drawn:
                self.stream.write("\r\x1b[K")
                self.stream.flush()
            self.drawn = False
            return
        now = time.monotonic()
        if self.next is None:
            self.next = now + 0.3
        if now < self.next:
            return
        self.next = now + 0.1
        self.drawn = True
        filled = 24 * done // max(total, 1)
        self.stream.write(f"\r{self.label} [{'#' * filled}{'.' * (24 - filled)}] {done}/{total}\x1b[K")
        self.stream.flush()


def _cell(value: Cell | Any) -> Styled:
    if isinstance(value, Styled):
        return Styled(one_line(value.text), value.style)
    return Styled("" if value is None else one_line(say(value)), "")


def _is_terminal(stream: IO[str]) -> bool:
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


def _columns(stream: IO[str], environ: Mapping[str, str]) -> int:
    """The width of the terminal behind `stream`, or 0 where there is none: then nothing is cut."""
    if not _is_terminal(stream):
        return 0
    given = environ.get("COLUMNS", "")
    if given.isdecimal() and int(given) > 0:
        return int(given)
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError, AttributeError):
        return 80


def standard_streams() -> tuple[IO[str], IO[str]]:
    """stdout and stderr; a closed one is a hole, as in a daemon."""
    import io

    return sys.stdout or io.StringIO(), sys.stderr or io.StringIO()
