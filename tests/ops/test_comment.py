"""Remarks on tasks."""

from gitledger.ops.comment import AddComment, ListComments
from gitledger.ops.implement import StartImplementation
from gitledger.ops.task import CancelTask, CreateTask, EditTask, ShowTask
from tests.ops.harness import ADA, BOT, given
from tests.ops.stories import approved


def test_remarks_are_numbered_along_with_the_notes_and_listed_oldest_first():
    scene = given(CreateTask(title="Job"), EditTask(task="1", add_note=["Careful."]))
    view = scene.as_(BOT).when(AddComment(task="1", text="Ask Ada.")).then("comment.added")
    assert (view.comment.id, view.comment.text, view.comment.author.actor_name) == ("comment-0002", "Ask Ada.", "bot")
    listed = scene.run(ListComments(task="1"))
    assert [(item.id, item.kind, item.text) for item in listed.comments] == [
        ("comment-0001", "note", "Careful."),
        ("comment-0002", "comment", "Ask Ada."),
    ]
    assert (listed.total, listed.truncated) == (2, False)
    assert scene.run(ShowTask(task="1")).task.notes == ["Careful."]


def test_anybody_may_remark_on_a_task_in_any_status():
    scene = given(approved).as_(ADA)
    scene.run(StartImplementation(task="1"))
    scene.as_(BOT).when(AddComment(task="1", text="Hm.")).then("comment.added")
    scene.as_(ADA).run(CancelTask(task="1"))
    scene.when(AddComment(task="1", text="A pity.")).then("comment.added")


def test_two_remarks_that_a_merge_gave_one_number_are_told_apart():
    scene = given(CreateTask(title="Job"), AddComment(task="1", text="a"), AddComment(task="1", text="b"))
    for comment in scene.source.states[scene.task("1").uid].task.comments:
        comment.number = 1
    first, second = scene.run(ListComments(task="1")).comments
    assert first.id != second.id and first.id.startswith("comment-0001.")


def test_an_empty_remark_is_refused():
    given(CreateTask(title="Job")).when(AddComment(task="1", text=" ")).refused("INVALID_INPUT", 2)
    given().when(AddComment(text="x")).refused("NO_ACTIVE_TASK", 5)
