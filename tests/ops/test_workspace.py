"""Workspaces: named tag filters in the book, and the listings that they narrow down."""

import pytest

from gitledger.ops.item import CreateItem, ListItems
from gitledger.ops.ready import ListReady, ShowNext
from gitledger.ops.task import ListTasks
from gitledger.ops.waiting import ListBlocked, ListStale
from gitledger.ops.workspace import ListWorkspaces, RemoveWorkspace, SetWorkspace, ShowWorkspace
from tests.conftest import Cli
from tests.ops.harness import Scene, given
from tests.ops.stories import forked

DAY = 86400


@pytest.fixture
def scene() -> Scene:
    """Three tasks, the last waits for the first; the workspace `web` has the first and the last."""
    return given(
        CreateItem(title="One", labels=["ui"]),
        CreateItem(title="Two", labels=["db"]),
        CreateItem(title="Three", labels=["css", "db"], depends_on=["1"]),
        SetWorkspace(name="web", tags=["ui, css"], description="The pages."),
    )


def ids(view, field: str = "tasks") -> list[str]:
    return [task.id for task in getattr(view, field)]


def test_what_is_not_given_stays_and_an_empty_value_clears():
    scene = given()
    view = scene.when(SetWorkspace(name="web", tags=["ui", "css,ui"], repos=["../web"])).then("workspace.set")
    assert (view.tags, view.repos, view.changed) == (["css", "ui"], ["../web"], True)
    view = scene.when(SetWorkspace(name="web", description="Pages")).then("workspace.set")
    assert (view.tags, view.description) == (["css", "ui"], "Pages")
    assert not scene.when(SetWorkspace(name="web", description="Pages")).then().changed
    assert scene.when(SetWorkspace(name="web", repos=[""])).then("workspace.set").repos == []
    assert [item.name for item in scene.run(ListWorkspaces()).workspaces] == ["web"]
    scene.when(RemoveWorkspace(name="web")).then("workspace.removed")
    assert scene.run(ListWorkspaces()).total == 0


@pytest.mark.parametrize("op", [ShowWorkspace(name="x"), RemoveWorkspace(name="x"), ListReady(workspace="x"), ListTasks(workspace="x")])
def test_an_unknown_one_is_refused(op):
    given(CreateItem(title="Job")).when(op).refused("NOT_FOUND", 5)


@pytest.mark.parametrize("fields", [{"name": ""}, {"name": " x"}, {"name": "a\nb"}])
def test_a_name_is_one_line(fields):
    given().when(SetWorkspace(**fields)).refused_without_hint_check("INVALID_INPUT" if not fields["name"] else "VALIDATION", 2)


def test_a_workspace_is_bounded():
    given().when(SetWorkspace(name="x", tags=[f"t{at}" for at in range(101)])).refused("VALIDATION", 2)
    given().when(SetWorkspace(name="x", conventions=["y" * 301])).refused("VALIDATION", 2)


def test_listings_show_its_tasks_alone(scene: Scene):
    assert ids(scene.run(ListReady(workspace="web"))) == ["task-0001"]
    assert ids(scene.run(ListReady(workspace="web", labels=["db"]))) == []
    assert scene.run(ListReady(workspace="web", explain=True)).left_out.total == 1
    assert scene.run(ShowNext(workspace="web")).task_id == "task-0001"
    assert ids(scene.run(ListBlocked(workspace="web"))) == ["task-0003"]
    assert ids(scene.run(ListItems(workspace="web")), "items") == ["task-0001", "task-0003"]
    assert ids(scene.run(ListTasks(workspace="web", limit=1))) == ["task-0001"]
    assert ids(scene.later(8 * DAY).run(ListStale(workspace="web"))) == ["task-0001", "task-0003"]
    view = scene.run(ShowWorkspace(name="web"))
    assert (view.tasks, view.by_role) == (2, {"queue": 2})


def test_without_tags_it_holds_every_task(scene: Scene):
    scene.run(SetWorkspace(name="web", tags=[""]))
    assert len(scene.run(ListReady(workspace="web")).tasks) == 2
    assert scene.run(ShowWorkspace(name="web")).tasks == 3


def test_blocked_and_stale_in_all_ledgers_each_task_once(scene: Scene):
    feature = forked(scene)
    feature.later(60).run(CreateItem(title="Four", depends_on=["2"]))
    view = scene.run(ListBlocked(all_ledgers=True))
    assert [(task.id, task.ledgers, task.chain) for task in view.tasks] == [
        ("task-0003", ["main", "feature"], ["task-0001"]),
        ("task-0004", ["feature"], ["task-0002"]),
    ]
    assert scene.run(ListBlocked(all_ledgers=True, limit=1)).total == 2
    assert ids(scene.run(ListBlocked(all_ledgers=True, workspace="web"))) == ["task-0003"]
    view = scene.later(8 * DAY).run(ListStale(all_ledgers=True))
    assert [(task.id, task.ledger) for task in view.tasks][-1] == ("task-0004", "feature") and view.total == 4


def test_on_the_command_line(cli: Cli):
    cli("init")
    cli("item", "create", "Write", "--label", "ui")
    cli("item", "create", "Read")
    assert cli("workspace", "set", "web", "--tag", "ui", "--convention", "Say why.").stdout == (
        "workspace web\n  tags:        ui\n  conventions: Say why.\n"
    )
    assert cli("workspace", "list").stdout == "web  ui\n"
    assert cli("workspace", "show", "web").stdout.startswith("web  1 task: 1 queue\n")
    assert [task["id"] for task in cli("ready", "--workspace", "web", "--json").json["result"]["tasks"]] == ["task-0001"]
    assert cli("workspace", "remove", "web").stdout == "removed workspace web\n"
    assert cli("ready", "--workspace", "web").exit_code == 5
