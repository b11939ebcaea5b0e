"""Whatever replicas do, and however they meet: once all have synced, all hold the same, and nothing is lost (design §3)."""

from collections import Counter
from itertools import product
from random import Random

import pytest
from hypothesis import given

from gitledger.model.merge import Numbered, settle
from gitledger.model.task import Actor, Claim
from tests.property.model import Universe, outdated_claims
from tests.property.play import examples, histories


def converges(history) -> None:
    """Play, sync until nothing moves, and look at what came out."""
    universe = Universe(history)
    universe.play()
    universe.sync_until_nothing_moves()
    universe.check()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("replicas", [3, 4, 5])
def test_replicas_converge(replicas):
    @examples(667)
    @given(histories(replicas))
    def run(history):
        converges(history)

    run()


# ---------------------------------------------------------------------------------------------- settling, all of it

UIDS = ("a", "b", "c")
NUMBERS = (1, 2, 3)


def _ledgers(least=()):
    """Every ledger of at most three tasks and three numbers that has at least the tasks of `least`."""
    for numbers in product((None, *NUMBERS), repeat=len(UIDS)):
        held = {uid: number for uid, number in zip(UIDS, numbers, strict=True) if number is not None}
        if set(least) <= held.keys():
            yield held


def _numbered(held):
    return [Numbered(uid, number) for uid, number in held.items()]


def _may_stay(published, merged, moved):
    """Whether numbers are right if just these tasks get new ones: one holder each, and none that another was given in H."""
    stay = {uid: number for uid, number in merged.items() if uid not in moved}
    if len(set(stay.values())) < len(stay):
        return False
    for uid, number in stay.items():
        owners = [other for other, given in published.items() if given == number]
        if owners and uid not in owners:
            return False
    return True


def test_settling_every_small_ledger():
    cases = Counter()
    for published in _ledgers():
        for merged in _ledgers(least=published):
            moves = settle(_numbered(published), _numbered(merged), 0)
            moved = {move.uid for move in moves}
            settled = merged | {move.uid: move.new for move in moves}
            cases[len(moves)] += 1

            # Order of input makes no difference, and doing it again does nothing.
            shuffled = Random(len(moves)).sample(_numbered(merged), len(merged))
            assert settle(reversed(_numbered(published)), shuffled, 0) == moves
            assert settle(_numbered(published), _numbered(settled), max([0, *settled.values()])) == []
            assert settle(_numbered(settled), _numbered(settled), 0) == []

            # One holder each; new numbers follow the highest ever seen, one after another.
            assert len(set(settled.values())) == len(settled)
            top = max([0, *published.values(), *merged.values()])
            assert [move.new for move in moves] == list(range(top + 1, top + 1 + len(moves)))
            assert all(move.old == merged[move.uid] for move in moves)

            # Who holds its number in H keeps it (of several, the smallest uid); nobody gets what another held there.
            for number in NUMBERS:
                keepers = [uid for uid in UIDS if published.get(uid) == merged.get(uid) == number]
                assert moved.isdisjoint(keepers[:1]) and moved.issuperset(keepers[1:])
                if number in published.values():
                    holders = [uid for uid, now in settled.items() if now == number]
                    assert all(published.get(uid) == number for uid in holders)
                else:
                    rivals = [uid for uid in UIDS if merged.get(uid) == number]
                    assert moved.isdisjoint(rivals[:1]) and moved.issuperset(rivals[1:])

            # No fewer tasks could be renumbered.
            fewer = [set(some) for some in product(*[(None, uid) for uid in merged]) if sum(map(bool, some)) < len(moved)]
            assert not any(_may_stay(published, merged, some) for some in fewer)
    assert cases[0] > 300 and cases[1] > 500 and cases[2] > 200 and cases[3]


def test_new_numbers_follow_the_highest_that_anybody_was_ever_given():
    moves = settle([Numbered("a", 50)], [Numbered("a", 3), Numbered("b", 3), Numbered("c", 3)], 49)
    assert [(move.uid, move.old, move.new) for move in moves] == [("b", 3, 51), ("c", 3, 52)]
    assert [move.new for move in settle([], [Numbered("a", 1), Numbered("b", 1)], 7)] == [8]


def test_a_task_without_a_number_gets_one():
    assert [(move.old, move.new) for move in settle([], [Numbered("a", 0)], 4)] == [(0, 5)]


# ---------------------------------------------------------------------------------------------- settling claims


def _claim(id, holder):
    return Claim(id=id, holder=holder, actor=Actor("agent", holder), at="", until="", lease_s=60)


def test_the_claim_that_the_hub_saw_first_stands_whatever_its_clock_or_holder():
    first, stale, own = _claim("c", "ada"), _claim("a", "bob"), _claim("b", "ada")
    assert outdated_claims([first], [stale, first, own]) == [stale]
    assert outdated_claims([], [stale, first]) == []
    assert outdated_claims([first, stale], [first, stale]) == []


def test_a_claim_that_replaced_the_one_at_the_hub_is_not_outdated():
    assert outdated_claims([_claim("c", "ada")], [_claim("d", "bob")]) == []
