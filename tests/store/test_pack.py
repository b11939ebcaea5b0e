"""A pack that is written here is one that git reads, and its trees are those that loose objects would have made."""

from contextlib import closing

import random

import pytest

from gitledger.store import tree
from gitledger.store.pack import Pack
from gitledger.store.tree import write_tree

SIZES = (0, 1, 15, 16, 17, 2047, 2048, 70_000)


@pytest.fixture
def pg(repo):
    return repo.pg


@pytest.fixture
def packs(folder):
    return folder / ".git" / "objects" / "pack"


def _files(seed: int, many: int = 60) -> dict[str, bytes | None]:
    chance = random.Random(seed)
    names = ("a", "a-b", "a.b", "a0", "ä", "b", "zz")
    return {
        "/".join(chance.choice(names) + str(chance.randrange(3)) for _ in range(3)) + "/f": chance.randbytes(chance.choice(SIZES))
        for _ in range(many)
    }


def test_a_pack_makes_the_trees_of_loose_objects_and_git_finds_it_whole(pg, folder, git, packs, monkeypatch):
    loose = write_tree(pg, None, _files(1))
    changed = write_tree(pg, loose, _files(2), moves={"a1": "moved"})
    removed = dict.fromkeys(list(_files(2))[:20])
    smaller = write_tree(pg, changed, removed)
    assert not list(packs.iterdir())

    monkeypatch.setattr(tree, "_MANY", 1)
    assert write_tree(pg, None, _files(1)) == loose
    assert write_tree(pg, loose, _files(2), moves={"a1": "moved"}) == changed
    assert write_tree(pg, changed, removed) == smaller

    assert {path.suffix for path in packs.iterdir()} == {".pack", ".idx"}
    for path in packs.glob("*.idx"):
        git(folder, "verify-pack", str(path))
    git(folder, "fsck", "--strict", "--no-dangling")


def test_what_lies_in_a_pack_alone_is_read(pg, folder, git):
    with closing(Pack(pg)) as pack:
        oids = [pack.create_blob(b"x" * size) for size in SIZES]
        assert pack.create_blob(b"x") == oids[1], "an object is in a pack once"
        assert all(oid not in pg for oid in oids), "nothing is there before it is finished"
        pack.finish()
    assert [len(pg[oid].data) for oid in oids] == list(SIZES)
    assert git(folder, "cat-file", "-s", str(oids[-1])) == "70000"


def test_a_pack_that_was_given_up_leaves_nothing(pg, packs):
    with closing(Pack(pg)) as pack:
        pack.create_blob(b"never")
    assert list(packs.iterdir()) == []
