"""Clones without a hub, as bare histories of commits: whoever pulls from whom, all come to rest at one tip (decision 8)."""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gitledger.model import merge
from tests.property.play import examples


class Tip(NamedTuple):
    """A commit: its id, the ids of those up to it, and the events in its tree."""

    id: str
    past: frozenset[str]
    tree: frozenset[str]


def commit(parents: Sequence[Tip], tree: Iterable[str]) -> Tip:
    tree = frozenset(tree)
    digest = sha256(repr((sorted(tree), *(parent.id for parent in parents))).encode()).hexdigest()[:8]
    return Tip(digest, frozenset({digest}).union(*(parent.past for parent in parents)), tree)


def merged(ours: Tip, theirs: Tip) -> Tip:
    """What `store.merge.merge_tips` does, with nothing in a tree but the names of events."""
    ahead, behind = len(ours.past - theirs.past), len(theirs.past - ours.past)
    if not behind or not ahead:
        return theirs if behind else ours
    if ours.tree == theirs.tree:
        taken = merge.foremost(ours.id, theirs.id, ahead=ahead, behind=behind)
        assert taken == merge.foremost(theirs.id, ours.id, ahead=behind, behind=ahead)
        return ours if taken == ours.id else theirs
    return commit(sorted((ours, theirs)), ours.tree | theirs.tree)


def gossip(replicas: int) -> st.SearchStrategy[list[tuple[int, int]]]:
    """Steps (who, from whom); who pulls from themselves writes an event of three, so that two may write the same."""
    return st.lists(st.tuples(st.integers(0, replicas - 1), st.integers(0, replicas - 1)), max_size=30)


def talk(tips: list[Tip], steps: Iterable[tuple[int, int]]) -> None:
    for number, (who, other) in enumerate(steps):
        if who != other:
            tips[who] = merged(tips[who], tips[other])
        else:
            tips[who] = commit([tips[who]], tips[who].tree | {f"event {number % 3}"})


def go_round(tips: list[Tip], are_at_once: bool) -> bool:
    """Each pulls from the next, one after another or all in the same moment; whether anything moved."""
    before = list(tips)
    for who in range(len(tips)):
        tips[who] = merged(tips[who], (before if are_at_once else tips)[(who + 1) % len(tips)])
    return tips != before


def rounds_to_rest(tips: list[Tip], are_at_once: bool) -> int:
    """How many rounds move something until all are at one tip: the events go round once, and then the foremost tip."""
    for rounds in range(2 * len(tips) - 1):
        if not go_round(tips, are_at_once):
            assert len(set(tips)) == 1, "at rest at different tips"
            return rounds
    raise AssertionError("still moving")


def comes_to_rest(steps: list[tuple[int, int]], replicas: int, are_at_once: bool) -> int:
    tips = [commit([], ())] * replicas
    talk(tips, steps)
    return rounds_to_rest(tips, are_at_once)


@pytest.mark.parametrize("are_at_once", [False, True], ids=["in turn", "at once"])
@pytest.mark.parametrize("replicas", [3, 4, 5])
def test_a_ring_comes_to_rest_at_one_tip(replicas, are_at_once):
    rounds = []

    @examples(500)
    @given(gossip(replicas))
    def run(steps):
        rounds.append(comes_to_rest(steps, replicas, are_at_once))

    run()
    assert max(rounds) > replicas - 1, "events went round, and no tips"


@given(gossip(4), st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3)), max_size=40))
@examples(500)
def test_whatever_was_pulled_before_the_ring_makes_no_difference(steps, pulls):
    """Pulls in any order are a detour at most: they make no tip that a ring could not come to rest with."""
    comes_to_rest([*steps, *((who, (who + step) % 4) for who, step in pulls)], 4, False)


def by_id_alone(ours: str, theirs: str, *, ahead: int, behind: int) -> str:
    return min(ours, theirs)


def by_id_of_the_greater(ours: str, theirs: str, *, ahead: int, behind: int) -> str:
    return max(ours, theirs)


def towards_fewer(ours: str, theirs: str, *, ahead: int, behind: int) -> str:
    return min((ahead, ours), (behind, theirs))[1]


@pytest.mark.parametrize("rule", [by_id_alone, by_id_of_the_greater, towards_fewer])
def test_a_rule_that_may_go_against_containment_does_not_do(monkeypatch, rule: Callable[..., str]):
    monkeypatch.setattr(merge, "foremost", rule)

    @settings(examples(2000), report_multiple_bugs=False, phases=[Phase.generate])
    @given(gossip(4))
    def run(steps):
        comes_to_rest(steps, 4, False)

    with pytest.raises(AssertionError, match="at rest at different tips|still moving"):
        run()
