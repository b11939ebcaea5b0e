"""Text that a command reads from a file or standard input, and text that it writes to a named file."""

import os
from typing import IO

from gitledger.errors import InvalidInput

LIMIT = 256 * 1024


class Inputs:
    """Files named on the command line, relative to `base`; standard input, which can be read once."""

    def __init__(self, base: str, stdin: IO[bytes] | None) -> None:
        self.base = base
        self._stdin = stdin
        self._stdin_taken_by: str | None = None

    def read(self, path: str, option: str, limit: int = LIMIT) -> str:
        """The text of `path`, or of standard input for `-`. LF line ends, no byte order mark, at most `limit` bytes."""
        data = self._standard_input(option, limit) if path == "-" else self._file(path, option, limit)
        return decode(data, path, option, limit)

    @property
    def is_piped(self) -> bool:
        """Whether a program or a file, and nobody at a terminal, is on standard input."""
        return self._stdin is not None and not self._stdin.isatty()

    def _standard_input(self, option: str, limit: int) -> bytes:
        if self._stdin_taken_by is not None:
            taken = self._stdin_taken_by
            raise InvalidInput(f"Standard input can be read once: {taken} has it, {option} wants it too.")
        self._stdin_taken_by = option
        if self._stdin is None:
            raise InvalidInput(f"{option} reads standard input, and there is none.")
        return self._stdin.read(limit + 1)

    def _file(self, path: str, option: str, limit: int) -> bytes:
        try:
            with open(os.path.join(self.base, path), "rb") as file:
                return file.read(limit + 1)
        except FileNotFoundError:
            raise InvalidInput(f"{option}: there is no file {path!r}.", details={"path": path}) from None
        except IsADirectoryError:
            raise InvalidInput(f"{option}: {path!r} is a directory, not a file.", details={"path": path}) from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InvalidInput(f"{option}: cannot read {path!r}: {reason}.", details={"path": path}) from None


def decode(data: bytes, path: str, option: str, limit: int = LIMIT) -> str:
    """`data` as text, or a refusal that names the path."""
    name = "standard input" if path == "-" else repr(path)
    if len(data) > limit:
        raise InvalidInput(f"{option}: {name} is larger than {limit >> 10} KiB.", details={"path": path, "limit": limit})
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{option}: {name} is not UTF-8 text (byte {error.start})."
        raise InvalidInput(message, details={"path": path}) from None
    return text.replace("\r\n", "\n")


def refuse_existing(base: str, path: str) -> None:
    """Refuse before anything happens when the file to be written is there already."""
    if path != "-" and os.path.lexists(os.path.join(base, path)):
        raise _exists(path)


def write_output(base: str, path: str, text: str, *, overwrite: bool) -> None:
    """Write `text` to `path`. A different file that is there already stays, unless `overwrite`."""
    target = os.path.join(base, path)
    data = text.encode("utf-8", "surrogatepass")
    try:
        if not overwrite and os.path.lexists(target):
            if os.path.isfile(target) and _content(target) == data:
                return
            raise _exists(path)
        with open(target, "wb" if overwrite else "xb") as file:
            file.write(data)
    except FileExistsError:
        raise _exists(path) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInput(f"Cannot write {path!r}: {reason}.", code="CANNOT_WRITE", details={"path": path}) from None


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _exists(path: str) -> InvalidInput:
    return InvalidInput(
        f"{path!r} is there already and differs; it was left as it is.",
        code="FILE_EXISTS",
        remediation=("Name another path, or pass --overwrite.",),
        details={"path": path},
    )
