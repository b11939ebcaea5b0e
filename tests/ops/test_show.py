"""`show REF`: whatever a reference names."""

import pytest

from gitledger.ops._activating import ActivateTask
from gitledger.ops.comment import AddComment
from gitledger.ops.show import ShowReference
from gitledger.ops.task import CreateTask
from gitledger.ops._shelving import DeleteTask
from gitledger.ops.handoff import CreateHandoff
from gitledger.ops.intro import CreateIntro
from gitledger.ops.question import AddQuestion
from tests.ops.harness import given
from tests.ops.test_context import failed
from tests.ops.test_plan import draft


def everything():
    scene = given(failed, CreateTask(title="Second"), ActivateTask(task="1"), AddComment(task="1", text="Hm."))
    return scene


@pytest.mark.parametrize(
    ("ref", "what", "full"),
    [
        (None, "task", "task-0001"),
        ("task-0002", "task", "task-0002"),
        ("2", "task", "task-0002"),
        ("second", "task", "task-0002"),
        ("todo-1", "todo", "task-0001/todo-0001"),
        ("TODO-0001", "todo", "task-0001/todo-0001"),
        ("1/todo-0001", "todo", "task-0001/todo-0001"),
        ("plan-v1", "plan", "task-0001/plan-v1"),
        ("plan-1", "plan", "task-0001/plan-v1"),
        ("run-2", "run", "task-0001/run-0002"),
        ("change-1", "change", "task-0001/change-0001"),
        ("check-1", "check", "task-0001/check-0001"),
        ("comment-0001", "comment", "task-0001/comment-0001"),
        ("ac-1", "criterion", "task-0001/ac-0001"),
    ],
)
def test_a_reference_leads_to_what_it_names(ref, what, full):
    view = everything().run(ShowReference(ref=ref))
    assert (view.what, view.ref, view.task_id) == (what, full, full.partition("/")[0])
    others = {"task", "todo", "plan", "run", "change", "check", "comment", "criterion", "event"} - {what}
    assert getattr(view, what) and not any(getattr(view, other) for other in others)


def test_a_handoff_and_an_introduction_have_names_too():
    scene = everything()
    scene.run(CreateHandoff(task="1", mode="implementation"))
    scene.run(CreateIntro(title="How we work", text="Slowly."))
    view = scene.run(ShowReference(ref="1/handoff-1"))
    assert (view.what, view.ref, view.handoff.mode) == ("handoff", "task-0001/handoff-0001", "implementation")
    view = scene.run(ShowReference(ref="intro-1"))
    assert (view.what, view.ref, view.task_id, view.intro.body) == ("intro", "intro-0001", None, "Slowly.")
    scene.when(ShowReference(ref="intro-9")).refused("NOT_FOUND", 5)


def test_a_task_may_be_named_beside_the_item():
    view = everything().run(ShowReference(ref="todo-1", task="1"))
    assert view.ref == "task-0001/todo-0001"
    scene = given(draft, AddQuestion(task="1", text="Why?"))
    view = scene.run(ShowReference(ref="q-1", task="1"))
    assert (view.what, view.question.question, view.ref) == ("question", "Why?", "task-0001/q-0001")


def test_a_uid_is_a_task_and_another_id_an_event():
    scene = everything()
    task = scene.task("1")
    assert scene.run(ShowReference(ref=task.uid[:13])).ref == "task-0001"
    for prefix in (task.runs[0].id, task.runs[0].id[:9]):
        view = scene.run(ShowReference(ref=prefix))
        assert (view.what, view.event.event, view.task_id) == ("event", "run.started", "task-0001")
        assert view.event.data["kind"] == "planning"
    error = scene.when(ShowReference(ref="nothing")).refused("NOT_FOUND", 5)
    assert error.hint == ("gitledger", "task", "list")
    scene.when(ShowReference(ref="00000000000000000000")).refused("NOT_FOUND", 5)
    scene.when(ShowReference(ref="todo-77")).refused("NOT_FOUND", 5)
    scene.when(ShowReference(ref="ac-77")).refused("INVALID_INPUT", 2)


def test_events_of_deleted_tasks_are_not_found_and_two_of_one_beginning_are_ambiguous():
    scene = everything()
    created = scene.source.history[scene.task("2").uid][0]
    assert scene.run(ShowReference(ref=created.id)).event.event == "task.created"
    scene.run(DeleteTask(task="2", reason="Not wanted."))
    scene.when(ShowReference(ref=created.id)).refused("NOT_FOUND", 5)
    first, second = scene.source.history[scene.task("1").uid][:2]
    scene.source.events_named = lambda prefix: [first, second]
    error = scene.when(ShowReference(ref="abcd")).refused("AMBIGUOUS", 4)
    assert error.details["candidates"] == [f"{first.id} task.created", f"{second.id} {second.type}"]
    assert error.hint == ("gitledger", "show", first.id)


def test_without_an_active_task_an_item_needs_its_task():
    given(draft).when(ShowReference(ref="todo-1")).refused("NO_ACTIVE_TASK", 5)
    given(draft).when(ShowReference(ref=None)).refused("NO_ACTIVE_TASK", 5)
    given(draft).when(ShowReference(ref="ac-1", task="1")).refused("NOT_FOUND", 5)


def test_a_reference_of_another_ledger_is_taken_as_the_task():
    assert ShowReference(ref="feature:task-0001").task == "feature:task-0001"
    op = ShowReference(ref="feature:1/todo-1")
    assert (op.task, op.ref) == ("feature:1", "todo-1")
