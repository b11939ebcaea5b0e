"""The refs that carry a ledger's name: local, fetched from a remote, in the trash; and giving a name another one or up."""

import pygit2

from gitledger.errors import Conflict, LostRace, StorageError
from gitledger.store import refs
from gitledger.store.repo import Repository, check_ledger_name, ref_of
from gitledger.store.tracking import TRACKING, refs_below

TRASH = "refs/taskledger-trash/"


def tracked_ledgers(repo: Repository) -> dict[tuple[str, str], str]:
    """What the remotes' ledgers were when last fetched: (remote, ledger) → tip."""
    remotes = {name.split(".", 1)[1].rpartition(".")[0] for name in repo.settings("remote.")}
    found: dict[tuple[str, str], str] = {}
    for ref, tip in refs_below(repo, TRACKING).items():
        path = ref.removeprefix(TRACKING)
        known = [remote for remote in remotes if path.startswith(remote + "/")]
        remote = max(known, key=len) if known else path.partition("/")[0]
        ledger = path.removeprefix(remote + "/")
        if ledger and ledger != path:
            found[remote, ledger] = tip
    return found


def trashed(repo: Repository, ledger: str) -> dict[str, str]:
    """The kept tips of deleted ledgers of this name, by ref."""
    prefix = f"{TRASH}{ledger}/"
    return {ref: tip for ref, tip in refs_below(repo, prefix).items() if "/" not in ref.removeprefix(prefix)}


# ---------------------------------------------------------------------------------------------- changing


def rename(repo: Repository, old: str, new: str, expected: str) -> None:
    """Give the ledger `old` the name `new` if it is at `expected`: both refs change under their locks.

    Raises LostRace where it has moved on, Conflict where the new name is taken or cannot be.
    """
    check_ledger_name(new)
    if repo.tip(new) is not None:
        raise taken(new)
    blocking = refs.in_the_way(repo, new)
    if blocking is not None:
        raise refs.name_clash(new, blocking)
    try:
        with repo.pg.transaction() as transaction:
            transaction.lock_ref(ref_of(old))
            transaction.lock_ref(ref_of(new))
            if repo.tip(old) != expected:
                raise LostRace(f"Ledger {old} has moved on.")
            if repo.tip(new) is not None:
                raise taken(new)
            transaction.set_target(ref_of(new), expected)
            transaction.remove(ref_of(old))
    except (pygit2.GitError, OSError, KeyError) as error:
        raise refs.why(repo, old, expected, error) from error


def remove(repo: Repository, ledger: str, expected: str, stamp: str) -> str:
    """Delete a ledger's ref if it is at `expected`; its tip stays in the trash under the time `stamp`. Returns that ref."""
    kept = _keep(repo, ledger, expected, stamp)
    try:
        with repo.pg.transaction() as transaction:
            transaction.lock_ref(ref_of(ledger))
            if repo.tip(ledger) != expected:
                raise LostRace(f"Ledger {ledger} has moved on.")
            transaction.remove(ref_of(ledger))
    except LostRace:
        repo.pg.references.delete(kept)
        raise
    except (pygit2.GitError, OSError, KeyError) as error:
        repo.pg.references.delete(kept)
        raise refs.why(repo, ledger, expected, error) from error
    return kept


def _keep(repo: Repository, ledger: str, tip: str, stamp: str) -> str:
    for place in range(100):
        ref = f"{TRASH}{ledger}/{stamp}" + (f"-{place + 1}" if place else "")
        try:
            repo.pg.references.create(ref, tip, force=False)
            return ref
        except (pygit2.AlreadyExistsError, ValueError):
            continue
        except (pygit2.GitError, OSError) as error:
            raise StorageError(
                f"The tip of ledger {ledger} could not be kept as {ref}, and nothing changed: {error}.",
                code="WRITE_FAILED",
                hint=("git", "for-each-ref", TRASH.rstrip("/")),
                details={"ref": ref},
            ) from error
    raise StorageError(f"There is no free name below {TRASH}{ledger}.", code="WRITE_FAILED", hint=("git", "for-each-ref"))


def taken(ledger: str) -> Conflict:
    """The refusal of a name that a ledger has."""
    return Conflict(
        f"There is a ledger {ledger} already.",
        code="LEDGER_EXISTS",
        hint=("gitledger", "ledger", "list"),
        blocking_refs=[ledger],
    )
