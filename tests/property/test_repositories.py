"""Histories through real repositories: one commit id everywhere, whichever side merged, in whichever order (design §1, law 5)."""

import pytest
from hypothesis import given
from msgspec import structs

from tests.property.play import LEDGERS, examples, histories
from tests.property.repositories import Workshop


@pytest.fixture(scope="module", params=[3, 4])
def workshop(request, tmp_path_factory):
    return Workshop(tmp_path_factory.mktemp("workshop"), request.param)


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    return Workshop(tmp_path_factory.mktemp("three"), 3)


def obeys_the_laws(workshop, name="main"):
    """Merging the tips of three replicas is associative in the tree, and merging again changes nothing."""
    a, b, c = (workshop.tip(who, name) for who in range(3))
    ab, bc = workshop.merge(a, b).tip, workshop.merge(b, c).tip
    left, right = workshop.merge(ab, c).tip, workshop.merge(a, bc).tip
    assert workshop.tree(left) == workshop.tree(right), "the order of merges makes a difference"
    for part in (a, b, c, ab):
        assert workshop.tree(workshop.merge(left, part).tip) == workshop.tree(left)
    assert workshop.tree(workshop.merge(left, right).tip) == workshop.tree(left)


def meets(workshop, history):
    """Play a history; look at its merges, and at where everybody ends."""
    workshop.begin(history)
    workshop.play()
    obeys_the_laws(workshop)
    obeys_the_laws(workshop, "feature")
    workshop.sync_until_nothing_moves()
    workshop.check()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_replicas_end_with_one_commit_id(workshop):
    played = []

    @examples(50)
    @given(histories(workshop.hub, most=40))
    def run(history):
        meets(workshop, history)
        played.append(history)

    run()
    # Fast-forwards alone would prove nothing: four true merges a history, each of another pair; a quarter of all merges.
    assert len(set(workshop.pairs)) >= 4 * len(played)
    assert len(workshop.pairs) >= 0.25 * workshop.merges
    assert workshop.settlements >= 0.3 * len(played)


def pull_from_the_next(workshop, are_at_once):
    """Each replica pulls from the next, once; whether anything moved."""
    has_moved = False
    for name in LEDGERS:
        tips = [workshop.tip(who, name) for who in range(3)]
        for who in range(3):
            following = tips[(who + 1) % 3] if are_at_once else workshop.tip((who + 1) % 3, name)
            has_moved |= workshop.take(who, name, following)
    return has_moved


def played_without_a_hub(workshop, history):
    steps = [("pull" if kind in ("sync", "race") else kind, who, pick) for kind, who, pick in history.steps]
    workshop.begin(structs.replace(history, steps=steps))
    workshop.play()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_three_clones_in_a_ring_stop_moving(three):
    @examples(20)
    @given(histories(3, most=24))
    def run(history):
        played_without_a_hub(three, history)
        rounds = [pull_from_the_next(three, are_at_once=False) for _ in range(6)]
        assert not rounds[-1], "still moving after five rounds"
        for name in LEDGERS:
            assert len({three.tree(three.tip(who, name)) for who in range(3)}) == 1, "the ring holds different trees"

    run()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_three_clones_in_a_ring_that_pull_in_the_same_moment_stop_merging(three):
    """In lockstep, tips of equal trees may go round; but no commit is made any more, and the first delay ends it."""

    @examples(20)
    @given(histories(3, most=24))
    def run(history):
        played_without_a_hub(three, history)
        for _ in range(6):
            pull_from_the_next(three, are_at_once=True)
        seen = {three.tip(who, name) for who in range(3) for name in LEDGERS}
        for _ in range(3):
            pull_from_the_next(three, are_at_once=True)
            assert {three.tip(who, name) for who in range(3) for name in LEDGERS} <= seen, "still merging"
        for name in LEDGERS:
            assert len({three.tree(three.tip(who, name)) for who in range(3)}) == 1, "the ring holds different trees"
        pull_from_the_next(three, are_at_once=False)
        pull_from_the_next(three, are_at_once=False)
        assert not pull_from_the_next(three, are_at_once=False)

    run()
