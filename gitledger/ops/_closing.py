"""After the end of a task: a cancelled one is taken up again, a done one is signed off, or another goes on from it."""

from typing import Annotated, Any, Literal

from gitledger.errors import InvalidInput, LedgerError, Refused, command_line
from gitledger.model import workflow
from gitledger.model.events import FileAdded, Payload, TaskClosed, UrlAdded
from gitledger.model.task import Row, Task
from gitledger.ops import _claim_rules, guards
from gitledger.ops._base import Decision, Operation, TaskOperation, arg, on, opt, require_text
from gitledger.ops._commands import on_task
from gitledger.ops._creating import Draft, clean_title, create
from gitledger.ops._facts import PROGRAM, Blocker
from gitledger.ops._lifecycle import Lifecycle, lifecycle
from gitledger.ops._views import View, task_ref
from gitledger.ops._world import World

# Where a task can rest while nobody works on it; the other statuses are stages that go on, or ends.
DURABLE = ("draft", "plan_review", "approved", "implemented", "failed_validation")


# ---------------------------------------------------------------------------------------------- uncancel


def _find_not_cancelled(world: World, task: Task, op: Any) -> list[Blocker]:
    if task.archived_at is not None:
        message, way = f"{task.id} is archived; unarchive it first.", on_task(task, "task", "unarchive")
    elif task.status != "cancelled":
        message, way = f"{task.id} is {task.status}; only a cancelled task can be uncancelled.", guards.next_step(task)
    elif task.workflow != "staged":
        message, way = f"{task.id} is a light task; it is reopened.", (PROGRAM, "advance", task.id, "reopen")
    else:
        return []
    return [Blocker("stage", message, ref=task.id, command=way)]


def _find_agent(world: World, task: Task, op: Any) -> list[Blocker]:
    if world.actor.type == "user" or (world.actor.type == "agent" and op.allow_agent_uncancel):
        return []
    message = f"A user takes up {task.id} again, which was cancelled; an agent needs --allow-agent-uncancel."
    return [Blocker("actor", message, ref=task.id, command=on_task(task, "task", "show"))]


def _refuse(task: Task, blockers: list[Blocker]) -> LedgerError:
    return guards.refusal(Refused, task, blockers)


class UncancelTask(TaskOperation, frozen=True, kw_only=True):
    """Take a cancelled task up again.

    It stands where its plans and finished runs brought it, or at --to if they reach that far. An agent needs
    --allow-agent-uncancel.
    """

    command = "task uncancel"
    takes_identity = True
    guards = (
        guards.Rule("cancelled", _find_not_cancelled, _refuse),
        _claim_rules.not_claimed_by_other,
        guards.Rule("a user takes it up", _find_agent, _refuse),
    )

    reason: Annotated[str, opt("Why.")]
    to: Annotated[str | None, opt(f"The status to go on from: {', '.join(DURABLE)}.", metavar="STATUS")] = None
    actor: Annotated[str | None, opt("Who acts: user, agent or system.")] = None
    actor_name: Annotated[str | None, opt("The name of who acts.")] = None
    allow_agent_uncancel: Annotated[bool, opt("Let an agent do it.")] = False

    def decide(self, world: World) -> Decision:
        from gitledger.ops._advancing import uncancel

        task = self.subject(world)
        reason = require_text(self.reason, "--reason", (PROGRAM, "task", "uncancel", "--help"))
        yield from uncancel(task, self._target(task), reason)

    def _target(self, task: Task) -> str:
        reached = workflow.resting_statuses(task)
        if self.to is None:
            return reached[0]
        if self.to not in DURABLE:
            raise InvalidInput(
                f"A task cannot be uncancelled to {self.to[:40]!r}, only to {', '.join(DURABLE)}.",
                hint=(PROGRAM, "task", "uncancel", "--help"),
                task_id=task.id,
            )
        if self.to not in reached:
            raise Refused(
                f"{task.id} never came as far as {self.to}: its plans and finished runs bring it to {reached[0]}.",
                hint=on_task(task, "task", "show"),
                task_id=task.id,
                details={"reached": reached},
            )
        return self.to

    def show(self, world: World) -> Lifecycle:
        task = self.subject(world)
        step = command_line(guards.next_step(task))
        return lifecycle(world, task, "task uncancel", reason=self.reason, next_command=step)


# ---------------------------------------------------------------------------------------------- close


def _find_not_done(world: World, task: Task, op: Any) -> list[Blocker]:
    if task.status == "done" and task.workflow == "staged":
        return []
    message = f"{task.id} is {task.status}; only a task that is done can be closed."
    if task.workflow != "staged":
        # It may be reopened, and would then be signed off and worked on at once.
        message = f"{task.id} is a light task, which is not signed off: it is done, or archived."
    return [Blocker("stage", message, ref=task.id, command=guards.next_step(task))]


class CloseTask(TaskOperation, frozen=True, kw_only=True):
    """Sign off a task that is done: by whom, when, and with what note.

    Closing it again changes nothing, unless there is another note.
    """

    command = "task close"
    guards = (guards.Rule("done", _find_not_done, _refuse), _claim_rules.not_claimed_by_other)

    note: Annotated[str | None, opt("What there is to say about it.")] = None

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        if self.note is not None:
            require_text(self.note, "--note", (PROGRAM, "task", "close", "--help"))
        if task.closed_at is None or self.note not in (None, task.closure_note):
            yield on(task, TaskClosed(note=self.note))

    def show(self, world: World) -> Lifecycle:
        return lifecycle(world, self.subject(world), "task close", reason=self.note)


# ---------------------------------------------------------------------------------------------- follow-up


class FollowUp(View):
    """The new task that goes on from a done one."""

    task_id: str
    uid: str
    slug: str
    title: str
    status: str
    labels: list[str]
    parent_task_id: str
    parent_relation: str
    activated: bool
    changed: bool
    next_command: str
    kind: Literal["task_follow_up_created"] = "task_follow_up_created"


class FollowUpTask(Operation, frozen=True, kw_only=True):
    """Create a task that goes on from one that is done.

    It is a draft with the label follow-up; the done task stays as it is.
    """

    command = "task follow-up"

    parent: Annotated[str, arg("The task that is done.", metavar="PARENT")]
    title: Annotated[str, arg("What is to be done, on one line.")]
    description: Annotated[str | None, opt("The details (Markdown).", file="--from-file")] = None
    slug: Annotated[str | None, opt("A short unique name; made from the title when left out.")] = None
    activate: Annotated[bool, opt("Make it the active task.", off="--no-activate")] = False
    copy_files: Annotated[bool, opt("Link the files of the done task to it too.", off="--no-copy-files")] = False
    copy_links: Annotated[bool, opt("Link the addresses of the done task to it too.", off="--no-copy-links")] = False
    labels: Annotated[list[str], opt("A label; may be given more than once.", name="--label")] = []
    reason: Annotated[str | None, opt("Why there is more to do.")] = None

    def decide(self, world: World) -> Decision:
        uid = yield from create(world, self._draft(world, world.find(self.parent)))
        if self.copy_files or self.copy_links:
            for payload in self._links(world.task(self.parent)):
                yield on(uid, payload)
        if self.activate:
            from gitledger.ops._activating import ActivateTask

            yield from ActivateTask(task=uid, reason=self.reason).decide(world)

    def _links(self, parent: Task) -> list[Payload]:
        """What the new task is linked to from the start."""
        files = [FileAdded(path=link.path, kind=link.kind, label=link.label, required=link.required) for link in parent.files]
        urls = [UrlAdded(url=link.url, label=link.label) for link in parent.urls]
        return [*(files if self.copy_files else ()), *(urls if self.copy_links else ())]

    def _draft(self, world: World, parent: Row) -> Draft:
        if parent.status != "done":
            raise Refused(
                f"{parent.id} is {parent.status}; only a task that is done is followed up.",
                hint=(PROGRAM, "task", "create", "TITLE", "--parent", parent.id),
                task_id=parent.id,
            )
        title = clean_title(self.title)
        said = title if self.description is None else require_text(self.description, "--description").strip("\n")
        origin = f"Follow-up of {parent.id}: {parent.title}"
        if self.reason is not None:
            origin += f"\nReason: {require_text(self.reason, '--reason')}"
        labels = {require_text(label, "--label").strip() for label in self.labels}
        return Draft(
            title=title,
            workflow="staged",
            description=f"{said}\n\n{origin}",
            slug=self.slug,
            parent=parent.uid,
            relation="follow_up",
            labels=tuple(sorted(labels | {"follow-up"})),
        )

    def show(self, world: World) -> FollowUp:
        task = world.task(next(event.task for event in world.events if event.type == "task.created"))
        return FollowUp(
            task_id=task.id,
            uid=task.uid,
            slug=task.slug,
            title=task.title,
            status=task.status,
            labels=task.labels,
            parent_task_id=task_ref(world, task.parent) or "",
            parent_relation=task.relation or "",
            activated=any(event.type == "task.activated" for event in world.events),
            changed=world.changed,
            next_command=command_line(on_task(task, "plan", "start")),
        )


OPERATIONS: tuple[type[Operation], ...] = (UncancelTask, CloseTask, FollowUpTask)
