"""A tree with a few entries changed: which differ `git status` says, their blobs come of `git add` in a small index, the rest stays.

Only the folders on the way to a changed entry are read and hashed, so that the cost follows what differs and not the
size of the repository.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

import hashlib
import os
import struct
import zlib

from msgspec import Struct

from gitledger.git.runner import Git

STATUS = ("--porcelain=v2", "-z", "--untracked-files=normal", "--ignored=no", "--ignore-submodules=dirty", "--no-renames")
TREE = b"40000"
_ENTRY = struct.Struct(">10L")
_STAGES, _EXTENDED, _NAME = 0x3000, 0x4000, 0x0FFF

# Mode as a tree spells it, and object id in hex; None: no such entry.
Entry = tuple[bytes, bytes] | None
Entries = Mapping[bytes, Entry]


class Work(Struct):
    """What differs: `staged` entries of the index against HEAD; tracked paths that are otherwise on disk (`changed`, with
    the entry of the index, and `modes` on disk) or gone (`removed`); untracked paths, folders with a final slash.
    `is_odd`: a state that only git itself resolves.
    """

    staged: dict[bytes, Entry]
    changed: dict[bytes, Entry]
    removed: list[bytes]
    untracked: list[bytes]
    is_odd: bool = False
    modes: dict[bytes, bytes] = {}

    def __len__(self) -> int:
        return len(self.staged) + len(self.changed) + len(self.removed) + len(self.untracked)


def read_status(said: bytes) -> Work:
    """What `git status` with the options `STATUS` has printed."""
    work = Work({}, {}, [], [])
    for record in said.split(b"\0"):
        kind, _, rest = record.partition(b" ")
        if kind == b"?":
            work.untracked.append(rest)
        elif kind == b"1":
            states, _, _, mode, on_disk, _, blob, path = rest.split(b" ", 7)
            entry = (mode, blob) if mode.strip(b"0") else None
            if states[:1] != b".":
                work.staged[path] = entry
            if states[1:] == b"D":
                work.removed.append(path)
                # Of a file of attributes that is gone from the disk, git reads what the index has.
                work.is_odd |= path.rpartition(b"/")[2] == b".gitattributes"
            elif states[1:] != b".":
                work.changed[path] = entry
                work.modes[path] = on_disk
        elif kind:
            work.is_odd = True
    return work


# ---------------------------------------------------------------------------------------------- a small index


def write_index(path: str, entries: Mapping[bytes, Entry], id_length: int) -> None:
    """An index with these entries and no times, so that git looks into every file (gitformat-index(5), version 2)."""
    present = sorted((name, entry) for name, entry in entries.items() if entry is not None)
    data = b"DIRC" + struct.pack(">LL", 2, len(present))
    for name, (mode, blob) in present:
        fixed = _ENTRY.pack(0, 0, 0, 0, 0, 0, int(mode, 8), 0, 0, 0) + bytes.fromhex(blob.decode())
        entry = fixed + struct.pack(">H", min(len(name), _NAME)) + name
        data += entry + b"\0" * (8 - len(entry) % 8)
    with open(path, "wb") as file:
        file.write(data + _digest(id_length, data))


def read_index(path: str, id_length: int) -> dict[bytes, Entry]:
    """The entries of an index of version 2 or 3. Raises ValueError for another, or for an unmerged one."""
    with open(path, "rb") as file:
        data = file.read()
    version, count = struct.unpack(">LL", data[4:12])
    if data[:4] != b"DIRC" or version not in (2, 3):
        raise ValueError("an index of another version")
    found: dict[bytes, Entry] = {}
    at = 12
    for _ in range(count):
        mode = _ENTRY.unpack_from(data, at)[6]
        names = at + _ENTRY.size + id_length
        flags = struct.unpack_from(">H", data, names)[0]
        if flags & _STAGES:
            raise ValueError("an unmerged index")
        start = names + (4 if flags & _EXTENDED else 2)
        end = data.index(b"\0", start)
        found[data[start:end]] = (b"%o" % mode, data[names - id_length : names].hex().encode())
        at += (end - at) // 8 * 8 + 8
    return found


def _digest(id_length: int, data: bytes) -> bytes:
    """The digest that names objects in this repository, which is no matter of security here."""
    return hashlib.new("sha1" if id_length == 20 else "sha256", data, usedforsecurity=False).digest()


# ---------------------------------------------------------------------------------------------- folders


class _Node:
    """What is to be changed in one folder: entries by name, and further folders by name."""

    def __init__(self) -> None:
        self.entries: dict[bytes, Entry] = {}
        self.folders: dict[bytes, _Node] = {}

    def put(self, path: bytes, entry: Entry) -> None:
        node = self
        *folders, name = path.split(b"/")
        for folder in folders:
            node = node.folders.setdefault(folder, _Node())
        node.entries[name] = entry


class Trees:
    """Reads tree objects, first HEAD's, with one `git cat-file --batch`, and remembers those that are made."""

    def __init__(self, repo: Git) -> None:
        self.made: dict[bytes, bytes] = {}
        self.id_length = 20
        self._known: dict[bytes, dict[bytes, Entry]] = {}
        self._reader = repo.open("cat-file", "--batch", extra={"GIT_NO_LAZY_FETCH": "1"})
        # Asked at once: git starts up and answers while others work.
        self._ask(b"HEAD^{tree}")

    def __enter__(self) -> "Trees":
        return self

    def __exit__(self, *error: object) -> None:
        """End the reader."""
        for stream in (self._reader.stdin, self._reader.stdout):
            assert stream is not None
            with suppress(BrokenPipeError):
                stream.close()
        self._reader.wait()

    def head(self) -> bytes | None:
        """The id of HEAD's tree, in hex; None before the first commit."""
        return self._answer()

    def blob(self, name: bytes) -> bytes | None:
        """The bytes of a blob; None where it is not here."""
        self._ask(name)
        return self._said(b"blob")[1]

    def changed(self, tree: bytes | None, changes: Iterable[tuple[bytes, Entry]]) -> bytes:
        """The id of `tree` with the entries at these paths set, or taken out where they are None."""
        root = _Node()
        for path, entry in changes:
            root.put(path, entry)
        return self._rebuilt(tree, root) or self._make({})

    def _rebuilt(self, tree: bytes | None, node: _Node) -> bytes | None:
        """The tree with what `node` says; None when nothing is left in it."""
        entries = dict(self._entries(tree)) if tree is not None else {}
        for name, folder in node.folders.items():
            held = entries.get(name)
            inner = self._rebuilt(held[1] if held is not None and held[0] == TREE else None, folder)
            if inner is not None:
                entries[name] = (TREE, inner)
            elif _is_folder(held):
                del entries[name]
        for name, entry in node.entries.items():
            if entry is not None:
                entries[name] = entry
            elif not _is_folder(entries.get(name)):  # a file that gave way to a folder of its name is gone already
                entries.pop(name, None)
        return self._make(entries) if entries else None

    def _make(self, entries: Mapping[bytes, Entry]) -> bytes:
        def order(item: tuple[bytes, Entry]) -> bytes:
            return item[0] + b"/" if _is_folder(item[1]) else item[0]

        data = b"".join(
            b"%s %s\0%s" % (entry[0], name, bytes.fromhex(entry[1].decode()))
            for name, entry in sorted(entries.items(), key=order)
            if entry is not None
        )
        made = _digest(self.id_length, b"tree %d\0" % len(data) + data).hex().encode()
        self.made[made] = data
        return made

    def _entries(self, tree: bytes) -> dict[bytes, Entry]:
        if tree not in self._known:
            self._ask(tree)
            if self._answer() is None:
                raise ValueError(f"the tree {tree.decode()} is not here")
        return self._known[tree]

    def _ask(self, name: bytes) -> None:
        assert self._reader.stdin is not None
        with suppress(BrokenPipeError):  # then there is no answer either
            self._reader.stdin.write(name + b"\n")
            self._reader.stdin.flush()

    def _answer(self) -> bytes | None:
        """The id of the tree that was asked for; None where there is no such tree."""
        tree, data = self._said(b"tree")
        if data is None:
            return None
        self.id_length = len(tree) // 2
        self._known[tree] = dict(_parsed(data, self.id_length))
        return tree

    def _said(self, wanted: bytes) -> tuple[bytes, bytes | None]:
        """The id of the object that was asked for, and its bytes; None where there is none of this type."""
        stdout = self._reader.stdout
        assert stdout is not None
        name, kind, size = (stdout.readline().split() + [b"", b"", b""])[:3]
        data = stdout.read(int(size) + 1)[:-1] if size.isdigit() else None
        return name, data if kind == wanted else None


def _is_folder(entry: Entry) -> bool:
    return entry is not None and entry[0] == TREE


def _parsed(data: bytes, id_length: int) -> Iterator[tuple[bytes, Entry]]:
    at = 0
    while at < len(data):
        space, end = data.index(b" ", at), data.index(b"\0", at)
        yield data[space + 1 : end], (data[at:space], data[end + 1 : end + 1 + id_length].hex().encode())
        at = end + 1 + id_length


def write_loose(folder: str, trees: Mapping[bytes, bytes]) -> None:
    """Keep tree objects in an object folder, as git keeps loose ones. Raises OSError."""
    for tree, data in trees.items():
        name = tree.decode()
        fan = os.path.join(folder, name[:2])
        path = os.path.join(fan, name[2:])
        if os.path.exists(path):
            os.utime(path)
            continue
        os.makedirs(fan, exist_ok=True)
        temporary = os.path.join(fan, f"tmp-{os.getpid()}-{name[2:]}")
        with open(temporary, "wb") as file:
            file.write(zlib.compress(b"tree %d\0" % len(data) + data, 1))
        os.replace(temporary, path)
