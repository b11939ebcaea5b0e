"""Clones without a hub: rings and pairs that pull each other come to rest, and nobody renumbers what is not theirs to settle."""

from collections.abc import Callable

import pytest

from tests.sync.conftest import REF, Clone


@pytest.fixture
def ring(make_clone: Callable[..., Clone], tmp_path) -> list[Clone]:
    """Three clones, each with the next one's folder as its remote, that began from one ledger."""
    clones = [make_clone(name, tmp_path / next_one) for name, next_one in (("a", "b"), ("b", "c"), ("c", "a"))]
    clones[0]("init")
    clones[2].sync()
    clones[1].sync()
    return clones


def rounds(clones: list[Clone], verb: str, limit: int = 6) -> int:
    """Let everybody have their turn until nothing moves; how many rounds that took."""
    for number in range(limit):
        before = [clone.tip() for clone in clones]
        for clone in clones:
            clone(verb)
        if [clone.tip() for clone in clones] == before:
            return number
    raise AssertionError(f"still moving after {limit} rounds: {[clone.tip() for clone in clones]}")


@pytest.mark.parametrize("verb", ["sync", "pull"])
def test_a_ring_comes_to_rest(verb, ring):
    for clone in ring:
        clone.create(f"From {clone.actor}")
    assert rounds(ring, verb) <= 4
    assert len({clone.tip() for clone in ring}) == 1
    numbers = sorted(ring[0].numbers().values())
    if verb == "sync":
        assert len(set(numbers)) == 3
    else:
        assert numbers == ["task-0001"] * 3
        assert "task.renumbered" not in ring[0].git("log", "--format=%B", "-p", REF)
    assert all(clone.is_whole() for clone in ring)


def test_two_that_pull_each_other_never_renumber(make_clone, tmp_path):
    a, b = make_clone("a", tmp_path / "b"), make_clone("b", tmp_path / "a")
    a("init")
    b("pull")
    for turn in range(2):
        a.create(f"a {turn}")
        b.create(f"b {turn}")
        a("pull")
        b("pull")
    a("pull")
    assert a.tip() == b.tip()
    assert rounds([a, b], "pull") == 0
    assert "sync:" not in a.git("log", "--format=%s", REF)


def test_two_that_each_ran_init_share_one_ledger(make_clone, hub):
    a, b = make_clone("a", hub.path), make_clone("b", hub.path)
    for clone in (a, b):
        clone("init")
        clone.create(f"From {clone.actor}")
    a.sync()
    assert b.sync()["ledgers"][0]["status"] == "merged"
    a.sync()
    assert a.tip() == b.tip()
    assert sorted(a.numbers().values()) == ["task-0001", "task-0002"]
    assert a.is_whole()
