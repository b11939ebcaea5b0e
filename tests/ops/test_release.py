"""Releases: tagged at a done task, and the changelog's source between two of them."""

import pytest

from gitledger.model.events import TaskRecorded, TaskRenumbered
from gitledger.ops._base import on
from gitledger.ops.release import ListReleases, ShowChangelog, ShowRelease, TagRelease
from gitledger.ops.task import CancelTask, CreateTask
from gitledger.ops.validate import FinishValidation, RecordCheck, StartValidation
from tests.ops.harness import Scene, given
from tests.ops.stories import tell
from tests.ops.test_context import built


def done(scene: Scene, title: str = "Job") -> str:
    """A task that was written down as done."""
    reference = scene.run(CreateTask(title=title)).id
    tell(scene, lambda world: (yield on(world.task(reference), TaskRecorded(summary=f"{title} is done."))))
    return reference


def released(scene: Scene) -> None:
    """0.1.0 ends with task-0001; then task-0002 is done, task-0003 cancelled, task-0004 a draft, task-0005 done."""
    done(scene, "First")
    scene.run(TagRelease(version="0.1.0", at_task="1", note="Out."))
    done(scene, "Second")
    scene.run(CreateTask(title="Third"))
    scene.run(CancelTask(task="3", reason="No."))
    scene.run(CreateTask(title="Fourth"))
    done(scene, "Fifth")


def test_a_release_is_tagged_at_a_done_task():
    scene = given(done)
    view = scene.when(TagRelease(version="0.1.0", at_task="job", note="Out.", changelog_file="CHANGES.md")).then("release.tagged")
    release = view.release
    assert (release.version, release.boundary_task_id, release.note, release.changelog_file) == (
        *("0.1.0", "task-0001"),
        *("Out.", "CHANGES.md"),
    )
    assert (release.previous_version, release.task_count, view.ledger_ref) == (None, None, "main")
    assert view.events == [release.event] and view.boundary_task.title == "Job"
    assert scene.run(ShowRelease(version="0.1.0")).release == release


def test_a_later_release_knows_the_one_before_and_counts_what_was_done():
    scene = given(released)
    view = scene.when(TagRelease(version="0.2.0", at_task="5")).then("release.tagged")
    assert (view.release.previous_version, view.release.task_count) == ("0.1.0", 2)
    between = scene.when(TagRelease(version="0.1.1", at_task="2")).then("release.tagged")
    assert (between.release.previous_version, between.release.task_count) == ("0.1.0", 1)
    listed = scene.run(ListReleases())
    assert [release.version for release in listed.releases] == ["0.1.0", "0.1.1", "0.2.0"]
    assert (listed.total, listed.truncated) == (3, False)


@pytest.mark.parametrize(
    ("op", "code", "exit_code"),
    [
        (TagRelease(version="0.1.0", at_task="2"), "CONFLICT", 4),
        (TagRelease(version="0.2.0", at_task="4"), "WORKFLOW_REJECTION", 3),
        (TagRelease(version="0.2.0", at_task="9"), "NOT_FOUND", 5),
        (TagRelease(version="-rf", at_task="2"), "INVALID_INPUT", 2),
        (TagRelease(version="a/b", at_task="2"), "INVALID_INPUT", 2),
        (ShowRelease(version="9"), "NOT_FOUND", 5),
        (ShowChangelog(version="0.2.0"), "INVALID_INPUT", 2),
        (ShowChangelog(version="0.2.0", since="0.1.0", since_task="1"), "INVALID_INPUT", 2),
        (ShowChangelog(version="0.2.0", since="9"), "NOT_FOUND", 5),
        (ShowChangelog(version="0.2.0", since_task="4"), "WORKFLOW_REJECTION", 3),
        (ShowChangelog(version="0.2.0", since="0.1.0", until_task="4"), "WORKFLOW_REJECTION", 3),
        (ShowChangelog(version="0.2.0", since_task="5", until_task="2"), "INVALID_INPUT", 2),
    ],
)
def test_what_does_not_fit_is_refused(op, code, exit_code):
    given(released).when(op).refused(code, exit_code)


def test_the_changelog_tells_of_the_done_tasks_since_a_release_and_names_the_others():
    view = given(released).when(ShowChangelog(version="0.2.0", since="0.1.0")).then()
    assert (view.since_version, view.since_task_id, view.until_task_id) == ("0.1.0", "task-0001", "task-0005")
    assert [task.task_id for task in view.tasks] == ["task-0002", "task-0005"] and view.task_count == 2
    assert [(task.task_id, task.reason) for task in view.omitted_tasks] == [
        ("task-0003", "task-0003 is cancelled, not done."),
        ("task-0004", "task-0004 is draft, not done."),
    ]
    assert view.omitted_task_count == 2
    assert view.content.startswith("# Changelog source for 0.2.0\n\n> ")
    headings = [line for line in view.content.splitlines() if line.startswith("##")]
    assert headings == [
        *("## LLM instruction", "## Release range", "## Candidate changes"),
        *("### task-0002 — Second", "### task-0005 — Fifth", "## Omitted tasks"),
    ]
    assert "- Included through: task-0005\n- Included done tasks: 2\n- Omitted tasks in range: 2" in view.content
    assert "### task-0002 — Second\n\n- Status: done\n- Type: recorded\n- Summary: Second is done." in view.content


def test_the_changelog_reaches_to_the_task_that_is_named_or_that_the_version_is_tagged_at():
    scene = given(released)
    assert scene.run(ShowChangelog(version="0.2.0", since_task="1", until_task="2")).until_task_id == "task-0002"
    scene.run(TagRelease(version="0.2.0", at_task="2"))
    assert scene.run(ShowChangelog(version="0.2.0", since="0.1.0")).until_task_id == "task-0002"
    empty = scene.run(ShowChangelog(version="0.3.0", since_task="5"))
    assert (empty.until_task_id, empty.tasks) == (None, []) and "## Candidate changes\n\n- none\n" in empty.content


def test_the_changelog_tells_how_a_task_was_built_and_proven():
    scene = given(done, lambda scene: scene.run(TagRelease(version="1", at_task="1")))
    other = Scene()
    other.random.seed(99)
    built(other)
    other.run(StartValidation(task="1"))
    other.run(RecordCheck(task="1", criterion="1", evidence=["pytest -q"]))
    other.run(FinishValidation(task="1", result="passed", summary="Good\n## Boo."))
    uid = other.task("1").uid
    scene.source.states[uid] = other.source.states[uid]
    scene.source.history[uid] = other.source.history[uid]
    tell(scene, lambda world: (yield on(world.record(uid), TaskRenumbered(number=2, previous=1))))
    view = scene.run(ShowChangelog(version="2", since="1"))
    [task] = view.tasks
    assert (task.accepted_plan_version, task.todo_count, task.implementation.run_id) == (1, 1, "run-0002")
    assert [(change.path, change.summary) for change in task.implementation.changes] == [("src/parser.py", "Return early.")]
    assert (task.validation.run_id, task.validation.result, task.validation.evidence) == ("run-0003", "passed", ["pytest -q"])
    assert "- Accepted plan: plan-v1\n- Implementation summary: Empty input is accepted.\n" in view.content
    assert "- Validation summary/result: passed — Good ## Boo.\n- Changes:\n  - src/parser.py: Return early.\n" in view.content
    assert view.content.endswith("- Evidence:\n  - pytest -q\n")


def test_a_release_follows_its_task_to_another_number():
    scene = given(done, lambda scene: scene.run(TagRelease(version="1", at_task="1")))
    uid = scene.task("1").uid
    tell(scene, lambda world: (yield on(world.record(uid), TaskRenumbered(number=7, previous=1))))
    assert scene.run(ShowRelease(version="1")).release.boundary_task_id == "task-0007"
