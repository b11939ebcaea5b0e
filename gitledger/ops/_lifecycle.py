"""What a step of the staged workflow answers with."""

from typing import Any

from msgspec import UNSET, UnsetType

from gitledger.model.task import Task
from gitledger.ops._views import LockView, View, active_stage, lock_view
from gitledger.ops._work_views import RunView
from gitledger.ops._world import World, live_claim


class Lifecycle(View):
    """The answer of a step of the staged workflow."""

    ok: bool
    command: str
    task_id: str
    status: str
    status_stage: str
    active_stage: str | None
    changed: bool
    warnings: list[str]
    lock: LockView | None
    run_id: str | None | UnsetType = UNSET
    run: RunView | None | UnsetType = UNSET
    plan_version: int | None | UnsetType = UNSET
    result: str | None | UnsetType = UNSET
    operation: str | UnsetType = UNSET
    plan_body_chars: int | UnsetType = UNSET
    plan_body_lines: int | UnsetType = UNSET
    plan_digest: str | UnsetType = UNSET
    materialized_todos: int | UnsetType = UNSET
    mandatory_todos: int | UnsetType = UNSET
    next_action: str | UnsetType = UNSET
    next_command: str | UnsetType = UNSET
    reason: str | None | UnsetType = UNSET


def lifecycle(world: World, task: Task, command: str, **extra: Any) -> Lifecycle:
    """The answer of the lifecycle step `command` (`plan start`), with what is particular to it."""
    claim = live_claim(task.claims, world.now)
    return Lifecycle(
        ok=True,
        command=command,
        task_id=task.id,
        status=task.status,
        status_stage=task.status,
        active_stage=active_stage(task, world.now),
        changed=world.changed,
        warnings=list(world.warnings),
        lock=lock_view(task, claim, world.now) if claim else None,
        **extra,
    )
