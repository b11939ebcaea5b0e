"""The tree's layout, writing it, and what differs between two trees."""

import random

import pytest

from gitledger.errors import StorageError
from gitledger.store.objects import read_blob, read_tree
from gitledger.store.tree import changed_directories, find, task_directories, task_directory, write_tree

UID = "3f9c2ab1-d0e4-4000-8000-000000000000"


def listing(pg, oid, path="") -> dict[str, bytes]:
    found = {}
    for entry in read_tree(pg, oid):
        if entry.is_tree:
            below = listing(pg, entry.oid, f"{path}{entry.name}/")
            assert below, f"empty folder {path}{entry.name}"
            found |= below
        else:
            found[path + entry.name] = read_blob(pg, entry.oid)
    return found


def test_directory() -> None:
    assert task_directory(30, UID) == "tasks/00/0030-3f9c2ab1d0e4"
    assert task_directory(1234, UID, archived=True) == "archive/12/1234-3f9c2ab1d0e4"
    assert task_directory(123456, UID) == "tasks/1234/123456-3f9c2ab1d0e4"


def test_write_delete_and_vanish(repo) -> None:
    pg = repo.pg
    one = write_tree(pg, None, {"a/b/c": b"1", "a/d": b"2", "e": b""})
    assert listing(pg, one) == {"a/b/c": b"1", "a/d": b"2", "e": b""}
    two = write_tree(pg, one, {"a/b/c": None, "not/there": None})
    assert listing(pg, two) == {"a/d": b"2", "e": b""}
    assert listing(pg, write_tree(pg, two, {"a/d": None, "e": None})) == {}
    assert write_tree(pg, two, {"a/b/c": b"1"}) == one


def test_moves_graft_without_copying(repo) -> None:
    pg = repo.pg
    base = write_tree(pg, None, {"tasks/00/x/task.json": b"1", "tasks/00/x/events/e": b"2", "tasks/00/y/task.json": b"3"})
    moved = write_tree(pg, base, {"archive/00/x/task.json": b"9"}, {"tasks/00/x": "archive/00/x"})
    assert listing(pg, moved) == {"archive/00/x/task.json": b"9", "archive/00/x/events/e": b"2", "tasks/00/y/task.json": b"3"}
    assert find(pg, moved, "archive/00/x/events") == find(pg, base, "tasks/00/x/events")
    swapped = write_tree(pg, base, {}, {"tasks/00/x": "tasks/00/y", "tasks/00/y": "tasks/00/x"})
    assert listing(pg, swapped)["tasks/00/x/task.json"] == b"3"
    assert listing(pg, swapped)["tasks/00/y/events/e"] == b"2"
    with pytest.raises(StorageError):
        write_tree(pg, base, {}, {"tasks/00/none": "tasks/00/z"})


def test_task_directories_take_only_folders(repo) -> None:
    pg = repo.pg
    root = write_tree(pg, None, {"tasks/00/a/f": b"", "tasks/00/stray": b"", "archive/01/b/f": b"", "book/f": b"", "tasks/s": b""})
    assert {path for path, _ in task_directories(pg, root)} == {"tasks/00/a", "archive/01/b"}


def test_changed_directories_agree_with_brute_force(repo) -> None:
    pg, dice = repo.pg, random.Random(7)
    files: dict[str, bytes] = {}
    root = write_tree(pg, None, {})
    seen_changes = 0
    for _ in range(60):
        edits: dict[str, bytes | None] = {}
        for _ in range(dice.randrange(4)):
            folder = f"{dice.choice(('tasks', 'archive'))}/{dice.randrange(3):02d}/{dice.randrange(4):04d}"
            edits[f"{folder}/{dice.choice('ab')}"] = dice.choice((None, b"1", b"2"))
        if dice.random() < 0.2:
            edits["book/book.json"] = str(dice.random()).encode()
        after = write_tree(pg, root, edits)
        before_dirs, after_dirs = dict(task_directories(pg, root)), dict(task_directories(pg, after))
        changed, gone, others = changed_directories(pg, root, after)
        assert changed == {path: oid for path, oid in after_dirs.items() if before_dirs.get(path) != oid}
        assert gone == before_dirs.keys() - after_dirs.keys()
        assert ("book" in others) == (find(pg, root, "book") != find(pg, after, "book"))
        files |= {path: data for path, data in edits.items() if data is not None}
        files = {path: data for path, data in files.items() if path not in edits or edits[path] is not None}
        assert listing(pg, after) == files
        seen_changes += len(changed) + len(gone)
        root = after
    assert seen_changes > 30
    assert changed_directories(pg, None, root)[0] == dict(task_directories(pg, root))
    assert changed_directories(pg, root, None)[1] == set(dict(task_directories(pg, root)))
