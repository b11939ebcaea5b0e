import pytest

from gitledger.ops._activating import ActivateTask, DeactivateTask, ShowActive
from gitledger.ops._task_list import ListTasks
from gitledger.ops.implement import StartImplementation
from gitledger.ops.task import CancelTask, CreateTask, EditTask, ListEvents, ShowTask
from tests.ops.harness import ADA, BOT, OTHER, given
from tests.ops.stories import approved, planned


def test_a_new_task_is_a_draft_with_number_slug_and_description():
    view = given().when(CreateTask(title="  Rewrite \n V2 ", description="Do it.\n\n")).then("task.created")
    assert (view.id, view.slug, view.title, view.status, view.body) == ("task-0001", "rewrite-v2", "Rewrite V2", "draft", "Do it.")
    assert view.labels == [] and view.priority is None and view.role == "queue"


def test_the_description_is_the_title_when_left_out():
    assert given().when(CreateTask(title="Fix")).then("task.created").body == "Fix"


@pytest.mark.parametrize(
    ("titles", "slugs"),
    [
        (["Fix it", "Fix it", "Fix it"], ["fix-it", "fix-it-2", "fix-it-3"]),
        (["Über größe", "任务", "任务"], ["uber-groe", "untitled", "untitled-2"]),
        (["2024", "task 7", "Task", "Task"], ["the-2024", "the-task-7", "the-task", "the-task-2"]),
    ],
)
def test_slugs_are_unique_and_never_readable_as_a_number(titles, slugs):
    scene = given(*(CreateTask(title=title) for title in titles))
    assert [row.slug for row in scene.source.rows()] == slugs


@pytest.mark.parametrize(
    ("op", "code", "exit_code"),
    [
        (CreateTask(title=" "), "INVALID_INPUT", 2),
        (CreateTask(title="x" * 301), "INVALID_INPUT", 2),
        (CreateTask(title="x", description="  "), "INVALID_INPUT", 2),
        (CreateTask(title="x", description="y" * (256 * 1024 + 1)), "INVALID_INPUT", 2),
        (CreateTask(title="x", slug="Has Space"), "INVALID_INPUT", 2),
        (CreateTask(title="x", slug="task-7"), "INVALID_INPUT", 2),
        (CreateTask(title="x", slug="taken"), "CONFLICT", 4),
        (CreateTask(title="x", priority="urgent"), "INVALID_INPUT", 2),
        (CreateTask(title="x\ud800"), "INVALID_INPUT", 2),
    ],
)
def test_a_bad_task_is_refused(op, code, exit_code):
    given(CreateTask(title="first", slug="taken")).when(op).refused_without_hint_check(code, exit_code)


@pytest.mark.parametrize(("spelling", "priority"), [("P0", "critical"), ("1", "high"), ("medium", "medium"), ("p3", "low"), ("4", "low")])
def test_priority_spellings(spelling, priority):
    assert given().run(CreateTask(title="x", priority=spelling)).priority == priority


@pytest.mark.parametrize("reference", ["task-0001", "task-1", "1", " 0001 ", "TASK-1", "fix-it", "Fix-It"])
def test_references(reference):
    scene = given(CreateTask(title="Fix it"))
    assert scene.run(ShowTask(task=reference)).task.id == "task-0001"


def test_a_uid_prefix_names_a_task_and_an_unknown_one_is_not_found():
    scene = given(CreateTask(title="Fix it"))
    uid = scene.source.rows()[0].uid
    assert scene.run(ShowTask(task=uid[:6])).task.uid == uid
    scene.when(ShowTask(task="task-0099")).refused("NOT_FOUND", 5)
    scene.when(ShowTask(task="no-such")).refused("NOT_FOUND", 5)
    scene.when(ShowTask()).refused("NO_ACTIVE_TASK", 5)


def test_two_tasks_with_one_number_are_ambiguous_and_both_are_named():
    scene = given(CreateTask(title="a"), CreateTask(title="b"))
    for state in scene.source.states.values():
        state.task.number = 30
    error = scene.when(ShowTask(task="30")).refused("AMBIGUOUS", 4)
    assert len(error.details["candidates"]) == 2


def test_listing_filters_counts_and_says_when_it_is_cut():
    scene = given(*(CreateTask(title=f"t{n}") for n in range(5)), CancelTask(task="2"))
    everything = scene.run(ListTasks())
    assert (everything.total, everything.truncated, len(everything.tasks)) == (5, False, 5)
    cut = scene.run(ListTasks(limit=2))
    assert (cut.total, cut.truncated, [t.id for t in cut.tasks]) == (5, True, ["task-0001", "task-0002"])
    assert [t.id for t in scene.run(ListTasks(status=["cancelled"])).tasks] == ["task-0002"]
    assert scene.run(ListTasks(role="queue")).total == 4
    scene.when(ListTasks(status=["nope"])).refused("INVALID_INPUT", 2)
    scene.when(ListTasks(limit=-1)).refused("INVALID_INPUT", 2)


def test_listing_by_label_and_words_a_page_at_a_time():
    scene = given(
        CreateTask(title="Read the input", labels=["core", "io"]),
        CreateTask(title="Write the output", labels=["io"]),
        CreateTask(title="Read the manual", labels=["core"]),
    )
    scene.later(60).when(EditTask(task="1", priority="high")).then("task.edited")

    def ids(**fields):
        view = scene.run(ListTasks(**fields))
        assert view.truncated == (len(view.tasks) < view.total)
        return [task.id for task in view.tasks]

    assert ids(labels=["core"]) == ["task-0001", "task-0003"]
    assert ids(labels=["core", "io"]) == ["task-0001"]
    assert scene.run(ListTasks(labels=["core", "io"])).tasks[0].labels == ["core", "io"]
    assert ids(text="read") == ["task-0001", "task-0003"]
    assert ids(text="read", labels=["io"], role="queue") == ["task-0001"]
    assert ids(newest=True) == ["task-0001", "task-0003", "task-0002"]
    assert ids(newest=True, offset=1, limit=1) == ["task-0003"]
    assert ids(newest=True, limit=2) == ids(newest=True)[:2] and ids(newest=True, role="archived", limit=2) == []
    assert ids(offset=1, limit=1) == ["task-0002"]
    assert ids(offset=1) == ["task-0002", "task-0003"]
    assert ids(offset=9) == ids(offset=9, limit=1) == []
    scene.when(ListTasks(offset=-1)).refused("INVALID_INPUT", 2)
    scene.when(ListTasks(text="-")).refused("VALIDATION", 2)


def test_editing_records_only_what_changes():
    scene = given(CreateTask(title="Old", labels=["a"]))
    scene.when(EditTask(task="1", title="Old")).then()
    view = scene.when(
        EditTask(task="1", title="New", priority="P0", owner="ada", add_label=["b"], remove_label=["a"], add_note=["n"])
    ).then("task.edited", "comment.added")
    assert (view.title, view.priority, view.owner, view.labels, view.notes) == ("New", "critical", "ada", ["b"], ["n"])
    assert scene.run(EditTask(task="1", priority="", owner="")).priority is None
    assert scene.task("1").owner is None


def test_a_new_title_keeps_the_description():
    scene = given(CreateTask(title="Old", description="Long\n\ntext"))
    assert scene.run(EditTask(task="1", title="New")).body == "Long\n\ntext"


def test_editing_is_refused_while_implementing_and_under_a_foreign_claim():
    scene = given(approved).as_(BOT)
    scene.run(StartImplementation(task="1"))
    scene.when(EditTask(task="1", title="x")).refused("WORKFLOW_REJECTION", 3)
    claimed = given(planned).as_(OTHER)
    claimed.when(EditTask(task="1", title="x")).refused("LOCK_CONFLICT", 4)


def test_activation_names_the_previous_task_and_is_idempotent():
    scene = given(CreateTask(title="a"), CreateTask(title="b"))
    scene.when(ActivateTask(task="1", reason="go")).then("task.activated")
    scene.when(ActivateTask(task="1")).then()
    view = scene.when(ActivateTask(task="2")).then("task.deactivated", "task.activated")
    assert view.previous_task_id == "task-0001"
    assert scene.run(ShowActive()).task_id == "task-0002"
    scene.when(DeactivateTask(reason="done for today")).then("task.deactivated")
    scene.when(ShowActive()).refused("NO_ACTIVE_TASK", 5)


def test_leaving_a_task_that_one_holds_needs_force_and_a_reason():
    scene = given(CreateTask(title="z"), approved).as_(BOT)
    scene.run(ActivateTask(task="2"))
    scene.run(StartImplementation())
    scene.when(ActivateTask(task="1")).refused("LOCK_CONFLICT", 4)
    scene.when(ActivateTask(task="1", force=True)).refused_without_hint_check("INVALID_INPUT", 2)
    scene.when(ActivateTask(task="1", force=True, reason="urgent")).then("task.deactivated", "task.activated")


def test_cancelling_ends_the_claim_and_keeps_everything():
    scene = given(approved).as_(ADA)
    scene.run(StartImplementation(task="1"))
    view = scene.when(CancelTask(task="1", reason="no need")).then("claim.released", "task.cancelled")
    assert (view.status, view.lock, view.active_stage) == ("cancelled", None, None)
    assert scene.task("1").plans and scene.task("1").todos
    scene.when(CancelTask(task="1")).refused("WORKFLOW_REJECTION", 3)


def test_a_task_that_somebody_else_works_on_is_not_cancelled():
    scene = given(approved).as_(ADA)
    scene.run(StartImplementation(task="1"))
    scene.as_(BOT).when(CancelTask(task="1")).refused("LOCK_CONFLICT", 4)


def test_events_come_in_order_and_carry_the_actor():
    scene = given(lambda s: s.as_(BOT), CreateTask(title="a"), EditTask(task="1", title="b"))
    view = scene.run(ListEvents(task="1"))
    assert [item.event for item in view.items] == ["task.created", "task.edited"]
    assert view.items[1].after == [view.items[0].event_id]
    assert {(item.actor.actor_type, item.actor.actor_name, item.actor.session_id) for item in view.items} == {("agent", "bot", "s1")}
    assert scene.run(ListEvents(task="1", limit=1)).truncated
