"""Moving a ledger's ref: compare-and-swap only, and every reason why git may refuse told apart."""

from collections.abc import Mapping

import os
import time

import pygit2

from gitledger.errors import Conflict, LedgerError, LostRace, StorageError
from gitledger.store.repo import NAMESPACE, Repository, check_ledger_name, ref_of

STALE_AFTER_S = 10.0

# libgit2 raises the same two exception types for a lost race and for a disk that refuses; where the state
# on disk does not tell them apart any more, only the words are left. Checked against libgit2 1.9.
_RACE_WORDS = ("old reference value does not match", "failed to lock file", "failed to create locked file")


def move(
    repo: Repository, ledger: str, expected: str | None, new: str, unmoved: Mapping[str, str | None] = {}
) -> None:
    """Set the ledger's ref to `new` if it is at `expected` (None: not there). Raises LostRace where it is not.

    `unmoved` names other ledgers with their tips: where one of them has moved on, this one stays as well.
    """
    check_ledger_name(ledger)
    ref = ref_of(ledger)
    try:
        if unmoved and expected is not None:
            _move_if(repo, {**unmoved, ledger: expected}, ledger, new)
            return
        if expected is None:
            _create(repo, ledger, new)
            return
        # `set_target` compares with the value that this object was read with.
        found = repo.pg.lookup_reference(ref).resolve()
        if str(found.target) != expected:
            raise LostRace(f"Ledger {ledger} has moved on.")
        found.set_target(new)
    except KeyError as error:
        raise LostRace(f"Ledger {ledger} is not there any more.") from error
    except (pygit2.GitError, OSError) as error:
        for other, tip in unmoved.items():
            if repo.tip(other) == tip and stale_lock(repo, other) is None:
                continue
            raise why(repo, other, tip, error) from error
        raise why(repo, ledger, expected, error) from error


def _move_if(repo: Repository, tips: Mapping[str, str | None], ledger: str, new: str) -> None:
    """Move one ref while all of them are locked: nobody waits for a lock, so that no two can wait for each other."""
    with repo.pg.transaction() as transaction:
        for name in sorted(tips):
            transaction.lock_ref(ref_of(name))
        for name, tip in tips.items():
            if repo.tip(name) != tip:
                raise LostRace(f"Ledger {name} has moved on.")
        transaction.set_target(ref_of(ledger), new)


def _create(repo: Repository, ledger: str, new: str) -> None:
    """Make a ref that is not there. `references.create(force=False)` looks before it locks, and so lets two through."""
    ref = ref_of(ledger)
    with repo.pg.transaction() as transaction:
        transaction.lock_ref(ref)
        if repo.pg.references.get(ref) is not None:
            raise LostRace(f"Ledger {ledger} is there already.")
        blocking = in_the_way(repo, ledger)
        if blocking is not None:
            raise name_clash(ledger, blocking)
        transaction.set_target(ref, new)


def why(repo: Repository, ledger: str, expected: str | None, error: Exception) -> LedgerError:
    """What stood in the way of the ref: another ledger's name, another writer, a lock left behind, or the disk."""
    if repo.tip(ledger) != expected:
        return LostRace(f"Ledger {ledger} has moved on.")
    blocking = in_the_way(repo, ledger)
    if blocking is not None:
        return name_clash(ledger, blocking)
    stale = stale_lock(repo, ledger)
    if stale is not None:
        return lock_error(ledger, *stale)
    folder = _existing_folder(os.path.dirname(_ref_path(repo, ledger)))
    is_race = any(words in str(error) for words in _RACE_WORDS) or isinstance(error, pygit2.AlreadyExistsError)
    if is_race and os.access(folder, os.W_OK):
        return LostRace(f"Another writer holds ledger {ledger}.")
    return StorageError(
        f"The ref {ref_of(ledger)} could not be moved, and nothing changed: {error}.",
        code="WRITE_FAILED",
        hint=("git", "count-objects", "-v"),
        remediation=(f"Check free space and permissions of {folder}, then try again.",),
        details={"ref": ref_of(ledger), "folder": folder},
    )


def in_the_way(repo: Repository, ledger: str) -> str | None:
    """The ledger whose name is a folder of this one's, or the other way round; a ref cannot be both."""
    for name in repo.ledgers():
        if name.startswith(ledger + "/") or ledger.startswith(name + "/"):
            return name
    return None


def name_clash(ledger: str, blocking: str) -> Conflict:
    """The refusal of a name that git cannot hold beside that of the ledger `blocking`."""
    free_name = blocking.replace("/", "-") if "/" in blocking else f"{blocking}-ledger"
    return Conflict(
        f"Ledger {ledger} cannot be there beside ledger {blocking}: git cannot hold both names.",
        code="NAME_CLASH",
        hint=("gitledger", "ledger", "rename", blocking, free_name),
        details={"ledger": ledger, "in_the_way": blocking},
    )


def stale_lock(repo: Repository, ledger: str) -> tuple[str, float] | None:
    """The ledger's `.lock` file and its age in seconds, if it is older than any living writer would leave it."""
    path = _ref_path(repo, ledger) + ".lock"
    try:
        age = time.time() - os.stat(path).st_mtime
    except OSError:
        return None
    return (path, age) if age > STALE_AFTER_S else None


def lock_error(ledger: str, path: str, age: float) -> StorageError:
    """The error for a `.lock` file that a killed process left."""
    return StorageError(
        f"Ledger {ledger} is locked by {path}, {int(age)} seconds old; a process that was killed has probably left it.",
        code="LOCKED",
        hint=("git", "for-each-ref", NAMESPACE.rstrip("/")),
        remediation=(
            "See that no git or gitledger process is at work in this repository.",
            f"Then delete the file by hand: {path}",
        ),
        details={"lock": path, "age_s": int(age)},
    )


def _ref_path(repo: Repository, ledger: str) -> str:
    return os.path.join(repo.common_dir, *ref_of(ledger).split("/"))


def _existing_folder(path: str) -> str:
    while not os.path.isdir(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    return path
