"""The decision on a proposed plan: accepted, with the memory of how that was said, or rejected."""

from typing import Annotated, ClassVar, Literal

from gitledger.errors import Refused
from gitledger.model.events import PlanApproved, PlanRejected, TodoAdded
from gitledger.model.planfile import plan_digest
from gitledger.model.readiness import open_required_questions, plan_in_review, settles
from gitledger.model.task import Plan, Task
from gitledger.ops import _claim_rules, guards
from gitledger.ops._approval import APPROVAL_GUARDS, lint_errors
from gitledger.ops._base import Decision, TaskOperation, on, opt
from gitledger.ops._commands import next_line, on_task
from gitledger.ops._lifecycle import Lifecycle, lifecycle
from gitledger.ops._person import REQUIRED, detected_harness
from gitledger.ops._planning import rejectable
from gitledger.ops._views import ref_of
from gitledger.ops._world import World, next_number


class Acceptance(TaskOperation, frozen=True, kw_only=True):
    """What `plan approve` and `plan accept` share."""

    item_field = "version"
    guards = APPROVAL_GUARDS

    version: Annotated[int | str, opt("The version that is accepted: 2, or part of the plan's id.")]
    note: Annotated[str | None, opt("What the user says to it.", is_input=True)] = None
    allow_lint_errors: Annotated[bool, opt("Accept it although lint finds errors.")] = False

    # What only `plan approve` offers.
    allow_agent_approval: ClassVar[bool] = False
    allow_open_questions: ClassVar[bool] = False
    allow_empty_criteria: ClassVar[bool] = False
    allow_empty_todos: ClassVar[bool] = False
    no_materialize_todos: ClassVar[bool] = False
    actor_name: ClassVar[str | None] = None

    @property
    def approver(self) -> str:
        """Who accepts: user or agent."""
        return "user"

    def why(self) -> str:
        """The reason given for escapes; the note of who accepts for the user."""
        return (self.note or "").strip()

    def given_escapes(self) -> list[str]:
        """The escapes that were asked for, by the names of their options."""
        names = (
            "allow-agent-approval",
            "allow-open-questions",
            "allow-empty-criteria",
            "allow-empty-todos",
            "allow-lint-errors",
            "no-materialize-todos",
        )
        return [name for name in names if getattr(self, name.replace("-", "_"))]

    def waives(self, escape: str) -> bool:
        """Whether this escape was asked for."""
        return escape in self.given_escapes()

    def target(self, world: World) -> Plan:
        """The plan that is to be accepted."""
        task = self.subject(world)
        return world.item(task.plans, "plan", str(self.version), task)

    def decide(self, world: World) -> Decision:
        task, plan = self.subject(world), self.target(world)
        digest = plan_digest(plan, world.plan_body(task, plan))
        if digest != plan.digest:
            raise Refused(
                f"{ref_of(task.plans, plan)} of {task.id} was proposed under another digest than its content has.",
                code=REQUIRED,
                hint=on_task(task, "plan", "revise"),
                details={"digest": digest, "proposed_digest": plan.digest},
                task_id=task.id,
            )
        yield on(
            task,
            PlanApproved(
                plan=plan.id,
                version=plan.version,
                digest=digest,
                note=(self.note or "").strip() or self.why(),
                approver=self.approver,
                approver_name=self.actor_name or _name_of(world, self.approver),
                via=self._via(world),
                harness=detected_harness(world),
                terminal=world.host.has_terminal,
                reason=self.why() if self.used_escapes(world) else None,
                escapes=self.used_escapes(world),
                policy=world.policy.blob,
                status=task.status if settles(task) else "approved",
            ),
        )
        if not self.no_materialize_todos:
            for todo in missing_todos(task, plan):
                yield on(task, todo)

    def _via(self, world: World) -> str:
        """How it is known who accepts: the command for users, a terminal without a harness, or a mere flag."""
        if self.command == "plan accept":
            return "accept"
        is_person = world.host.has_terminal and detected_harness(world) is None
        return "terminal" if self.approver == "user" and is_person else "flag"

    def used_escapes(self, world: World) -> list[str]:
        """The escapes that waived something."""
        task, plan = self.subject(world), self.target(world)
        needed = {
            "allow-agent-approval": self.approver == "agent",
            "allow-open-questions": bool(open_required_questions(task)),
            "allow-empty-criteria": not plan.criteria,
            "allow-empty-todos": not plan.todos and not plan.todos_waived_reason,
            "allow-lint-errors": bool(lint_errors(world, self)),
            "no-materialize-todos": bool(plan.todos),
        }
        return [name for name in self.given_escapes() if needed[name]]

    def what(self, world: World) -> str:
        return f"v{self.target(world).version} {self.note or self.why()}"

    def show(self, world: World) -> Lifecycle:
        task, plan = self.subject(world), self.target(world)
        added = [event.data for event in world.events if event.type == "todo.added"]
        going_on = next_line(self, *(("implement", "start") if task.status == "approved" else ("next-action",)))
        return lifecycle(
            world,
            task,
            self.command,
            plan_version=plan.version,
            plan_digest=plan.approval.digest if plan.approval else plan.digest,
            materialized_todos=len(added),
            mandatory_todos=sum(todo.mandatory for todo in added),
            result=f"materialized_todos={len(added)}",
            next_action=going_on,
            next_command=going_on,
        )


def _name_of(world: World, approver: str) -> str:
    """The approver's name: the actor's own, or that of git's identity where the actor speaks for somebody."""
    person = (world.actor.person or "").partition(" <")[0].strip()
    return world.actor.name if world.actor.type == approver or not person else person


def missing_todos(task: Task, plan: Plan) -> list[TodoAdded]:
    """The plan's todos that the task does not have yet, by their id in the plan, or text without regard to case."""
    copied = [todo for todo in task.todos if todo.plan == plan.id]
    known, known_ids = {todo.text.casefold() for todo in copied}, {todo.plan_todo for todo in copied}
    number = next_number(task.todos)
    added: list[TodoAdded] = []
    for todo in plan.todos:
        if todo.id in known_ids or todo.text.casefold() in known:
            continue
        known.add(todo.text.casefold())
        added.append(
            TodoAdded(
                number=number + len(added),
                text=todo.text,
                source="plan",
                mandatory=todo.mandatory,
                plan=plan.id,
                plan_todo=todo.id,
                validation_hint=todo.validation_hint,
            )
        )
    return added


class ApprovePlan(Acceptance, frozen=True, kw_only=True):
    """Accept a proposed plan, as an agent or for the user.

    A user's approval needs --note; an agent's needs --allow-agent-approval and --reason. Every other escape
    needs --reason too.
    """

    command = "plan approve"

    actor: Annotated[Literal["agent", "user"], opt("Who accepts.")] = "agent"
    actor_name: Annotated[str | None, opt("The name of who accepts.")] = None
    allow_agent_approval: Annotated[bool, opt("An agent may accept this plan.")] = False
    reason: Annotated[str | None, opt("Why the escapes are in order.", is_input=True)] = None
    allow_empty_criteria: Annotated[bool, opt("Accept a plan without acceptance criteria.")] = False
    no_materialize_todos: Annotated[bool, opt("Do not add the plan's todos to the task.")] = False
    allow_open_questions: Annotated[bool, opt("Accept it although required questions are open.")] = False
    allow_empty_todos: Annotated[bool, opt("Accept a plan without todos.")] = False

    @property
    def approver(self) -> str:
        return self.actor

    def why(self) -> str:
        return (self.reason or "").strip()


class AcceptPlan(Acceptance, frozen=True, kw_only=True):
    """Accept a proposed plan for the user; --note is what the user says.

    With --allow-lint-errors the note is the reason.
    """

    command = "plan accept"


class RejectPlan(TaskOperation, frozen=True, kw_only=True):
    """Reject the proposed plan. `plan revise` goes on from there."""

    command = "plan reject"
    guards = (guards.stage("plan reject"), _claim_rules.not_claimed_by_other, rejectable)

    reason: Annotated[str | None, opt("What is wrong with it.", is_input=True)] = None

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        plan = plan_in_review(task)
        if plan is not None:
            yield on(task, PlanRejected(plan=plan.id, version=plan.version, reason=(self.reason or "").strip() or None))

    def what(self, world: World) -> str:
        event = next(event for event in world.events if event.type == "plan.rejected")
        return f"v{event.data.version} {self.reason or ''}".strip()

    def show(self, world: World) -> Lifecycle:
        task = self.subject(world)
        event = next((event for event in world.events if event.type == "plan.rejected"), None)
        plan = task.plan(event.data.plan) if event else task.latest_plan()
        return lifecycle(
            world,
            task,
            self.command,
            plan_version=plan.version if plan else None,
            reason=plan.rejected_reason if plan else None,
            next_command=next_line(self, "plan", "revise"),
        )
