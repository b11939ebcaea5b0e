"""Does the suite notice? The merge is broken on purpose, and the property that holds elsewhere must fail here."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from msgspec import structs

from gitledger.model import codec, fold, merge
from gitledger.store.merge import _Walk
from tests.property.play import History, histories
from tests.property.repositories import Workshop
from tests.property.test_convergence import converges
from tests.property.test_holes import only, two_versions_meet
from tests.property.test_repositories import meets


def notices(check, strategy, words):
    """The property finds something wrong, and for the reason given."""
    hurried = settings(
        max_examples=200,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    with pytest.raises(AssertionError, match=words):
        hurried(given(strategy)(check))()


@pytest.fixture
def workshop(tmp_path):
    return Workshop(tmp_path, 3)


def as_given(ours, theirs):
    return merge.Parents(ours[0], theirs[0], max(ours[1], theirs[1]))


def date_of_ours(ours, theirs):
    return merge.Parents(*sorted((ours[0], theirs[0])), ours[1])


def date_of_the_first(ours, theirs):
    """The same on both sides, and wrong all the same: history would run backwards."""
    return merge.Parents(*sorted((ours[0], theirs[0])), min(ours, theirs)[1])


@pytest.mark.parametrize(
    ("parents_of", "words"),
    [
        (as_given, "which side merges makes a difference"),
        (date_of_ours, "which side merges makes a difference"),
        (date_of_the_first, "something of its own"),
    ],
)
def test_parents_and_date_of_the_merge_commit(workshop, monkeypatch, parents_of, words):
    monkeypatch.setattr(merge, "parents_of", parents_of)
    notices(lambda history: meets(workshop, history), histories(3), words)


def test_guards_checked_again_in_the_fold(monkeypatch):
    """A cancelled task takes no todos: true when the event was written, and no business of the fold."""
    apply = fold._apply

    def with_guards(table, state, event):
        if getattr(state, "task", None) is None or state.task.status != "cancelled" or event.type == "task.uncancelled":
            apply(table, state, event)

    monkeypatch.setattr(fold, "_apply", with_guards)
    notices(converges, histories(3), "is lost|assert|two tasks hold one number")


def test_a_one_sided_take_across_fold_versions(workshop, monkeypatch):
    info = _Walk._info

    def as_if_current(self, root):
        return structs.replace(info(self, root), fold=codec.FOLD_VERSION)

    monkeypatch.setattr(_Walk, "_info", as_if_current)
    workshop.begin(History(steps=[], skews=(0, 0, 0)))
    workshop.uid = only(workshop, 0).uid
    with pytest.raises(AssertionError, match="DERIVED_DIFFERS|left as it was folded"):
        two_versions_meet(workshop, monkeypatch)


@pytest.mark.parametrize(
    ("settle", "words"),
    [
        (lambda published, merged, top: [], "two tasks hold one number|silently changed its owner"),
        (lambda published, merged, top: merge_settle([], merged, top), "silently changed its owner"),
    ],
)
def test_settling_not_at_all_or_without_the_hub(monkeypatch, settle, words):
    monkeypatch.setattr(merge, "settle", settle)
    notices(converges, histories(3), words)


merge_settle = merge.settle
