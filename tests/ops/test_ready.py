"""The work queue: what is ready for whom, in which order and why; what is blocked by what; what is forgotten."""

import pytest

from gitledger.model import readiness
from gitledger.model.events import DependencyAdded, Fields, TaskEdited
from gitledger.model.policy import Policy, Stale
from gitledger.ops._base import on
from gitledger.ops._ready import first_ready
from gitledger.ops._steps import step_of
from gitledger.ops.advance import AdvanceTask, HoldTask
from gitledger.ops.claim import ClaimTask
from gitledger.ops.dep import AddDependency
from gitledger.ops.item import CreateItem
from gitledger.ops.plan import ProposePlan, RejectPlan, StartPlan
from gitledger.ops.question import AddQuestion, AnswerQuestion
from gitledger.ops.ready import ListReady, ShowNext
from gitledger.ops.task import CancelTask, CreateTask
from gitledger.ops.waiting import ListBlocked, ListStale
from tests.ops.harness import ADA, BOT, OTHER, Scene, given
from tests.ops.stories import approved, forked, tell


def item(title: str = "Job", **fields) -> CreateItem:
    return CreateItem(title=title, **fields)


def names(view) -> list[str]:
    return [task.id.removeprefix("task-000") for task in view.tasks]


def ready(scene: Scene, **more) -> list[str]:
    return names(scene.run(ListReady(**more)))


# ---------------------------------------------------------------------------------------------- who is in


def test_nothing_unsatisfied_no_hold_nobody_elses_claim():
    scene = given(*(item() for _ in range(6)))
    scene.run(AddDependency(task="2", others=["1"]))
    scene.run(HoldTask(task="3", reason="Wait"))
    scene.as_(OTHER).run(ClaimTask(task="4"))
    scene.as_(BOT).run(ClaimTask(task="5"))
    scene.run(AdvanceTask(task="6", trigger="complete"))
    assert ready(scene) == ["1", "5"]
    view = scene.run(ListReady())
    assert [task.mine for task in view.tasks] == [False, True]
    assert (view.total, view.truncated) == (2, False)


def test_claims_run_out():
    scene = given(item()).as_(OTHER)
    scene.run(ClaimTask(task="1", ttl="1h"))
    scene.as_(BOT)
    assert ready(scene) == []
    assert ready(scene.later(3601)) == ["1"]


def test_what_is_claimed_in_another_ledger_is_not_ready():
    scene = given(item(), item())
    forked(scene).as_(OTHER).run(ClaimTask(task="1"))
    assert ready(scene.as_(BOT)) == ["2"]
    assert scene.run(ShowNext()).task_id == "task-0002"
    assert ready(scene.as_(OTHER)) == ["1", "2"]


def test_a_staged_task_that_waits_for_a_persons_word_is_ready_for_people():
    scene = given(CreateTask(title="Job")).as_(BOT)
    scene.run(StartPlan(task="1"))
    scene.run(ProposePlan(task="1", text="# Plan\n\nDo it.", criterion=["It works"]))
    assert ready(scene) == []
    assert scene.run(ShowNext()).in_the_way == {"waiting_for_user": 1}
    assert ready(scene.as_(ADA)) == ["1"]


def test_a_task_whose_next_run_is_to_come_is_not_ready():
    scene = given(item(schedule="0 9 * * *"))
    scene.run(AdvanceTask(task="1", trigger="complete"))
    assert ready(scene) == []
    assert scene.run(ShowNext()).in_the_way == {"scheduled": 1}
    assert ready(scene.later(86400)) == ["1"]


def test_labels_and_stage_narrow_it_down():
    scene = given(item(labels=["a"]), item(labels=["a", "b"]), approved, CreateTask(title="Draft"))
    assert ready(scene, labels=["a"]) == ["1", "2"]
    assert ready(scene, labels=["a", "b"]) == ["2"]
    assert ready(scene, stage="implementing") == ["3"]
    assert ready(scene, stage="planning") == ["4"]


def test_the_limit_says_how_many_there_are():
    scene = given(*(item() for _ in range(4)))
    view = scene.run(ListReady(limit=3))
    assert (names(view), view.total, view.truncated) == (["1", "2", "3"], 4, True)
    assert len(scene.run(ListReady(limit=0)).tasks) == 4
    scene.when(ListReady(limit=-1)).refused_without_hint_check("VALIDATION", 2)


# ---------------------------------------------------------------------------------------------- order


def test_priority_then_age():
    scene = given(item(priority="P3"), item(), item(priority="high"), item(priority="0"), item(priority="medium"))
    assert ready(scene) == ["4", "3", "2", "5", "1"]


def test_the_due_date_boosts_the_priority():
    scene = given(
        item(priority="high"),
        item(priority="low", due="2026-11-19"),
        item(due="+23h"),
        item(due="+3d"),
        item(priority="critical"),
        item(priority="critical", due="2026-11-01"),
    )
    view = scene.run(ListReady())
    assert names(view) == ["2", "5", "6", "1", "3", "4"]
    assert {task.id: task.urgency for task in view.tasks}["task-0003"] == "high"
    assert [task.overdue for task in view.tasks] == [True, False, True, False, False, False]


def test_next_is_the_first_of_ready_and_what_claim_next_takes():
    scene = given(item(priority="low"), item(due="2026-11-19"), item(priority="high")).as_(BOT)
    for expected in ("task-0002", "task-0003", "task-0001"):
        free = [task.id for task in scene.run(ListReady()).tasks if not task.mine]
        assert free[0] == expected
        if not scene.run(ListReady(limit=1)).tasks[0].mine:
            assert scene.run(ShowNext()).task_id == expected
        assert scene.run(ClaimTask(next=True)).task_id == expected


def test_a_task_with_unfinished_parts_comes_next_after_all_others():
    scene = given(item("Whole", priority="high"), item("Part", parent="1"), item("Other", priority="low"))
    assert ready(scene) == ["1", "2", "3"]
    for expected in ("task-0002", "task-0001", "task-0003"):
        assert scene.run(ShowNext()).task_id == expected
        assert scene.run(ClaimTask(next=True)).task_id == expected
        scene.run(AdvanceTask(task=expected, trigger="complete"))


def test_next_of_nothing_says_why_and_succeeds():
    scene = given(item())
    scene.run(HoldTask(task="1", reason="x"))
    view = scene.run(ShowNext())
    assert (view.task, view.ready, view.in_the_way) == (None, 0, {"on_hold": 1})
    assert given().run(ShowNext()).in_the_way == {}


# ---------------------------------------------------------------------------------------------- why


def test_explain_says_why_each_is_in_or_out_and_what_it_unblocks():
    scene = given(item(due="2026-11-19"), item(), item(), item("Held"), item()).as_(BOT)
    scene.run(AddDependency(task="2", others=["1"]))
    scene.run(AddDependency(task="3", others=["1", "2"]))
    scene.run(HoldTask(task="4", reason="Wait"))
    scene.as_(OTHER).run(ClaimTask(task="5"))
    view = scene.as_(BOT).run(ListReady(explain=True))
    (task,) = view.tasks
    assert task.unblocks == ["task-0002"]
    assert "overdue" in task.why
    out = {one.id: one for one in view.left_out.tasks}
    assert {name: one.hindrance for name, one in out.items()} == {
        "task-0002": "dependencies",
        "task-0003": "dependencies",
        "task-0004": "on_hold",
        "task-0005": "claimed",
    }
    assert out["task-0003"].waits_for == ["task-0001", "task-0002"]
    assert out["task-0004"].why == "It is on hold: Wait."
    assert "agent other" in out["task-0005"].why
    assert view.left_out.counts == {"claimed": 1, "dependencies": 2, "on_hold": 1}
    assert scene.run(ListReady(explain=True, limit=1)).left_out.truncated


# ---------------------------------------------------------------------------------------------- the record tells it


def running(scene: Scene) -> None:
    from gitledger.ops.implement import StartImplementation

    approved(scene)
    scene.as_(BOT).run(StartImplementation(task="1"))
    scene.later(7201)


def asked(scene: Scene) -> None:
    scene.run(CreateTask(title="Job"))
    scene.run(StartPlan(task="1"))
    scene.run(AddQuestion(task="1", text="Which?", required_for_plan=True))
    scene.later(7201)


def answered(scene: Scene) -> None:
    asked(scene)
    scene.as_(OTHER).run(AnswerQuestion(task="1", question="1", text="That"))


def proposed(scene: Scene) -> None:
    scene.run(CreateTask(title="Job"))
    scene.run(StartPlan(task="1"))
    scene.run(ProposePlan(task="1", text="# Plan\n\nDo it.", criterion=["It works"]))


def rejected(scene: Scene) -> None:
    proposed(scene)
    scene.run(RejectPlan(task="1", reason="Too vague"))


def cancelled(scene: Scene) -> None:
    scene.run(CreateTask(title="Job"))
    scene.run(CancelTask(task="1"))


def built(scene: Scene) -> None:
    from gitledger.ops.implement import FinishImplementation, StartImplementation

    approved(scene, todos=0)
    scene.as_(BOT).run(StartImplementation(task="1"))
    scene.run(FinishImplementation(task="1", summary="x"))


def checked(scene: Scene) -> None:
    from gitledger.ops.validate import StartValidation

    built(scene)
    scene.run(StartValidation(task="1"))
    scene.later(7201)


def failed(scene: Scene) -> None:
    from gitledger.ops.validate import FinishValidation, StartValidation

    built(scene)
    scene.run(StartValidation(task="1"))
    scene.run(FinishValidation(task="1", result="failed", summary="x"))


def without_plan(scene: Scene) -> None:
    approved(scene)
    scene.source.states[scene.task("1").uid].task.accepted_plan = None


STORIES = [asked, answered, proposed, rejected, cancelled, approved, running, built, checked, failed, without_plan]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
@pytest.mark.parametrize("actor", [BOT, ADA], ids=lambda actor: actor.name)
def test_what_the_index_knows_is_what_the_next_step_says(story, actor):
    """`ready` is answered from rows alone: they must not promise what the rules of the next step refuse."""
    scene = given(story).as_(actor)
    world = scene.make_world()
    task = world.task("1")
    step = step_of(world, task, ClaimTask(task="1"))
    found = readiness.hindrance(task)
    if found is None:
        assert step.action not in ("none", "hold", "plan-approve", "question-answer") and step.obstacles == []
    elif found == "waiting_for_user":
        assert step.action in ("plan-approve", "question-answer")
    elif found == "blocked":
        assert step.obstacles or step.action == "none"
    else:
        assert step.action == "none"
    chosen, _ = first_ready(scene.make_world(), ClaimTask)
    assert ([chosen.id] if chosen else []) == [row.id for row in scene.run(ListReady()).tasks]


# ---------------------------------------------------------------------------------------------- blocked


def test_blocked_tasks_with_the_chain_that_blocks_them():
    scene = given(*(item() for _ in range(4)), item("Held", priority="high"))
    for task, other in (("2", "1"), ("3", "2"), ("4", "3"), ("4", "1")):
        scene.run(AddDependency(task=task, others=[other]))
    scene.run(HoldTask(task="5", reason="Wait"))
    view = scene.run(ListBlocked())
    assert names(view) == ["5", "2", "3", "4"]
    held, *waiting = view.tasks
    assert (held.why, held.hold_reason, held.chain) == ("on_hold", "Wait", [])
    assert [task.chain for task in waiting] == [
        ["task-0001"],
        ["task-0002", "task-0001"],
        ["task-0003", "task-0002", "task-0001"],
    ]
    assert (waiting[2].waits_for, waiting[2].waits_for_total) == (["task-0003", "task-0001"], 2)
    assert scene.run(ListBlocked(limit=2)).truncated


def test_a_chain_that_leads_out_of_the_ledger_or_round_ends():
    scene = given(item(), item(), AddDependency(task="2", others=["1"]))
    uid = "beef0000-0000-4000-8000-000000000000"
    tell(scene, lambda world: (yield on(world.task("1"), DependencyAdded(on=uid))))
    assert scene.run(ListBlocked()).tasks[1].chain == ["task-0001", uid]
    tell(scene, lambda world: (yield on(world.task("1"), DependencyAdded(on=world.task("2").uid))))
    scene.run(AddDependency(task="1", others=[], depends_on=["2"], type="relates_to"))
    assert all(len(task.chain) <= 3 for task in scene.run(ListBlocked()).tasks)


# ---------------------------------------------------------------------------------------------- stale


def test_stale_by_the_thresholds_of_the_policy():
    scene = given(item(), item(), item())
    scene.run(AdvanceTask(task="2", trigger="start"))
    scene.run(HoldTask(task="3", reason="x"))
    day = 86400
    assert scene.later(3 * day).run(ListStale()).tasks == []
    assert names(scene.later(1).run(ListStale())) == ["2"]
    assert names(scene.later(4 * day).run(ListStale())) == ["1", "2"]
    (first, second) = scene.run(ListStale()).tasks
    assert (first.idle_days, first.role, second.role) == (7, "queue", "work")
    scene.with_policy(Policy(stale=Stale(queue=30 * day, work=day)))
    view = scene.run(ListStale())
    assert (names(view), view.thresholds) == (["2"], {"queue": 30 * day, "work": day})


# ---------------------------------------------------------------------------------------------- all ledgers


def test_all_ledgers_list_each_task_once_as_it_was_last_changed():
    scene = given(item("Ours"), item("Done there"))
    fork = forked(scene)
    fork.run(item("Only there"))
    fork.later(60).run(AdvanceTask(task="2", trigger="complete"))
    view = scene.run(ListReady(all_ledgers=True))
    assert [(task.title, task.ledger) for task in view.tasks] == [("Ours", "main"), ("Only there", "feature")]
    assert [task.title for task in scene.run(ListReady()).tasks] == ["Ours", "Done there"]


def test_a_due_date_of_another_system_counts_too():
    scene = given(item(), item())
    tell(scene, lambda world: (yield on(world.task("2"), TaskEdited(fields=Fields(due="2026-11-20")))))
    assert ready(scene) == ["2", "1"]
