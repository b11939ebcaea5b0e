"""What operations answer with: the JSON shapes that taskledger's users know, filled from records."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from gitledger.model import ids, workflow
from gitledger.model.task import Actor, Change, Check, Claim, CommitLink, Hold, Plan, Question, Run, Task, Todo
from gitledger.ops._base import World, claim_until, live_claim


class View(Struct, kw_only=True):
    """An answer. Absent scalars are null, collections empty."""


class CommandHint(View):
    """A command that would go on from here."""

    kind: str
    label: str
    command: str
    primary: bool


class ActorView(View):
    """An actor under the reference's names."""

    actor_type: str
    actor_name: str
    role: str | None = None
    harness: str | None = None
    session_id: str | None = None
    host: str | None = None
    pid: int | None = None
    person: str | None = None
    tool: str | None = None
    actor_id: str | None = None
    harness_id: str | None = None


def actor_view(actor: Actor | None) -> ActorView | None:
    """The view of an actor."""
    if actor is None:
        return None
    return ActorView(
        actor_type=actor.type,
        actor_name=actor.name,
        role=actor.role,
        harness=actor.harness,
        session_id=actor.session,
        host=actor.host,
        pid=actor.pid,
        person=actor.person,
    )


def ref_of(items: Iterable[Any], item: Any) -> str:
    """`todo-0003`, or `todo-0003.9c41f0` where another item of the task has the same number; of many items, `refs_of` tells."""
    twins = [other for other in items if other.ref == item.ref]
    return item.ref if len(twins) < 2 else f"{item.ref}.{item.id[:6]}"


def refs_of(items: Sequence[Any]) -> dict[str, str]:
    """How each item of a list is called, by its id: numbers are counted once, and not for each item anew."""
    refs = [item.ref for item in items]
    many = Counter(refs)
    return {
        item.id: ref if many[ref] == 1 else f"{ref}.{item.id[:6]}" for item, ref in zip(items, refs, strict=True)
    }


def run_ref(task: Task, run_id: str | None) -> str | None:
    """`run-0002` for the run's event id."""
    run = task.run(run_id)
    return None if run is None else ref_of(task.runs, run)


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


class QuestionView(View):
    """A planning question."""

    id: str
    task_id: str
    question: str
    status: str
    created_at: str
    required_for_plan: bool
    plan_version: int | None = None
    answer: str | None = None
    answered_at: str | None = None
    answered_by: str | None = None
    answered_by_actor: ActorView | None = None
    answer_source: str | None = None
    asked_by_actor: ActorView | None = None
    asked_in_harness: str | None = None
    event: str = ""


def question_view(task: Task, question: Question) -> QuestionView:
    """The view of a question."""
    return question_views(task, [question])[0]


def question_views(task: Task, questions: Iterable[Question]) -> list[QuestionView]:
    """The views of questions of the task."""
    refs = refs_of(task.questions)
    return [
        QuestionView(
            id=refs[question.id],
            task_id=task.id,
            question=question.text,
            status=question.status,
            created_at=question.created_at,
            required_for_plan=question.required,
            plan_version=question.plan_version,
            answer=question.answer,
            answered_at=question.answered_at,
            answered_by=question.answered_by.type if question.answered_by else None,
            answered_by_actor=actor_view(question.answered_by),
            answer_source=question.answer_source,
            asked_by_actor=actor_view(question.asked_by),
            asked_in_harness=question.asked_by.harness,
            event=question.id,
        )
        for question in questions
    ]


class CriterionView(View):
    """An acceptance criterion."""

    id: str
    text: str
    mandatory: bool


class PlanTodoView(View):
    """A todo as the plan states it."""

    id: str
    text: str
    mandatory: bool
    validation_hint: str | None = None


class PlanView(View):
    """A plan version."""

    task_id: str
    plan_id: str
    plan_version: int
    version: int
    status: str
    created_at: str
    created_by: ActorView | None
    digest: str
    goal: str
    criteria: list[CriterionView]
    todos: list[PlanTodoView]
    files: list[str]
    test_commands: list[str]
    expected_outputs: list[str]
    generation_reason: str
    todos_waived_reason: str | None = None
    supersedes: int | None = None
    supersedes_plan_id: str | None = None
    question_refs: list[str] = []
    based_on_question_ids: list[str] = []
    based_on_answer_hash: str | None = None
    approved_at: str | None = None
    approved_by: ActorView | None = None
    approved_via: str | None = None
    approval_note: str | None = None
    rejected_reason: str | None = None
    body: str | None = None
    event: str = ""


def plan_view(task: Task, plan: Plan, body: str | None = None) -> PlanView:
    """The view of a plan; with its body where that was read."""
    earlier = task.plan(plan.supersedes)
    based_on = set(plan.questions)
    asked = [ref for question, ref in refs_of(task.questions).items() if question in based_on]
    approval = plan.approval
    return PlanView(
        task_id=task.id,
        plan_id=ref_of(task.plans, plan),
        plan_version=plan.version,
        version=plan.version,
        status=plan.status,
        created_at=plan.created_at,
        created_by=actor_view(plan.created_by),
        digest=plan.digest,
        goal=plan.goal,
        criteria=[CriterionView(id=c.id, text=c.text, mandatory=c.mandatory) for c in plan.criteria],
        todos=[
            PlanTodoView(id=t.id, text=t.text, mandatory=t.mandatory, validation_hint=t.validation_hint)
            for t in plan.todos
        ],
        files=plan.files,
        test_commands=plan.test_commands,
        expected_outputs=plan.expected_outputs,
        generation_reason=plan.generation_reason,
        todos_waived_reason=plan.todos_waived_reason,
        supersedes=earlier.version if earlier else None,
        supersedes_plan_id=earlier.ref if earlier else None,
        question_refs=asked,
        based_on_question_ids=asked,
        based_on_answer_hash=plan.answers_hash,
        approved_at=approval.at if approval else None,
        approved_by=actor_view(approval.by) if approval else None,
        approved_via=approval.via if approval else None,
        approval_note=approval.note if approval else None,
        rejected_reason=plan.rejected_reason,
        body=body,
        event=plan.id,
    )


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
    """The view of a run, with its changes and checks."""
    plan, runs = task.plan(run.plan), refs_of(task.runs)
    checks = check_views(task, (check for check in task.checks if check.run == run.id))
    changes = refs_of(task.changes)
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
        checks=checks,
        evidence=[item for check in checks for item in check.evidence],
        event=run.id,
    )


class LockView(View):
    """A claim under the reference's name for it."""

    lock_id: str
    task_id: str
    stage: str | None
    run_type: str | None
    run_id: str | None
    created_at: str
    expires_at: str
    lease_seconds: int
    last_heartbeat_at: str
    holder: ActorView | None
    actor: ActorView | None
    harness: str | None
    expired: bool
    reason: str | None = None


def lock_view(task: Task, claim: Claim, now: str) -> LockView:
    """The view of a claim at the time `now`."""
    return LockView(
        lock_id=claim.id,
        task_id=task.id,
        stage=claim.stage,
        run_type=workflow.RUN_OF_STAGE.get(claim.stage or ""),
        run_id=run_ref(task, claim.run),
        created_at=claim.at,
        expires_at=claim_until(claim, now),
        lease_seconds=claim.lease_s,
        last_heartbeat_at=ids.later(claim.until, -claim.lease_s),
        holder=actor_view(claim.actor),
        actor=actor_view(claim.actor),
        harness=claim.actor.harness,
        expired=claim.until <= now,
        reason=claim.reason,
    )


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
    file_links: list[str] = []
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


def summary_of(text: str) -> str:
    """The first 117 characters and `...` where `text` is longer than 120."""
    return text if len(text) <= 120 else text[:117] + "..."


def task_ref(world: World, uid: str | None) -> str | None:
    """`task-0030` for a uid of this ledger, the uid itself where it is not known here."""
    if uid is None:
        return None
    record = world.states[uid].task if uid in world.states else world.row(uid)
    return record.id if record is not None else uid


def task_view(world: World, task: Task) -> TaskView:
    """The view of a task."""
    body = world.description(task)
    latest, accepted = task.latest_plan(), task.current_plan()
    runs = {kind: task.latest_run(kind) for kind in workflow.STAGE_OF_RUN}
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


def _hold_view(hold: Hold | None) -> HoldView | None:
    if hold is None:
        return None
    return HoldView(reason=hold.reason, previous=hold.previous, at=hold.at, by=actor_view(hold.by))


def active_stage(task: Task, now: str) -> str | None:
    """The run type of the live claim: planning, implementation, validation, or None."""
    claim = live_claim(task.claims, now)
    return workflow.RUN_OF_STAGE.get(claim.stage or "") if claim else None


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
