"""Changes filled from the repository: `implement change` and `implement scan-changes`."""

import pytest

from gitledger.ops._facts import Trees
from gitledger.ops._history import ChangedPath
from gitledger.ops.implement import RecordChange, ScanChanges
from tests.ops.harness import OTHER, given
from tests.ops.test_context import ready, working

EDITED = ChangedPath(path="src/a.py", kind="edit", before="b" * 40, after="a" * 40)
NEW = ChangedPath(path="src/new.py", kind="add", after="c" * 40)


def uncommitted(*changes):
    def change(scene):
        scene.commits.uncommitted = {item.path: item for item in changes}

    return change


# ---------------------------------------------------------------------------------------------- implement change


def test_a_change_that_is_not_committed_has_its_blobs_and_lines():
    scene = given(working, uncommitted(EDITED, NEW))
    view = scene.when(RecordChange(task="1", path="src/a.py", summary="Return early.")).then("change.recorded")
    assert (view.before_hash, view.after_hash, view.git_commit) == ("b" * 40, "a" * 40, None)
    assert view.git_diff_stat == "1 files changed"
    assert scene.run(RecordChange(task="1", path="./src//a.py")).after_hash == "a" * 40
    view = scene.run(RecordChange(task="1", path="src/a.py", git_diff_stat=" a | 2 +-"))
    assert view.git_diff_stat == " a | 2 +-"


def test_a_change_that_is_committed_already_has_the_commit_of_the_run():
    scene = given(working)
    scene.commits.make("a", paths=["src/a.py"])
    scene.commits.make("b", paths=["src/a.py", "src/b.py"])
    scene.commits.make("c", paths=["src/c.py"])
    scene.task("1").runs[-1].head = "0" * 40
    for state in scene.source.states.values():
        state.task.runs[-1].head = "0" * 40
    view = scene.run(RecordChange(task="1", path="src/a.py"))
    assert (view.git_commit, view.before_hash, view.git_diff_stat) == ("b" * 40, "b" * 40, None)
    assert scene.run(RecordChange(task="1", path="src/c.py")).git_diff_stat == "1 files changed"
    assert scene.run(RecordChange(task="1", path="src/d.py")).git_commit is None


def test_where_git_knows_nothing_the_change_is_recorded_all_the_same():
    scene = given(working)
    view = scene.when(RecordChange(task="1", path="elsewhere/x")).then("change.recorded")
    assert (view.git_commit, view.before_hash, view.after_hash, view.git_diff_stat) == (None, None, None, None)
    scene.commits.pending = lambda paths=(): None
    scene.when(RecordChange(task="1", path="src/a.py")).then("change.recorded")


# ---------------------------------------------------------------------------------------------- implement scan-changes


def test_a_scan_is_one_change_of_all_that_differs():
    scene = given(working, uncommitted(EDITED, NEW))
    scene.trees = Trees(tree="1" * 40, tree_all="2" * 40)
    view = scene.when(ScanChanges(task="1", from_git=True)).then("change.recorded")
    assert (view.kind, view.path, view.paths) == ("scan", ".", ["src/a.py", "src/new.py"])
    assert (view.summary, view.git_diff_stat) == ("not committed yet, on main", "2 files changed")
    assert (view.before_hash, view.after_hash, view.tree) == (None, None, "2" * 40)


def test_of_a_single_file_the_blobs_are_told_and_the_summary_is_as_given():
    scene = given(working, uncommitted(NEW))
    view = scene.run(ScanChanges(task="1", summary="A new module."))
    assert (view.path, view.paths, view.before_hash, view.after_hash) == ("src/new.py", [], None, "c" * 40)
    assert view.summary == "A new module."


def test_the_same_state_is_recorded_once():
    scene = given(working, uncommitted(EDITED))
    scene.trees = Trees(tree="1" * 40, tree_all="1" * 40)
    first = scene.when(ScanChanges(task="1")).then("change.recorded")
    assert scene.when(ScanChanges(task="1")).then() == first
    scene.trees = Trees(tree="3" * 40, tree_all="3" * 40)
    assert scene.when(ScanChanges(task="1")).then("change.recorded").change_id == "change-0002"


def test_nothing_to_scan_is_said_so():
    error = given(working).when(ScanChanges(task="1")).refused("NO_CHANGES", 5)
    assert error.hint == ("gitledger", "commits", "record", "HEAD", "--task", "task-0001")
    scene = given(working)
    scene.commits.pending = lambda paths=(): None
    assert scene.when(ScanChanges(task="1")).refused("NO_CHANGES", 5).hint == ("git", "status")


@pytest.mark.parametrize("op", [RecordChange(task="1", path="a"), ScanChanges(task="1")])
def test_only_the_holder_of_a_running_implementation_records_changes(op):
    given(ready).when(op).refused("WORKFLOW_REJECTION", 3)
    given(working).as_(OTHER).when(op).refused("LOCK_CONFLICT", 4)
