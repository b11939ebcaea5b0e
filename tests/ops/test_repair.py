"""Repairs and migrations under the reference's names: nothing is changed that needs none, and each says how work goes on."""

from gitledger.ops.lock import ShowLock
from gitledger.ops.migrate import ApplyMigrations, ShowMigrationPlan, ShowMigrationStatus
from gitledger.ops.repair import RepairLock, RepairPlanningChanges, RepairRun, RepairTask, RepairTaskFolders
from gitledger.ops.task import CreateTask
from tests.conftest import Cli
from tests.ledger.conftest import begun, result  # noqa: F401
from tests.ops.harness import OTHER, given
from tests.ops.test_lock import implementing
from tests.reliability.refusal import assert_runnable


def test_a_lock_is_broken():
    scene = given(implementing).as_(OTHER)
    view = scene.when(RepairLock(task="1", reason="Gone home.")).then("claim.broken")
    assert (view.command, view.reason, view.run_id) == ("repair lock", "Gone home.", "run-0002")
    assert scene.run(ShowLock(task="1")).lock is None


def test_a_run_is_left_as_it_is():
    scene = given(implementing)
    view = scene.when(RepairRun(task="1", reason="Check.")).then()
    assert (view.action, view.run_id, view.run_type, view.is_claimed) == ("none", "run-0002", "implementation", True)
    assert view.previous_status == view.new_status == "running"
    assert scene.later(7200).run(RepairRun(task="1", reason="Check.")).is_claimed is False
    over = scene.run(RepairRun(task="1", run="run-0001", reason="Check."))
    assert (over.run_id, over.previous_status) == ("run-0001", "finished")
    assert_runnable(over.next_command)
    scene.when(RepairRun(task="1", run="9", reason="Check.")).refused("NOT_FOUND", 5)
    assert given(CreateTask(title="Job")).run(RepairRun(task="1", reason="Check.")).run_id is None


def test_a_record_is_held_against_its_events():
    scene = given(implementing)
    view = scene.when(RepairTask(task="1", reason="Check.")).then()
    assert (view.is_whole, view.changed, view.warnings, view.report_exit) == (True, False, [], 0)
    [state] = scene.source.states.values()
    state.task.title = "Edited by hand"
    view = scene.run(RepairTask(task="1", reason="Check."))
    assert (view.is_whole, view.report_exit) == (False, 6)
    for command in view.recovery_commands:
        assert_runnable(command)


def test_what_cannot_be_here_is_said():
    scene = given(implementing)
    assert scene.when(RepairPlanningChanges(task="1", reason="Check.")).then().repaired_changes == []
    assert scene.when(RepairTaskFolders()).then().count == 0
    for repair in (RepairTask, RepairRun, RepairPlanningChanges):
        scene.when(repair(task="1", reason=" ")).refused("INVALID_INPUT", 2)


def test_nothing_is_to_be_migrated(begun: Cli):  # noqa: F811
    scene = given(implementing)
    assert scene.when(ApplyMigrations(backup=True)).then().applied_migrations == []
    assert scene.run(ShowMigrationPlan()).migrations == [] and scene.run(ShowMigrationStatus()).status == "current"
    status = result(begun("--json", "migrate", "status"))
    assert (status["ok"], status["pending_migrations"]) == (True, [])
    assert status["current_layout_version"] == status["target_layout_version"]
    assert result(begun("--json", "migrate", "apply", "--dry-run"))["applied_migrations"] == []
    assert result(begun("--json", "repair", "index"))["counts"]["tasks"] == 2
