"""A new branch goes on in the ledger of the branch that it was made from (design §2)."""

from gitledger.ledger.refs import Ledgers
from gitledger.ledger.shell import Ledger, resolve_branch
from gitledger.store.moves import Move, last_move, only_move
from gitledger.store.names import tracked_ledgers
from gitledger.store.plain import is_valid_ref
from gitledger.store.tracking import read_ref

_CREATED = "branch: Created from "
_MOVED = "checkout: moving from "


def keep_parents_ledger(ledger: Ledger) -> str | None:
    """Write down the parent's ledger for the branch that was just made and checked out; returns it, or None where nothing was written.

    The reflogs tell: that of the branch has one line, which says what it was made from. A branch that has a
    ledger of its own name, here or at a remote, or whose ledger was chosen before, keeps that; of one that
    was made from a commit or from a remote's branch, nobody knows the parent.
    """
    repo = ledger.repo
    branch = repo.branch()
    if branch is None or repo.setting(f"branch.{branch}.taskledger"):
        return None
    made = only_move(repo.common_dir, f"refs/heads/{branch}")
    if made is None or not made.is_first or not made.what.startswith(_CREATED):
        return None
    if any(name == branch for name in repo.ledgers()) or any(name == branch for _, name in tracked_ledgers(repo)):
        return None
    parent = _parent(ledger, made)
    if parent is None or parent == branch:
        return None
    name, _ = resolve_branch(repo, ledger.config, parent)
    if repo.tip(name) is None:
        return None
    Ledgers(ledger).apply_settings({f"branch.{branch}.taskledger": name})
    return name


def _parent(ledger: Ledger, made: Move) -> str | None:
    """The branch here that a new one was made from, as git wrote it down: HEAD, or a branch by name."""
    repo = ledger.repo
    origin = made.what.removeprefix(_CREATED)
    if origin == "HEAD":
        move = last_move(repo.git_dir, "HEAD")
        if move is None or not _is_one_step(made, move):
            return None
        origin = move.what.removeprefix(_MOVED).rpartition(" to ")[0]
    ref = origin if origin.startswith("refs/heads/") else f"refs/heads/{origin}"
    is_branch = origin.isprintable() and is_valid_ref(ref) and read_ref(repo, ref) is not None
    return ref.removeprefix("refs/heads/") if is_branch else None


def _is_one_step(made: Move, move: Move) -> bool:
    """Whether the branch was made and checked out at once: what was HEAD then is what HEAD has just left."""
    return move.what.startswith(_MOVED) and move.old == move.new == made.new and abs(move.at - made.at) <= 1


def ledger_left(ledger: Ledger) -> str:
    """The ledger in which commands acted before the checkout that HEAD's reflog tells of last."""
    repo = ledger.repo
    move = last_move(repo.git_dir, "HEAD")
    if ledger.config.ledger is not None or move is None or not move.what.startswith(_MOVED):
        return ledger.name
    branch = move.what.removeprefix(_MOVED).rpartition(" to ")[0]
    is_branch = branch.isprintable() and is_valid_ref(f"refs/heads/{branch}") and read_ref(repo, f"refs/heads/{branch}")
    return resolve_branch(repo, ledger.config, branch if is_branch else None)[0]
