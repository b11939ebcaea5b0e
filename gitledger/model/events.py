"""Every event type there is: what `data` holds on the wire. Add-only: what has shipped is never changed (design §9).

A payload needs nothing but itself to be understood. Where an event moves a task to another status, it
carries that `status`, so that a reader needs no workflow table. Ids of plans, runs, todos … are the ids
of the events that created them.
"""

from typing import Any, ClassVar

from msgspec import UNSET, Struct, UnsetType

from gitledger.model.task import Criterion, PlanTodo

PAYLOADS: dict[str, type["Payload"]] = {}


class Payload(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The `data` of one event type. `type_name` is the tag on the wire."""

    type_name: ClassVar[str] = ""


class Unknown(Struct, frozen=True):
    """The `data` of an event type that this version does not know, or cannot decode: kept, ignored by the fold."""

    type_name: str
    data: Any


def _wire(type_name: str):
    def register(payload: type[Payload]) -> type[Payload]:
        payload.type_name = type_name
        PAYLOADS[type_name] = payload
        return payload

    return register


# ---------------------------------------------------------------------------------------------- the book


@_wire("ledger.created")
class LedgerCreated(Payload, frozen=True):
    """The ledger begins. `uid` is the one in `ledger.json`."""

    uid: str
    name: str


@_wire("ledger.forked")
class LedgerForked(Payload, frozen=True):
    """The ledger begins without tasks, beside another whose tip was `tip`; numbers go on above `number_floor`."""

    uid: str
    name: str
    origin: str
    tip: str
    number_floor: int


@_wire("ledger.closed")
class LedgerClosed(Payload, frozen=True):
    """The ledger takes no more writes."""

    reason: str


@_wire("ledger.reopened")
class LedgerReopened(Payload, frozen=True):
    """The ledger takes writes again."""

    reason: str


@_wire("workspace.set")
class WorkspaceSet(Payload, frozen=True):
    """A named tag filter with what belongs to it; replaces the one of that name."""

    name: str
    description: str = ""
    tags: list[str] = []
    memory_tags: list[str] = []
    repos: list[str] = []
    conventions: list[str] = []


@_wire("workspace.removed")
class WorkspaceRemoved(Payload, frozen=True):
    """The workspace of that name is gone."""

    name: str


@_wire("intro.created")
class IntroCreated(Payload, frozen=True):
    """A text that several tasks may begin with."""

    number: int
    slug: str
    title: str
    body: str = ""


@_wire("release.tagged")
class ReleaseTagged(Payload, frozen=True):
    """A version is out. `boundary` is the uid of the last task that went into it, `number` that task's number then.

    `previous` is the version before it, and `task_count` how many tasks were done since.
    """

    version: str
    boundary: str
    number: int
    note: str | None = None
    changelog_file: str | None = None
    previous: str | None = None
    task_count: int | None = None


# ---------------------------------------------------------------------------------------------- the task


class Fields(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The scalar fields of a task that an edit may set; null clears, absent leaves as it is."""

    title: str | UnsetType = UNSET
    slug: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    summary: str | UnsetType = UNSET
    type: str | UnsetType = UNSET
    source: str | UnsetType = UNSET
    workflow: str | UnsetType = UNSET
    priority: str | None | UnsetType = UNSET
    complexity: int | None | UnsetType = UNSET
    package: str | None | UnsetType = UNSET
    scope: str | None | UnsetType = UNSET
    milestone: str | None | UnsetType = UNSET
    owner: str | None | UnsetType = UNSET
    branch: str | None | UnsetType = UNSET
    base_branch: str | None | UnsetType = UNSET
    worktree: str | None | UnsetType = UNSET
    pr_url: str | None | UnsetType = UNSET
    due: str | None | UnsetType = UNSET
    schedule: str | None | UnsetType = UNSET
    next_run_at: str | None | UnsetType = UNSET


@_wire("task.created")
class TaskCreated(Payload, frozen=True):
    """A task begins. `parent` is a uid; `relation` says how it came from it (`follow_up`)."""

    number: int
    slug: str
    title: str
    description: str = ""
    status: str = "draft"
    workflow: str = "staged"
    kind: str = "managed"
    labels: list[str] = []
    parent: str | None = None
    relation: str | None = None
    sort: int | None = None
    fields: Fields = Fields()
    properties: dict[str, Any] = {}
    meta: dict[str, str | int | bool | None] = {}


@_wire("task.recorded")
class TaskRecorded(Payload, frozen=True):
    """The task stands for work that was already done when it was written down."""

    summary: str
    status: str = "done"
    reason: str | None = None


@_wire("task.imported")
class TaskImported(Payload, frozen=True):
    """The whole record as another system or ledger had it, with its long texts by file name."""

    record: dict[str, Any]
    texts: dict[str, str] = {}
    origin: str = ""


@_wire("task.edited")
class TaskEdited(Payload, frozen=True):
    """Fields set, labels added and removed, properties and meta set (null removes the key)."""

    fields: Fields = Fields()
    add_labels: list[str] = []
    remove_labels: list[str] = []
    properties: dict[str, Any] = {}
    meta: dict[str, str | int | bool | None] = {}


@_wire("task.renumbered")
class TaskRenumbered(Payload, frozen=True):
    """The task got another number, for people; its uid stays."""

    number: int
    previous: int
    reason: str = ""


@_wire("task.adopted")
class TaskAdopted(Payload, frozen=True):
    """The task's subtree was grafted from another ledger whose tip was `tip`."""

    ledger: str
    tip: str
    number: int


@_wire("task.activated")
class TaskActivated(Payload, frozen=True):
    """Somebody made this the active task. `previous` is the uid of the one before."""

    reason: str | None = None
    previous: str | None = None
    forced: bool = False


@_wire("task.deactivated")
class TaskDeactivated(Payload, frozen=True):
    """This is no longer somebody's active task. `next` is the uid of the one after."""

    reason: str | None = None
    next: str | None = None
    forced: bool = False


@_wire("task.advanced")
class TaskAdvanced(Payload, frozen=True):
    """A light task moved by `trigger`."""

    trigger: str
    previous: str
    status: str
    reason: str | None = None
    label: str | None = None


@_wire("task.held")
class TaskHeld(Payload, frozen=True):
    """Work is blocked; `previous` is the status to which it resumes."""

    reason: str
    previous: str


@_wire("task.resumed")
class TaskResumed(Payload, frozen=True):
    """The hold is lifted, and the task stands at `status`."""

    status: str
    reason: str | None = None


@_wire("task.moved")
class TaskMoved(Payload, frozen=True):
    """The task has another parent (a uid; absent: none) or place among its siblings."""

    parent: str | None = None
    sort: int | None = None
    relation: str | None = None


@_wire("task.cancelled")
class TaskCancelled(Payload, frozen=True):
    """The task is given up."""

    previous: str
    status: str = "cancelled"
    reason: str | None = None


@_wire("task.uncancelled")
class TaskUncancelled(Payload, frozen=True):
    """A cancelled task is taken up again at `status`."""

    status: str
    reason: str


@_wire("task.closed")
class TaskClosed(Payload, frozen=True):
    """A done task is signed off."""

    note: str | None = None


@_wire("task.archived")
class TaskArchived(Payload, frozen=True):
    """The task leaves the listings."""

    reason: str | None = None


@_wire("task.unarchived")
class TaskUnarchived(Payload, frozen=True):
    """The task is back in the listings."""

    reason: str | None = None


@_wire("task.deleted")
class TaskDeleted(Payload, frozen=True):
    """A tombstone: the task is hidden from every listing and reference."""

    reason: str


# ---------------------------------------------------------------------------------------------- planning


@_wire("plan.proposed")
class PlanProposed(Payload, frozen=True):
    """A plan version waits for review. `digest` is the one of design §9; `body` is Markdown."""

    version: int
    digest: str
    body: str = ""
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
    status: str = "plan_review"


@_wire("plan.approved")
class PlanApproved(Payload, frozen=True):
    """A plan was accepted: by what means (`via`: accept, flag, terminal), and which rules were waived (`escapes`).

    `policy` is the blob id of the `.gitledger.yaml` that was in force.
    """

    plan: str
    version: int
    digest: str
    note: str
    approver: str
    via: str
    approver_name: str | None = None
    harness: str | None = None
    terminal: bool = False
    reason: str | None = None
    escapes: list[str] = []
    policy: str | None = None
    status: str = "approved"


@_wire("plan.rejected")
class PlanRejected(Payload, frozen=True):
    """A proposed plan was turned down."""

    plan: str
    version: int
    reason: str | None = None
    status: str = "plan_review"


@_wire("question.added")
class QuestionAdded(Payload, frozen=True):
    """A question that the plan may depend on."""

    number: int
    text: str
    required: bool = False
    plan_version: int | None = None


@_wire("question.answered")
class QuestionAnswered(Payload, frozen=True):
    """An answer; `answered_by` is the kind of person or program that gave it (user, agent, system)."""

    question: str
    text: str
    answered_by: str = "user"
    source: str = "user"


@_wire("question.dismissed")
class QuestionDismissed(Payload, frozen=True):
    """The question no longer matters."""

    question: str
    reason: str | None = None


# ---------------------------------------------------------------------------------------------- runs and work


@_wire("run.started")
class RunStarted(Payload, frozen=True):
    """A stretch of work of one `kind` (planning, implementation, validation) begins. Ids name plan and earlier runs."""

    number: int
    kind: str
    status: str
    plan: str | None = None
    based_on: str | None = None
    resumes: str | None = None
    summary: str | None = None
    branch: str | None = None
    head: str | None = None


@_wire("run.logged")
class RunLogged(Payload, frozen=True):
    """A line in a run's log. `kind`: message, deviation, artifact, command."""

    run: str
    text: str
    kind: str = "message"
    path: str | None = None
    exit_code: int | None = None


@_wire("run.resumed")
class RunResumed(Payload, frozen=True):
    """A run whose claim was gone goes on."""

    run: str
    status: str
    reason: str | None = None


@_wire("run.finished")
class RunFinished(Payload, frozen=True):
    """A run ended. `result`: finished, passed, failed, blocked, aborted. `policy` as in `plan.approved`."""

    run: str
    result: str
    summary: str | None = None
    recommendation: str | None = None
    status: str | None = None
    tree: str | None = None
    tree_all: str | None = None
    policy: str | None = None


@_wire("todo.added")
class TodoAdded(Payload, frozen=True):
    """A todo. `source`: user, planner, implementer, plan. `active`: added while implementing."""

    number: int
    text: str
    source: str
    mandatory: bool = False
    active: bool = False
    plan: str | None = None
    plan_todo: str | None = None
    validation_hint: str | None = None


@_wire("todo.edited")
class TodoEdited(Payload, frozen=True):
    """A todo's text, weight or hint changed."""

    todo: str
    text: str | UnsetType = UNSET
    mandatory: bool | UnsetType = UNSET
    validation_hint: str | None | UnsetType = UNSET


@_wire("todo.done")
class TodoDone(Payload, frozen=True):
    """A todo is done, with what proves it."""

    todo: str
    evidence: list[str] = []
    artifacts: list[str] = []
    changes: list[str] = []
    commands: list[str] = []
    tree: str | None = None
    tree_all: str | None = None


@_wire("todo.undone")
class TodoUndone(Payload, frozen=True):
    """A todo is open again; its evidence stays."""

    todo: str
    reason: str | None = None


@_wire("todo.removed")
class TodoRemoved(Payload, frozen=True):
    """A todo no longer counts."""

    todo: str
    reason: str | None = None


@_wire("change.recorded")
class ChangeRecorded(Payload, frozen=True):
    """A change of the code. `before` and `after` are blob ids, `tree` the source tree."""

    number: int
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


@_wire("commit.linked")
class CommitLinked(Payload, frozen=True):
    """A source commit belongs to the task. `source`: hook, note, trailer, manual, rewrite. `replaces`: rewritten commits."""

    commit: str
    source: str
    run: str | None = None
    change: str | None = None
    summary: str = ""
    tree: str | None = None
    replaces: list[str] = []


@_wire("commit.unlinked")
class CommitUnlinked(Payload, frozen=True):
    """A source commit does not belong to the task after all."""

    commit: str
    reason: str | None = None


@_wire("check.recorded")
class CheckRecorded(Payload, frozen=True):
    """A validation check of the criterion `criterion` of `plan`. `status`: pass, fail, warn, not_run."""

    number: int
    run: str
    plan: str
    criterion: str
    status: str
    name: str | None = None
    details: str | None = None
    evidence: list[str] = []
    tree: str | None = None
    tree_all: str | None = None


@_wire("criterion.waived")
class CriterionWaived(Payload, frozen=True):
    """A person excused a criterion. It counts as a passed check numbered `number`."""

    number: int
    run: str
    plan: str
    criterion: str
    reason: str
    waived_by: str = "user"


@_wire("evidence.recorded")
class EvidenceRecorded(Payload, frozen=True):
    """Proof for `subject` (the id of a todo, run or check, or a criterion id). `captured`: gitledger ran it itself."""

    number: int
    kind: str
    summary: str = ""
    subject: str | None = None
    plan: str | None = None
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


# ---------------------------------------------------------------------------------------------- control and talk


@_wire("claim.taken")
class ClaimTaken(Payload, frozen=True):
    """The actor works on the task now, for a stage or without one. `over` are the claims it replaces."""

    lease_s: int
    stage: str | None = None
    run: str | None = None
    over: list[str] = []
    reason: str | None = None


@_wire("claim.released")
class ClaimReleased(Payload, frozen=True):
    """A claim ended."""

    claim: str
    reason: str | None = None


@_wire("claim.broken")
class ClaimBroken(Payload, frozen=True):
    """Somebody ended a claim for its holder."""

    claim: str
    reason: str


@_wire("dependency.added")
class DependencyAdded(Payload, frozen=True):
    """This task depends on the task `on` (a uid). `kind`: blocks, relates_to, discovered_from."""

    on: str
    kind: str = "blocks"
    unblock_at: str = "done"


@_wire("dependency.removed")
class DependencyRemoved(Payload, frozen=True):
    """The dependency on the task `on` is gone."""

    on: str
    kind: str = "blocks"


@_wire("dependency.waived")
class DependencyWaived(Payload, frozen=True):
    """A person excused the dependency on the task `on`."""

    on: str
    reason: str
    kind: str = "blocks"
    waived_by: str = "user"


@_wire("note.set")
class NoteSet(Payload, frozen=True):
    """The note of that key; replaces the one before."""

    key: str
    body: str
    role: str = "queue"


@_wire("note.removed")
class NoteRemoved(Payload, frozen=True):
    """The note of that key is gone."""

    key: str


@_wire("comment.added")
class CommentAdded(Payload, frozen=True):
    """A remark. `kind`: comment, or note (a free note on the task)."""

    number: int
    text: str
    kind: str = "comment"


@_wire("policy.overridden")
class PolicyOverridden(Payload, frozen=True):
    """Somebody went past a gate of the policy, and said why."""

    gate: str
    reason: str
    command: str | None = None
    policy: str | None = None


@_wire("handoff.created")
class HandoffCreated(Payload, frozen=True):
    """What the next worker needs, as it was: `body` is the context (Markdown) with the digest `digest`.

    `context_for` is the role it is cut to; `todo` and `run` what it points at; `intended_*` who may claim it, where anybody
    is named. `claim_policy` (none, retain, release, transfer) says what becomes of the claim of whoever made it, and
    `source_run` is the run that went on.
    """

    number: int
    mode: str
    context_for: str
    digest: str
    body: str = ""
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


@_wire("handoff.claimed")
class HandoffClaimed(Payload, frozen=True):
    """Somebody takes the handoff up, with the run that came to them; `released_claim` ended with that."""

    handoff: str
    run: str | None = None
    released_claim: str | None = None


@_wire("handoff.closed")
class HandoffClosed(Payload, frozen=True):
    """The handoff has served."""

    handoff: str
    reason: str | None = None


@_wire("handoff.cancelled")
class HandoffCancelled(Payload, frozen=True):
    """Nobody is to claim the handoff."""

    handoff: str
    reason: str | None = None


@_wire("file.added")
class FileAdded(Payload, frozen=True):
    """A path of the repository belongs to the task; said again, it replaces what was said. `required`: for validation."""

    path: str
    kind: str = "code"
    label: str | None = None
    required: bool = False


@_wire("file.removed")
class FileRemoved(Payload, frozen=True):
    """The path belongs to the task no longer."""

    path: str


@_wire("url.added")
class UrlAdded(Payload, frozen=True):
    """An address belongs to the task; said again, it replaces what was said."""

    url: str
    label: str | None = None


@_wire("url.removed")
class UrlRemoved(Payload, frozen=True):
    """The address belongs to the task no longer."""

    url: str


@_wire("intro.linked")
class IntroLinked(Payload, frozen=True):
    """The task begins with the introduction `intro` (the id of its event in the book), called `title` then."""

    intro: str
    title: str = ""
