"""Merging as a function of two sets of events: what becomes of a task, of a number that two hold, of the merge commit."""

from collections.abc import Iterable

from msgspec import Struct

from gitledger.model import codec, fold

MERGE_NAME = "gitledger"
MERGE_EMAIL = "merge@gitledger.invalid"
MERGE_MESSAGE = "merge ledgers\n"


def unite(events: Iterable[codec.Event]) -> fold.State:
    """The state of a task after the events of all sides, in whichever order they are given."""
    return fold.fold(events)


def unite_books(events: Iterable[codec.Event]) -> fold.BookState:
    """The state of the book after the events of all sides."""
    return fold.fold_book(events)


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


def foremost(ours: str, theirs: str, *, ahead: int, behind: int) -> str:
    """Which of two tips of equal trees is taken: the one with more commits behind it, else the smaller id.

    `ahead` and `behind` count the commits that each has over the other; what they share counts for both alike.
    So this is one order of all tips, in which none comes before another that contains it: whoever pulls from
    whom, tips only ever move towards its end, and a ring of clones comes to rest at one.
    """
    return min((-ahead, ours), (-behind, theirs))[1]


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
    given in either. A task that holds its number in H keeps it (of several, the smallest uid). Any other whose
    number another task holds in M, or held in H, is renumbered; where no rival has a right to it, the smallest
    uid keeps it.
    """
    tasks = sorted(merged, key=lambda task: (task.number, task.uid))
    held = {(task.number, task.uid) for task in published}
    owners: dict[int, str | None] = {number: None for number, _ in held}  # None: by a task that has left it
    for task in reversed(tasks):
        if (task.number, task.uid) in held:
            owners[task.number] = task.uid
    top = max(top, *owners, *(task.number for task in tasks), 0)
    moves = []
    for task in tasks:
        if task.number <= 0 or owners.setdefault(task.number, task.uid) != task.uid:
            top += 1
            moves.append(Renumber(task.uid, task.number, top))
    return moves
