"""The files of the hooks: put into a folder, recognised there, and taken away again, so that what was there before is never lost."""

from typing import Literal

import os

from msgspec import Struct

from gitledger.errors import Conflict, StorageError
from gitledger.ops._hook_views import HOOKS

# What the hooks read beside them.
SHARED = ("gitledger.sh", "gitledger-message.sh")
MARK = b"# gitledger hook, version "
ASIDE = ".before-gitledger"
# The SHA-256 of every file that was ever shipped: by these a file is known to be ours and untouched. Only add to them.
SHIPPED: frozenset[str] = frozenset(
    {
        # version 1
        "3e11a21146252f9ad8996e75af38a1c66991553c783e72722ccdae5ce8c3f054",  # commit-msg
        "8a475653a15f3c117ea8d7819461927c0fa7f5d59a398e46148c9e5d40fee911",  # gitledger-message.sh
        "4a8b04909453c4decf9e2d0e999a3dbeb13fcf2863438340151ab910749157b5",  # gitledger.sh
        "1b9917a6b1799a078eb4bc38c37659651d5fbc8263d3a016bcb48441693656cb",  # post-checkout
        "642fe55c26d1839a720ebcb1529be9b4755582ad503245b2a15b6c1771cf2d45",  # post-commit
        "96efdccb6bb12906aac123be5e064b8fdb6a859f384be3a6ba12e09456229787",  # post-merge
        "39506afed4f5f0c0b54396dd5f3036428a40aa06b9c9039579d2477c7434c3ff",  # post-rewrite
        "c214686d34b821b4057c999bac2076d1d80d01860738018a5a96252bad7e610a",  # pre-commit
        "49dd392619dfe11dd1a87a8195961a7bf25f9c5a7cbec4ab5ae8b89067a86551",  # pre-push
        "16a22c69aaaa7b9f28c6d0869a676f30894a5b4f7b1846c701bbc5c3beea75e5",  # prepare-commit-msg
    }
)

State = Literal["absent", "current", "former", "changed", "foreign"]


class Found(Struct, frozen=True):
    """A hook's file: `former` is of another version of ours, `changed` was ours until somebody edited it. `aside`: the one moved away."""

    path: str
    state: State
    aside: str | None

    @property
    def is_ours(self) -> bool:
        """Whether it is a file of ours, edited or not."""
        return self.state in ("current", "former", "changed")


def shims_folder() -> str:
    """The folder of the hooks that this gitledger brings along: in the package, or beside it where it runs from its sources."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    installed = os.path.join(package, "_hooks")
    return installed if os.path.isdir(installed) else os.path.join(os.path.dirname(package), "hooks")


def shipped(name: str) -> bytes:
    """The bytes of a file that we bring along."""
    path = os.path.join(shims_folder(), name)
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise StorageError(
            f"gitledger was installed without its hooks: {path} cannot be read.", code="INCOMPLETE", hint=("gitledger", "version")
        ) from error


def inspect(folder: str, name: str) -> Found:
    """What is in the place of a file of ours."""
    path = os.path.join(folder, name)
    aside = path + ASIDE
    return Found(path, _state(path, name), aside if os.path.lexists(aside) else None)


def _state(path: str, name: str) -> State:
    if not os.path.lexists(path):
        return "absent"
    data = read(path)
    if data is None or os.path.islink(path):
        return "foreign"
    if data == shipped(name):
        return "current"
    from hashlib import sha256

    if sha256(data).hexdigest() in SHIPPED:
        return "former"
    return "changed" if any(line.startswith(MARK) for line in data.split(b"\n", 3)[:3]) else "foreign"


def read(path: str) -> bytes | None:
    """The bytes of a hook, at most a MiB; None where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(1 << 20)
    except OSError:
        return None


# ---------------------------------------------------------------------------------------------- writing


def refuse_crowded(folder: str, names: list[str]) -> None:
    """Refuse where a hook of somebody else has come into the place of ours, and the one before it still lies aside."""
    for name in names:
        found = inspect(folder, name)
        if found.state == "foreign" and found.aside is not None:
            raise Conflict(
                f"{found.path} and {found.aside} are both there, and neither is gitledger's: make one of the two.",
                code="HOOK_IN_THE_WAY",
                hint=("gitledger", "hooks", "status"),
                details={"hook": name, "paths": [found.path, found.aside]},
            )


def put(folder: str, name: str) -> Literal["installed", "updated", "unchanged", "changed_by_hand"]:
    """Put our file in place; a foreign one is moved aside first, and at no moment is there none.

    A file of ours that somebody has edited stays.
    """
    found = inspect(folder, name)
    if found.state == "changed":
        return "changed_by_hand"
    if found.state == "current" and (name not in HOOKS or os.access(found.path, os.X_OK)):
        return "unchanged"
    temporary = os.path.join(folder, f".gitledger-{os.getpid()}")
    _remove(temporary)
    try:
        _write(temporary, shipped(name), 0o777 if name in HOOKS else 0o666)
        if found.state == "foreign":
            _keep(found.path, found.path + ASIDE)
        os.replace(temporary, found.path)
    except OSError as error:
        _remove(temporary)
        raise _not_writable(found.path, error) from error
    return "installed" if found.state in ("absent", "foreign") else "updated"


def take_away(folder: str, name: str) -> Literal["removed", "restored", "changed_by_hand"] | None:
    """Remove our file, and put back the one that was moved aside; None where there is neither. What is not ours stays."""
    found = inspect(folder, name)
    if found.state == "changed":
        return "changed_by_hand"
    if found.state == "foreign" or found.state == "absent" and found.aside is None:
        return None
    try:
        if found.aside is not None:
            os.replace(found.aside, found.path)
        else:
            os.unlink(found.path)
    except OSError as error:
        raise _not_writable(found.path, error) from error
    return "restored" if found.aside is not None else "removed"


def make_folder(folder: str) -> None:
    """Make the folder of the hooks where it is not there."""
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise _not_writable(folder, error) from error


def _write(path: str, data: bytes, mode: int) -> None:
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def _keep(path: str, aside: str) -> None:
    try:
        os.link(path, aside, follow_symlinks=False)
    except FileExistsError:
        raise  # Somebody else is just installing.
    except (OSError, NotImplementedError):
        # Not every file system has hard links, or lets symbolic ones have any.
        os.rename(path, aside)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return


def _not_writable(path: str, error: OSError) -> StorageError:
    return StorageError(
        f"{path} could not be written: {error.strerror}.",
        code="WRITE_FAILED",
        hint=("gitledger", "hooks", "status"),
        details={"path": path},
    )
