"""Reading an export, of which nothing is believed: names, sizes and digests are held against its manifest, and that against limits."""

from collections.abc import Callable, Iterator
from typing import IO, Any, NamedTuple, NoReturn

import os
import stat

import msgspec
from msgspec import Struct

from gitledger.errors import InvalidInput, StorageError
from gitledger.sync.exportfile import FOLDER, KIND, MANIFEST, PATH, VERSION, Manifest, digest_of

MAX_FILES = 1_000_000
MAX_FILE = 64 << 20
MAX_TOTAL = 1 << 30
MAX_MANIFEST = 192 << 20


class Export(Struct, frozen=True):
    """What was read, every file as the manifest says: path in the ledger's tree → bytes."""

    manifest: Manifest
    files: dict[str, bytes]


class _Member(NamedTuple):
    """A file that is on offer; `read` gives at most the bytes that `size` promises."""

    name: str
    size: int
    read: Callable[[], bytes]


def refuse(why: str) -> NoReturn:
    """Raise the refusal of a file that is no sound export."""
    raise StorageError(
        f"This is no sound export, and nothing was changed: {why}.",
        code="STORAGE_CORRUPTION",
        hint=("gitledger", "import", "--help"),
        remediation=("Ask who made it to export it again, and compare the digests of the two files.",),
    )


def read_export(path: str) -> Export:
    """Read an export, a file or a folder. Raises StorageError where anything about it is not as it must be."""
    if os.path.isdir(path):
        return _collect(_in_folder(path))
    import gzip
    import tarfile
    import zlib

    try:
        with open(path, "rb") as source, gzip.GzipFile(fileobj=source) as packed:
            with tarfile.open(fileobj=_Bounded(packed), mode="r:") as tar:
                return _collect(_in_tar(tar))
    except (tarfile.TarError, zlib.error, EOFError, OSError, RecursionError, ValueError) as error:
        refuse(f"it cannot be read as a compressed tar ({error})")


def _in_tar(tar: Any) -> Iterator[_Member]:
    import tarfile

    for info in tar:
        if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or info.issparse():
            refuse(f"{info.name[:200]!a} in it is no plain file")
        yield _Member(info.name, info.size, lambda info=info: tar.extractfile(info).read())


class _Bounded:
    """A stream that gives neither much at once nor without end, for a few bytes may unpack into any number."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source = source

    def read(self, size: int = -1) -> bytes:
        self._check(max(size, 0))
        if not 0 <= size <= MAX_MANIFEST:
            refuse("a part of it is larger than any may be")
        return self.source.read(size)

    def seek(self, place: int, whence: int = 0) -> int:
        self._check(0 if whence else place - self.source.tell())
        return self.source.seek(place, whence)

    def tell(self) -> int:
        return self.source.tell()

    def _check(self, more: int) -> None:
        if self.source.tell() + more > 2 * MAX_TOTAL:
            refuse(f"it unpacks into more than {2 * MAX_TOTAL} bytes")


def _in_folder(folder: str) -> Iterator[_Member]:
    """The files of a folder, the manifest first; links are not followed."""
    yield _file(folder, MANIFEST)
    pending = [FOLDER]
    while pending:
        below = pending.pop()
        try:
            entries = sorted(os.scandir(os.path.join(folder, below)), key=lambda entry: entry.name)
        except OSError as error:
            refuse(f"its folder {below!a} cannot be read ({error.strerror})")
        for entry in entries:
            name = below + entry.name
            if entry.is_dir(follow_symlinks=False):
                if name.count("/") > 5:
                    refuse(f"{name!a} lies too deep")
                pending.append(name + "/")
            else:
                yield _file(folder, name)


def _file(folder: str, name: str) -> _Member:
    path = os.path.join(folder, name)
    try:
        state = os.lstat(path)
    except OSError as error:
        refuse(f"{name!a} in it cannot be read ({error.strerror})")
    if not stat.S_ISREG(state.st_mode):
        refuse(f"{name!a} in it is no plain file")
    return _Member(name, state.st_size, lambda: _read(path, state.st_size))


def _read(path: str, size: int) -> bytes:
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        refuse(f"{path!a} cannot be read ({error.strerror})")
    with open(file, "rb") as source:
        return source.read(size + 1)


def _collect(members: Iterator[_Member]) -> Export:
    """Everything on offer, held against the manifest, which comes first."""
    first = next(members, None)
    if first is None or first.name != MANIFEST:
        refuse(f"it does not begin with {MANIFEST}")
    manifest = _manifest(first)
    files: dict[str, bytes] = {}
    for member in members:
        path = member.name.removeprefix(FOLDER)
        listed = manifest.files.get(path)
        if path == member.name or listed is None:
            refuse(f"its manifest does not know {member.name[:200]!a}")
        if path in files:
            refuse(f"{path!a} is in it twice")
        if member.size != listed.size:
            refuse(f"{path!a} has {member.size} bytes, and the manifest says {listed.size}")
        data = member.read()
        if digest_of(data) != listed.sha256:
            refuse(f"{path!a} has another digest than the manifest says")
        files[path] = data
    missing = manifest.files.keys() - files.keys()
    if missing:
        refuse(f"{min(missing)!a} is missing")
    return Export(manifest, files)


def _manifest(member: _Member) -> Manifest:
    if member.size > MAX_MANIFEST:
        refuse(f"its manifest has {member.size} bytes")
    raw = member.read()
    try:
        kind = msgspec.json.decode(raw, type=_Kind)
        if kind.kind == KIND and kind.version > VERSION:
            raise StorageError(
                f"This export has version {kind.version}; this version of gitledger reads up to {VERSION}.",
                code="UPGRADE_REQUIRED",
                hint=("gitledger", "version"),
                remediation=("Upgrade gitledger, then try again.",),
            )
        if kind.kind != KIND:
            _refuse_other(kind.kind)
        manifest = msgspec.json.decode(raw, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        refuse(f"its manifest cannot be read ({error})")
    for path, listed in manifest.files.items():
        if not PATH.fullmatch(path):
            refuse(f"{path[:200]!a} is not the name of a file of a ledger")
        if not 0 <= listed.size <= MAX_FILE:
            refuse(f"{path!a} is to have {listed.size} bytes; {MAX_FILE} are allowed")
    if len(manifest.files) > MAX_FILES or sum(listed.size for listed in manifest.files.values()) > MAX_TOTAL:
        refuse(f"it holds more than {MAX_FILES} files, or more than {MAX_TOTAL} bytes")
    return manifest


class _Kind(Struct, frozen=True):
    kind: str = ""
    version: int = 0


def _refuse_other(kind: str) -> NoReturn:
    if kind == "taskledger_archive":
        raise InvalidInput(
            "This is an export of taskledger, which loses todos, requirements and handoffs; import the project itself: "
            "gitledger import --from taskledger PROJECT.",
            hint=("gitledger", "import", "--help"),
        )
    refuse(f"its manifest is one of {kind[:60]!a}")
