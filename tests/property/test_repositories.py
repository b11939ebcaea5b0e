"""Histories through real repositories: one commit id everywhere, whichever side merged, in whichever order (design §1, law 5)."""

import pytest
from hypothesis import given
from msgspec import structs

from tests.property.play import LEDGERS, examples, histories
from tests.property.repositories import Workshop


@pytest.fixture(scope="module", params=[3, 4])
def workshop(request, tmp_path_factory):
    return Workshop(tmp_path_factory.mktemp("workshop"), request.param)


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
        tips = [workshop.tip(who, name) for who in range(workshop.hub)]
        for who in range(workshop.hub):
            other = (who + 1) % workshop.hub
            has_moved |= workshop.take(who, name, tips[other] if are_at_once else workshop.tip(other, name))
    return has_moved


def played_without_a_hub(workshop, history):
    steps = [("pull" if kind in ("sync", "race") else kind, who, pick) for kind, who, pick in history.steps]
    workshop.begin(structs.replace(history, steps=steps))
    workshop.play()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("replicas", "are_at_once"), [(3, False), (4, True), (5, False)])
def test_a_ring_without_a_hub_comes_to_rest_at_one_commit_id(tmp_path, replicas, are_at_once):
    """Clones that pulled from one another at random, then from the next in a ring, in turn or all in the same moment."""
    ring = Workshop(tmp_path, replicas)

    @examples(12)
    @given(histories(replicas, most=24))
    def run(history):
        played_without_a_hub(ring, history)
        rounds = 0
        while pull_from_the_next(ring, are_at_once):
            rounds += 1
            assert rounds <= 2 * (replicas - 1), "still moving"
        for name in LEDGERS:
            assert len({ring.tip(who, name) for who in range(replicas)}) == 1, "at rest at different tips"

    run()
