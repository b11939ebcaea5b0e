"""Merging two tips of the notes ref: the union of the lines of each note, in a commit that follows from its parents alone."""

import re

import pygit2

from gitledger.errors import StorageError
from gitledger.model import merge
from gitledger.store.ancestry import distance, has_only_merges_over
from gitledger.store.merge import merge_commit
from gitledger.store.objects import BLOB_MODE, TREE_MODE, TreeEntry, read_blob, read_commit, read_tree
from gitledger.store.repo import Repository

MAX_NOTE = 1 << 20
MAX_NOTES = 1_000_000
_FAN = re.compile(r"[0-9a-f]{2}")
_LEAF = re.compile(r"[0-9a-f]{38}")
_HEX = re.compile(r"[0-9a-f]+")
_HEX_LENGTH = 40

Notes = dict[str, pygit2.Oid]


def merge_notes(
    repo: Repository, ours: str | None, theirs: str | None, *, are_published: bool = False
) -> str | None:
    """The one merge result of two tips of the notes ref (None: there are none). Writes objects, moves no ref.

    Notes are read in any fan-out and written with one folder of two hex digits. What has not the name of a
    note is left out. Where theirs `are_published`, the result contains them, to be pushed on top of them (see
    `meeting.meet`).
    """
    if ours is None or theirs is None or ours == theirs:
        return ours or theirs
    pg = repo.pg
    mine, other = read_commit(pg, ours), read_commit(pg, theirs)
    apart = distance(pg, ours, theirs)
    if not apart.behind:
        return ours
    if not apart.ahead:
        return theirs
    if mine.tree_id == other.tree_id:
        taken = merge.foremost(ours, theirs, ahead=apart.ahead, behind=apart.behind)
        if taken == theirs or not are_published:
            return taken
        if has_only_merges_over(pg, ours, theirs):
            return theirs
    tree = _unite(pg, mine.tree_id, other.tree_id)
    return merge_commit(pg, tree, merge.parents_of((ours, mine.committer.time), (theirs, other.committer.time)))


def normalise(pg: pygit2.Repository, root: pygit2.Oid) -> pygit2.Oid:
    """The notes in the tree `root`, in whatever fan-out, with one folder of two hex digits."""
    return _unite(pg, root, root)


def _unite(pg: pygit2.Repository, ours: pygit2.Oid, theirs: pygit2.Oid) -> pygit2.Oid:
    mine, other = _fans(pg, ours), _fans(pg, theirs)
    top = pg.TreeBuilder()
    for fan in sorted(mine.keys() | other.keys()):
        here, there = mine.get(fan), other.get(fan)
        if here == there or there is None or here is None:
            subtree = _written(pg, here if here is not None else there)
        else:
            subtree = _written(pg, _lines_united(pg, _leaves(pg, here), _leaves(pg, there)))
        if subtree is not None:
            top.insert(fan, subtree, TREE_MODE)
    return top.write()


def _fans(pg: pygit2.Repository, root: pygit2.Oid) -> dict[str, pygit2.Oid | Notes]:
    """The notes by the first two digits of their commit: a tree of the fixed fan-out by its id, any other read out."""
    found: dict[str, pygit2.Oid | Notes] = {}
    loose: Notes = {}
    for entry in read_tree(pg, root):
        if entry.is_tree and _FAN.fullmatch(entry.name) and _is_fixed(pg, entry):
            found[entry.name] = entry.oid
        else:
            loose |= _walk(pg, entry, "")
    for name, oid in loose.items():
        fan = found.setdefault(name[:2], {})
        if not isinstance(fan, dict):
            fan = found[name[:2]] = _leaves(pg, fan)
        fan[name[2:]] = _union(pg, fan[name[2:]], oid) if name[2:] in fan else oid
    return found


def _is_fixed(pg: pygit2.Repository, fan: TreeEntry) -> bool:
    return all(entry.mode == BLOB_MODE and _LEAF.fullmatch(entry.name) for entry in read_tree(pg, fan.oid))


def _walk(pg: pygit2.Repository, entry: TreeEntry, prefix: str) -> Notes:
    name = prefix + entry.name
    if not _HEX.fullmatch(entry.name) or len(name) > _HEX_LENGTH:
        return {}
    if not entry.is_tree:
        return {name: entry.oid} if len(name) == _HEX_LENGTH and entry.mode == BLOB_MODE else {}
    found: Notes = {}
    for inner in read_tree(pg, entry.oid):
        found |= _walk(pg, inner, name)
        if len(found) > MAX_NOTES:
            raise StorageError(
                f"The notes hold more than {MAX_NOTES} entries.", code="STORAGE_CORRUPTION", hint=("git", "notes", "list")
            )
    return found


def _leaves(pg: pygit2.Repository, fan: "pygit2.Oid | Notes") -> Notes:
    return dict(fan) if isinstance(fan, dict) else {entry.name: entry.oid for entry in read_tree(pg, fan)}


def _lines_united(pg: pygit2.Repository, ours: Notes, theirs: Notes) -> Notes:
    return {
        name: _union(pg, ours[name], theirs[name]) if name in ours and name in theirs else ours.get(name, theirs.get(name))
        for name in ours.keys() | theirs.keys()
    }


def _union(pg: pygit2.Repository, one: pygit2.Oid, other: pygit2.Oid) -> pygit2.Oid:
    """A note with the lines of both, each once, sorted."""
    if one == other:
        return one
    lines: set[bytes] = set()
    for oid in (one, other):
        if pg.odb.read_header(oid)[1] > MAX_NOTE:
            raise StorageError(
                f"The note {oid} is larger than {MAX_NOTE} bytes.",
                code="STORAGE_CORRUPTION",
                hint=("git", "cat-file", "-s", str(oid)),
                details={"object": str(oid)},
            )
        lines |= {line for line in read_blob(pg, oid).split(b"\n") if line.strip()}
    return pg.create_blob(b"".join(line + b"\n" for line in sorted(lines)))


def _written(pg: pygit2.Repository, fan: "pygit2.Oid | Notes | None") -> pygit2.Oid | None:
    if not isinstance(fan, dict):
        return fan
    builder = pg.TreeBuilder()
    for name, oid in fan.items():
        builder.insert(name, oid, BLOB_MODE)
    return builder.write() if len(builder) else None
