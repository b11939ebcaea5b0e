"""Which tree committing now would give: computed by git in an index and an object folder of our own, both thrown away."""

import os
import shutil
import tempfile
import time

from gitledger.errors import StorageError
from gitledger.git.runner import Git

_PREFIX = "tree-"
_ABANDONED_S = 86400
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


def tree_ids(repo: Git, *, timeout: float = 120) -> tuple[str, str | None]:
    """`(tree, tree_all)` of design §4: with every tracked change committed, and with untracked, not ignored files too.

    `tree_all` is None where git cannot add everything (an unreadable file, a nested repository without
    commits). The user's index and object store are read only. In a bare repository both are HEAD's tree.
    """
    if repo.work_tree is None:
        tree = _head_tree(repo)
        return tree, tree
    with _scratch(repo) as folder:
        extra = _prepare(repo, folder)

        def git(*args: str) -> str:
            return repo.run(*args, settings=_SETTINGS, extra=extra, timeout=timeout).decode().strip()

        if not os.path.exists(extra["GIT_INDEX_FILE"]) and _has_head(repo):
            git("read-tree", "HEAD")
        git("add", "-u")
        # In a partial clone, objects that nobody has fetched are not looked for over the network.
        tree = git("write-tree", "--missing-ok")
        before = _stamp(extra["GIT_INDEX_FILE"])
        try:
            git("add", "-A")
        except StorageError as error:
            if error.code != "GIT_FAILED":
                raise
            return tree, None
        if _stamp(extra["GIT_INDEX_FILE"]) == before:
            return tree, tree
        return tree, git("write-tree", "--missing-ok")


def _prepare(repo: Git, folder: str) -> dict[str, str]:
    """Fill the scratch folder: a copy of the index, and an object folder that borrows from the real one."""
    index = os.path.join(folder, "index")
    try:
        # With its time: git takes an entry for possibly changed when the file is not older than the index.
        shutil.copy2(os.path.join(repo.git_dir, "index"), index)
    except FileNotFoundError:
        pass
    objects = os.path.join(folder, "objects")
    os.makedirs(os.path.join(objects, "info"))
    with open(os.path.join(objects, "info", "alternates"), "wb") as file:
        file.write(_c_quoted(os.path.join(repo.common_dir, "objects")) + b"\n")
    return {"GIT_INDEX_FILE": index, "GIT_OBJECT_DIRECTORY": objects, "GIT_NO_LAZY_FETCH": "1"}


def _stamp(index: str) -> tuple[int, int] | None:
    """What changes when git writes an index: it makes a new file and renames it."""
    try:
        found = os.stat(index)
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


def _c_quoted(path: str) -> bytes:
    escaped = os.fsencode(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + escaped + b'"'


def _scratch(repo: Git) -> tempfile.TemporaryDirectory[str]:
    """A folder of our own, in the repository where that can be written, else where the system keeps such."""
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
