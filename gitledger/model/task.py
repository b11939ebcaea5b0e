"""The record of a task: what `fold` makes of its events, and what `task.json` holds (long texts live in files beside it)."""

from typing import Any

from msgspec import Struct

from gitledger.model import ids


class Actor(Struct, frozen=True, omit_defaults=True):
    """Who did something. `worktree` (8 hex digits of a digest) tells nameless sessions of one host apart."""

    type: str
    name: str
    role: str | None = None
    harness: str | None = None
    session: str | None = None
    host: str | None = None
    pid: int | None = None
    person: str | None = None
    worktree: str | None = None

    def holder(self) -> str:
        """The key under which this actor holds a claim: type, name and session, else host and worktree."""
        where = f"session {self.session}" if self.session else f"{self.host or ''} {self.worktree or ''}"
        return f"{self.type} {self.name} {where}"

    def brief(self) -> "Actor":
        """The same actor without host, process and person, as records keep it."""
        return Actor(self.type, self.name, self.role, self.harness, self.session)


class Criterion(Struct, frozen=True, omit_defaults=True):
    """An acceptance criterion of a plan; `id` (`ac-0001`) is unique within that plan."""

    id: str
    text: str
    mandatory: bool = True


class PlanTodo(Struct, frozen=True, omit_defaults=True):
    """A todo as the plan states it; `id` (`plan-todo-0001`) is unique within that plan."""

    id: str
    text: str
    mandatory: bool = True
    validation_hint: str | None = None


class Approval(Struct, omit_defaults=True):
    """Who accepted a plan, by what means, and what the approver was shown (`digest`)."""

    event: str
    at: str
    by: Actor
    note: str
    digest: str
    via: str
    harness: str | None = None
    terminal: bool = False
    reason: str | None = None
    escapes: list[str] = []


class Plan(Struct, omit_defaults=True):
    """One version of a plan. Its body is the text file named by `file`."""

    id: str
    version: int
    status: str
    created_at: str
    created_by: Actor
    digest: str
    file: str
    goal: str = ""
    criteria: list[Criterion] = []
    todos: list[PlanTodo] = []
    files: list[str] = []
    test_commands: list[str] = []
    expected_outputs: list[str] = []
    generation_reason: str = "initial"
    todos_waived_reason: str | None = None
    run: str | None = None
    questions: list[str] = []
    answers_hash: str | None = None
    supersedes: str | None = None
    approval: Approval | None = None
    rejected_reason: str | None = None

    @property
    def ref(self) -> str:
        return ids.item_id("plan", self.version)


class Question(Struct, omit_defaults=True):
    """A planning question. `status`: open, answered, dismissed."""

    id: str
    number: int
    text: str
    created_at: str
    asked_by: Actor
    status: str = "open"
    required: bool = False
    plan_version: int | None = None
    answer: str | None = None
    answered_at: str | None = None
    answered_by: Actor | None = None
    answer_source: str | None = None

    @property
    def ref(self) -> str:
        return ids.item_id("q", self.number)


class Todo(Struct, omit_defaults=True):
    """A todo of a task. `status`: open, done. A removed todo keeps its place, so its number is never given again."""

    id: str
    number: int
    text: str
    created_at: str
    updated_at: str
    source: str
    mandatory: bool = False
    status: str = "open"
    removed: bool = False
    active_at: str | None = None
    done_at: str | None = None
    completed_by: Actor | None = None
    evidence: list[str] = []
    artifacts: list[str] = []
    changes: list[str] = []
    commands: list[str] = []
    plan: str | None = None
    plan_todo: str | None = None
    validation_hint: str | None = None
    tree: str | None = None
    tree_all: str | None = None

    @property
    def ref(self) -> str:
        return ids.item_id("todo", self.number)

    @property
    def is_done(self) -> bool:
        return self.status == "done"


class LogLine(Struct, omit_defaults=True):
    """One line of a run's log. `kind`: message, deviation, artifact, command."""

    event: str
    at: str
    by: Actor
    text: str
    kind: str = "message"
    path: str | None = None
    exit_code: int | None = None


class Run(Struct, omit_defaults=True):
    """A stretch of work. `type`: planning, implementation, validation. `status`: running, finished, failed, blocked, aborted."""

    id: str
    number: int
    type: str
    started_at: str
    actor: Actor
    status: str = "running"
    result: str | None = None
    finished_at: str | None = None
    finished_by: Actor | None = None
    plan: str | None = None
    based_on: str | None = None
    resumes: str | None = None
    summary: str | None = None
    recommendation: str | None = None
    reason: str | None = None
    branch: str | None = None
    head: str | None = None
    tree: str | None = None
    tree_all: str | None = None
    log: list[LogLine] = []

    @property
    def ref(self) -> str:
        return ids.item_id("run", self.number)


class Change(Struct, omit_defaults=True):
    """A recorded change of the code, belonging to a run."""

    id: str
    number: int
    at: str
    by: Actor
    kind: str
    path: str
    paths: list[str] = []
    summary: str = ""
    run: str | None = None
    command: str | None = None
    exit_code: int | None = None
    commit: str | None = None
    diff_stat: str | None = None
    before: str | None = None
    after: str | None = None
    tree: str | None = None

    @property
    def ref(self) -> str:
        return ids.item_id("change", self.number)


class Waiver(Struct, omit_defaults=True):
    """Who excused something, and why."""

    event: str
    at: str
    by: Actor
    reason: str


class Check(Struct, omit_defaults=True):
    """A validation check of a criterion. `status`: pass, fail, warn, not_run. A waived criterion is a pass with a waiver."""

    id: str
    number: int
    run: str
    criterion: str
    plan: str
    status: str
    at: str
    by: Actor
    name: str | None = None
    details: str | None = None
    evidence: list[str] = []
    waiver: Waiver | None = None
    tree: str | None = None
    tree_all: str | None = None

    @property
    def ref(self) -> str:
        return ids.item_id("check", self.number)


class Evidence(Struct, omit_defaults=True):
    """Proof: spoken (`captured` false) or taken by gitledger itself. `subject` names the todo, criterion, run or task."""

    id: str
    number: int
    at: str
    by: Actor
    kind: str
    summary: str = ""
    subject: str | None = None
    command: str | None = None
    argv: list[str] = []
    exit_code: int | None = None
    passed: bool | None = None
    tool: str | None = None
    artifacts: list[str] = []
    captured: bool = False
    duration_ms: int | None = None
    output_digest: str | None = None
    output_tail: str | None = None
    tree: str | None = None
    tree_all: str | None = None

    @property
    def ref(self) -> str:
        return ids.item_id("evidence", self.number)


class Claim(Struct, omit_defaults=True):
    """Who works on the task now. `until` is the latest `at` of the holder's events plus the lease."""

    id: str
    holder: str
    actor: Actor
    at: str
    until: str
    lease_s: int
    stage: str | None = None
    run: str | None = None
    reason: str | None = None


class Hold(Struct, omit_defaults=True):
    """Work on the task is blocked; `previous` is the status to which it resumes."""

    at: str
    by: Actor
    reason: str
    previous: str


class Dependency(Struct, omit_defaults=True):
    """This task depends on the task `on` (a uid). `type`: blocks, relates_to, discovered_from."""

    id: str
    on: str
    type: str = "blocks"
    unblock_at: str = "done"
    added_at: str = ""
    waiver: Waiver | None = None


class Note(Struct, omit_defaults=True):
    """A keyed note with the role in which it is due; its body is the text file named by `file`."""

    key: str
    role: str
    file: str
    created_at: str
    updated_at: str
    by: Actor


class Comment(Struct, omit_defaults=True):
    """A remark. `kind`: comment, or note (the free notes of `task edit --add-note`)."""

    id: str
    number: int
    at: str
    by: Actor
    text: str
    kind: str = "comment"

    @property
    def ref(self) -> str:
        return ids.item_id("comment", self.number)


class Handoff(Struct, omit_defaults=True, kw_only=True):
    """What the next worker needs, as it was. `status`: open, claimed, closed, cancelled. The context is the text `file`.

    `holder` is the key of whoever made it, `claimed_holder` that of who claimed it. `claim_policy`: none, retain, release,
    transfer.
    """

    id: str
    number: int
    at: str
    by: Actor
    holder: str
    mode: str
    context_for: str
    digest: str
    file: str
    status: str = "open"
    scope: str = "task"
    todo: str | None = None
    run: str | None = None
    intended_type: str | None = None
    intended_name: str | None = None
    intended_harness: str | None = None
    summary: str | None = None
    next_action: str | None = None
    claim_policy: str = "none"
    source_run: str | None = None
    claimed_at: str | None = None
    claimed_by: Actor | None = None
    claimed_holder: str | None = None
    claim_run: str | None = None
    released_claim: str | None = None
    closed_at: str | None = None
    closed_by: Actor | None = None
    closed_reason: str | None = None

    @property
    def ref(self) -> str:
        return ids.item_id("handoff", self.number)


class FileLink(Struct, omit_defaults=True):
    """A path of the repository that belongs to the task; `required` for validation. `kind`: code, test, doc, config, dir …"""

    id: str
    path: str
    at: str
    by: Actor
    kind: str = "code"
    label: str | None = None
    required: bool = False


class UrlLink(Struct, omit_defaults=True):
    """An address that belongs to the task."""

    id: str
    url: str
    at: str
    by: Actor
    label: str | None = None


class CommitLink(Struct, omit_defaults=True):
    """A source commit that belongs to the task. `source`: hook, note, trailer, manual, rewrite."""

    id: str
    commit: str
    at: str
    source: str
    run: str | None = None
    change: str | None = None
    summary: str = ""
    tree: str | None = None


class Override(Struct, omit_defaults=True):
    """A policy that somebody overrode, with the reason given."""

    id: str
    at: str
    by: Actor
    gate: str
    reason: str
    command: str | None = None


class Disagreement(Struct, omit_defaults=True):
    """Concurrent settings of one field. `events` in order; the last one holds until an event that saw all settles it."""

    field: str
    events: list[str]


class Adoption(Struct, omit_defaults=True):
    """Where an adopted task came from."""

    ledger: str
    tip: str
    number: int
    at: str


class Task(Struct, omit_defaults=True, kw_only=True):
    """Everything known about one task except its long texts.

    Identity is `uid`; `number` and `slug` are for people. Times are UTC text as events carry them.
    `heads` and `clock` say which events the record stands for; `unknown` names event types that this
    version does not understand.
    """

    uid: str
    number: int
    slug: str
    title: str
    summary: str = ""
    workflow: str = "staged"
    type: str = ""
    kind: str = "managed"
    source: str = ""
    status: str = "draft"
    status_at: str = ""
    labels: list[str] = []
    priority: str | None = None
    complexity: int | None = None
    package: str | None = None
    scope: str | None = None
    milestone: str | None = None
    properties: dict[str, Any] = {}
    meta: dict[str, str | int | bool | None] = {}
    creator: Actor | None = None
    owner: str | None = None
    branch: str | None = None
    base_branch: str | None = None
    worktree: str | None = None
    pr_url: str | None = None
    created_at: str = ""
    updated_at: str = ""
    due: str | None = None
    schedule: str | None = None
    next_run_at: str | None = None
    closed_at: str | None = None
    closed_by: Actor | None = None
    closure_note: str | None = None
    parent: str | None = None
    relation: str | None = None
    sort: int | None = None
    dependencies: list[Dependency] = []
    accepted_plan: str | None = None
    plans: list[Plan] = []
    questions: list[Question] = []
    todos: list[Todo] = []
    runs: list[Run] = []
    changes: list[Change] = []
    checks: list[Check] = []
    evidence: list[Evidence] = []
    commits: list[CommitLink] = []
    notes: list[Note] = []
    introduction: str | None = None
    files: list[FileLink] = []
    urls: list[UrlLink] = []
    comments: list[Comment] = []
    handoffs: list[Handoff] = []
    claims: list[Claim] = []
    hold: Hold | None = None
    label: str | None = None
    overrides: list[Override] = []
    recorded_at: str | None = None
    recorded_by: Actor | None = None
    adopted: list[Adoption] = []
    former_numbers: list[int] = []
    archived_at: str | None = None
    deleted_at: str | None = None
    conflicts: list[Disagreement] = []
    unknown: list[str] = []
    heads: list[str] = []
    clock: int = 0

    @property
    def id(self) -> str:
        """`task-0030`."""
        return ids.task_id(self.number)

    def plan(self, plan_id: str | None) -> Plan | None:
        """The plan created by the event `plan_id`."""
        return next((plan for plan in self.plans if plan.id == plan_id), None)

    def latest_plan(self) -> Plan | None:
        """The plan with the highest version (of several, the last in event order)."""
        return max(self.plans, key=lambda plan: plan.version, default=None)

    def current_plan(self) -> Plan | None:
        """The accepted plan, unless two concurrent acceptances of different plans wait for a person."""
        if any(conflict.field == "accepted_plan" for conflict in self.conflicts):
            return None
        return self.plan(self.accepted_plan)

    def run(self, run_id: str | None) -> Run | None:
        """The run created by the event `run_id`."""
        return next((run for run in self.runs if run.id == run_id), None)

    def latest_run(self, run_type: str) -> Run | None:
        """The most recent run of `run_type`."""
        return max((run for run in self.runs if run.type == run_type), key=lambda run: run.number, default=None)

    def running_run(self, run_type: str | None = None) -> Run | None:
        """The run that has not finished, of `run_type` or of any."""
        live = [run for run in self.runs if run.status == "running" and run_type in (None, run.type)]
        return live[-1] if live else None

    def live_todos(self) -> list[Todo]:
        """The todos that have not been removed, in order of number."""
        return sorted((todo for todo in self.todos if not todo.removed), key=lambda todo: todo.number)


class Row(Struct, frozen=True):
    """One line of a listing: what the index knows about a task without its record.

    `hindrance` is what in the record itself is in the way of beginning it (model/readiness).
    """

    uid: str
    number: int
    slug: str
    title: str
    status: str
    role: str
    kind: str
    type: str
    workflow: str
    labels: tuple[str, ...]
    priority: str | None
    complexity: int | None
    owner: str | None
    parent: str | None
    relation: str | None
    sort: int | None
    created_at: str
    updated_at: str
    due: str | None
    next_run_at: str | None
    hindrance: str | None
    plan_version: int | None
    todos_total: int
    todos_done: int
    claims: tuple[Claim, ...]
    is_archived: bool
    is_deleted: bool
    directory: str

    @property
    def id(self) -> str:
        """`task-0030`."""
        return ids.task_id(self.number)


class Edge(Struct, frozen=True):
    """The task `task` depends on the task `on`; both are uids."""

    task: str
    on: str
    type: str = "blocks"
    unblock_at: str = "done"
    is_waived: bool = False

    @property
    def blocks(self) -> bool:
        """Whether the task waits for the other: only such edges order work, and only they can close a cycle."""
        return self.type == "blocks"


def edges_of(task: Task) -> list[Edge]:
    """What the task depends on."""
    return [Edge(task.uid, dep.on, dep.type, dep.unblock_at, dep.waiver is not None) for dep in task.dependencies]
