"""How my tip of a ledger and the one that a remote has published come together in a sync."""

import re

import pygit2

from gitledger.model import merge
from gitledger.store import ancestry
from gitledger.store.ancestry import Distance
from gitledger.store.content import Content, read_record
from gitledger.store.merge import Merged, merge_commit, merge_tips
from gitledger.store.objects import read_commit, read_tree, read_tree_bytes
from gitledger.store.repo import Repository
from gitledger.store.tree import SHELVES, task_directories

_RAW_TASK = re.compile(rb"40000 ([0-9]{4,16})-([0-9a-f]{12})\0.{20}", re.DOTALL)


def distance(repo: Repository, ours: str, theirs: str) -> Distance:
    """How far two tips are apart."""
    return ancestry.distance(repo.pg, ours, theirs)


def entries_over(repo: Repository, tip: str, base: str | None) -> int:
    """How many entries, merges included, `tip` has over `base` (None: nothing)."""
    return len(ancestry.commits_over(repo.pg, tip, [base] if base is not None else []))


def meet(repo: Repository, ours: str, published: str) -> Merged:
    """The merge of my tip with the one that the elected remote has published, to be pushed on top of the latter.

    As `merge_tips`, but what comes out always contains `published`, or is it: where the trees are equal and all
    that I have over the remote is merges, the remote's tip is taken, as where it comes first anyway; else one
    merge commit joins the two, for nothing may be taken back from the remote.
    """
    pg = repo.pg
    merged = merge_tips(pg, ours, published)
    if merged.kind != "equal" or merged.tip == published:
        return merged
    if ancestry.has_only_merges_over(pg, ours, published):
        return Merged(published, "equal")
    mine, other = read_commit(pg, ours), read_commit(pg, published)
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
            found += [merge.Numbered(task[2].decode(), int(task[1])) for task in _RAW_TASK.finditer(read_tree_bytes(pg, oid))]
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
