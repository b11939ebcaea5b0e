"""How commits stand to one another: which contains which, and what each has that the other lacks.

As libgit2's own walks (`descendant_of`, `ahead_behind`, `walk`), but each commit is looked at before it is read:
libgit2 would read one whose file ends too early for ever (see `objects.check_whole`).
"""

from collections.abc import Iterable
from heapq import heappop, heappush

import sys

import pygit2
from msgspec import Struct

from gitledger.store.objects import read_commit

_OURS, _THEIRS = 1, 2
_BOTH = _OURS | _THEIRS


class Distance(Struct, frozen=True):
    """How many commits, merges among them, each of two tips has that the other lacks."""

    ahead: int
    behind: int


def distance(pg: pygit2.Repository, ours: str, theirs: str) -> Distance:
    """How far two tips are apart, at a cost that follows just that.

    Where one contains the other, that is seen whatever the dates of the commits; how far apart they are otherwise
    is exact where, as in a ledger, no commit is older than its parents.
    """
    if ours == theirs:
        return Distance(0, 0)
    sides, _ = _paint(pg, ours, [theirs])
    # What leads from one to the other is never reached from the other, and is followed to its end.
    has_ours, has_theirs = (sides[pygit2.Oid(hex=tip)] == _BOTH for tip in (ours, theirs))
    counts = list(sides.values())
    return Distance(0 if has_ours else counts.count(_OURS), 0 if has_theirs else counts.count(_THEIRS))


def contains(pg: pygit2.Repository, tip: str, other: str) -> bool:
    """Whether `other` is `tip` or one of its ancestors."""
    return distance(pg, tip, other).behind == 0


def commits_over(pg: pygit2.Repository, tip: str, known: Iterable[str] = ()) -> list[pygit2.Commit]:
    """The commits that lead to `tip` and to none of the tips `known`, parents before their children."""
    sides, commits = _paint(pg, tip, known)
    over = {oid: commit for oid, commit in commits.items() if sides[oid] == _OURS}
    children = dict.fromkeys(over, 0)
    for commit in over.values():
        for parent in commit.parent_ids:
            if parent in children:
                children[parent] += 1
    free = [oid for oid, many in children.items() if not many]
    found = []
    while free:
        commit = over[free.pop()]
        found.append(commit)
        for parent in commit.parent_ids:
            if parent in children:
                children[parent] -= 1
                if not children[parent]:
                    free.append(parent)
    return found[::-1]


def has_only_merges_over(pg: pygit2.Repository, tip: str, base: str) -> bool:
    """Whether every entry up to `tip` that `base` lacks is a merge."""
    return all(len(commit.parent_ids) > 1 for commit in commits_over(pg, tip, [base]))


def _paint(
    pg: pygit2.Repository, ours: str, theirs: Iterable[str]
) -> tuple[dict[pygit2.Oid, int], dict[pygit2.Oid, pygit2.Commit]]:
    """From which side each commit down to the common ones is reached. Newest first: no entry is older than its parents."""
    sides: dict[pygit2.Oid, int] = {}
    commits: dict[pygit2.Oid, pygit2.Commit] = {}
    waiting: list[tuple[int, pygit2.Oid]] = []
    of_one_side: set[pygit2.Oid] = set()  # of those that wait
    oldest = -sys.maxsize  # of those of one side that do not

    def reach(oid: pygit2.Oid, side: int) -> None:
        was = sides.get(oid, 0)
        if was | side == was:
            return
        sides[oid] = was | side
        if not was:
            commits[oid] = read_commit(pg, oid)
        (of_one_side.discard if was else of_one_side.add)(oid)
        heappush(waiting, (-commits[oid].commit_time, oid))

    reach(pygit2.Oid(hex=ours), _OURS)
    for other in theirs:
        reach(pygit2.Oid(hex=other), _THEIRS)
    # Of two commits of one second the parent may come first, and be reached from its child afterwards.
    while of_one_side or waiting and waiting[0][0] <= oldest:
        age, oid = heappop(waiting)
        of_one_side.discard(oid)
        if sides[oid] != _BOTH:
            oldest = max(oldest, age)
        # In a shallow clone libgit2 hides the parents that are not there.
        for parent in commits[oid].parent_ids:
            reach(parent, sides[oid])
    return sides, commits
