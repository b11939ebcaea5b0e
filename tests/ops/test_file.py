"""Files and URLs of a task, and the files that validation needs."""

import pytest

from gitledger.model.events import TaskRecorded
from gitledger.ops._base import on
from gitledger.ops._closing import FollowUpTask
from gitledger.ops.context import ShowContext
from gitledger.ops.file import AddFile, AddLink, ListFiles, ListLinks, RemoveFile, RemoveLink
from gitledger.ops.next_action import ShowNextAction
from gitledger.ops.task import CreateTask
from gitledger.ops.validate import FinishValidation, RecordCheck, ShowValidationStatus
from tests.ops.harness import ADA, given
from tests.ops.stories import tell
from tests.ops.test_validate import validating


def checked(scene):
    """task-0001 is being validated, and all its criteria hold."""
    validating(scene)
    scene.run(RecordCheck(task="1", criterion="1", evidence=["pytest -q"]))


def test_a_path_is_linked_once_and_said_again_it_is_changed():
    scene = given(CreateTask(title="Job"))
    view = scene.when(AddFile(task="1", path="./src//parser.py", label="the parser")).then("file.added")
    [link] = view.file_links
    assert (link.path, link.kind, link.label, link.required_for_validation, link.target_type) == (
        *("src/parser.py", "code", "the parser"),
        *(False, "file"),
    )
    scene.when(AddFile(task="1", path="src/parser.py", label="the parser")).then()
    scene.when(AddFile(task="1", path="src/parser.py", kind="directory", required_for_validation=True)).then("file.added")
    [link] = scene.run(ListFiles(task="1")).file_links
    assert (link.kind, link.label, link.required_for_validation) == ("dir", None, True)


def test_urls_stand_beside_files_in_both_lists():
    scene = given(CreateTask(title="Job"), AddFile(task="1", path="a.py"))
    scene.later(1).when(AddLink(task="1", url="https://example.org/x", label="the format")).then("url.added")
    scene.when(AddLink(task="1", url="https://example.org/x", label="the format")).then()
    listed = scene.run(ListLinks(task="1"))
    assert [(link.path, link.kind, link.target_type) for link in listed.file_links] == [
        ("a.py", "code", "file"),
        ("https://example.org/x", "other", "url"),
    ]
    assert listed == scene.run(ListFiles(task="1")) and (listed.total, listed.truncated) == (2, False)
    text = scene.run(ShowContext(task="1"))
    assert "## Linked Files\n\n- @a.py (code)\n- https://example.org/x (other): the format\n" in text


def test_links_are_removed_by_path_url_or_id_and_what_is_not_linked_is_no_error():
    scene = given(CreateTask(title="Job"), AddFile(task="1", path="a.py"), AddFile(task="1", path="b.py"))
    scene.run(AddLink(task="1", url="https://example.org/x"))
    scene.when(RemoveFile(task="1", path="./a.py")).then("file.removed")
    [file, url] = scene.run(ListFiles(task="1")).file_links
    scene.when(RemoveLink(task="1", link=url.link_id)).then("url.removed")
    scene.when(RemoveLink(task="1", link="https://example.org/x")).then()
    scene.when(RemoveFile(task="1", path=file.link_id)).then("file.removed")
    assert scene.when(RemoveFile(task="1", path="b.py")).then().file_links == []
    scene.run(AddFile(task="1", path="c.py"))
    scene.when(RemoveLink(task="1", link="c.py")).then("file.removed")


@pytest.mark.parametrize("path", ["", " ", ".", "/etc/passwd", "~/x", "C:/x", "../x", "a/../../x", ".git/config", "a\nb", "x" * 2000])
def test_a_path_stays_in_the_work_tree(path):
    given(CreateTask(title="Job")).when(AddFile(task="1", path=path)).refused("INVALID_INPUT", 2)


@pytest.mark.parametrize("url", ["", "example.org", "javascript:alert(1)", "data:text/html,x", "https://a b", "https:"])
def test_a_url_leads_somewhere_and_runs_nothing(url):
    given(CreateTask(title="Job")).when(AddLink(task="1", url=url)).refused("INVALID_INPUT", 2)


def test_a_required_file_that_is_not_there_keeps_validation_from_passing():
    scene = given(checked)
    scene.run(AddFile(task="1", path="report.html", kind="artifact", required_for_validation=True))
    scene.run(AddFile(task="1", path="notes.md", kind="doc"))
    report = scene.run(ShowValidationStatus(task="1")).result
    assert [blocker["kind"] for blocker in report.blockers] == ["file_missing"] and not report.can_finish_passed
    step = scene.run(ShowNextAction(task="1"))
    assert step.action == "validate-check" and "file list" in step.commands[0].command
    error = scene.when(FinishValidation(task="1", result="passed", summary="Fine.")).refused("VALIDATION_INCOMPLETE", 7)
    assert error.details["missing_files"] == ["report.html"] == list(error.blocking_refs)
    scene.present = {"report.html"}
    scene.when(FinishValidation(task="1", result="passed", summary="Fine.")).then("run.finished", "claim.released")


def test_a_validation_may_fail_without_the_file():
    scene = given(checked)
    scene.run(AddFile(task="1", path="report.html", required_for_validation=True))
    scene.when(FinishValidation(task="1", result="failed", summary="No report.")).then("run.finished", "claim.released")


def test_who_links_needs_no_claim():
    scene = given(checked).as_(ADA)
    scene.when(AddFile(task="1", path="a.py")).then("file.added")


def test_a_follow_up_takes_along_what_it_is_told_to():
    def done(scene):
        scene.run(CreateTask(title="Job"))
        scene.run(AddFile(task="1", path="a.py", kind="test", label="the test", required_for_validation=True))
        scene.run(AddLink(task="1", url="https://example.org/x", label="the format"))
        tell(scene, lambda world: (yield on(world.task("1"), TaskRecorded(summary="Done."))))

    scene = given(done)
    scene.when(FollowUpTask(parent="1", title="Bare")).then("task.created")
    scene.when(FollowUpTask(parent="1", title="Files", copy_files=True)).then("task.created", "file.added")
    [file] = scene.run(ListFiles(task="files")).file_links
    assert (file.path, file.kind, file.label, file.required_for_validation) == ("a.py", "test", "the test", True)
    scene.when(FollowUpTask(parent="1", title="Links", copy_links=True)).then("task.created", "url.added")
    assert [link.label for link in scene.run(ListLinks(task="links")).file_links] == ["the format"]
