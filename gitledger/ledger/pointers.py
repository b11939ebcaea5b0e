"""What this clone remembers beside the ledgers: the active tasks when a ledger is forked, renamed or deleted, and numbers given up."""

from typing import Any

from gitledger.errors import StorageError
from gitledger.store import local
from gitledger.store.repo import Repository

_FORMER = "former-numbers"
_MAX_FORMER = 1000


def carry_over(repo: Repository, key: str, old: str, new: str) -> str | None:
    """Make the active task of the ledger `old` that of `new` too, if `new` has none; returns its uid."""
    pointers = dict(local.read_pointer(repo, key) or {})
    known = pointers.get(old)
    if new in pointers or not isinstance(known, dict) or not isinstance(known.get("uid"), str):
        return None
    _write(repo, key, pointers | {new: known})
    return known["uid"]


def rename(repo: Repository, old: str, new: str) -> None:
    """Let what was remembered for the ledger `old` hold for `new`, in every session and work tree."""
    for key in local.pointer_keys(repo):
        pointers = dict(local.read_pointer(repo, key) or {})
        if old in pointers:
            pointers[new] = pointers.pop(old)
            _write(repo, key, pointers)


def forget(repo: Repository, ledger: str) -> None:
    """Remember nothing of a ledger."""
    for key in local.pointer_keys(repo):
        pointers = dict(local.read_pointer(repo, key) or {})
        if pointers.pop(ledger, None) is not None:
            _write(repo, key, pointers or None)


# ---------------------------------------------------------------------------------------------- numbers given up


def former_numbers(repo: Repository, ledger: str, number: int) -> list[str]:
    """The uids of the tasks that gave up this number in this clone (design §3, Identity)."""
    found = _former(repo, ledger).get(str(number))
    return [uid for uid in found if isinstance(uid, str)] if isinstance(found, list) else []


def remember_number(repo: Repository, ledger: str, number: int, uid: str) -> None:
    """Note that a task gave up this number in this clone."""
    known = _former(repo, ledger)
    uids = [other for other in former_numbers(repo, ledger, number) if other != uid]
    kept = dict([*((key, value) for key, value in known.items() if key != str(number))][-_MAX_FORMER:])
    _write(repo, _FORMER, dict(local.read_pointer(repo, _FORMER) or {}) | {ledger: kept | {str(number): [*uids, uid]}})


def _former(repo: Repository, ledger: str) -> dict[str, Any]:
    found = (local.read_pointer(repo, _FORMER) or {}).get(ledger)
    return found if isinstance(found, dict) else {}


def _write(repo: Repository, key: str, value: dict[str, Any] | None) -> None:
    try:
        local.write_pointer(repo, key, value)
    except StorageError:
        return  # A disk that refuses costs the reminder only: the record holds the former numbers.
