"""How work flows, in figures; and the ledger at a glance."""

import pytest

from gitledger.model.policy import Policy, Stale
from gitledger.ops.advance import AdvanceTask, HoldTask
from gitledger.ops.claim import ClaimTask
from gitledger.ops.item import CreateItem
from gitledger.ops.metrics import ShowMetrics
from gitledger.ops.overview import ShowOverview
from gitledger.ops.task import CreateTask
from gitledger.ops.workspace import SetWorkspace
from tests.conftest import Cli
from tests.ops.harness import ADA, BOT, Scene, given

HOUR = 3600
DAY = 24 * HOUR


@pytest.fixture
def scene() -> Scene:
    """Four tasks: done after 3 hours, 1 of them work; done, reopened and begun again; under way for a day; waiting."""
    scene = given(
        CreateItem(title="One", labels=["core"], priority="high"),
        CreateItem(title="Two", labels=["core", "docs"]),
        CreateItem(title="Three"),
        CreateTask(title="Four", labels=["docs"]),
    )
    scene.as_(BOT).later(2 * HOUR).run(AdvanceTask(task="1", trigger="start"))
    scene.later(HOUR).run(AdvanceTask(task="1", trigger="complete"))
    scene.as_(ADA).run(AdvanceTask(task="2", trigger="complete"))
    scene.run(AdvanceTask(task="2", trigger="reopen"))
    scene.run(AdvanceTask(task="3", trigger="start"))
    scene.later(DAY).run(AdvanceTask(task="2", trigger="start"))
    return scene.later(HOUR)


def test_figures(scene: Scene):
    view = scene.run(ShowMetrics())
    assert (view.done, [(week.week, week.done) for week in view.throughput]) == (2, [("2026-W47", 2)])
    assert (view.lead.cases, view.lead.p50, view.lead.p95) == (2, 3 * HOUR, 3 * HOUR)
    assert (view.cycle.cases, view.cycle.p50, view.cycle.p85) == (1, HOUR, HOUR)
    assert (view.under_way, view.ageing.p50, view.ageing.p95) == (2, HOUR, DAY + HOUR)
    assert [(task.id, task.age_seconds) for task in view.oldest] == [("task-0003", DAY + HOUR), ("task-0002", HOUR)]
    assert (view.reopened, view.reopen_percent) == (1, 50)
    assert (view.open, view.stale, view.stale_percent) == (3, 0, 0)
    assert (view.by, view.groups) == (None, [])


def test_the_period_and_staleness(scene: Scene):
    scene.with_policy(Policy(stale=Stale(queue=2 * DAY, work=10 * DAY))).later(3 * DAY)
    view = scene.run(ShowMetrics(days=2))
    assert (view.done, view.lead.p50, view.reopen_percent, view.throughput) == (0, None, None, [])
    assert (view.under_way, view.open, view.stale, view.stale_percent) == (2, 3, 1, 33)


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("label", [("core", 2, 1), ("docs", 1, 1), (None, 0, 1)]),
        ("priority", [("high", 1, 0), (None, 1, 2)]),
        ("agent", [("bot", 1, 0), (None, 1, 2)]),
        ("person", [(None, 2, 2)]),
    ],
)
def test_apart(scene: Scene, by: str, groups: list[tuple]):
    view = scene.run(ShowMetrics(by=by))
    assert [(group.name, group.done, group.under_way) for group in view.groups] == groups
    assert view.groups_total == len(groups)


def test_of_many_groups_the_first_are_told():
    view = given(CreateItem(title="Job", labels=[f"l{at:02d}" for at in range(60)]), AdvanceTask(task="1", trigger="start")).run(
        ShowMetrics(by="label")
    )
    assert (len(view.groups), view.groups_total, view.groups[0].name) == (50, 60, "l00")


def test_in_a_workspace(scene: Scene):
    scene.run(SetWorkspace(name="docs", tags=["docs"]))
    view = scene.run(ShowMetrics(workspace="docs"))
    assert (view.done, view.under_way, view.open, view.workspace) == (1, 1, 2, "docs")
    scene.when(ShowMetrics(workspace="none")).refused("NOT_FOUND", 5)


@pytest.mark.parametrize("days", [0, -1, 4000])
def test_the_period_is_bounded(days: int):
    given().when(ShowMetrics(days=days)).refused("VALIDATION", 2)


def test_nothing_to_measure():
    view = given().run(ShowMetrics(by="label"))
    assert (view.done, view.lead.p50, view.reopen_percent, view.stale_percent, view.groups) == (0, None, None, None, [])


# ---------------------------------------------------------------------------------------------- overview


def test_the_ledger_at_a_glance(scene: Scene):
    scene.run(CreateItem(title="Five", depends_on=["3"]))
    scene.run(HoldTask(task="2", reason="Later."))
    scene.as_(BOT).run(ClaimTask(task="3"))
    scene.later(8 * DAY)
    view = scene.run(ShowOverview())
    assert view.by_role == {"queue": 2, "work": 1, "done": 1, "blocked": 1} and view.total == 5
    assert [(task.id, task.holder) for task in view.active] == [("task-0003", None)]
    assert [task.id for task in view.ready] == ["task-0003", "task-0004"] and view.ready_total == 2
    assert [task.id for task in view.blocked] == ["task-0002", "task-0005"]
    assert {task.id for task in view.stale} == {"task-0003", "task-0004", "task-0005"}
    few = scene.run(ShowOverview(limit=1))
    assert [len(part) for part in (few.active, few.ready, few.blocked, few.stale)] == [1, 1, 1, 1]
    assert (few.active_total, few.ready_total, few.blocked_total, few.stale_total) == (1, 2, 2, 3)


def test_a_glance_at_a_workspace(scene: Scene):
    scene.run(SetWorkspace(name="core", tags=["core"]))
    view = scene.run(ShowOverview(workspace="core"))
    assert (view.by_role, view.active_total, view.ready_total) == ({"work": 1, "done": 1}, 1, 1)
    assert [task.id for task in view.active] == ["task-0002"]


@pytest.mark.parametrize("limit", [0, 51])
def test_a_glance_is_bounded(limit: int):
    given().when(ShowOverview(limit=limit)).refused("VALIDATION", 2)


def test_for_people(cli: Cli):
    cli("init")
    cli("item", "create", "Write", "--label", "core", "--priority", "P1")
    cli("item", "create", "Read", "--depends-on", "write")
    cli("item", "create", "Rest")
    cli("advance", "rest", "complete")
    shown = cli("metrics", "--by", "label").stdout
    assert "done:       1  (W" in shown and "lead time:  " in shown and "By label" in shown
    shown = cli("overview").stdout
    assert shown.startswith("main  3 tasks: 2 queue, 1 done\n") and "Blocked\n  task-0002  queue  Read  waits for task-0001" in shown
