"""The work on a task as operations answer with it: todos, changes, commits, checks and runs."""

from collections.abc import Iterable
from typing import Any

from gitledger.model.task import Change, Check, CommitLink, Run, Task, Todo
from gitledger.ops._views import ActorView, View, actor_view, refs_of


class TodoView(View):
    """A todo."""

    id: str
    text: str
    status: str
    done: bool
    mandatory: bool
    source: str
    created_at: str
    updated_at: str
    evidence: list[str]
    artifact_refs: list[str]
    change_refs: list[str]
    command_refs: list[str]
    validation_hint: str | None = None
    active_at: str | None = None
    done_at: str | None = None
    completed_by: ActorView | None = None
    completed_in_harness: str | None = None
    source_plan_id: str | None = None
    plan_todo_id: str | None = None
    source_question_ids: list[str] = []
    blocked_reason: str | None = None
    skipped_at: str | None = None
    skipped_by: str | None = None
    event: str = ""


def todo_view(task: Task, todo: Todo) -> TodoView:
    """The view of a todo."""
    return todo_views(task, [todo])[0]


def todo_views(task: Task, todos: Iterable[Todo]) -> list[TodoView]:
    """The views of todos of the task."""
    refs, plans = refs_of(task.todos), refs_of(task.plans)
    return [
        TodoView(
            id=refs[todo.id],
            text=todo.text,
            status=todo.status,
            done=todo.is_done,
            mandatory=todo.mandatory,
            source=todo.source,
            created_at=todo.created_at,
            updated_at=todo.updated_at,
            evidence=todo.evidence,
            artifact_refs=todo.artifacts,
            change_refs=todo.changes,
            command_refs=todo.commands,
            validation_hint=todo.validation_hint,
            active_at=todo.active_at,
            done_at=todo.done_at,
            completed_by=actor_view(todo.completed_by),
            completed_in_harness=todo.completed_by.harness if todo.completed_by else None,
            source_plan_id=plans.get(todo.plan or ""),
            plan_todo_id=todo.plan_todo,
            event=todo.id,
        )
        for todo in todos
    ]


class ChangeView(View):
    """A recorded change of the code."""

    change_id: str
    task_id: str
    implementation_run: str | None
    timestamp: str
    kind: str
    path: str
    summary: str
    actor: ActorView | None
    git_commit: str | None = None
    git_diff_stat: str | None = None
    command: str | None = None
    before_hash: str | None = None
    after_hash: str | None = None
    exit_code: int | None = None
    paths: list[str] = []
    tree: str | None = None
    event: str = ""


def change_view(task: Task, change: Change) -> ChangeView:
    """The view of a change."""
    return change_views(task, [change])[0]


def change_views(task: Task, changes: Iterable[Change]) -> list[ChangeView]:
    """The views of changes of the task."""
    refs, runs = refs_of(task.changes), refs_of(task.runs)
    return [
        ChangeView(
            change_id=refs[change.id],
            task_id=task.id,
            implementation_run=runs.get(change.run or ""),
            timestamp=change.at,
            kind=change.kind,
            path=change.path,
            summary=change.summary,
            actor=actor_view(change.by),
            git_commit=change.commit,
            git_diff_stat=change.diff_stat,
            command=change.command,
            before_hash=change.before,
            after_hash=change.after,
            exit_code=change.exit_code,
            paths=change.paths,
            tree=change.tree,
            event=change.id,
        )
        for change in changes
    ]


SHORT_COMMIT = 10


class CommitView(View):
    """A commit that a task is tied to, as the record has it. `source`: hook, note, trailer, manual, rewrite."""

    commit: str
    short: str
    subject: str
    source: str
    at: str
    run: str | None = None
    change: str | None = None
    event: str = ""


def commit_view(task: Task, link: CommitLink) -> CommitView:
    """The view of a link to a commit."""
    return commit_views(task, [link])[0]


def commit_views(task: Task, links: Iterable[CommitLink]) -> list[CommitView]:
    """The views of links of the task."""
    changes, runs = refs_of(task.changes), refs_of(task.runs)
    return [
        CommitView(
            commit=link.commit,
            short=link.commit[:SHORT_COMMIT],
            subject=link.summary,
            source=link.source,
            at=link.at,
            run=runs.get(link.run or ""),
            change=changes.get(link.change or ""),
            event=link.id,
        )
        for link in links
    ]


class WaiverView(View):
    """Who excused something, and why."""

    actor: ActorView | None
    reason: str
    created_at: str


class CheckView(View):
    """A validation check."""

    id: str
    criterion_id: str
    status: str
    created_at: str
    actor: ActorView | None
    name: str | None = None
    details: str | None = None
    evidence: list[str] = []
    waiver: WaiverView | None = None
    event: str = ""


def check_views(task: Task, checks: Iterable[Check]) -> list[CheckView]:
    """The views of checks of the task."""
    refs = refs_of(task.checks)
    return [
        CheckView(
            id=refs[check.id],
            criterion_id=check.criterion,
            status=check.status,
            created_at=check.at,
            actor=actor_view(check.by),
            name=check.name,
            details=check.details,
            evidence=check.evidence,
            waiver=_waiver_view(check.waiver),
            event=check.id,
        )
        for check in checks
    ]


def _waiver_view(waiver: Any) -> WaiverView | None:
    if waiver is None:
        return None
    return WaiverView(actor=actor_view(waiver.by), reason=waiver.reason, created_at=waiver.at)


class LogLineView(View):
    """A line of a run's log."""

    timestamp: str
    kind: str
    text: str
    path: str | None = None
    exit_code: int | None = None


class RunView(View):
    """A run."""

    run_id: str
    task_id: str
    run_type: str
    status: str
    started_at: str
    actor: ActorView | None
    finished_at: str | None = None
    harness: str | None = None
    based_on_plan: str | None = None
    based_on_plan_version: int | None = None
    based_on_implementation_run: str | None = None
    resumes_run_id: str | None = None
    summary: str | None = None
    result: str | None = None
    recommendation: str | None = None
    worklog: list[LogLineView] = []
    deviations_from_plan: list[str] = []
    artifact_refs: list[str] = []
    change_refs: list[str] = []
    checks: list[CheckView] = []
    evidence: list[str] = []
    todo_updates: list[str] = []
    handoff_refs: list[str] = []
    actor_history: list[str] = []
    event: str = ""


def run_view(task: Task, run: Run) -> RunView:
    """The view of a run, with its changes and checks, and what was said to prove it."""
    plan, runs = task.plan(run.plan), refs_of(task.runs)
    checks = check_views(task, (check for check in task.checks if check.run == run.id))
    changes = refs_of(task.changes)
    handoffs = refs_of(task.handoffs)
    return RunView(
        run_id=runs[run.id],
        task_id=task.id,
        run_type=run.type,
        status=run.status,
        started_at=run.started_at,
        actor=actor_view(run.actor),
        finished_at=run.finished_at,
        harness=run.actor.harness,
        based_on_plan=plan.ref if plan else None,
        based_on_plan_version=plan.version if plan else None,
        based_on_implementation_run=runs.get(run.based_on or ""),
        resumes_run_id=runs.get(run.resumes or ""),
        summary=run.summary,
        result=run.result,
        recommendation=run.recommendation,
        worklog=[
            LogLineView(timestamp=line.at, kind=line.kind, text=line.text, path=line.path, exit_code=line.exit_code)
            for line in run.log
        ],
        deviations_from_plan=[line.text for line in run.log if line.kind == "deviation"],
        artifact_refs=[f"{line.path}: {line.text}" for line in run.log if line.kind == "artifact"],
        change_refs=[changes[change.id] for change in task.changes if change.run == run.id],
        handoff_refs=[handoffs[item.id] for item in task.handoffs if run.id in (item.run, item.source_run)],
        checks=checks,
        evidence=[
            *(said for check in checks for said in check.evidence),
            *(item.summary for item in task.evidence if item.subject == run.id and not item.captured and item.summary),
        ],
        event=run.id,
    )
