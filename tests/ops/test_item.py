"""Light tasks and the fields that they share with all others; labels at any time."""

import pytest

from gitledger.model.policy import Policy, TaskType
from gitledger.ops.advance import AdvanceTask
from gitledger.ops.item import CreateItem, EditItem, ListItems, ShowItem
from gitledger.ops.tag import AddTags, ListTags, RemoveTags
from gitledger.ops.task import CreateTask, EditTask
from tests.ops.harness import given


def item(title: str = "Job", **fields) -> CreateItem:
    return CreateItem(title=title, **fields)


# ---------------------------------------------------------------------------------------------- creating


def test_a_light_task_begins_in_the_queue():
    view = given().when(item("Look into it")).then("task.created")
    assert (view.workflow, view.status, view.role, view.body, view.slug) == ("light", "queue", "queue", "", "look-into-it")


def test_it_takes_every_field():
    scene = given(item("Parent"))
    view = scene.run(
        item(
            "All of it",
            description="Long.",
            summary="Short.",
            priority="P0",
            owner=" ada ",
            labels=["b", "a"],
            parent="1",
            sort=3,
            type="bug",
            complexity=8,
            due="2026-12-01T09:00:00+02:00",
            schedule="0  9 * * 1",
            properties=["url=https://x.example/?a=b", "points=3", "tags=[1,2]", "gone="],
        )
    )
    assert (view.priority, view.owner, view.labels, view.type, view.complexity) == ("critical", "ada", ["a", "b"], "bug", 8)
    assert (view.due, view.schedule, view.sort) == ("2026-12-01T07:00:00.000000Z", "0 9 * * 1", 3)
    assert (view.parent_task_id, view.summary, view.body) == ("task-0001", "Short.", "Long.")
    assert view.properties == {"points": 3, "tags": [1, 2], "url": "https://x.example/?a=b"}


def test_it_can_wait_for_others_from_the_start_all_or_nothing():
    scene = given(item("A"), item("B"))
    scene.when(item("C", depends_on=["1"], blocks=["2"], unblock_at="work")).then(
        "task.created", "dependency.added", "dependency.added"
    )
    assert scene.task("2").dependencies[0].unblock_at == "work"
    scene.when(item("D", blocked_by=["2"], blocks=["1"])).refused("CONFLICT", 4)
    scene.when(item("E", blocked_by=["9"])).refused("NOT_FOUND", 5)
    assert scene.source.top_number() == 3


@pytest.mark.parametrize(
    "fields",
    [
        {"priority": "urgent"},
        {"priority": " "},
        {"complexity": 11},
        {"due": "someday"},
        {"due": "9999-12-31T23:59-14:00"},
        {"schedule": "every day"},
        {"schedule": "0 9 31 2 *"},
        {"schedule": "0 0 9 * * *"},
        {"properties": ["x"]},
        {"properties": ["=x"]},
        {"title": "  "},
        {"properties": ["x=1.5"]},
    ],
    ids=str,
)
def test_bad_input(fields):
    given().when(item(**{"title": "Job"} | fields)).refused_without_hint_check(
        "VALIDATION" if set(fields) & {"complexity", "due", "schedule"} or fields.get("properties") in (["x"], ["=x"]) else "INVALID_INPUT", 2
    )


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("today", "2026-11-20T23:59:59.000000Z"),
        ("tomorrow", "2026-11-21T23:59:59.000000Z"),
        ("Fri", "2026-11-27T23:59:59.000000Z"),
        ("saturday", "2026-11-21T23:59:59.000000Z"),
        ("+2d", "2026-11-22T10:00:00.000000Z"),
        ("+3h", "2026-11-20T13:00:00.000000Z"),
        ("+1w", "2026-11-27T10:00:00.000000Z"),
        ("2026-12-01", "2026-12-01T23:59:59.000000Z"),
        ("2026-12-01T09:00", "2026-12-01T09:00:00.000000Z"),
        ("2026-12-01T09:00:00Z", "2026-12-01T09:00:00.000000Z"),
        ("none", None),
    ],
)
def test_due_dates(text, due):
    assert given().run(item(due=text)).due == due


@pytest.mark.parametrize(
    ("text", "priority"),
    [("P0", "critical"), ("p1", "high"), ("2", "medium"), ("P3", "low"), ("4", "low"), ("High", "high")],
)
def test_priorities_in_all_spellings(text, priority):
    assert given().run(item(priority=text)).priority == priority


def test_a_staged_task_takes_the_same_fields():
    scene = given(item("Parent"))
    view = scene.run(CreateTask(title="Staged", parent="1", type="bug", complexity=2, due="tomorrow", properties=["a=1"]))
    assert (view.workflow, view.status, view.parent_task_id, view.complexity) == ("staged", "draft", "task-0001", 2)
    scene.when(EditTask(task="2", complexity=0, due="none", properties=["a="])).then("task.edited")
    task = scene.task("2")
    assert (task.complexity, task.due, task.properties) == (None, None, {})


def test_the_policy_says_which_workflow_a_type_has():
    scene = given().with_policy(Policy(types={"chore": TaskType(workflow="light"), "bug": TaskType()}))
    assert scene.run(CreateTask(title="A", type="chore")).status == "queue"
    assert scene.run(CreateTask(title="B", type="bug")).status == "draft"
    assert scene.run(CreateTask(title="C", type="unheard of")).status == "draft"


# ---------------------------------------------------------------------------------------------- editing


def test_it_can_be_edited_at_any_time():
    scene = given(item(due="tomorrow", priority="high", schedule="0 9 * * *"))
    scene.run(AdvanceTask(task="1", trigger="start"))
    scene.when(
        EditItem(task="1", title="Other", due="none", priority="", schedule="none", complexity=3, add_label=["x"], summary="S")
    ).then("task.edited")
    task = scene.task("1")
    assert (task.title, task.due, task.priority, task.schedule, task.complexity) == ("Other", None, None, None, 3)
    assert (task.labels, task.summary) == (["x"], "S")
    scene.when(EditItem(task="1", title="Other", complexity=3, properties=["gone="])).then()
    scene.when(EditItem(task="1", description="")).then()


def test_a_staged_task_is_not_edited_as_a_light_one():
    given(CreateTask(title="Staged")).when(EditItem(task="1", title="Other")).refused("GATE_BLOCKED", 3)


def test_an_edit_leaves_alone_what_it_does_not_name():
    """The reference resets the priority with every update that does not name it."""
    scene = given(item(priority="critical", complexity=5))
    scene.run(EditItem(task="1", title="Other"))
    assert (scene.task("1").priority, scene.task("1").complexity) == ("critical", 5)


# ---------------------------------------------------------------------------------------------- listing


def test_the_list_is_of_light_tasks_narrowed_down():
    scene = given(
        item("A", priority="high", labels=["x"], type="bug"),
        CreateTask(title="Staged"),
        item("B", parent="1", labels=["x", "y"]),
        item("C"),
    )
    scene.run(AdvanceTask(task="4", trigger="start"))

    def titles(**more):
        return [row.title for row in scene.run(ListItems(**more)).items]

    assert titles() == ["A", "B", "C"]
    assert titles(role=["work"]) == ["C"]
    assert titles(role=["work", "queue"]) == ["A", "B", "C"]
    assert titles(labels=["x"]) == ["A", "B"] and titles(labels=["x", "y"]) == ["B"]
    assert titles(type="bug") == ["A"] and titles(priority="P1") == ["A"] and titles(parent="1") == ["B"]
    view = scene.run(ListItems(limit=1))
    assert (len(view.items), view.total, view.truncated) == (1, 3, True)
    scene.when(ListItems(role=["nobody"])).refused("VALIDATION", 2)


def test_show_has_what_hangs_on_it():
    scene = given(item("A"), item("B", parent="1"), item("C", depends_on=["1"]))
    view = scene.run(ShowItem(task="1"))
    assert [one.title for one in view.dependents] == ["C"]
    assert scene.run(ShowItem(task="2")).parent_task.title == "A"


# ---------------------------------------------------------------------------------------------- labels


def test_labels_go_on_and_off_whatever_the_status():
    scene = given(item(labels=["a"]), CreateTask(title="Staged", labels=["a"]))
    scene.run(AdvanceTask(task="1", trigger="complete"))
    view = scene.when(AddTags(task="1", labels=["b, c", "a"])).then("task.edited")
    assert (view.labels, view.added) == (["a", "b", "c"], ["b", "c"])
    scene.when(AddTags(task="1", labels=["a"])).then()
    assert scene.when(RemoveTags(task="1", labels=["a", "z"])).then("task.edited").removed == ["a"]
    found = scene.run(ListTags())
    assert {one.label: one.tasks for one in found.labels} == {"a": 1, "b": 1, "c": 1}
    scene.when(AddTags(task="1", labels=[" , "])).refused("INVALID_INPUT", 2)
