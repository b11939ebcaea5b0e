"""Merging reads what differs, never a task that neither side touched (design §3, Merge: the cost follows what differs)."""

import pytest

from gitledger.store import objects
from gitledger.store.merge import merge_tips
from gitledger.store.objects import read_commit, read_tree
from gitledger.store.tree import task_directories
from tests.bench.generate import build
from tests.bench.merge import diverged, measure

CHANGED = 20


@pytest.fixture(scope="module", params=[250, 1000])
def sides(request, tmp_path_factory):
    """A ledger of so many tasks, and two tips that changed 20 each, two of them the same."""
    built = build(tmp_path_factory.mktemp("cost") / "repo", request.param)
    return request.param, *diverged(built, CHANGED)


def _all_of(pg, folder):
    found = {str(folder)}
    for entry in read_tree(pg, folder):
        found |= _all_of(pg, entry.oid) if entry.is_tree else {str(entry.oid)}
    return found


@pytest.mark.slow
def test_merging_never_reads_a_task_that_neither_side_touched(sides, monkeypatch):
    size, ledger, ours, theirs = sides
    pg = ledger.repo.pg
    mine, other = (set(task_directories(pg, read_commit(pg, tip).tree_id)) for tip in (ours, theirs))
    untouched = set().union(*(_all_of(pg, oid) for _, oid in mine & other))
    touched = set().union(*(_all_of(pg, oid) for _, oid in mine ^ other))
    assert len(mine & other) == size - 2 * CHANGED + CHANGED // 10

    read = []
    original = objects._read

    def counted(pg, oid, *rest):
        read.append(str(oid))
        return original(pg, oid, *rest)

    monkeypatch.setattr(objects, "_read", counted)
    merged = merge_tips(pg, ours, theirs)
    monkeypatch.undo()

    assert merged.kind == "merge" and merged.events == CHANGED and len(merged.united) == CHANGED
    assert not set(read) & (untouched - touched), "a task that neither side touched was read"
    # Of a task that one side changed: two folders, two lists of events, and one event for its uid.
    assert len(read) <= 10 * 2 * CHANGED + 20 * (CHANGED // 10) + 2 * (size // 100 + 8)


@pytest.mark.slow
def test_the_bench_measures_a_merge():
    lines = measure([60, 120], rounds=1, changed=20)
    assert [(line.tasks, bool(line.shown)) for line in lines] == [(60, True), (120, True), (120, False)]
    assert all(line.limit for line in lines)
