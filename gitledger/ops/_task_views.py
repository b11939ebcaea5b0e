"""A task as operations answer with it."""

from typing import Any, Literal

from gitledger.model import workflow
from gitledger.model.task import Hold, Task
from gitledger.ops._file_links import FileLinkView, link_views
from gitledger.ops._views import ActorView, View, active_stage, actor_view, refs_of, summary_of, task_ref
from gitledger.ops._work_views import TodoView, todo_views
from gitledger.ops._world import World


class HoldView(View):
    """A hold: why, who put it on, since when, and the status that it lies on."""

    reason: str
    previous: str
    at: str
    by: ActorView | None


class TaskView(View):
    """A task with its todos; plans, questions, runs and changes have commands of their own."""

    id: str
    uid: str
    slug: str
    title: str
    status: str
    status_stage: str
    active_stage: str | None
    role: str
    task_type: str
    workflow: str
    body: str
    description_summary: str
    created_at: str
    updated_at: str
    priority: str | None
    labels: list[str]
    owner: str | None
    notes: list[str]
    todos: list[TodoView]
    requirements: list[str]
    accepted_plan: str | None
    accepted_plan_version: int | None
    latest_plan: str | None
    latest_plan_version: int | None
    latest_planning_run: str | None
    latest_implementation_run: str | None
    latest_validation_run: str | None
    code_change_log_refs: list[str]
    file_links: list[FileLinkView] = []
    intro_refs: list[str] = []
    introduction_ref: str | None = None
    creator: ActorView | None = None
    parent_task_id: str | None = None
    parent_relation: str | None = None
    closed_at: str | None = None
    closed_by: ActorView | None = None
    closure_note: str | None = None
    recorded_at: str | None = None
    recorded_by: ActorView | None = None
    conflicts: list[str] = []
    type: str = ""
    summary: str = ""
    complexity: int | None = None
    properties: dict[str, Any] = {}
    due: str | None = None
    schedule: str | None = None
    next_run_at: str | None = None
    sort: int | None = None
    label: str | None = None
    hold: HoldView | None = None
    object_type: Literal["task"] = "task"
    schema_version: Literal[1] = 1
    file_version: Literal["v1"] = "v1"


def task_view(world: World, task: Task) -> TaskView:
    """The view of a task."""
    body = world.description(task)
    latest, accepted = task.latest_plan(), task.current_plan()
    runs = {kind: task.latest_run(kind) for kind in workflow.STAGE_OF_RUN}
    introduction = _introduction_ref(world, task)
    return TaskView(
        id=task.id,
        uid=task.uid,
        slug=task.slug,
        title=task.title,
        status=task.status,
        status_stage=task.status,
        active_stage=active_stage(task, world.now),
        role=workflow.role(task),
        task_type=task.kind,
        workflow=task.workflow,
        body=body,
        description_summary=summary_of(body),
        created_at=task.created_at,
        updated_at=task.updated_at,
        priority=task.priority,
        labels=task.labels,
        owner=task.owner,
        notes=[comment.text for comment in task.comments if comment.kind == "note"],
        todos=todo_views(task, task.live_todos()),
        requirements=[task_ref(world, dep.on) or dep.on for dep in task.dependencies if dep.type == "blocks"],
        accepted_plan=accepted.ref if accepted else None,
        accepted_plan_version=accepted.version if accepted else None,
        latest_plan=latest.ref if latest else None,
        latest_plan_version=latest.version if latest else None,
        latest_planning_run=runs["planning"].ref if runs["planning"] else None,
        latest_implementation_run=runs["implementation"].ref if runs["implementation"] else None,
        latest_validation_run=runs["validation"].ref if runs["validation"] else None,
        code_change_log_refs=list(refs_of(task.changes).values()),
        file_links=link_views(task),
        intro_refs=[introduction] if introduction else [],
        introduction_ref=introduction,
        creator=actor_view(task.creator),
        parent_task_id=task_ref(world, task.parent),
        parent_relation=task.relation,
        closed_at=task.closed_at,
        closed_by=actor_view(task.closed_by),
        closure_note=task.closure_note,
        recorded_at=task.recorded_at,
        recorded_by=actor_view(task.recorded_by),
        conflicts=[conflict.field for conflict in task.conflicts],
        type=task.type,
        summary=task.summary,
        complexity=task.complexity,
        properties=task.properties,
        due=task.due,
        schedule=task.schedule,
        next_run_at=task.next_run_at,
        sort=task.sort,
        label=task.label,
        hold=_hold_view(task.hold),
    )


def _introduction_ref(world: World, task: Task) -> str | None:
    """What the introduction of the task is called."""
    if task.introduction is None:
        return None
    from gitledger.ops._intros import intro_ref

    return intro_ref(world.book(), task.introduction)


def _hold_view(hold: Hold | None) -> HoldView | None:
    if hold is None:
        return None
    return HoldView(reason=hold.reason, previous=hold.previous, at=hold.at, by=actor_view(hold.by))
