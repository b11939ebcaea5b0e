"""Completing a tree: what comes first first; what refuses is told, and holds up only what waits for it."""

from gitledger.ops._completing import CompleteTree
from gitledger.ops._planting import CreateTree
from gitledger.ops.advance import AdvanceTask, HoldTask
from gitledger.ops.claim import ClaimTask
from gitledger.ops.item import CreateItem
from tests.ops.harness import BOT, OTHER, given
from tests.ops.test_planting import plant, task


def tree() -> CreateTree:
    """1 over 2, 3 and 4; 5 under 4. 2 waits for 3, and 3 for 5."""
    return plant(
        {
            "root": task(
                "Top",
                children=[
                    task("Last", depends_on=["middle"]),
                    task("Middle", ref="middle", depends_on=["first"]),
                    task("Box", children=[task("First", ref="first")]),
                ],
            )
        }
    )


def numbers(parts) -> list[int]:
    return [int(part.id.removeprefix("task-")) for part in parts]


def test_what_comes_first_is_completed_first_and_parts_before_what_they_are_part_of():
    scene = given(tree())
    view = scene.when(CompleteTree(task="1")).then(*["task.advanced"] * 4)
    assert numbers(view.completed) == [5, 3, 2, 4]
    assert (view.refused, view.ended, scene.task("1").status) == ([], [], "queue")
    again = scene.when(CompleteTree(task="1")).then()
    assert (numbers(again.ended), again.completed, again.changed) == ([2, 3, 4, 5], [], False)
    assert numbers(scene.run(CompleteTree(task="1", itself=True)).completed) == [1]


def test_what_refuses_is_told_with_its_reason_and_so_is_what_waits_for_it():
    scene = given(tree(), HoldTask(task="3", reason="waiting for parts"))
    view = scene.when(CompleteTree(task="1", itself=True)).then("task.advanced", "task.advanced")
    assert numbers(view.completed) == [5, 4]
    assert [(part.id, part.code) for part in view.refused] == [
        ("task-0003", "CONFLICT"),
        ("task-0002", "DEPENDENCY_UNSATISFIED"),
        ("task-0001", "PARTS_UNFINISHED"),
    ]
    assert all(part.reason and part.hint for part in view.refused)
    assert view.refused[0].position == "blocked"


def test_a_foreign_claim_refuses_and_a_cancelled_part_has_ended():
    scene = given(tree(), AdvanceTask(task="5", trigger="cancel"))
    scene.as_(OTHER).run(ClaimTask(task="3"))
    view = scene.as_(BOT).run(CompleteTree(task="1"))
    assert (numbers(view.completed), numbers(view.ended)) == ([4], [5])
    assert [part.id for part in view.refused] == ["task-0003", "task-0002"]


def test_a_task_without_parts_has_nothing_to_complete():
    scene = given(CreateItem(title="Alone"))
    view = scene.when(CompleteTree(task="1")).then()
    assert (view.total, view.changed) == (0, False)
    scene.when(CompleteTree(task="9")).refused("NOT_FOUND", 5)
