"""Trees from one document: parts of any depth, notes, dependencies by ref; all of it or nothing."""

from typing import Any

import msgspec
import pytest

from gitledger.ops._planting import CreateTree
from gitledger.ops._tree_document import TreeDocument
from gitledger.ops.item import CreateItem
from tests.ops.harness import Scene, given


def plant(document: dict[str, Any], **more: Any) -> CreateTree:
    return CreateTree(tree=msgspec.convert(document, TreeDocument), **more)


def task(title: str, **more: Any) -> dict[str, Any]:
    return {"title": title, **more}


def edges(scene: Scene) -> set[tuple[int, int, str, str]]:
    """(task, what it depends on, type, unblock_at) by number."""
    number = {uid: state.task.number for uid, state in scene.source.states.items()}
    return {(number[e.task], number[e.on], e.type, e.unblock_at) for e in scene.source.graph().edges()}


RELEASE = {
    "root": task(
        "Release",
        ref="top",
        priority="P0",
        labels=["rel", "api"],
        properties={"sprint": 7, "who": ["a"]},
        children=[
            task("Build", ref="build", complexity=3, notes=[{"key": "requirements", "body": "Green."}, {"key": "blank"}]),
            task("Ship", depends_on=["build"], slug="ship-it", children=[task("Announce", ref="tell", due="2026-12-01")]),
        ],
    ),
    "dependencies": [{"from": "build", "to": "tell", "unblock_at": "review"}],
}


def test_a_tree_with_notes_and_dependencies_is_one_decision():
    scene = given(CreateItem(title="Earlier"))
    view = scene.when(plant(RELEASE)).then(
        *["task.created"] * 4, "note.set", "note.set", "dependency.added", "dependency.added"
    )
    assert [(one.id, one.ref, one.parent) for one in view.tasks] == [
        ("task-0002", "top", None),
        ("task-0003", "build", "task-0002"),
        ("task-0004", None, "task-0002"),
        ("task-0005", "tell", "task-0004"),
    ]
    assert edges(scene) == {(4, 3, "blocks", "done"), (5, 3, "blocks", "review")}
    top, build = scene.task("2"), scene.task("3")
    assert (top.priority, top.labels, top.properties) == ("critical", ["api", "rel"], {"sprint": 7, "who": ["a"]})
    assert [(note.key, note.role) for note in build.notes] == [("requirements", "queue"), ("blank", "queue")]
    assert scene.source.states[build.uid].texts["notes/requirements.md"] == "Green."
    assert (build.complexity, scene.task("ship-it").number, top.workflow) == (3, 4, "light")
    assert (view.task_id, view.notes, view.refs["tell"]) == ("task-0002", 2, scene.task("5").uid)
    assert [(one.from_id, one.to_id) for one in view.dependencies] == [("task-0003", "task-0004"), ("task-0003", "task-0005")]


def test_it_may_hang_below_a_task_and_depend_on_and_be_waited_for_by_tasks_of_the_ledger():
    scene = given(CreateItem(title="Old", slug="old"), CreateItem(title="Later", slug="later"))
    scene.run(
        plant(
            {
                "tasks": [task("A", ref="a", depends_on=["old"]), task("B", parent="a"), task("C", parent="later")],
                "dependencies": [{"from": "a", "to": "later"}],
            },
            parent="old",
        )
    )
    assert edges(scene) == {(3, 1, "blocks", "done"), (2, 3, "blocks", "done")}
    old, later, first = scene.task("1").uid, scene.task("2").uid, scene.task("3").uid
    assert [scene.task(str(n)).parent for n in (3, 4, 5)] == [old, first, later]


def test_equal_titles_get_slugs_of_their_own():
    scene = given(CreateItem(title="Thing"))
    view = scene.run(plant({"tasks": [task("Thing"), task("Thing"), task("Thing 3"), task("Thing"), task("Other", slug="thing-9")]}))
    assert [one.slug for one in view.tasks] == ["thing-2", "thing-3", "thing-3-2", "thing-4", "thing-9"]


def test_any_depth():
    document: dict[str, Any] = task("Leaf")
    for level in range(60):
        document = task(f"Level {level}", children=[document])
    view = given().run(plant({"root": document}))
    assert view.total == 61


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({}, "VALIDATION"),
        ({"root": task(" ")}, "INVALID_INPUT"),
        ({"tasks": [task("A"), task("B", priority="urgent")]}, "INVALID_INPUT"),
        ({"tasks": [task("A", ref="x"), task("B", ref="x")]}, "VALIDATION"),
        ({"tasks": [task("A", ref=" ")]}, "VALIDATION"),
        ({"tasks": [task("A", depends_on=["nobody"])]}, "NOT_FOUND"),
        ({"tasks": [task("A", parent="b"), task("B", ref="b")]}, "NOT_FOUND"),
        ({"tasks": [task("A", ref="a", depends_on=["a"])]}, "CONFLICT"),
        ({"tasks": [task("A", ref="a", depends_on=["b"]), task("B", ref="b", depends_on=["a"])]}, "CONFLICT"),
        (
            {
                "tasks": [task("A", ref="a", depends_on=["old"]), task("B", ref="b", depends_on=["a"])],
                "dependencies": [{"from": "b", "to": "old"}],
            },
            "CONFLICT",
        ),
        (
            {
                "tasks": [task("A", ref="a"), task("B", ref="b")],
                "dependencies": [{"from": "a", "to": "b", "type": "relates_to", "unblock_at": "work"}],
            },
            "VALIDATION",
        ),
        ({"tasks": [task("A", slug="old")]}, "CONFLICT"),
        ({"tasks": [task("A", notes=[{"key": " "}])]}, "INVALID_INPUT"),
        ({"tasks": [task("A", schedule="never on")]}, None),
    ],
)
def test_what_is_wrong_refuses_all_of_it(document, code):
    scene = given(CreateItem(title="Old", slug="old"))
    attempt = scene.when(plant(document))
    assert attempt.error is not None
    attempt.refused(code or attempt.error.code)


def test_circles_that_block_nothing_are_fine():
    document = {"tasks": [task("A", ref="a"), task("B", ref="b")]}
    document["dependencies"] = [{"from": x, "to": y, "type": "relates_to"} for x, y in (("a", "b"), ("b", "a"))]
    scene = given()
    scene.run(plant(document))
    assert len(edges(scene)) == 2


@pytest.mark.parametrize("wrong", [{"root": {}}, {"root": {"title": 3}}, {"root": {"title": "x", "status": "done"}}, {"roots": []}])
def test_a_document_of_another_form_is_no_document(wrong):
    with pytest.raises(msgspec.ValidationError):
        plant(wrong)
