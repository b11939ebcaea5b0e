"""Local state that no other clone sees: which task is active in which session or work tree."""

import os

from typing import Any

from msgspec import MsgspecError, json

from gitledger.errors import StorageError
from gitledger.model.texts import encode_name
from gitledger.store.repo import Repository

MAX_POINTER = 1 << 20


def session_key(session: str) -> str:
    """The pointer key of a session."""
    return f"session-{session}"


def worktree_key(repo: Repository) -> str:
    """The pointer key of this work tree."""
    return f"worktree-{os.path.relpath(repo.git_dir, repo.common_dir)}"


def read_pointer(repo: Repository, key: str) -> dict[str, Any] | None:
    """What `write_pointer` kept under `key`: ledger name → {uid, reason, at}; None where nothing is readable."""
    try:
        with open(_path(repo, key), "rb") as file:
            value = json.decode(file.read(MAX_POINTER))
    except (OSError, MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def pointer_keys(repo: Repository) -> list[str]:
    """Every key under which something is kept."""
    from urllib.parse import unquote

    try:
        names = os.listdir(os.path.join(repo.local_dir, "pointers"))
    except OSError:
        return []
    keys = [unquote(name.removesuffix(".json")) for name in names if name.endswith(".json")]
    # A name that was too long to be encoded whole leads back to no key.
    return sorted(key for key in keys if encode_name(key) + ".json" in names)


def write_pointer(repo: Repository, key: str, value: dict[str, Any] | None) -> None:
    """Keep `value` under `key`, or forget the key; a reader sees the old value or the new one, never a part."""
    path = _path(repo, key)
    try:
        if value is None:
            _forget(path)
        else:
            _replace(path, json.encode(value))
    except OSError as error:
        raise StorageError(
            f"The active task could not be remembered: {error.strerror}.",
            code="WRITE_FAILED",
            hint=("gitledger", "task", "active"),
            remediation=(f"Check free space and permissions of {repo.local_dir}, or name the task with --task.",),
            details={"path": path},
        ) from error


def _path(repo: Repository, key: str) -> str:
    return os.path.join(repo.local_dir, "pointers", encode_name(key) + ".json")


def _forget(path: str) -> None:
    try:
        os.unlink(path)
    except (FileNotFoundError, NotADirectoryError):
        return


def _replace(path: str, data: bytes) -> None:
    import tempfile  # slow to import, and reading needs none of it

    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".pointer-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except OSError:
        _forget(temporary)
        raise
