"""Tasks put away: archive, unarchive, renumber, delete; with a real repository where folders move."""

import pytest

from gitledger.ops._activating import ActivateTask
from gitledger.ops._shelving import ArchiveTask, DeleteTask, RenumberTask, UnarchiveTask
from gitledger.ops._task_list import ListTasks
from gitledger.ops.require import AddRequirement
from gitledger.ops.task import CancelTask, CreateTask, ShowTask
from tests.conftest import Cli, Repo
from tests.ledger.conftest import begun, result  # noqa: F401
from tests.ops.harness import given


def two():
    return given(CreateTask(title="One"), CreateTask(title="Two"))


def test_only_a_finished_task_is_archived():
    scene = two()
    scene.when(ArchiveTask(task="1")).refused("WORKFLOW_REJECTION", 3)
    scene.run(CancelTask(task="1"))
    view = scene.when(ArchiveTask(task="1", reason="Old.")).then("task.archived")
    assert (view.archived, view.changed, view.status) == (True, True, "cancelled")
    assert scene.when(ArchiveTask(task="1")).then().changed is False
    assert [task.id for task in scene.run(ListTasks()).tasks] == ["task-0002"]
    assert [task.id for task in scene.run(ListTasks(archived="all")).tasks] == ["task-0001"]
    assert [task.id for task in scene.run(ListTasks(archived="2026-11")).tasks] == ["task-0001"]
    assert scene.run(ListTasks(archived="2026-10")).tasks == []
    scene.when(ListTasks(archived="x")).refused("INVALID_INPUT", 2)
    assert scene.run(ShowTask(task="1")).task.id == "task-0001"
    scene.when(UnarchiveTask(task="1")).then("task.unarchived")
    assert scene.when(UnarchiveTask(task="1")).then().changed is False
    assert len(scene.run(ListTasks()).tasks) == 2


def test_what_is_put_away_is_not_active_any_more():
    scene = two()
    scene.run(ActivateTask(task="1"))
    scene.run(CancelTask())
    scene.when(ArchiveTask()).then("task.deactivated", "task.archived")
    assert scene.active is None
    scene.run(ActivateTask(task="2"))
    scene.when(DeleteTask(reason="Double.")).then("task.deactivated", "task.deleted")
    assert scene.active is None


def test_a_number_that_any_task_ever_had_is_not_given():
    scene = two()
    view = scene.when(RenumberTask(task="1")).then("task.renumbered")
    assert (view.task_id, view.previous_task_id, view.former_task_ids) == ("task-0003", "task-0001", ["task-0001"])
    scene.when(RenumberTask(task="2", to=3)).refused("NUMBER_TAKEN", 4)
    scene.when(RenumberTask(task="2", to=1)).refused("NUMBER_TAKEN", 4)
    scene.when(RenumberTask(task="2", to=0)).refused("INVALID_INPUT", 2)
    scene.when(RenumberTask(task="3", to=1)).then("task.renumbered")
    scene.when(RenumberTask(task="2", to=70)).then("task.renumbered")
    assert scene.when(RenumberTask(task="70", to=70)).then().changed is False


def test_a_deleted_task_is_hidden_and_its_number_never_given_again():
    scene = two()
    scene.run(AddRequirement(task="1", required="2"))
    error = scene.when(DeleteTask(task="2", reason="No.")).refused("DEPENDENTS_EXIST", 3)
    assert error.blocking_refs == ("task-0001",)
    view = scene.when(DeleteTask(task="2", reason="No.", force=True)).then("task.deleted")
    assert view.deleted
    scene.when(ShowTask(task="2")).refused("NOT_FOUND", 5)
    assert [task.id for task in scene.run(ListTasks()).tasks] == ["task-0001"]
    assert scene.run(CreateTask(title="Three")).id == "task-0003"
    scene.when(DeleteTask(task="1", reason=" ")).refused("INVALID_INPUT", 2)


def test_the_folder_moves_and_comes_back(repo: Repo, begun: Cli):  # noqa: F811
    def folders() -> list[str]:
        return repo.git("ls-tree", "-r", "-d", "--name-only", "refs/taskledger/main").splitlines()

    before = [path for path in folders() if "/0001-" in path]
    begun("task", "cancel", "--task", "1")
    assert result(begun("--json", "task", "archive", "1"))["archived"]
    assert [path for path in folders() if "/0001-" in path] == [path.replace("tasks/", "archive/") for path in before]
    assert result(begun("--json", "task", "list", "--archived"))["total"] == 1
    assert result(begun("--json", "task", "list", "--archived", "1999-01"))["total"] == 0
    assert begun("--json", "task", "active").json["error"]["code"] == "NO_ACTIVE_TASK"
    begun("task", "renumber", "2", "--to", "250")
    assert any(path.startswith("tasks/02/0250-") for path in folders())
    begun("task", "unarchive", "1")
    assert [path for path in folders() if "/0001-" in path] == before
    begun("task", "delete", "1", "--reason", "x")
    assert begun("verify").exit_code == 0


def test_who_remembers_an_old_number_does_not_write_to_another_task(begun: Cli):  # noqa: F811
    begun("ledger", "fork", "a")
    begun("task", "create", "Three in a")
    begun("ledger", "switch", "main")
    begun("task", "create", "Three on main")
    merged = result(begun("--json", "ledger", "merge", "a"))
    moved = merged["renumbered"][0]
    error = begun("--json", "task", "cancel", "--task", "3").json["error"]
    assert error["code"] == "AMBIGUOUS" and moved["uid"] in error["blocking_refs"]
    assert begun("task", "show", "3").exit_code == 0  # reading is not ambiguous
    assert begun("task", "cancel", "--task", moved["uid"][:8]).exit_code == 0
    assert begun("task", "cancel", "--task", moved["new"]).exit_code == 3  # it is cancelled already
    begun("task", "renumber", "2")
    assert result(begun("--json", "task", "show", "2"))["task"]["title"] == "Two"  # nobody else has it


@pytest.mark.parametrize("words", [["archive", "2"], ["renumber", "2", "--to", "1"], ["delete", "1", "--reason", ""]])
def test_hints_can_be_run(begun: Cli, words):  # noqa: F811
    from tests.reliability.refusal import assert_runnable

    error = begun("--json", "task", *words).json["error"]
    assert_runnable(error["hint"])
