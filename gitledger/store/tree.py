"""The layout of a ledger's tree (design §3): where a task lives, how files are written, how two trees differ."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pygit2

from gitledger.store.objects import BLOB_MODE, TREE_MODE, TreeEntry, check_whole, differing, read_tree, unreadable

if TYPE_CHECKING:
    from gitledger.store.pack import Pack

BOOK = "book"
LEDGER_FILE = "ledger.json"
SHELVES = ("tasks", "archive")

# From so many files on, they and their folders go into a pack.
_MANY = 1000


def task_directory(number: int, uid: str, archived: bool = False) -> str:
    """`(30, "3f9c2ab1-d0e4-…")` → `tasks/00/0030-3f9c2ab1d0e4`."""
    shelf = SHELVES[1] if archived else SHELVES[0]
    return f"{shelf}/{number // 100:02d}/{number:04d}-{uid_digits(uid)}"


def uid_digits(uid: str) -> str:
    """The first 12 hex digits of a uid, as directory names carry them."""
    return uid.replace("-", "")[:12]


# ---------------------------------------------------------------------------------------------- writing


class _Node:
    """What is to become of one path: a blob, nothing, a grafted tree, or a tree with changed children."""

    __slots__ = ("children", "graft", "blob", "is_deleted")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.graft: pygit2.Oid | None = None
        self.blob: bytes | None = None
        self.is_deleted = False

    def reach(self, path: str) -> "_Node":
        """The node at `path`, made where it is not there yet."""
        node = self
        for part in path.split("/"):
            node = node.children.setdefault(part, _Node())
        return node


def write_tree(
    pg: pygit2.Repository,
    base: pygit2.Oid | None,
    files: Mapping[str, bytes | None],
    moves: Mapping[str, str] = {},
    grafts: Mapping[str, pygit2.Oid] = {},
) -> pygit2.Oid:
    """Write the tree that `base` becomes, rewriting only the folders on the way to a change.

    `moves` takes whole folders from old path to new path by object id, `grafts` puts trees in place by
    path; then `files` sets bytes, or deletes where the value is None. Folders left empty vanish. Raises pygit2 and OS errors of the object database.
    """
    root = _Node()
    moved = {new: _find_folder(pg, base, old) for old, new in moves.items() if old != new}
    for old, new in moves.items():
        if old != new and old not in moved:
            root.reach(old).is_deleted = True
    for new, oid in (moved | dict(grafts)).items():
        root.reach(new).graft = oid
    for path, data in files.items():
        node = root.reach(path)
        node.blob, node.is_deleted = data, data is None
    if len(files) < _MANY:
        written = _write(pg, base, root)
    else:
        from gitledger.store.pack import Pack

        with closing(Pack(pg)) as pack:
            written = _write(pack, base, root)
            pack.finish()
    return written if written is not None else pg.TreeBuilder().write()


def find(pg: pygit2.Repository, root: pygit2.Oid, path: str) -> pygit2.Oid | None:
    """The object at `path` below the tree `root`, or None."""
    entry = find_entry(pg, root, path)
    return entry.oid if entry is not None else None


def find_entry(pg: pygit2.Repository, root: pygit2.Oid, path: str) -> TreeEntry | None:
    """What stands at `path` below the tree `root`, or None."""
    entry = TreeEntry("", TREE_MODE, root)
    for part in path.split("/"):
        found = next((each for each in read_tree(pg, entry.oid) if each.name == part), None) if entry.is_tree else None
        if found is None:
            return None
        entry = found
    return entry


def _find_folder(pg: pygit2.Repository, root: pygit2.Oid | None, path: str) -> pygit2.Oid:
    oid = find(pg, root, path) if root is not None else None
    if oid is None:
        raise unreadable(path, "folder")
    return oid


def _write(into: "pygit2.Repository | Pack", base: pygit2.Oid | None, node: _Node) -> pygit2.Oid | None:
    """The tree that `base` becomes; None when nothing is left in it."""
    base = node.graft or (None if node.is_deleted else base)
    if not node.children:
        return base
    builder = _builder(into, base)
    for name, child in node.children.items():
        entry = builder.get(name)
        if child.blob is not None:
            builder.insert(name, into.create_blob(child.blob), BLOB_MODE)
            continue
        below = entry.id if entry is not None and entry.filemode == TREE_MODE else None
        oid = _write(into, below, child)
        if oid is not None:
            builder.insert(name, oid, TREE_MODE)
        elif entry is not None:
            builder.remove(name)
    return builder.write() if len(builder) else None


def _builder(into: "pygit2.Repository | Pack", base: pygit2.Oid | None) -> Any:
    if base is None:
        return into.TreeBuilder()
    if isinstance(into, pygit2.Repository):
        check_whole(into, base, "tree")
    try:
        return into.TreeBuilder(base)
    except (pygit2.GitError, KeyError, OSError) as error:
        raise unreadable(base, "tree") from error


# ---------------------------------------------------------------------------------------------- reading


def task_directories(pg: pygit2.Repository, root: pygit2.Oid) -> Iterator[tuple[str, pygit2.Oid]]:
    """Every task folder of the ledger tree `root`, live ones first: its path and its tree."""
    for shelf, shelf_oid in _folders(pg, root).items():
        if shelf not in SHELVES:
            continue
        for shard, shard_oid in _folders(pg, shelf_oid).items():
            for name, oid in _folders(pg, shard_oid).items():
                yield f"{shelf}/{shard}/{name}", oid


def changed_directories(
    pg: pygit2.Repository, old: pygit2.Oid | None, new: pygit2.Oid | None
) -> tuple[dict[str, pygit2.Oid], set[str], set[str]]:
    """What differs between two ledger trees, at a cost that follows the difference.

    Returns the task folders that are new or different (path → tree in `new`), those that `new` no longer
    has, and what else differs, as the book or `ledger.json`. A moved task is in both. None stands for an empty tree.
    """
    changed: dict[str, pygit2.Oid] = {}
    gone: set[str] = set()
    before, after = _apart(pg, old, new)
    for shelf in SHELVES:
        _compare(pg, _folder(before, shelf), _folder(after, shelf), shelf, 2, changed, gone)
    return changed, gone, {*before, *after}.difference(SHELVES)


def _compare(
    pg: pygit2.Repository,
    old: pygit2.Oid | None,
    new: pygit2.Oid | None,
    path: str,
    depth: int,
    changed: dict[str, pygit2.Oid],
    gone: set[str],
) -> None:
    if old == new:
        return
    if depth == 0:
        if new is None:
            gone.add(path)
        else:
            changed[path] = new
        return
    before, after = _apart(pg, old, new)
    for name in before.keys() | after.keys():
        _compare(pg, _folder(before, name), _folder(after, name), f"{path}/{name}", depth - 1, changed, gone)


def _apart(
    pg: pygit2.Repository, old: pygit2.Oid | None, new: pygit2.Oid | None
) -> tuple[dict[str, TreeEntry], dict[str, TreeEntry]]:
    """The entries of two trees by name, those left out that both have."""
    if old is not None and new is not None:
        found = differing(pg, old, new)
    else:
        found = tuple([] if oid is None else read_tree(pg, oid) for oid in (old, new))
    before, after = ({entry.name: entry for entry in entries} for entries in found)
    return before, after


def _folder(entries: Mapping[str, TreeEntry], name: str) -> pygit2.Oid | None:
    entry = entries.get(name)
    return entry.oid if entry is not None and entry.is_tree else None


def _folders(pg: pygit2.Repository, oid: pygit2.Oid | None) -> dict[str, pygit2.Oid]:
    """The sub-folders of a tree by name."""
    if oid is None:
        return {}
    return {entry.name: entry.oid for entry in read_tree(pg, oid) if entry.is_tree}
