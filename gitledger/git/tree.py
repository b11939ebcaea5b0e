"""Which tree committing now would give, and what changed since an earlier one: computed by git, in an index of our own.

One `git status` finds out what differs from HEAD; only that is hashed (or, where it takes an index to do so, added in a
small one of our own) and put into HEAD's tree. Where nothing differs the answer is `HEAD^{tree}`; in states that this
does not cover (a merge, a sparse checkout, no index, very many changes) git adds everything in a copy of the whole index.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING

import os
import shutil
import time

from msgspec import Struct

from gitledger.errors import StorageError
from gitledger.git.runner import Git

if TYPE_CHECKING:
    from gitledger.git import retree

_PREFIX = "tree-"
_ABANDONED_S = 86400
_KEPT_S = 30 * 86400
# Beyond so many paths git is faster when it looks everywhere itself.
_MANY = 1000
_SETTINGS = (
    # Nothing here lives long enough to be compressed, flushed or shared.
    "core.looseCompression=0",
    "core.fsync=none",
    "core.splitIndex=false",
    # No daemon is asked or started, no complaint about line ends stops us.
    "core.fsmonitor=false",
    "core.safecrlf=false",
    "advice.addEmbeddedRepo=false",
)
_ALONE = {"GIT_NO_LAZY_FETCH": "1", "GIT_LITERAL_PATHSPECS": "1"}


class _Work(Struct):
    """What `git status` says: tracked paths that differ on disk, untracked ones, and whether the index differs from HEAD."""

    changed: list[bytes]
    untracked: list[bytes]
    is_staged: bool


def tree_ids(repo: Git, *, keep: bool = False, timeout: float = 120) -> tuple[str, str | None]:
    """`(tree, tree_all)` of design §4: with every tracked change committed, and with untracked, not ignored files too.

    `tree_all` is None where git cannot add everything (an unreadable file, a nested repository without
    commits). The user's index and object store are read only. In a bare repository both are HEAD's tree.
    `keep`: tree objects (no file's content) that only we have made stay among gitledger's own files for a
    month, so that `changed_since` can name what changed.
    """
    if repo.work_tree is None:
        tree = _head_tree(repo)
        return tree, tree
    trees = _kept_trees(repo) if keep else None
    return _by_difference(repo, trees, timeout) or _by_looking_everywhere(repo, trees, timeout)


def changed_since(repo: Git, trees: Sequence[str], *, timeout: float = 120) -> dict[str, list[str]]:
    """The files whose content differs between each of `trees` (ids, or `HEAD`) and what is on disk now, in order.

    Untracked, not ignored files count. A tree that is not known in this clone is left out.
    """
    if repo.work_tree is None:
        return {}
    with _scratch(repo, None) as scratch:
        _add_rest(repo, scratch, _add_tracked(repo, scratch, timeout), timeout)
        found: dict[str, list[str]] = {}
        for name in dict.fromkeys(trees):
            said = _differences(repo, scratch, name, timeout)
            if said is not None:
                found[name] = [os.fsdecode(path) for path in said.split(b"\0") if path]
        return found


def _differences(repo: Git, scratch: "_Scratch", tree: str, timeout: float) -> bytes | None:
    options = ("--cached", "--name-only", "--no-renames", "--no-ext-diff", "-z")
    try:
        return repo.run("diff-index", *options, tree, "--", settings=_SETTINGS, extra=scratch.environ, timeout=timeout)
    except StorageError as error:
        if error.code != "GIT_FAILED":
            raise
        return None


# ---------------------------------------------------------------------------------------------- what differs


def _by_difference(repo: Git, kept: str | None, timeout: float) -> tuple[str, str | None] | None:
    """Both trees as HEAD's with what differs; None in a state that this does not cover."""
    if not _is_covered(repo):
        return None
    from gitledger.git import retree

    with retree.Trees(repo) as trees:
        said = repo.run("status", *retree.STATUS, settings=_SETTINGS, extra=_ALONE, timeout=timeout)
        work, head = retree.read_status(said), trees.head()
        if head is None or work.is_odd or len(work) > _MANY or _is_folder(repo, work.removed):
            return None
        if not len(work):
            return head.decode(), head.decode()
        try:
            return _changed_trees(repo, work, trees, head, kept, timeout)
        except (ValueError, StorageError):
            return None  # a file has come or gone in between, or cannot be read: git must look for itself


def _is_covered(repo: Git) -> bool:
    """Whether there is an index, and every tracked file is to be on the disk, attributes of others among them."""
    has_index = os.path.exists(os.path.join(repo.git_dir, "index"))
    return has_index and not os.path.exists(os.path.join(repo.git_dir, "info", "sparse-checkout"))


def _is_folder(repo: Git, paths: list[bytes]) -> bool:
    """Whether a folder took the place of a tracked file: what is in it `git status` does not tell."""
    assert repo.work_tree is not None
    return any(os.path.isdir(os.path.join(os.fsencode(repo.work_tree), path)) for path in paths)


def _changed_trees(
    repo: Git, work: "retree.Work", trees: "retree.Trees", head: bytes, kept: str | None, timeout: float
) -> tuple[str, str | None]:
    from gitledger.git import hashing, retree

    added: dict[bytes, retree.Entry] | None = {}
    if work.changed or work.untracked:
        added = hashing.hashed(repo, work, trees, _SETTINGS, timeout)
        if added is None:
            added = _added(repo, work, trees.id_length, timeout)
    on_disk = {**dict.fromkeys(work.removed), **{path: added.get(path) for path in work.changed}}
    tracked = [*work.staged.items(), *on_disk.items()]
    tree = tree_all = trees.changed(head, tracked)
    if work.untracked:
        tree_all = trees.changed(head, [*tracked, *added.items()])
    if kept is not None:
        with suppress(OSError):
            retree.write_loose(kept, trees.made)
    return tree.decode(), tree_all.decode()


def _added(repo: Git, work: "retree.Work", id_length: int, timeout: float) -> "dict[bytes, retree.Entry]":
    """The entries that changed and untracked paths get from `git add`, in a small index with nothing else."""
    from gitledger.git import retree

    with _scratch(repo, None, copies_index=False) as scratch:
        retree.write_index(scratch.index, work.changed, id_length)
        words = ("add", "-A", "--pathspec-from-file=-", "--pathspec-file-nul")
        paths = b"\0".join([*work.changed, *work.untracked])
        settings = (*_SETTINGS, "index.version=2")
        repo.run(*words, stdin=paths, settings=settings, extra=scratch.environ | _ALONE, timeout=timeout)
        return retree.read_index(scratch.index, id_length)


# ---------------------------------------------------------------------------------------------- all there is


class _Scratch(Struct, frozen=True):
    """An index and an object folder of our own. `environ` is for adding, `writing` for making trees."""

    index: str
    environ: dict[str, str]
    writing: dict[str, str]


def _by_looking_everywhere(repo: Git, trees: str | None, timeout: float) -> tuple[str, str | None]:
    """Both trees, whatever differs."""
    with _scratch(repo, trees) as scratch:
        tree = _add_tracked(repo, scratch, timeout)
        return tree, _add_rest(repo, scratch, tree, timeout)


def _add_tracked(repo: Git, scratch: _Scratch, timeout: float) -> str:
    if not os.path.exists(scratch.index) and _has_head(repo):
        repo.run("read-tree", "HEAD", settings=_SETTINGS, extra=scratch.environ, timeout=timeout)
    repo.run("add", "-u", settings=_SETTINGS, extra=scratch.environ, timeout=timeout)
    return _write_tree(repo, scratch, timeout)


def _add_rest(repo: Git, scratch: _Scratch, tree: str, timeout: float) -> str | None:
    before = _stamp(scratch.index)
    try:
        repo.run("add", "-A", settings=_SETTINGS, extra=scratch.environ, timeout=timeout)
    except StorageError as error:
        if error.code != "GIT_FAILED":
            raise
        return None
    return tree if _stamp(scratch.index) == before else _write_tree(repo, scratch, timeout)


def _write_tree(repo: Git, scratch: _Scratch, timeout: float) -> str:
    # In a partial clone, objects that nobody has fetched are not looked for over the network.
    said = repo.run("write-tree", "--missing-ok", settings=_SETTINGS, extra=scratch.writing, timeout=timeout)
    return said.decode().strip()


# ---------------------------------------------------------------------------------------------- places of our own


@contextmanager
def _scratch(repo: Git, trees: str | None, *, copies_index: bool = True) -> Iterator[_Scratch]:
    """A copy of the index, and an object folder that borrows from the real one; `trees` is where trees are to stay."""
    with _folder(repo) as folder:
        index = os.path.join(folder, "index")
        if copies_index:
            with suppress(FileNotFoundError):
                # With its time: git takes an entry for possibly changed when the file is not older than the index.
                shutil.copy2(os.path.join(repo.git_dir, "index"), index)
        common = {"GIT_INDEX_FILE": index, "GIT_NO_LAZY_FETCH": "1"}
        # Every folder and file less counts: on some disks each costs as much as a process.
        lenders = b":".join(map(_c_quoted, _lenders(repo, _trees_folder(repo))))
        adding = {**common, "GIT_OBJECT_DIRECTORY": folder, "GIT_ALTERNATE_OBJECT_DIRECTORIES": os.fsdecode(lenders)}
        yield _Scratch(index, adding, adding if trees is None else {**common, "GIT_OBJECT_DIRECTORY": trees})


def _borrow(repo: Git, objects: str) -> None:
    """Make an object folder that finds in the repository's what it lacks."""
    os.makedirs(os.path.join(objects, "info"), exist_ok=True)
    with open(os.path.join(objects, "info", "alternates"), "wb") as file:
        file.write(b"".join(_c_quoted(lender) + b"\n" for lender in _lenders(repo)))


def _lenders(repo: Git, *others: str) -> list[str]:
    """The object folders in which to look: the repository's, and `others` where they are."""
    return [os.path.join(repo.common_dir, "objects"), *filter(os.path.isdir, others)]


def _trees_folder(repo: Git) -> str:
    return os.path.join(repo.common_dir, "gitledger", "trees")


def _kept_trees(repo: Git) -> str | None:
    """The object folder of trees that are kept, without those older than a month; None where it cannot be written."""
    folder = _trees_folder(repo)
    try:
        swept = os.path.join(folder, "swept")
        now = time.time()
        if os.path.exists(swept) and now - os.stat(swept).st_mtime > _ABANDONED_S:
            _remove_old(folder, now - _KEPT_S)
        _borrow(repo, folder)
        if not os.path.exists(swept) or now - os.stat(swept).st_mtime > _ABANDONED_S:
            with open(swept, "wb"):
                pass
    except OSError:
        return None
    return folder


def _remove_old(folder: str, before: float) -> None:
    """Remove the objects that were written before that time."""
    with os.scandir(folder) as fans:
        for fan in fans:
            if len(fan.name) != 2 or not fan.is_dir(follow_symlinks=False):
                continue
            with os.scandir(fan.path) as objects:
                for found in objects:
                    if found.stat(follow_symlinks=False).st_mtime < before:
                        os.unlink(found.path)


def _stamp(index: str) -> tuple[int, ...] | None:
    """What changes when git writes an index: it makes a new file and renames it."""
    try:
        found = os.stat(index)
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _c_quoted(path: str) -> bytes:
    escaped = os.fsencode(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + escaped + b'"'


def _folder(repo: Git) -> AbstractContextManager[str]:
    """A folder of our own, in the repository where that can be written, else where the system keeps such."""
    import tempfile  # slow to import, and where nothing differs no file is made

    home = os.path.join(repo.common_dir, "gitledger")
    try:
        os.makedirs(home, exist_ok=True)
        _remove_abandoned(home)
        return tempfile.TemporaryDirectory(prefix=_PREFIX, dir=home, ignore_cleanup_errors=True)
    except OSError:
        return tempfile.TemporaryDirectory(prefix="gitledger-", ignore_cleanup_errors=True)


def _remove_abandoned(home: str) -> None:
    """Remove what a killed process left a day ago or longer."""
    with os.scandir(home) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX) and time.time() - entry.stat().st_mtime > _ABANDONED_S:
                shutil.rmtree(entry.path, ignore_errors=True)


def _has_head(repo: Git) -> bool:
    return bool(repo.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}", accept=(0, 1)).strip())


def _head_tree(repo: Git) -> str:
    found = repo.run("rev-parse", "--verify", "--quiet", "HEAD^{tree}", accept=(0, 1)).decode().strip()
    # Without a commit, the empty tree in the repository's own hash; hashed, not written.
    return found or repo.run("hash-object", "-t", "tree", "--stdin", stdin=b"").decode().strip()
