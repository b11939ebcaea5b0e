"""Commits of the source code through libgit2, without starting git: who, when, what it says, and which paths it changed."""

from datetime import UTC, datetime
from typing import NamedTuple

import re

import pygit2
from pygit2.enums import DiffOption

from gitledger.errors import StorageError
from gitledger.model import ids
from gitledger.store.moves import last_move
from gitledger.store.objects import TREE_MODE, check_whole, read_commit, read_tree
from gitledger.store.repo import Repository

MAX_MESSAGE = 64 << 10
MAX_PATHS = 100
MAX_SIZE = 4 << 20
_KIND_BITS = 0o170000
_LINK_TO_COMMIT = 0o160000

# Encodings that people use for commit messages. Not every name that Python knows: some are slow, some no text.
_ENCODING = re.compile(
    r"(?i)utf-?8|latin-?1|us-ascii|iso-?8859-?\d+|(?:cp|windows-?)\d+"
    r"|euc-?\w\w|shift_?jis|gbk|gb18030|gb2312|big5|koi8-?[ru]"
)


class Author(NamedTuple):
    """Who wrote a commit and when, UTC."""

    name: str
    email: str
    at: str


class Change(NamedTuple):
    """A path that differs. Ids are those of blobs, or of a submodule's commit; None where there is none."""

    path: str
    kind: str
    before: str | None
    after: str | None
    old_path: str | None = None


class Side(NamedTuple):
    """What lies at a path on one side of a comparison."""

    mode: int
    oid: pygit2.Oid


Sides = dict[str, tuple[Side | None, Side | None]]


def message_of(commit: pygit2.Commit) -> str:
    """The message as valid Unicode, at most 64 KiB of it."""
    encoding = commit.message_encoding or "utf-8"
    if not _ENCODING.fullmatch(encoding):
        encoding = "utf-8"
    raw = commit.raw_message[:MAX_MESSAGE]
    try:
        return raw.decode(encoding, "replace").strip("\n")
    except LookupError:
        return raw.decode("utf-8", "replace").strip("\n")


def author_of(commit: pygit2.Commit) -> Author:
    """The author."""
    who = commit.author
    return Author(who.raw_name.decode("utf-8", "replace"), who.raw_email.decode("utf-8", "replace"), time_of(who.time))


def time_of(seconds: int) -> str:
    """Seconds since 1970 as events write a time; the epoch where the calendar has no such day."""
    try:
        return ids.format_time(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, ValueError, OSError):
        return "1970-01-01T00:00:00.000000Z"


def find_commit(repo: Repository, commit: str) -> pygit2.Commit | None:
    """The commit of this whole id; None where this repository has none."""
    try:
        return read_commit(repo.pg, commit)
    except StorageError:
        return None


def amended(repo: Repository, commit: str) -> str | None:
    """The commit that `git commit --amend` has just replaced by `commit`, as HEAD's reflog tells; None otherwise."""
    move = last_move(repo.git_dir, "HEAD")
    return move.old if move is not None and move.new == commit and move.what.startswith("commit (amend)") else None


# ---------------------------------------------------------------------------------------------- changed paths


def changed_paths(repo: Repository, commit: pygit2.Commit, limit: int = MAX_PATHS) -> tuple[list[Change], int, str]:
    """The first paths that a commit changed, in order, how many there are, and git's short statistic of them.

    Of a merge only what differs from every parent counts. Lines are counted, and renamed files found by
    likeness, where there are at most `limit` paths and 4 MiB; beyond, only moved files with the same content are
    renames. Raises StorageError where an object is missing.
    """
    pg = repo.pg
    parents = [read_commit(pg, oid) for oid in commit.parent_ids]
    sides = _differences(pg, parents[0].tree_id if parents else None, commit.tree_id)
    for parent in parents[1:]:
        other = _differences(pg, parent.tree_id, commit.tree_id)
        sides = {path: both for path, both in sides.items() if path in other}
    if len(parents) < 2 and len(sides) <= limit and _size(pg, sides) <= MAX_SIZE:
        counted = _counted(pg, parents[0].tree_id if parents else None, commit.tree_id)
        if counted is not None:
            return counted[0][:limit], len(counted[0]), counted[1]
    found = _renames_by_content(sides)
    return found[:limit], len(found), f" {_files(len(found))} changed" if found else ""


def _differences(pg: pygit2.Repository, old: pygit2.Oid | None, new: pygit2.Oid | None) -> Sides:
    """What differs between two trees, by path in git's order; folders are gone into only where they differ."""
    found: Sides = {}
    # A list and not a recursion: folders may lie deeper than Python goes.
    waiting: list[tuple[str, pygit2.Oid | None, pygit2.Oid | None]] = [("", old, new)]
    while waiting:
        prefix, one, other = waiting.pop()
        before = {entry.name: entry for entry in read_tree(pg, one)} if one is not None else {}
        after = {entry.name: entry for entry in read_tree(pg, other)} if other is not None else {}
        for name in before.keys() | after.keys():
            mine, theirs = before.get(name), after.get(name)
            if mine is not None and theirs is not None and mine[1:] == theirs[1:]:
                continue
            folders = [entry.oid if entry is not None and entry.mode == TREE_MODE else None for entry in (mine, theirs)]
            files = [
                Side(entry.mode, entry.oid) if entry is not None and entry.mode != TREE_MODE else None
                for entry in (mine, theirs)
            ]
            if any(folder is not None for folder in folders):
                waiting.append((f"{prefix}{name}/", folders[0], folders[1]))
            if any(file is not None for file in files):
                found[prefix + name] = (files[0], files[1])
    return dict(sorted(found.items()))


def _renames_by_content(sides: Sides) -> list[Change]:
    """The changes, a file that went and one of the same content that came taken together."""
    gone: dict[pygit2.Oid, str] = {}
    for path, (before, after) in sides.items():
        if before is not None and after is None:
            gone.setdefault(before.oid, path)
    found, moved = [], set()
    for path, (before, after) in sides.items():
        old = gone.pop(after.oid, None) if before is None and after is not None else None
        if old is not None and after is not None:
            moved.add(old)
            found.append(Change(quoted(path), "rename", str(after.oid), str(after.oid), quoted(old)))
        else:
            found.append(Change(quoted(path), _kind(before, after), _id(before), _id(after)))
    return [change for change in found if change.kind != "delete" or change.path not in map(quoted, moved)]


def _kind(before: Side | None, after: Side | None) -> str:
    if before is None:
        return "add"
    if after is None:
        return "delete"
    return "edit" if before.mode & _KIND_BITS == after.mode & _KIND_BITS else "type"


def _id(side: Side | None) -> str | None:
    return str(side.oid) if side is not None else None


def _size(pg: pygit2.Repository, sides: Sides) -> int:
    """How many bytes a comparison of these files would read; more than allowed where one of them is not here."""
    total = 0
    for both in sides.values():
        for side in both:
            if side is None or side.mode == _LINK_TO_COMMIT:
                continue
            try:
                check_whole(pg, side.oid, "blob")
                total += pg.odb.read_header(side.oid)[1]
            except (StorageError, pygit2.GitError, KeyError, OSError):
                return MAX_SIZE + 1
    return total


_FLAGS = DiffOption.INCLUDE_TYPECHANGE
_KINDS = {"A": "add", "M": "edit", "D": "delete", "R": "rename", "C": "add", "T": "type"}


def _counted(pg: pygit2.Repository, old: pygit2.Oid | None, new: pygit2.Oid) -> tuple[list[Change], str] | None:
    """The changes as `git show` finds them, and their statistic. Every object has been looked at before."""
    try:
        tree = pg[new]
        diff = pg[old].diff_to_tree(tree, _FLAGS) if old is not None else tree.diff_to_tree(flags=_FLAGS, swap=True)
        diff.find_similar()
        stats = diff.stats
        deltas = list(diff.deltas)
    except (pygit2.GitError, KeyError, OSError):
        return None
    found = []
    for delta in deltas:
        kind = _KINDS.get(delta.status_char(), "edit")
        before, after = delta.old_file, delta.new_file
        found.append(
            Change(
                path=quoted_bytes(after.raw_path),
                kind=kind,
                before=None if kind == "add" else str(before.id),
                after=None if kind == "delete" else str(after.id),
                old_path=quoted_bytes(before.raw_path) if kind == "rename" else None,
            )
        )
    return found, short_stat(stats.files_changed, stats.insertions, stats.deletions)


def _files(many: int) -> str:
    return f"{many} file" if many == 1 else f"{many} files"


def short_stat(files: int, insertions: int, deletions: int) -> str:
    """As `git diff --shortstat` prints it."""
    if not files:
        return ""
    said = [f" {_files(files)} changed"]
    if insertions or not deletions:
        said.append(f"{insertions} insertion{'' if insertions == 1 else 's'}(+)")
    if deletions or not insertions:
        said.append(f"{deletions} deletion{'' if deletions == 1 else 's'}(-)")
    return ", ".join(said)


# ---------------------------------------------------------------------------------------------- paths as text


_ESCAPES = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}


def quoted(path: str) -> str:
    """A path decoded with surrogate escapes as text that JSON can hold."""
    return quoted_bytes(path.encode("utf-8", "surrogateescape"))


def quoted_bytes(path: bytes) -> str:
    """The path itself where it is UTF-8 without control characters, else in quotes as git prints it (core.quotePath)."""
    try:
        text = path.decode()
    except UnicodeDecodeError:
        text = None
    if text is not None and not any(byte < 32 or byte == 127 or byte == 34 for byte in path) and "\\" not in text:
        return text
    said = [
        _ESCAPES[byte] if byte in _ESCAPES else f"\\{byte:03o}" if byte < 32 or byte >= 127 else chr(byte)
        for byte in path
    ]
    return '"' + "".join(said) + '"'
