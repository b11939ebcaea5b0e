"""How commits stand to one another, against sets of ancestors; and a damaged one is named, not waited for."""

from random import Random

import os

import pygit2
import pytest

from gitledger.errors import StorageError
from gitledger.store import ancestry


class Family:
    """Commits of empty trees in an object store; `past` are the ids up to one, itself among them."""

    def __init__(self, repo) -> None:
        self.pg = repo.pg
        self.tree = self.pg.TreeBuilder().write()
        self.past: dict[str, frozenset[str]] = {}

    def commit(self, parents: list[str], seconds: int) -> str:
        who = pygit2.Signature("Ada", "ada@example.org", seconds, 0)
        made = str(self.pg.create_commit(None, who, who, f"{len(self.past)}\n", self.tree, parents))
        self.past[made] = frozenset({made}).union(*(self.past[parent] for parent in parents))
        return made


def test_distance_and_what_is_over(repo) -> None:
    """Random histories in which, as in a ledger, no commit is older than its parents, and many are of one second."""
    family, random = Family(repo), Random(7)
    for _ in range(12):
        made: list[str] = []
        for _ in range(24):
            parents = sorted({random.choice(made[-8:]) for _ in range(random.choice([0, 1, 1, 2]))}) if made else []
            oldest = max((family.pg[parent].commit_time for parent in parents), default=0)
            made.append(family.commit(parents, oldest + random.choice([0, 0, 5])))
        for _ in range(40):
            one, other, third = (random.choice(made) for _ in range(3))
            past, others = family.past[one], family.past[other]
            apart = ancestry.distance(family.pg, one, other)
            assert (apart.ahead, apart.behind) == (len(past - others), len(others - past))
            assert ancestry.contains(family.pg, one, other) is (other in past)
            over = [str(commit.id) for commit in ancestry.commits_over(family.pg, one, [other, third])]
            assert set(over) == past - others - family.past[third] and len(over) == len(set(over))
            for place, commit in enumerate(over):
                assert not family.past[commit] & set(over[place + 1 :]), "a parent comes after its child"
    whole = ancestry.commits_over(family.pg, made[-1])
    assert {str(commit.id) for commit in whole} == family.past[made[-1]]


def test_what_contains_what_whatever_the_dates(repo) -> None:
    family, random = Family(repo), Random(11)
    for _ in range(12):
        made: list[str] = []
        for _ in range(24):
            parents = sorted({random.choice(made[-8:]) for _ in range(random.choice([0, 1, 1, 2]))}) if made else []
            made.append(family.commit(parents, random.randrange(100)))
        for _ in range(40):
            one, other = random.choice(made), random.choice(made)
            assert ancestry.contains(family.pg, one, other) is (other in family.past[one])
            apart, mirrored = ancestry.distance(family.pg, one, other), ancestry.distance(family.pg, other, one)
            assert (apart.ahead, apart.behind) == (mirrored.behind, mirrored.ahead)


def test_only_merges_over(repo) -> None:
    family = Family(repo)
    base = family.commit([], 1)
    one, other = family.commit([base], 2), family.commit([base], 2)
    merge = family.commit([one, other], 2)
    assert ancestry.has_only_merges_over(family.pg, merge, merge)
    assert not ancestry.has_only_merges_over(family.pg, merge, one)
    assert ancestry.has_only_merges_over(family.pg, family.commit([one, merge], 3), merge)


def test_what_two_tips_share_is_not_walked(repo, monkeypatch) -> None:
    family = Family(repo)
    tip = family.commit([], 0)
    for seconds in range(200):
        tip = family.commit([tip], seconds)
    ours, theirs = family.commit([family.commit([tip], 300)], 301), family.commit([tip], 310)
    read = []
    original = ancestry.read_commit
    monkeypatch.setattr(ancestry, "read_commit", lambda pg, oid: read.append(oid) or original(pg, oid))
    assert ancestry.distance(family.pg, ours, theirs) == ancestry.Distance(2, 1)
    assert len(read) <= 6


@pytest.mark.parametrize("cut", [2, 60, -1])
def test_a_commit_whose_file_ends_too_early_is_named(repo, reopen, cut) -> None:
    family = Family(repo)
    base = family.commit([], 1)
    middle = family.commit([base], 2)
    tips = [family.commit([middle], 3), family.commit([family.commit([base], 2)], 3)]
    path = os.path.join(repo.common_dir, "objects", middle[:2], middle[2:])
    os.chmod(path, 0o644)
    with open(path, "r+b") as file:
        file.truncate(cut if cut > 0 else os.path.getsize(path) + cut)
    fresh = reopen(repo.work_tree).pg
    for ask in (ancestry.distance, ancestry.contains, lambda pg, one, other: ancestry.commits_over(pg, one, [other])):
        with pytest.raises(StorageError) as caught:
            ask(fresh, *tips)
        assert caught.value.details["object"] == middle
