"""How my tip of a ledger and the one that a remote has published come together in a sync."""

import re

import pygit2
from msgspec import Struct
from pygit2.enums import SortMode

from gitledger.model import merge
from gitledger.store.content import Content, read_record
from gitledger.store.merge import Merged, contains, merge_commit, merge_tips
from gitledger.store.objects import read_commit, read_tree, unreadable
from gitledger.store.repo import Repository
from gitledger.store.tree import SHELVES, task_directories

_RAW_TASK = re.compile(rb"40000 ([0-9]{4,16})-([0-9a-f]{12})\0.{20}", re.DOTALL)


class Distance(Struct, frozen=True):
    """How many entries (merges not counted apart) each of two tips has that the other lacks."""

    ahead: int
    behind: int


def distance(repo: Repository, ours: str, theirs: str) -> Distance:
    """How far two tips are apart."""
    try:
        return Distance(*repo.pg.ahead_behind(ours, theirs))
    except (pygit2.GitError, KeyError, ValueError) as error:
        raise unreadable(theirs, "history of commit") from error


def has_only_merges_over(repo: Repository, tip: str, base: str) -> bool:
    """Whether every entry up to `tip` that `base` lacks is a merge."""
    walk = repo.pg.walk(tip, SortMode.NONE)
    walk.hide(base)
    return all(len(commit.parent_ids) > 1 for commit in walk)


def entries_over(repo: Repository, tip: str, base: str | None) -> int:
    """How many entries, merges included, `tip` has over `base` (None: nothing)."""
    walk = repo.pg.walk(tip, SortMode.NONE)
    if base is not None:
        walk.hide(base)
    return sum(1 for _ in walk)


def meet(repo: Repository, ours: str, published: str) -> Merged:
    """The merge of my tip with the one that the elected remote has published, to be pushed on top of the latter.

    As `merge_tips`, but what comes out always contains `published`, or is it: where the trees are equal and all
    that I have over the remote is merges, or its id is the smaller, the remote's tip is taken; else one merge
    commit joins the two, for nothing may be taken back from the remote.
    """
    pg = repo.pg
    is_apart = not contains(pg, ours, published) and not contains(pg, published, ours)
    mine, other = read_commit(pg, ours), read_commit(pg, published)
    if not is_apart or mine.tree_id != other.tree_id:
        return merge_tips(pg, ours, published)
    if published < ours or has_only_merges_over(repo, ours, published):
        return Merged(published, "equal")
    parents = merge.parents_of((ours, mine.committer.time), (published, other.committer.time))
    return Merged(merge_commit(pg, mine.tree_id, parents), "merge")


# ---------------------------------------------------------------------------------------------- numbers


def holders(pg: pygit2.Repository, tip: str, unlike: str | None = None) -> list[merge.Numbered]:
    """Which task holds which number at a tip, read from the names of the folders alone; a task by 12 digits of its uid.

    Numbers that lie in the same shards, with the same content, at the tip `unlike` are left out.
    """
    shards = _shards(pg, tip)
    known = _shards(pg, unlike) if unlike is not None else {}
    found = []
    for name, oids in shards.items():
        if known.get(name) == oids:
            continue
        for oid in oids.values():
            found += [merge.Numbered(task[2].decode(), int(task[1])) for task in _RAW_TASK.finditer(bytes(pg.read(oid)[1]))]
    return found


def _shards(pg: pygit2.Repository, tip: str) -> dict[str, dict[str, pygit2.Oid]]:
    """The trees of each shard, by shelf: a number lies in one shard, whichever shelf it is on."""
    found: dict[str, dict[str, pygit2.Oid]] = {}
    for shelf in read_tree(pg, read_commit(pg, tip).tree_id):
        if shelf.is_tree and shelf.name in SHELVES:
            for shard in read_tree(pg, shelf.oid):
                found.setdefault(shard.name, {})[shelf.name] = shard.oid
    return found


def clashes(published: list[merge.Numbered], merged: list[merge.Numbered]) -> bool:
    """Whether a number has two holders, or another one than where it was published."""
    seen: dict[int, str] = {}
    for task in merged:
        if seen.setdefault(task.number, task.uid) != task.uid:
            return True
    was = {task.number: task.uid for task in published}
    return any(seen.get(number, uid) != uid for number, uid in was.items())


def top_number(pg: pygit2.Repository, tip: str) -> int:
    """The highest number ever given at a tip: former numbers and the book's floor count. Reads every record."""
    content = Content(pg, tip)
    top = content.book().number_floor
    for directory, oid in task_directories(pg, content.root):
        task, _ = read_record(pg, directory, oid)
        top = max(top, task.number, *task.former_numbers)
    return top
