"""Dependencies: said either way, all or nothing, never in a circle; listed, drawn and checked."""

import pytest

from gitledger.model.events import DependencyAdded, TaskDeleted
from gitledger.ops._base import on
from gitledger.ops.dep import (
    AddDependency,
    AddPattern,
    ListCircles,
    ListDependencies,
    RemoveDependency,
    ShowDependencyTree,
)
from gitledger.ops.item import CreateItem
from gitledger.ops.require import AddRequirement, ListRequirements, RemoveRequirement, WaiveRequirement
from gitledger.ops.task import CancelTask, CreateTask
from tests.ops.harness import given
from tests.ops.stories import tell


def items(count: int):
    return [CreateItem(title=f"Task {number}") for number in range(1, count + 1)]


def depend(task: str, *others: str, **more) -> AddDependency:
    return AddDependency(task=task, others=list(others), **more)


def edges(scene) -> set[tuple[int, int, str, str]]:
    """(task, what it depends on, type, unblock_at) by number."""
    number = {uid: state.task.number for uid, state in scene.source.states.items()}
    found = scene.source.graph().edges()
    return {(number[e.task], number[e.on], e.type, e.unblock_at) for e in found}


# ---------------------------------------------------------------------------------------------- adding


def test_a_b_means_that_a_depends_on_b():
    scene = given(*items(2))
    (view,) = scene.when(depend("1", "2")).then("dependency.added").dependencies
    assert (view.task_id, view.depends_on_id, view.type, view.unblock_at) == ("task-0001", "task-0002", "blocks", "done")
    assert not view.satisfied
    assert [dep.on for dep in scene.task("1").dependencies] == [scene.task("2").uid]
    assert scene.task("2").dependencies == []


@pytest.mark.parametrize(
    ("op", "edge"),
    [
        (AddDependency(task="1", depends_on=["2"]), (1, 2)),
        (AddDependency(task="1", blocked_by=["2"]), (1, 2)),
        (AddDependency(task="1", blocks=["2"]), (2, 1)),
    ],
)
def test_it_can_be_said_either_way(op, edge):
    scene = given(*items(2), op)
    assert edges(scene) == {(*edge, "blocks", "done")}


def test_several_at_once_in_both_directions():
    scene = given(*items(5))
    op = AddDependency(task="3", others=["1"], depends_on=["2"], blocks=["4", "5"], unblock_at="review")
    view = scene.when(op).then(*["dependency.added"] * 4)
    assert len(view.dependencies) == 4
    assert {edge[:2] for edge in edges(scene)} == {(3, 1), (3, 2), (4, 3), (5, 3)}


def test_all_or_nothing():
    scene = given(*items(3))
    scene.when(depend("1", "2", "3", "9")).refused("NOT_FOUND", 5)
    scene.when(AddDependency(task="1", others=["2"], blocks=["2"])).refused("CONFLICT", 4)
    assert edges(scene) == set()


def test_again_changes_nothing_and_another_threshold_changes_that():
    scene = given(*items(2), depend("1", "2"))
    assert scene.when(depend("1", "2")).then().changed is False
    scene.when(depend("1", "2", unblock_at="work")).then("dependency.added")
    assert edges(scene) == {(1, 2, "blocks", "work")}


@pytest.mark.parametrize(
    ("op", "code"),
    [
        (depend("1"), "VALIDATION"),
        (depend("1", "1"), "VALIDATION"),
        (depend("1", "2", type="relates_to", unblock_at="work"), "VALIDATION"),
        (depend("1", "2", type="discovered_from", unblock_at="review"), "VALIDATION"),
        (AddPattern(pattern="linear", tasks=["1"]), "VALIDATION"),
        (AddPattern(pattern="fan-in", tasks=["1", "1"]), "VALIDATION"),
    ],
)
def test_bad_input(op, code):
    given(*items(2)).when(op).refused(code, 2)


def test_types_stand_beside_one_another():
    scene = given(*items(2), depend("1", "2"), depend("1", "2", type="relates_to"), depend("1", "2", type="discovered_from"))
    assert len(edges(scene)) == 3
    scene.when(RemoveDependency(task="1", others=["2"], type="relates_to")).then("dependency.removed")
    scene.when(RemoveDependency(task="1", others=["2"])).then("dependency.removed", "dependency.removed")
    scene.when(RemoveDependency(task="1", others=["2"])).refused("NOT_FOUND", 5)


def test_removing_says_what_is_gone_and_takes_what_is_no_longer_here():
    scene = given(*items(2), depend("1", "2"))
    tell(scene, lambda world: (yield on(world.task("2"), TaskDeleted(reason="x"))))
    view = scene.when(RemoveDependency(task="1", others=["2"])).then("dependency.removed")
    assert [(one.task_id, one.depends_on_id) for one in view.dependencies] == [("task-0001", "task-0002")]


# ---------------------------------------------------------------------------------------------- circles


def test_a_circle_is_refused_at_once_and_named():
    scene = given(*items(3), depend("1", "2"), depend("2", "3"))
    error = scene.when(depend("3", "1")).refused("CONFLICT", 4)
    assert error.details["cycle"] == ["task-0003", "task-0001", "task-0002", "task-0003"]
    assert "task-0003 → task-0001 → task-0002 → task-0003" in error.message


def test_a_circle_that_one_command_would_make_is_refused():
    scene = given(*items(3), depend("2", "3"))
    scene.when(AddDependency(task="1", others=["2"], blocks=["3"])).refused("CONFLICT", 4)


def test_only_edges_that_block_make_a_circle():
    scene = given(*items(2), depend("1", "2", type="relates_to"), depend("2", "1"))
    scene.when(depend("1", "2", type="discovered_from")).then("dependency.added")
    scene.when(depend("1", "2")).refused("CONFLICT", 4)


def test_a_waived_requirement_still_closes_a_circle():
    scene = given(CreateTask(title="A"), CreateTask(title="B"), AddRequirement(task="1", required="2"))
    scene.run(WaiveRequirement(task="1", required="2", reason="x"))
    scene.when(depend("2", "1")).refused("CONFLICT", 4)


def test_a_circle_that_a_merge_made_is_found_and_survived():
    scene = given(*items(5), depend("1", "2"), depend("2", "3"), depend("4", "5"))
    uid = {number: scene.task(str(number)).uid for number in range(1, 6)}
    assert scene.run(ListCircles()).cycles == []
    for task, other in ((3, 1), (5, 5)):
        tell(scene, lambda world, task=task, other=other: (yield on(world.task(uid[task]), DependencyAdded(on=uid[other]))))
    view = scene.run(ListCircles())
    found = [set(circle.tasks) for circle in view.cycles]
    assert {"task-0001", "task-0002", "task-0003"} in found and {"task-0005"} in found and view.total == 2
    (longest,) = [circle.uids for circle in view.cycles if len(circle.uids) == 3]
    assert all((edge.task, edge.on) in zip(longest, [*longest[1:], longest[0]], strict=True)
               for edge in scene.source.graph().edges() if edge.task in longest)
    assert scene.run(ListCircles(limit=1)).truncated


def test_a_long_chain_is_no_deep_recursion():
    scene = given(*items(3))
    from gitledger.model.task import Edge
    from gitledger.ops._graph import circles

    chain = [Edge(f"{number:05d}", f"{number + 1:05d}") for number in range(5000)]
    assert circles(chain) == []
    assert [len(found) for found in circles([*chain, Edge("05000", "00000")])] == [5001]
    assert scene


# ---------------------------------------------------------------------------------------------- patterns


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("linear", {(2, 1), (3, 2), (4, 3)}),
        ("fan-out", {(2, 1), (3, 1), (4, 1)}),
        ("fan-in", {(4, 1), (4, 2), (4, 3)}),
    ],
)
def test_patterns(pattern, expected):
    scene = given(*items(4))
    view = scene.when(AddPattern(pattern=pattern, tasks=["1", "2", "3", "4"], unblock_at="review")).then(
        *["dependency.added"] * 3
    )
    assert {edge[:2] for edge in edges(scene)} == expected
    assert {one.unblock_at for one in view.dependencies} == {"review"}


def test_a_pattern_that_would_close_a_circle_adds_nothing():
    scene = given(*items(3), depend("1", "3"))
    scene.when(AddPattern(pattern="linear", tasks=["1", "2", "3"])).refused("CONFLICT", 4)
    assert len(edges(scene)) == 1


# ---------------------------------------------------------------------------------------------- one relation


def test_require_and_dep_are_one_relation():
    scene = given(CreateTask(title="A"), CreateTask(title="B"), AddRequirement(task="1", required="2"))
    assert [one.depends_on_id for one in scene.run(ListDependencies(task="1")).dependencies] == ["task-0002"]
    scene.when(depend("1", "2")).then()
    scene.run(RemoveDependency(task="1", others=["2"]))
    assert scene.run(ListRequirements(task="1")).requirements == []
    scene.run(depend("1", "2", unblock_at="work"))
    assert scene.run(ListRequirements(task="1")).requirements[0].required_status == "work"
    scene.when(RemoveRequirement(task="1", required="2")).then("dependency.removed")


def test_who_waits_for_a_cancelled_task_is_told_unless_that_will_do():
    scene = given(CreateTask(title="A"), CreateItem(title="B"), CreateItem(title="C"), CancelTask(task="3"))
    assert scene.run(depend("1", "3")).warnings == ["task-0003 is cancelled: task-0001 waits until it is taken up again."]
    view = scene.run(depend("2", "3"))
    assert (view.warnings, view.dependencies[0].satisfied) == ([], True)


# ---------------------------------------------------------------------------------------------- looking


def test_the_list_has_both_directions():
    scene = given(*items(3), depend("2", "1"), depend("3", "2", type="relates_to"))
    view = scene.run(ListDependencies(task="2"))
    assert [(one.direction, one.task_id, one.depends_on_id) for one in view.dependencies] == [
        ("depends_on", "task-0002", "task-0001"),
        ("needed_by", "task-0003", "task-0002"),
    ]
    assert (view.total, view.truncated) == (2, False)
    assert [one.type for one in scene.run(ListDependencies(task="2", type="relates_to")).dependencies] == ["relates_to"]
    assert scene.run(ListDependencies(task="2", direction="depends-on")).total == 1
    assert scene.run(ListDependencies(task="2", direction="needed-by", limit=1)).total == 1
    assert scene.run(ListDependencies(task="2", limit=1)).truncated


def test_the_tree_draws_each_task_with_its_own_once():
    scene = given(*items(4), depend("1", "2", "3"), depend("2", "4"), depend("3", "4"))
    view = scene.run(ShowDependencyTree(task="1"))
    assert [(node.id, node.depth, node.repeated) for node in view.nodes] == [
        ("task-0001", 0, False),
        ("task-0002", 1, False),
        ("task-0004", 2, False),
        ("task-0003", 1, False),
        ("task-0004", 2, True),
    ]
    up = scene.run(ShowDependencyTree(task="4", needed_by=True, depth=1))
    assert [node.id for node in up.nodes] == ["task-0004", "task-0002", "task-0003"]
    cut = scene.run(ShowDependencyTree(task="1", limit=2))
    assert (len(cut.nodes), cut.total, cut.truncated) == (2, None, True)


def test_the_tree_of_a_circle_ends():
    scene = given(*items(2), depend("1", "2"))
    tell(scene, lambda world: (yield on(world.task("2"), DependencyAdded(on=world.task("1").uid))))
    assert [node.repeated for node in scene.run(ShowDependencyTree(task="1")).nodes] == [False, False, True]
