"""Parents that move along with their parts, where their type says `cascades`."""

import pytest

from gitledger.model.policy import NoteRule, Policy, TaskType
from gitledger.ops._completing import CompleteTree
from gitledger.ops.advance import AdvanceTask
from gitledger.ops.item import CreateItem
from gitledger.ops.types import ListTypes, ShowType
from tests.ops.harness import Scene, given

BOTH = ("start", "complete")


def epic(*cascades: str, **said) -> Scene:
    """`task-0001`, of a type with these cascades, with two parts."""
    policy = Policy(types={"epic": TaskType(cascades=cascades, **said)})
    scene = given(CreateItem(title="Top", type="epic")).with_policy(policy)
    for title in ("One", "Two"):
        scene.run(CreateItem(title=title, parent="1"))
    return scene


def advance(task: str, trigger: str) -> AdvanceTask:
    return AdvanceTask(task=task, trigger=trigger)


def test_a_parent_starts_with_its_first_part_and_completes_with_its_last():
    scene = epic(*BOTH)
    view = scene.run(advance("2", "start"))
    assert [(top.id, top.status) for top in view.followed] == [("task-0001", "work")]
    assert view.parent_reopened is None
    assert scene.run(advance("3", "start")).followed == []
    scene.run(advance("2", "complete"))
    assert scene.task("1").status == "work"
    view = scene.run(advance("3", "complete"))
    assert [(top.id, top.status) for top in view.followed] == [("task-0001", "done")]


def test_a_part_that_is_given_up_has_ended_too():
    scene = epic("complete")
    scene.run(advance("2", "cancel"))
    assert scene.task("1").status == "queue"
    assert scene.run(advance("3", "complete")).followed[0].status == "done"


@pytest.mark.parametrize(("cascades", "began", "ended"), [(("start",), "work", "work"), (("complete",), "queue", "done"), ((), "queue", "queue")])
def test_each_is_said_by_itself(cascades, began, ended):
    scene = epic(*cascades)
    scene.run(advance("2", "start"))
    assert scene.task("1").status == began
    scene.run(advance("2", "complete"))
    scene.run(advance("3", "complete"))
    assert scene.task("1").status == ended


def test_it_goes_up_as_far_as_the_types_say():
    scene = epic(*BOTH)
    scene.run(CreateItem(title="Below", parent="2"))
    scene.run(CreateItem(title="Middle", parent="3", type="epic"))
    scene.run(CreateItem(title="Deep", parent="5"))
    view = scene.run(advance("6", "start"))
    assert [top.id for top in view.followed] == ["task-0005"]  # task-0003 is of no type: the way ends there
    assert scene.task("1").status == "queue"


def test_what_keeps_the_parent_keeps_the_part_from_nothing():
    scene = epic("complete", notes=(NoteRule("result", "work", True, "What came of it."),))
    scene.run(advance("2", "complete"))
    view = scene.run(advance("3", "complete"))
    assert (view.status, view.followed, scene.task("1").status) == ("done", [], "queue")
    assert any(warning.startswith("task-0001 did not follow (complete):") for warning in view.warnings)


def test_a_tree_that_is_completed_at_once_takes_its_parents_along():
    scene = epic(*BOTH)
    view = scene.run(CompleteTree(task="1", itself=True))
    assert {part.position for part in view.completed} == {"done"} and len(view.completed) == 3
    assert view.refused == []


def test_the_type_shows_it():
    scene = epic(*BOTH)
    assert scene.run(ShowType(name="epic")).cascades == ["start", "complete"]
    assert [known.cascades for known in scene.run(ListTypes()).types] == [["start", "complete"]]
