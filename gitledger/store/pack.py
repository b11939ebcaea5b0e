"""Many objects at once, in one pack: a loose file for each would cost ten times as much to write, and git would tidy them up."""

from collections.abc import Iterable
from hashlib import sha1
from typing import BinaryIO, NamedTuple

import os
import struct
import tempfile
import zlib

import pygit2

from gitledger.store.objects import TREE_MODE, object_folders, read_tree

_TYPES = {"tree": 2, "blob": 3}
_FAST = 1  # git packs anew, and better, when it tidies up


class _Held(NamedTuple):
    """An entry of a tree that is being built, as `pygit2.TreeBuilder.get` answers it."""

    id: pygit2.Oid
    filemode: int


class _Place(NamedTuple):
    """Where an object lies in the pack."""

    digest: bytes
    offset: int
    checksum: int


class Pack:
    """Takes blobs and trees as a `pygit2.Repository` does, by the same names; nothing is there before `finish`.

    Leave it with `close` in any case.
    """

    def __init__(self, pg: pygit2.Repository) -> None:
        self._pg = pg
        self._folder = os.path.join(object_folders(pg.path)[0], "pack")
        os.makedirs(self._folder, exist_ok=True)
        descriptor, self._path = tempfile.mkstemp(prefix="tmp_pack_", dir=self._folder)
        self._file: BinaryIO = os.fdopen(descriptor, "w+b", buffering=1 << 20)
        self._file.write(_header(0))
        self._offset = len(_header(0))
        self._known: dict[bytes, pygit2.Oid] = {}
        self._places: list[_Place] = []

    def create_blob(self, data: bytes) -> pygit2.Oid:
        """Take a blob in."""
        return self._add("blob", data)

    def TreeBuilder(self, base: pygit2.Oid | None = None) -> "_Tree":  # noqa: N802 (as pygit2 calls it)
        """A tree to be built, which begins with the entries of `base`."""
        return _Tree(self, {} if base is None else {e.name: _Held(e.oid, e.mode) for e in read_tree(self._pg, base)})

    def _add(self, kind: str, data: bytes) -> pygit2.Oid:
        digest = sha1(b"%s %d\0" % (kind.encode(), len(data)) + data, usedforsecurity=False).digest()
        if digest not in self._known:
            packed = _entry_header(_TYPES[kind], len(data)) + zlib.compress(data, _FAST)
            self._file.write(packed)
            self._places.append(_Place(digest, self._offset, zlib.crc32(packed)))
            self._offset += len(packed)
            self._known[digest] = pygit2.Oid(raw=digest)
        return self._known[digest]

    def finish(self) -> None:
        """Put the pack, and then its index, in place: all objects are there, or none. Raises OSError."""
        self._file.seek(0)
        self._file.write(_header(len(self._places)))
        digest = self._digest()
        self._file.seek(0, os.SEEK_END)
        self._file.write(digest)
        _settle(self._file)
        name = os.path.join(self._folder, f"pack-{digest.hex()}")
        os.replace(self._path, f"{name}.pack")
        descriptor, path = tempfile.mkstemp(prefix="tmp_idx_", dir=self._folder)
        with os.fdopen(descriptor, "wb") as file:
            file.write(_index(self._places, digest))
            _settle(file)
        os.replace(path, f"{name}.idx")

    def _digest(self) -> bytes:
        self._file.seek(0)
        found = sha1(usedforsecurity=False)
        while piece := self._file.read(1 << 20):
            found.update(piece)
        return found.digest()

    def close(self) -> None:
        """Let go of what was not put in place."""
        self._file.close()
        if os.path.exists(self._path):
            os.unlink(self._path)


class _Tree:
    """What `pygit2.TreeBuilder` does for a repository."""

    def __init__(self, pack: Pack, entries: dict[str, _Held]) -> None:
        self._pack = pack
        self._entries = entries

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, name: str) -> _Held | None:
        return self._entries.get(name)

    def insert(self, name: str, oid: pygit2.Oid, mode: int) -> None:
        self._entries[name] = _Held(oid, mode)

    def remove(self, name: str) -> None:
        del self._entries[name]

    def write(self) -> pygit2.Oid:
        named = ((os.fsencode(name), held) for name, held in self._entries.items())
        # git compares the name of a folder as if it ended in a slash.
        ordered = sorted(named, key=lambda one: one[0] + b"/" if one[1].filemode == TREE_MODE else one[0])
        return self._pack._add("tree", b"".join(b"%o %s\0" % (held.filemode, name) + held.id.raw for name, held in ordered))


def _settle(file: BinaryIO) -> None:
    """On the disk, and not to be written again: one wait for many objects."""
    file.flush()
    os.fsync(file.fileno())
    os.fchmod(file.fileno(), 0o444)


def _header(objects: int) -> bytes:
    return b"PACK" + struct.pack(">II", 2, objects)


def _entry_header(kind: int, size: int) -> bytes:
    """Type and size, seven bits a byte but for the first, which has four of the size."""
    found = bytearray()
    byte, size = kind << 4 | size & 15, size >> 4
    while size:
        found.append(byte | 0x80)
        byte, size = size & 0x7F, size >> 7
    found.append(byte)
    return bytes(found)


def _index(places: Iterable[_Place], pack: bytes) -> bytes:
    """The index of a pack, in version 2 of its format (gitformat-pack(5)); a pack here is far below 2 GiB."""
    ordered = sorted(places)
    counts = [0] * 256
    for place in ordered:
        counts[place.digest[0]] += 1
    totals, total = [], 0
    for many in counts:
        total += many
        totals.append(total)
    body = b"\377tOc" + struct.pack(">I256I", 2, *totals)
    body += b"".join(place.digest for place in ordered)
    body += struct.pack(f">{total}I", *(place.checksum for place in ordered))
    body += struct.pack(f">{total}I", *(place.offset for place in ordered)) + pack
    return body + sha1(body, usedforsecurity=False).digest()
