"""One table of transitions for both workflows, and one role for every status."""

from collections import deque

import pytest

from gitledger.model import workflow
from gitledger.model.task import Actor, Hold, Task
from gitledger.model.workflow import ROLES, STATUSES, TRANSITIONS

HOLD = Hold("", Actor(type="user", name="ada"), "waiting", "draft")


def task(status: str, **fields) -> Task:
    return Task(uid="u", number=1, slug="s", title="t", status=status, **fields)


@pytest.mark.parametrize(
    ("status", "role"),
    [
        ("draft", "queue"),
        ("planning", "queue"),
        ("plan_review", "queue"),
        ("approved", "queue"),
        ("implementing", "work"),
        ("implemented", "work"),
        ("failed_validation", "work"),
        ("validating", "review"),
        ("queue", "queue"),
        ("work", "work"),
        ("review", "review"),
        ("done", "done"),
        ("cancelled", "cancelled"),
        ("of a later version", "queue"),
    ],
)
def test_the_role_of_a_status(status, role):
    assert workflow.role_of(status) == role
    assert workflow.role(task(status)) == role


@pytest.mark.parametrize(
    ("held", "role"),
    [
        (task("implementing", hold=HOLD), "blocked"),
        (task("draft", hold=HOLD), "blocked"),
        (task("done", hold=HOLD), "done"),
        (task("cancelled", hold=HOLD), "cancelled"),
        (task("done", archived_at=""), "archived"),
        (task("implementing", hold=HOLD, archived_at="2026-11-20T10:00:00.000000Z"), "archived"),
    ],
)
def test_hold_and_archive_lie_over_the_status(held, role):
    assert workflow.role(held) == role


def test_every_role_is_known():
    assert {workflow.role_of(status) for statuses in STATUSES.values() for status in statuses} <= set(ROLES)


def test_the_table_speaks_of_its_own_statuses_only():
    for (name, status, _), target in TRANSITIONS.items():
        assert status in STATUSES[name] and target in STATUSES[name]


@pytest.mark.parametrize("name", STATUSES)
def test_every_status_can_be_reached_from_the_first(name):
    reached, queue = set(), deque([STATUSES[name][0]])
    while queue:
        status = queue.popleft()
        if status not in reached:
            reached.add(status)
            queue.extend(target for (flow, source, _), target in TRANSITIONS.items() if (flow, source) == (name, status))
    assert reached == set(STATUSES[name])


@pytest.mark.parametrize(
    ("name", "status", "trigger", "target"),
    [
        ("staged", "draft", "plan start", "planning"),
        ("staged", "planning", "plan propose", "plan_review"),
        ("staged", "draft", "plan propose", None),
        ("staged", "plan_review", "plan approve", "approved"),
        ("staged", "approved", "plan approve", None),
        ("staged", "approved", "implement start", "implementing"),
        ("staged", "draft", "implement start", None),
        ("staged", "implementing", "implement finish", "implemented"),
        ("staged", "implemented", "validate start", "validating"),
        ("staged", "validating", "validate passed", "done"),
        ("staged", "validating", "validate failed", "failed_validation"),
        ("staged", "failed_validation", "implement restart", "implementing"),
        ("staged", "done", "cancel", None),
        ("staged", "cancelled", "cancel", None),
        ("staged", "validating", "cancel", "cancelled"),
        ("light", "queue", "start", "work"),
        ("light", "review", "start", "done"),
        ("light", "done", "start", None),
        ("light", "cancelled", "reopen", "queue"),
        ("light", "work", "cancel", "cancelled"),
        ("light", "draft", "start", None),
        ("other", "draft", "plan start", None),
        ("staged", "draft", "no such trigger", None),
    ],
)
def test_transitions(name, status, trigger, target):
    assert workflow.next_status(name, status, trigger) == target


def test_only_reopening_leaves_an_end():
    leaving = {(name, status, trigger) for name, status, trigger in TRANSITIONS if status in ("done", "cancelled")}
    assert leaving == {("light", "done", "reopen"), ("light", "cancelled", "reopen")}


def test_sources_stand_in_the_order_of_the_lifecycle():
    assert workflow.sources("staged", "plan start") == ["draft", "planning", "plan_review"]
    assert workflow.sources("staged", "cancel") == [s for s in STATUSES["staged"] if s not in ("done", "cancelled")]
    assert workflow.sources("light", "no such trigger") == []


def test_stages_and_runs_name_one_another():
    assert {workflow.RUN_OF_STAGE[stage]: stage for stage in workflow.RUN_OF_STAGE} == workflow.STAGE_OF_RUN
    assert set(workflow.RUN_OF_STAGE) <= set(STATUSES["staged"])
