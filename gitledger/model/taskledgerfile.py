"""The records of taskledger 0.2.0: Markdown files with YAML front matter, as its projects hold them. Keys not named here are left."""

from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from gitledger.errors import InvalidInput
from gitledger.model import yaml


class OldActor(Struct):
    """Who did something."""

    actor_type: str = "agent"
    actor_name: str = "unknown"
    role: str | None = None
    session_id: str | None = None
    host: str | None = None


class OldHarness(Struct):
    """The program that somebody worked in."""

    name: str | None = None


class OldWaiver(Struct):
    """Who excused something, and why."""

    actor: OldActor
    reason: str = ""
    created_at: str = ""


class OldTask(Struct, kw_only=True):
    """`task.md`; its body is the description."""

    id: str
    slug: str
    title: str
    status_stage: str = "draft"
    created_at: str = ""
    updated_at: str = ""
    priority: str | None = None
    labels: list[str] = []
    owner: str | None = None
    introduction_ref: str | None = None
    accepted_plan: str | None = None
    notes: list[str] = []
    task_type: str = "managed"
    parent_task_id: str | None = None
    parent_relation: str | None = None
    closed_at: str | None = None
    closed_by: OldActor | None = None
    closure_note: str | None = None
    recorded_at: str | None = None
    recorded_by: OldActor | None = None


class OldCriterion(Struct):
    """An acceptance criterion."""

    id: str
    text: str
    mandatory: bool = True


class OldTodo(Struct, kw_only=True):
    """A todo of a task, or of a plan."""

    id: str
    text: str
    status: str = "open"
    done: bool = False
    created_at: str = ""
    updated_at: str = ""
    source: str | None = None
    mandatory: bool = False
    active_at: str | None = None
    done_at: str | None = None
    completed_by: OldActor | None = None
    evidence: list[str] = []
    artifact_refs: list[str] = []
    change_refs: list[str] = []
    command_refs: list[str] = []
    source_plan_id: str | None = None
    validation_hint: str | None = None


class OldPlan(Struct, kw_only=True):
    """`plans/plan-v1.md`; its body is the plan's."""

    plan_id: str
    plan_version: int
    status: str
    created_at: str = ""
    created_by: OldActor = msgspec.field(default_factory=OldActor)
    criteria: list[OldCriterion] = []
    todos: list[OldTodo] = []
    generation_reason: str = "initial"
    based_on_question_ids: list[str] = []
    based_on_answer_hash: str | None = None
    supersedes_plan_id: str | None = None
    approved_at: str | None = None
    approved_by: OldActor | None = None
    approval_note: str | None = None
    goal: str | None = None
    files: list[str] = []
    test_commands: list[str] = []
    expected_outputs: list[str] = []
    todos_waived_reason: str | None = None


class OldQuestion(Struct, kw_only=True):
    """`questions/q-0001.md`."""

    id: str
    question: str
    status: str = "open"
    plan_version: int | None = None
    created_at: str = ""
    asked_by_actor: OldActor | None = None
    required_for_plan: bool = False
    answer: str | None = None
    answered_at: str | None = None
    answered_by_actor: OldActor | None = None
    answer_source: str | None = None


class OldCheck(Struct, kw_only=True):
    """A check of a validation run."""

    id: str
    criterion_id: str | None = None
    name: str | None = None
    status: str = "pass"
    details: str | None = None
    evidence: list[str] = []
    waiver: OldWaiver | None = None


class OldRun(Struct, kw_only=True):
    """`runs/run-0001.md`."""

    run_id: str
    run_type: str
    status: str
    started_at: str = ""
    finished_at: str | None = None
    actor: OldActor = msgspec.field(default_factory=OldActor)
    harness: OldHarness | None = None
    based_on_plan: str | None = None
    based_on_implementation_run: str | None = None
    resumes_run_id: str | None = None
    summary: str | None = None
    worklog: list[str] = []
    deviations_from_plan: list[str] = []
    artifact_refs: list[str] = []
    checks: list[OldCheck] = []
    evidence: list[str] = []
    recommendation: str | None = None
    result: str | None = None


class OldChange(Struct, kw_only=True):
    """`changes/change-0001.md`."""

    change_id: str
    implementation_run: str | None = None
    timestamp: str = ""
    kind: str = "edit"
    path: str = ""
    summary: str | None = None
    git_commit: str | None = None
    git_diff_stat: str | None = None
    command: str | None = None
    before_hash: str | None = None
    after_hash: str | None = None
    exit_code: int | None = None


class OldLink(Struct, kw_only=True):
    """`links/link-f3801dd4.md`: a file or an address."""

    id: str
    path: str
    kind: str = "code"
    label: str | None = None
    required_for_validation: bool = False
    created_at: str = ""


class OldRequirement(Struct, kw_only=True):
    """`requirements/req-0002.md`."""

    required_task_id: str
    waiver: OldWaiver | None = None
    created_at: str = ""


class OldHandoff(Struct, kw_only=True):
    """`handoffs/handoff-0001.md`; its body is the context that was handed over."""

    handoff_id: str
    mode: str
    context_for: str = "full"
    scope: str = "task"
    todo_id: str | None = None
    focus_run_id: str | None = None
    context_hash: str | None = None
    status: str = "open"
    created_at: str = ""
    created_by: OldActor = msgspec.field(default_factory=OldActor)
    intended_actor_type: str | None = None
    intended_actor_name: str | None = None
    intended_harness: str | None = None
    source_run_id: str | None = None
    claim_run_id: str | None = None
    lock_policy: str = "none"
    claimed_at: str | None = None
    claimed_by: OldActor | None = None
    summary: str | None = None
    next_action: str | None = None


class OldLock(Struct, kw_only=True):
    """`lock.yaml`: a claim, with the stage it was taken for."""

    lock_id: str
    stage: str
    run_id: str | None = None
    created_at: str = ""
    expires_at: str = ""
    lease_seconds: int = 7200
    reason: str | None = None
    holder: OldActor = msgspec.field(default_factory=OldActor)


class OldIntro(Struct, kw_only=True):
    """`intros/intro-0001.md`; its body is the text."""

    id: str
    slug: str
    title: str
    created_at: str = ""


class OldRelease(Struct, kw_only=True):
    """`releases/1.0.0.md`."""

    version: str
    boundary_task_id: str
    created_at: str = ""
    note: str | None = None
    changelog_file: str | None = None
    task_count: int | None = None
    previous_version: str | None = None


class OldEvent(Struct, kw_only=True):
    """One line of `events/`: the whole of it is in `line`."""

    event_id: str
    ts: str
    event: str
    task_id: str
    line: dict[str, Any]


T = TypeVar("T")
Bodied = tuple[T, str]


class OldBundle(Struct, kw_only=True):
    """All that one task's folder holds, and its events. `texts` are its files as they are, by path."""

    task: OldTask
    description: str
    plans: list[Bodied[OldPlan]] = []
    questions: list[OldQuestion] = []
    todos: list[OldTodo] = []
    runs: list[OldRun] = []
    changes: list[OldChange] = []
    links: list[OldLink] = []
    requirements: list[OldRequirement] = []
    handoffs: list[Bodied[OldHandoff]] = []
    lock: OldLock | None = None
    events: list[OldEvent] = []
    texts: dict[str, str] = {}


class OldProject(Struct, kw_only=True):
    """A ledger of a project. `events` are those of no task that is here."""

    uuid: str
    ledger: str
    tasks: list[OldBundle]
    intros: list[Bodied[OldIntro]] = []
    releases: list[OldRelease] = []
    events: list[OldEvent] = []
    active: str | None = None
    others: list[str] = []


def parse_record(text: str, kind: type[T], what: str) -> Bodied[T]:
    """A record with its body. Raises InvalidInput that names `what` and what is wrong with it."""
    if not text.startswith("---\n"):
        raise InvalidInput(f"{what} does not begin with front matter.")
    front, found, body = text[4:].partition("\n---\n")
    if not found:
        front, found, body = text[4:].partition("\n---")
    if not found:
        raise InvalidInput(f"The front matter of {what} has no end.")
    return parse_fields(front, kind, what), body


def parse_fields(text: str, kind: type[T], what: str) -> T:
    """A record of YAML alone."""
    try:
        return msgspec.convert(yaml.load(text, what=what, first_line=2), kind, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"{what} is no record of taskledger 0.2.0: {error}.") from error


def parse_event(line: str, what: str) -> OldEvent:
    """One line of an event file."""
    try:
        fields = msgspec.json.decode(line, type=dict[str, Any])
        return msgspec.convert({**fields, "line": fields}, OldEvent)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise InvalidInput(f"{what} is no event of taskledger 0.2.0: {error}.") from error
