"""Requirements: gates that a waiver opens, and cycles that are never made."""

import pytest

from gitledger.model.events import DependencyAdded, DependencyWaived, TaskDeleted, TaskRecorded
from gitledger.ops._base import on
from gitledger.ops.implement import StartImplementation
from gitledger.ops.require import AddRequirement, ListRequirements, RemoveRequirement, WaiveRequirement
from gitledger.ops.task import CancelTask, CreateTask
from tests.ops.harness import ADA, BOT, given
from tests.ops.stories import approved, tell

ELSEWHERE = "beef0000-0000-4000-8000-000000000000"


def tasks(count: int):
    """Tasks 1 to `count`."""

    def create(scene):
        for number in range(1, count + 1):
            scene.run(CreateTask(title=f"Task {number}"))

    return create


def needs(task: str, required: str) -> AddRequirement:
    return AddRequirement(task=task, required=required)


def listed(scene, task: str = "1"):
    return scene.run(ListRequirements(task=task)).requirements


def finished(scene, reference: str) -> None:
    """The task is done."""
    tell(scene, lambda world: (yield on(world.task(reference), TaskRecorded(summary="done"))))


def depends_on(scene, reference: str, uid: str) -> None:
    """A dependency that came by a merge."""
    tell(scene, lambda world: (yield on(world.task(reference), DependencyAdded(on=uid))))


# ---------------------------------------------------------------------------------------------- adding


def test_adding_answers_with_the_whole_task():
    scene = given(tasks(2))
    view = scene.when(needs("1", "2")).then("dependency.added")
    assert (view.id, view.requirements) == ("task-0001", ["task-0002"])
    assert scene.task("2").dependencies == []


def test_adding_twice_changes_nothing():
    scene = given(tasks(2), needs("1", "2"))
    assert scene.when(needs("1", "task-2")).then().requirements == ["task-0002"]


def test_adding_keeps_the_waivers_of_others():
    scene = given(tasks(3), needs("1", "2"), WaiveRequirement(task="1", required="2", reason="Not needed"))
    scene.when(needs("1", "3")).then("dependency.added")
    assert [(item.required_task_id, item.satisfied) for item in listed(scene)] == [
        ("task-0002", True),
        ("task-0003", False),
    ]
    assert listed(scene)[0].waiver.reason == "Not needed"
    scene.when(needs("1", "2")).then()
    assert listed(scene)[0].waiver.reason == "Not needed"


def test_an_unknown_task_cannot_be_required():
    given(tasks(1)).when(needs("1", "7")).refused("NOT_FOUND", 5)


def test_requiring_a_cancelled_task_is_pointed_out():
    scene = given(tasks(2), CancelTask(task="2"))
    scene.when(needs("1", "2")).then("dependency.added")
    assert scene.world.warnings == ["task-0002 is cancelled: task-0001 waits until it is taken up again."]
    assert not listed(scene)[0].satisfied


# ---------------------------------------------------------------------------------------------- cycles


def test_a_task_cannot_require_itself():
    error = given(tasks(1)).when(needs("1", "1")).refused("CONFLICT", 4)
    assert error.details == {"cycle": ["task-0001", "task-0001"]}
    assert "itself" in error.message


@pytest.mark.parametrize("length", [2, 3, 5])
def test_a_cycle_is_refused_and_named(length):
    scene = given(tasks(length), *(needs(str(n), str(n + 1)) for n in range(1, length)))
    error = scene.when(needs(str(length), "1")).refused("CONFLICT", 4)
    cycle = [f"task-{length:04d}", *(f"task-{n:04d}" for n in range(1, length + 1))]
    assert error.details == {"cycle": cycle}
    assert " → ".join(cycle) in error.message
    assert error.task_id == f"task-{length:04d}"


def test_the_shortest_cycle_is_named():
    scene = given(tasks(4), needs("1", "2"), needs("2", "3"), needs("1", "3"), needs("3", "4"))
    error = scene.when(needs("4", "1")).refused("CONFLICT", 4)
    assert error.details["cycle"] == ["task-0004", "task-0001", "task-0003", "task-0004"]


def test_two_ways_to_the_same_task_are_no_cycle():
    given(tasks(4), needs("1", "2"), needs("1", "3"), needs("2", "4")).when(needs("3", "4")).then("dependency.added")


def test_other_kinds_of_dependency_make_no_cycle():
    def related(scene):
        uid = scene.task("1").uid
        tell(scene, lambda world: (yield on(world.task("2"), DependencyAdded(on=uid, kind="relates_to"))))

    scene = given(tasks(2), related)
    scene.when(needs("1", "2")).then("dependency.added")
    assert listed(scene, "2") == []


def test_waiving_does_not_slip_a_cycle_in():
    scene = given(tasks(2), needs("1", "2"))
    scene.when(WaiveRequirement(task="2", required="1", reason="x")).refused("CONFLICT", 4)


def test_a_cycle_that_a_merge_made_is_pointed_out_and_can_be_undone():
    def merged(scene):
        depends_on(scene, "2", scene.task("1").uid)

    scene = given(tasks(2), needs("1", "2"), merged)
    listed(scene)
    assert scene.world.warnings == [
        "These tasks wait for each other until one requirement is removed: task-0001 → task-0002 → task-0001."
    ]
    scene.when(RemoveRequirement(task="2", required="1")).then("dependency.removed")
    listed(scene)
    assert scene.world.warnings == []


# ---------------------------------------------------------------------------------------------- removing


def test_removing_leaves_the_others():
    scene = given(tasks(3), needs("1", "2"), needs("1", "3"))
    view = scene.when(RemoveRequirement(task="1", required="2")).then("dependency.removed")
    assert view.requirements == ["task-0003"]


def test_removing_what_is_not_required_is_not_found():
    scene = given(tasks(2))
    error = scene.when(RemoveRequirement(task="1", required="2")).refused("NOT_FOUND", 5)
    assert error.message == "task-0001 does not require task-0002."
    scene.when(RemoveRequirement(task="1", required="9")).refused("NOT_FOUND", 5)


def test_a_removed_requirement_comes_back_without_its_waiver():
    scene = given(tasks(2), WaiveRequirement(task="1", required="2", reason="x"), RemoveRequirement(task="1", required="2"))
    scene.run(needs("1", "2"))
    assert listed(scene)[0].waiver is None


# ---------------------------------------------------------------------------------------------- waiving


def test_waiving_adds_what_was_not_there():
    scene = given(tasks(2)).as_(BOT)
    view = scene.when(WaiveRequirement(task="1", required="2", reason="Later")).then(
        "dependency.added", "dependency.waived"
    )
    assert view.requirements == ["task-0002"]
    waiver = listed(scene)[0].waiver
    assert (waiver.actor.actor_type, waiver.reason) == ("user", "Later")


def test_waiving_again_changes_nothing_but_another_reason_is_recorded():
    waive = WaiveRequirement(task="1", required="2", reason="Later")
    scene = given(tasks(2), waive)
    scene.when(waive).then()
    scene.when(WaiveRequirement(task="1", required="2", reason="Never")).then("dependency.waived")
    assert listed(scene)[0].waiver.reason == "Never"


def test_only_a_user_waives_and_gives_a_reason():
    scene = given(tasks(2), needs("1", "2"))
    scene.when(WaiveRequirement(task="1", required="2", reason="x", actor="agent")).refused("WORKFLOW_REJECTION", 3)
    scene.when(WaiveRequirement(task="1", required="2", reason=" ")).refused("INVALID_INPUT", 2)


@pytest.mark.parametrize("way", ["done", "waived"])
def test_the_gate_opens_when_the_other_task_is_done_or_waived(way):
    scene = given(approved, tasks(1), needs("1", "2"))
    error = scene.when(StartImplementation(task="1")).refused("WORKFLOW_REJECTION", 3)
    assert error.blocking_refs == ("task-0002",)
    if way == "done":
        finished(scene, "2")
    else:
        scene.as_(ADA).run(WaiveRequirement(task="1", required="2", reason="Not needed"))
    assert listed(scene)[0].satisfied
    scene.when(StartImplementation(task="1")).then("run.started", "claim.taken")


# ---------------------------------------------------------------------------------------------- listing


def test_a_requirement_tells_everything():
    scene = given(tasks(2), needs("1", "2"))
    (item,) = listed(scene)
    assert (item.id, item.task_id, item.required_task_id, item.required_task_title) == (
        "req-0002",
        "task-0001",
        "task-0002",
        "Task 2",
    )
    assert (item.required_status, item.status, item.satisfied, item.waiver) == ("done", "draft", False, None)


def test_a_task_that_is_not_here_is_not_met_and_shows_its_uid():
    def merged(scene):
        depends_on(scene, "1", ELSEWHERE)

    scene = given(tasks(1), merged)
    (item,) = listed(scene)
    assert (item.id, item.required_task_id, item.status, item.satisfied) == ("req-beef0000", ELSEWHERE, None, False)
    waived = WaiveRequirement(task="1", required="beef", reason="Lost")
    assert scene.when(waived).then("dependency.waived").requirements == [ELSEWHERE]
    assert listed(scene)[0].satisfied
    scene.when(RemoveRequirement(task="1", required=ELSEWHERE)).then("dependency.removed")


def test_a_deleted_task_can_still_be_removed_by_its_number():
    def delete(scene):
        tell(scene, lambda world: (yield on(world.task("2"), TaskDeleted(reason="x"))))

    scene = given(tasks(2), needs("1", "2"), delete)
    scene.when(RemoveRequirement(task="1", required="2")).then("dependency.removed")


def test_two_required_tasks_of_one_number_have_ids_of_their_own():
    def twin(scene):
        other = given(tasks(2))
        uid = "aaaaaa" + other.source.rows()[1].uid[6:]
        state = next(state for state in other.source.states.values() if state.task.number == 2)
        state.task.uid = uid
        scene.source.states[uid] = state
        depends_on(scene, "1", uid)

    scene = given(tasks(2), needs("1", "2"), twin)
    ids = [item.id for item in listed(scene)]
    assert len(set(ids)) == 2 and all(item.startswith("req-0002.") for item in ids)
    scene.when(RemoveRequirement(task="1", required="2")).refused("AMBIGUOUS", 4)


def test_a_waiver_of_a_merge_without_its_requirement_waives_nothing():
    def waived(scene):
        uid = scene.task("2").uid
        tell(scene, lambda world: (yield on(world.task("1"), DependencyWaived(on=uid, reason="x"))))

    assert listed(given(tasks(2), waived)) == []


def test_two_writers_that_race_for_both_halves_of_a_cycle_make_no_cycle(repo, monkeypatch):
    from gitledger.errors import Conflict
    from gitledger.ledger import open_ledger
    from gitledger.ops.ledger import InitLedger
    from gitledger.store import chain

    ledger, rival = open_ledger(str(repo.path)), open_ledger(str(repo.path))
    for op in (InitLedger(), CreateTask(title="One"), CreateTask(title="Two")):
        ledger.run(op)
    append = chain.append

    def overtaken(*args, **kwargs):
        monkeypatch.setattr(chain, "append", append)
        rival.run(needs("2", "1"))
        return append(*args, **kwargs)

    monkeypatch.setattr(chain, "append", overtaken)
    with pytest.raises(Conflict) as error:
        ledger.run(needs("1", "2"))
    assert error.value.details == {"cycle": ["task-0001", "task-0002", "task-0001"]}
    assert ledger.run(ListRequirements(task="2")).view.total == 1
