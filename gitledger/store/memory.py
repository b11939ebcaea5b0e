"""What this clone remembers of a remote between two syncs: local state, never shared (design §6)."""

from typing import Any

import os
import tempfile

from msgspec import MsgspecError, Struct, field, json

from gitledger.errors import StorageError
from gitledger.model.texts import encode_name
from gitledger.store.repo import Repository

_MAX_MEMORY = 1 << 22


class Memory(Struct, omit_defaults=True):
    """What this clone remembers of a remote; losing it costs time, and the notice that a ledger has gone from there.

    `known`: the tip of each ledger when it was last there; `checked`: the last tip that was found to be sound.
    `namespace` is where the remote kept them, `has_company` whether the last sync brought in what others had done.
    """

    namespace: str = ""
    last_sync: str | None = None
    known: dict[str, str] = field(default_factory=dict)
    checked: dict[str, str] = field(default_factory=dict)
    has_company: bool = False


_decoder: json.Decoder[Memory] = json.Decoder(Memory)


def recall(repo: Repository, remote: str) -> Memory:
    """What is remembered of a remote; nothing where the file cannot be read."""
    try:
        with open(_path(repo, remote), "rb") as file:
            return _decoder.decode(file.read(_MAX_MEMORY))
    except (OSError, MsgspecError, UnicodeDecodeError, RecursionError):
        return Memory()


def remember(repo: Repository, remote: str, memory: Memory) -> None:
    """Keep the memory of a remote; a reader sees the old one or the new one. Raises StorageError where the disk refuses."""
    path = _path(repo, remote)
    folder = os.path.dirname(path)
    temporary: Any = None
    try:
        os.makedirs(folder, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".remote-")
        with os.fdopen(handle, "wb") as file:
            file.write(json.encode(memory))
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
        raise StorageError(
            f"What was seen of {remote} could not be remembered: {error.strerror}.",
            code="WRITE_FAILED",
            hint=("gitledger", "where"),
            remediation=(f"Check free space and permissions of {folder}.",),
            details={"path": path},
        ) from error


def _path(repo: Repository, remote: str) -> str:
    return os.path.join(repo.local_dir, "remotes", encode_name(remote) + ".json")
