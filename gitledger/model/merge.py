"""Merging as a function of two sets of events: what becomes of a task, of a number that two hold, of the merge commit."""

from collections.abc import Iterable

from msgspec import Struct

from gitledger.model import codec, fold

MERGE_NAME = "gitledger"
MERGE_EMAIL = "merge@gitledger.invalid"
MERGE_MESSAGE = "merge ledgers\n"


def unite(ours: Iterable[codec.Event], theirs: Iterable[codec.Event]) -> fold.State:
    """The state of a task after the events of both sides, in whichever order they are given."""
    return fold.fold([*ours, *theirs])


def unite_books(ours: Iterable[codec.Event], theirs: Iterable[codec.Event]) -> fold.BookState:
    """The state of the book after the events of both sides."""
    return fold.fold_book([*ours, *theirs])


def unite_info(ours: codec.LedgerInfo, theirs: codec.LedgerInfo) -> codec.LedgerInfo:
    """`ledger.json` of the merge: the smaller uid (of unrelated roots), this version's fold."""
    return codec.LedgerInfo(
        max(ours.format, theirs.format), max(ours.fold, theirs.fold, codec.FOLD_VERSION), min(ours.uid, theirs.uid)
    )


class Parents(Struct, frozen=True):
    """The parents of a merge commit in their order, and its time in seconds: both follow from the two tips alone."""

    first: str
    second: str
    seconds: int


def parents_of(ours: tuple[str, int], theirs: tuple[str, int]) -> Parents:
    """Order two tips (commit id, committer seconds) for the merge commit."""
    first, second = sorted((ours[0], theirs[0]))
    return Parents(first, second, max(ours[1], theirs[1]))


# ---------------------------------------------------------------------------------------------- settling numbers


class Numbered(Struct, frozen=True):
    """A task and the number that it holds."""

    uid: str
    number: int


class Renumber(Struct, frozen=True):
    """A task that must give up its number to another."""

    uid: str
    old: int
    new: int


def settle(published: Iterable[Numbered], merged: Iterable[Numbered], top: int) -> list[Renumber]:
    """Which tasks of the merge get another number, so that no number has two holders (design §3, Settle).

    `published` is what the elected remote held (H), `merged` the merge (M), `top` the highest number ever
    given in it. A task that holds its number in H keeps it. Any other whose number another task holds in M,
    or held in H, is renumbered; where none of the rivals is in H, the smallest uid keeps it.
    """
    owners: dict[int, str] = {}
    kept: set[str] = set()
    held = {task.uid: task.number for task in published}
    for uid in sorted(held):
        owners.setdefault(held[uid], uid)
    tasks = sorted(merged, key=lambda task: (task.number, task.uid))
    for task in tasks:
        if held.get(task.uid) == task.number and owners[task.number] == task.uid:
            kept.add(task.uid)
    taken = {task.number for task in tasks if task.uid in kept}
    # A number that a task held in H is spoken for, though the task may hold another by now.
    spoken_for = {number for number, uid in owners.items() if uid not in kept}
    moves = []
    for task in tasks:
        if task.uid in kept:
            continue
        if task.number not in taken and task.number not in spoken_for and task.number > 0:
            taken.add(task.number)
            continue
        top += 1
        moves.append(Renumber(task.uid, task.number, top))
        taken.add(top)
    return moves
