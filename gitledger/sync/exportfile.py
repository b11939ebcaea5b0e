"""An export by file: the ledger's own files behind a manifest of their sizes and digests, as a tar or as a folder.

The same state of a ledger gives the same bytes, whoever writes them and when.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

import os
import re

import msgspec
from msgspec import Struct

from gitledger.errors import InvalidInput, StorageError

KIND = "gitledger_archive"
VERSION = 1
MANIFEST = "manifest.json"
FOLDER = "ledger/"

PATH = re.compile(r"(?:[A-Za-z0-9_%-][A-Za-z0-9._%-]{0,254}/){0,4}[A-Za-z0-9_%-][A-Za-z0-9._%-]{0,254}")


class ListedFile(Struct, frozen=True):
    """What the manifest says of one file: its size in bytes and the SHA-256 of its bytes in hex digits."""

    size: int
    sha256: str


class Counts(Struct, frozen=True):
    """How much an export holds: tasks (archived ones too), events (the book's too), files."""

    tasks: int
    events: int
    files: int


class Manifest(Struct, frozen=True, kw_only=True):
    """The first file of an export. `uid` is the ledger's; `scope` says whether all of it is here, or some tasks alone."""

    kind: str
    version: int
    uid: str
    format: int
    fold: int
    scope: Literal["ledger", "tasks"]
    counts: Counts
    files: dict[str, ListedFile]


def digest_of(data: bytes) -> str:
    """The SHA-256 of bytes in hex digits."""
    from hashlib import sha256

    return sha256(data).hexdigest()


# ---------------------------------------------------------------------------------------------- writing


def write_archive(path: str, manifest: Manifest, files: Iterable[tuple[str, bytes]]) -> None:
    """Write an export as `path`, a compressed tar, complete or not at all."""
    import gzip
    import tarfile

    temporary = f"{path}.{os.getpid()}.partial"
    try:
        with open(temporary, "xb") as out:
            with (
                gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as packed,
                tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
            ):
                for name, data in _named(manifest, files):
                    _add(tar, name, data)
        os.replace(temporary, path)
    except OSError as error:
        raise _not_written(path, error) from error
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def _add(tar: Any, name: str, data: bytes) -> None:
    import io
    import tarfile

    info = tarfile.TarInfo(name)  # its other fields: plain file, mode 644, no owner, the time 0
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def write_folder(folder: str, manifest: Manifest, files: Iterable[tuple[str, bytes]]) -> None:
    """Write an export as the files of a folder that is not there yet."""
    try:
        os.makedirs(folder)
        for name, data in _named(manifest, files):
            path = os.path.join(folder, *name.split("/"))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "xb") as out:
                out.write(data)
    except OSError as error:
        raise _not_written(folder, error) from error


def _named(manifest: Manifest, files: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    yield MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
    for path, data in files:
        if not PATH.fullmatch(path):
            raise StorageError(
                f"{path!a} is not the name of a file of a ledger, and is not written to disk.",
                code="STORAGE_CORRUPTION",
                hint=("gitledger", "verify"),
            )
        yield FOLDER + path, data


def _not_written(path: str, error: OSError) -> InvalidInput:
    return InvalidInput(f"{path!r} could not be written: {error.strerror or error}.")
