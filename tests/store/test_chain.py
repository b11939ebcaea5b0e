"""Appending entries by compare-and-swap, under races, locks and refusing disks; reading them back."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import os
import random
import time

import pygit2
import pytest

from gitledger.errors import Conflict, InvalidInput, LostRace, StorageError
from gitledger.store import chain, refs
from gitledger.store.objects import read_commit
from gitledger.store.repo import open_repository
from gitledger.store.tree import find

ADA = ("Ada", "ada@example.org")


def add(repo, ledger="main", name="a", *, expected=None, **more):
    given = {"files": {name: name.encode()}, "message": f"add {name}\n", "author": ADA, "seconds": 100} | more
    return chain.append(repo, ledger, expected=expected, **given)


def test_first_entry_and_next(repo, folder, git) -> None:
    first = add(repo, message="one\n\nLedger-Op: init\n")
    second = add(repo, name="b", expected=first, seconds=50)
    assert repo.tip("main") == second
    assert git(folder, "log", "--format=%s %ct %cn %ae %ai", "refs/taskledger/main").splitlines() == [
        "add b 100 Ada ada@example.org 1970-01-01 00:01:40 +0000",
        "one 100 Ada ada@example.org 1970-01-01 00:01:40 +0000",
    ]
    assert git(folder, "ls-tree", "-r", "--name-only", "refs/taskledger/main") == "a\nb"
    assert git(folder, "fsck", "--strict", "--no-dangling") == ""


def test_stale_expectation_is_a_lost_race(repo) -> None:
    first = add(repo)
    second = add(repo, name="b", expected=first)
    for expected in (first, None, "0" * 40):
        with pytest.raises(LostRace):
            add(repo, name="c", expected=expected)
    assert repo.tip("main") == second


def test_race_between_read_and_swap(repo, reopen, folder, monkeypatch) -> None:
    """Another process moves the ref after our first look at it."""
    first = add(repo)
    other = reopen(folder)
    write = chain.write_tree

    def slow(*args):
        monkeypatch.setattr(chain, "write_tree", write)
        add(other, name="theirs", expected=first)
        return write(*args)

    monkeypatch.setattr(chain, "write_tree", slow)
    with pytest.raises(LostRace):
        add(repo, name="ours", expected=first)
    monkeypatch.setattr(chain, "write_tree", write)
    assert find(repo.pg, read_commit(repo.pg, repo.tip("main")).tree_id, "theirs")


def race(job: tuple[str, int, int]) -> int:
    folder, worker, rounds = job
    repo = open_repository(folder, {})
    dice = random.Random(worker)
    lost = 0
    for number in range(rounds):
        while True:
            try:
                add(repo, name=f"{worker}-{number}", expected=repo.tip("main"))
                break
            except LostRace:
                lost += 1
                time.sleep(dice.random() * 0.01)
    return lost


def test_sixteen_writers_lose_nothing(folder, reopen) -> None:
    """Begun without a ref, so the creating race is in it too."""
    with ProcessPoolExecutor(16, mp_context=get_context("fork")) as pool:
        lost = sum(pool.map(race, [(str(folder), worker, 10) for worker in range(16)]))
    repo = reopen(folder)
    tip = repo.tip("main")
    names = {entry.name for entry in read_commit(repo.pg, tip).tree}
    assert names == {f"{worker}-{number}" for worker in range(16) for number in range(10)}
    assert len(list(chain.entries(repo, tip))) == 160
    assert lost > 0


def test_names_in_the_way(repo, folder, git) -> None:
    for existing, wanted in (("feature", "feature/x"), ("deep/y", "deep")):
        add(repo, existing)
        for _ in range(2):
            with pytest.raises(Conflict) as caught:
                add(repo, wanted)
            assert not isinstance(caught.value, LostRace)
            assert caught.value.hint[:4] == ("gitledger", "ledger", "rename", existing)
            git(folder, "pack-refs", "--all")


def test_hostile_names(repo) -> None:
    for name in ("", "-x", "a..b", "x.lock", "a b", "a\nb", "../../heads/main", "x" * 300, "\udc80"):
        with pytest.raises(InvalidInput):
            add(repo, name)


def test_lock_left_behind(repo, folder) -> None:
    first = add(repo)
    lock = folder / ".git/refs/taskledger/main.lock"
    lock.touch()
    with pytest.raises(LostRace):
        add(repo, name="b", expected=first)
    assert refs.stale_lock(repo, "main") is None
    os.utime(lock, (time.time() - 60, time.time() - 60))
    path, age = refs.stale_lock(repo, "main")
    assert path == str(lock) and 59 < age < 70
    with pytest.raises(StorageError) as caught:
        add(repo, name="b", expected=first)
    assert caught.value.code == "LOCKED"
    assert str(lock) in caught.value.message
    assert "rm" not in caught.value.hint
    lock.unlink()
    assert add(repo, name="b", expected=first)


def test_disk_that_refuses(repo, monkeypatch) -> None:
    first = add(repo)

    def full(*_):
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(chain, "write_tree", full)
        with pytest.raises(StorageError) as caught:
            add(repo, name="b", expected=first)
    assert caught.value.code == "WRITE_FAILED"
    assert repo.tip("main") == first


def test_objects_folder_that_refuses(repo, folder) -> None:
    first = add(repo)
    data = b"something new"
    fan = folder / ".git/objects" / str(pygit2.hash(data))[:2]
    fan.write_text("a file where git wants a folder")
    with pytest.raises(StorageError) as caught:
        add(repo, name="b", expected=first, files={"b": data})
    assert caught.value.code == "WRITE_FAILED"
    assert repo.tip("main") == first


def test_identities_are_cleaned(repo, folder, git) -> None:
    add(repo, author=("Eve <x>\nauthor Mallory\0", " <>\n"))
    assert git(folder, "log", "-1", "--format=%an|%ae", "refs/taskledger/main") == "Eve xauthor Mallory|nobody@gitledger.invalid"
    assert git(folder, "fsck", "--strict", "--no-dangling") == ""


def test_messages_of_any_text(repo) -> None:
    tip = add(repo, message="a\0b \udc80 ü\n")
    assert next(chain.entries(repo, tip)).subject == "ab ? ü"


def test_entries(repo) -> None:
    tip = None
    for number in range(5):
        uid = f"0000000{number % 2}-0000"
        text = f"op: task-{number} what {uid}\n\nLedger-Op: todo done\nLedger-Task: {uid}\nLedger-Task: other\nnoise\n"
        tip = add(repo, name=str(number), expected=tip, message=text, seconds=100 + number)
    found = list(chain.entries(repo, tip))
    assert [entry.subject[:10] for entry in found] == [f"op: task-{n}" for n in (4, 3, 2, 1, 0)]
    assert found[0].commit == tip and found[0].parents == (found[1].commit,) and found[4].parents == ()
    assert found[0].trailers == {"Ledger-Op": "todo done", "Ledger-Task": "00000000-0000, other"}
    assert (found[0].at, found[0].author, found[0].email) == ("1970-01-01T00:01:44Z", *ADA)
    assert [entry.at[-3:-1] for entry in chain.entries(repo, tip, uid="00000001-0000")] == ["43", "41"]
    assert len(list(chain.entries(repo, tip, limit=2))) == 2
    assert len(list(chain.entries(repo, tip, uid="00000000-0000", limit=2))) == 2
    assert list(chain.entries(repo, None)) == []
    with pytest.raises(StorageError):
        list(chain.entries(repo, "12" * 20))


def test_fsync_is_switchable(repo) -> None:
    chain.configure_fsync(True)
    try:
        add(repo)
    finally:
        chain.configure_fsync(False)
