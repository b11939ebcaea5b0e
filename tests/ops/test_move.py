"""The hierarchy: parents of any depth and never in a circle, places among siblings, trees of bounded size."""

import pytest

from gitledger.model.events import TaskMoved
from gitledger.ops._base import on
from gitledger.ops.advance import AdvanceTask
from gitledger.ops.item import CreateItem
from gitledger.ops.move import MoveTask
from gitledger.ops.tree import ShowTree
from tests.ops.harness import given
from tests.ops.stories import forked, tell


def item(title: str, parent: str | None = None, **fields) -> CreateItem:
    return CreateItem(title=title, parent=parent, **fields)


def drawn(scene, **more) -> list[str]:
    """The titles of a tree, indented by depth."""
    return ["  " * node.depth + node.title for node in scene.run(ShowTree(**more)).nodes]


FAMILY = (item("A"), item("B", "1"), item("C", "1"), item("D", "2"), item("E"))


def test_the_tree_from_the_root_and_of_one_task():
    scene = given(*FAMILY)
    assert drawn(scene) == ["A", "  B", "    D", "  C", "E"]
    assert drawn(scene, task="2") == ["B", "  D"]
    view = scene.run(ShowTree())
    assert (view.roots, view.total, view.truncated) == (2, 5, False)
    assert [(node.children, node.ended) for node in view.nodes] == [(2, 0), (1, 0), (0, 0), (0, 0), (0, 0)]
    scene.run(AdvanceTask(task="3", trigger="complete"))
    assert scene.run(ShowTree()).nodes[0].ended == 1


def test_a_tree_is_cut_by_depth_and_limit_and_says_so():
    scene = given(*FAMILY)
    view = scene.run(ShowTree(depth=1))
    assert [(node.title, node.hidden) for node in view.nodes] == [("A", 0), ("B", 1), ("C", 0), ("E", 0)]
    assert (view.total, view.truncated) == (None, True)
    for limit in range(1, 5):
        view = scene.run(ShowTree(limit=limit))
        assert len(view.nodes) == limit and view.truncated
    assert not scene.run(ShowTree(limit=5)).truncated
    assert not scene.run(ShowTree(limit=0)).truncated
    assert given().run(ShowTree()).nodes == []


def test_any_depth():
    scene = given(item("0"), *(item(str(number), str(number)) for number in range(1, 12)))
    assert drawn(scene, depth=20)[-1] == "  " * 11 + "11"


def test_moving_under_another_parent_and_to_the_root():
    scene = given(*FAMILY)
    view = scene.when(MoveTask(task="4", parent="5")).then("task.moved")
    assert (view.parent_task_id, view.previous_parent_task_id) == ("task-0005", "task-0002")
    scene.when(MoveTask(task="4", parent="5")).then()
    scene.when(MoveTask(task="2", root=True)).then("task.moved")
    assert drawn(scene) == ["A", "  C", "B", "E", "  D"]


@pytest.mark.parametrize("parent", ["1", "2", "4"])
def test_parents_never_form_a_circle(parent):
    error = given(*FAMILY).when(MoveTask(task="1", parent=parent)).refused("CONFLICT", 4)
    assert error.details["cycle"][0] == error.details["cycle"][-1] == "task-0001"


def test_a_circle_that_a_merge_made_ends():
    scene = given(*FAMILY)
    tell(scene, lambda world: (yield on(world.task("1"), TaskMoved(parent=world.task("4").uid))))
    assert drawn(scene, task="1") == ["A", "  B", "    D", "  C"]
    scene.when(MoveTask(task="1", root=True)).then("task.moved")


@pytest.mark.parametrize(
    ("moves", "order"),
    [
        ([MoveTask(task="4", before="2")], "4 2 3 5"),
        ([MoveTask(task="4", after="2")], "2 4 3 5"),
        ([MoveTask(task="2", after="5")], "3 4 5 2"),
        ([MoveTask(task="2", after="3"), MoveTask(task="5", before="2"), MoveTask(task="4", before="5")], "3 4 5 2"),
        ([MoveTask(task="5", sort=1)], "5 2 3 4"),
        ([MoveTask(task="5", sort=1), MoveTask(task="4", sort=2), MoveTask(task="3", before="4")], "5 3 4 2"),
        ([MoveTask(task="5", before="2"), MoveTask(task="4", before="5"), MoveTask(task="3", after="4")], "4 3 5 2"),
    ],
)
def test_places_among_siblings(moves, order):
    scene = given(item("top"), *(item(str(number), "1") for number in range(2, 6)), *moves)
    assert [title.strip() for title in drawn(scene, task="1")[1:]] == order.split()


def test_beside_another_task_means_under_its_parent():
    scene = given(*FAMILY)
    view = scene.run(MoveTask(task="5", before="4"))
    assert view.parent_task_id == "task-0002"
    assert drawn(scene) == ["A", "  B", "    E", "    D", "  C"]


def test_many_moves_keep_the_places_apart():
    scene = given(item("top"), *(item(str(number), "1") for number in range(2, 8)))
    expected = [str(number) for number in range(2, 8)]
    for step in range(40):
        moved, beside = expected[step % 6], expected[(step * 5 + 2) % 6]
        if moved == beside:
            continue
        expected.remove(moved)
        expected.insert(expected.index(beside) + step % 2, moved)
        scene.run(MoveTask(task=moved, **{"after" if step % 2 else "before": beside}))
        assert [title.strip() for title in drawn(scene, task="1")[1:]] == expected


@pytest.mark.parametrize(
    "op",
    [
        MoveTask(task="1"),
        MoveTask(task="1", parent="2", root=True),
        MoveTask(task="1", before="2", after="3"),
        MoveTask(task="1", before="2", sort=1),
        MoveTask(task="1", before="1"),
    ],
)
def test_bad_input(op):
    given(*FAMILY).when(op).refused("VALIDATION", 2)


def test_what_lay_under_an_archived_task_stands_at_the_root():
    scene = given(*FAMILY)
    scene.run(AdvanceTask(task="1", trigger="complete"))
    scene.run(AdvanceTask(task="1", trigger="archive"))
    assert drawn(scene) == ["B", "  D", "C", "E"]


def test_trees_of_all_ledgers():
    scene = given(item("Here"))
    forked(scene).run(item("There"))
    assert [(node.title, node.ledger) for node in scene.run(ShowTree(all_ledgers=True)).nodes] == [
        ("Here", "main"), ("Here", "feature"), ("There", "feature"),
    ]
