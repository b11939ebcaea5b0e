"""Handoffs: what the next worker needs, kept as it was, for somebody to claim; and the contexts that they are made of."""

from typing import Annotated, ClassVar, Literal

from msgspec import structs

from gitledger.model.events import ClaimReleased, ClaimTaken, HandoffCancelled, HandoffClaimed, HandoffClosed
from gitledger.model.task import Claim, Handoff, Task
from gitledger.ops._base import Decision, Operation, TaskOperation, arg, on, opt
from gitledger.ops._contexts import ROLES
from gitledger.ops._handing_over import CreateHandoff
from gitledger.ops._handoffs import (
    HandoffBrief,
    HandoffView,
    free_to_take,
    given_claims,
    given_text,
    handoff_briefs,
    handoff_named,
    handoff_text,
    handoff_view,
    intended_for_actor,
    is_mine,
    status_rule,
)
from gitledger.ops._page import Subject, render
from gitledger.ops._views import View
from gitledger.ops._world import World, live_claim
from gitledger.ops.context import SECTIONS, WorkerContext, context_view

_HANDOFF = arg("The handoff: handoff-0001, 1, or part of its id.", metavar="HANDOFF_ID")


class HandoffList(View):
    """The handoffs of a task, without their contexts."""

    task_id: str
    handoffs: list[HandoffBrief]
    total: int
    truncated: bool
    kind: Literal["handoff_list"] = "handoff_list"


# ---------------------------------------------------------------------------------------------- the steps


class HandoffStep(TaskOperation, frozen=True, kw_only=True):
    """An operation on one handoff of a task."""

    item_field = "handoff"

    handoff: Annotated[str, _HANDOFF]

    def target(self, world: World) -> Handoff:
        """The handoff that this is about."""
        return handoff_named(world, self.subject(world), self.handoff)

    def show(self, world: World) -> HandoffView:
        return handoff_view(world, self.subject(world), self.target(world))


class ClaimHandoff(HandoffStep, frozen=True, kw_only=True):
    """Claim a handoff that is meant for you, so that nobody else takes it.

    Where it was made with --lock-policy transfer, the claim on the task becomes yours with its stage and run; with
    release, the claim of whoever made it ends.
    """

    command = "handoff claim"
    takes_claim = True
    guards = (status_rule("claim", "open"), intended_for_actor, free_to_take)

    def decide(self, world: World) -> Decision:
        task, handoff = self.subject(world), self.target(world)
        if is_mine(world, handoff):
            return
        given = given_claims(task, handoff)
        policy = handoff.claim_policy
        run, released = None, None
        if policy == "transfer":
            taken = self._taken(world, task, handoff, given)
            run = taken.run if taken else None
            if taken is not None:
                yield on(task, taken)
        elif policy == "release" and given and handoff.holder != world.actor.holder():
            released = given[0].id
            for claim in given:
                yield on(task, ClaimReleased(claim=claim.id, reason=f"{handoff.ref} was claimed"))
        yield on(task, HandoffClaimed(handoff=handoff.id, run=run, released_claim=released))

    def _taken(self, world: World, task: Task, handoff: Handoff, given: list[Claim]) -> ClaimTaken | None:
        """The claim that goes over, with its stage and run; None where the actor holds the task."""
        live = live_claim(task.claims, world.now)
        if live is not None and live.holder == world.actor.holder():
            return None
        old = given[0] if given else None
        return ClaimTaken(
            lease_s=old.lease_s if old else world.lease_s,
            stage=old.stage if old else None,
            run=old.run if old else None,
            over=[claim.id for claim in task.claims],
            reason=handoff.ref,
        )

    def what(self, world: World) -> str:
        return self.target(world).ref


class CloseHandoff(HandoffStep, frozen=True, kw_only=True):
    """Close a handoff: what it was for has been taken up, or is not needed any more."""

    command = "handoff close"
    guards = (status_rule("close", "open", "claimed"),)

    reason: Annotated[str | None, opt("Why.", is_input=True)] = None

    def decide(self, world: World) -> Decision:
        yield on(self.subject(world), HandoffClosed(handoff=self.target(world).id, reason=given_text(self.reason)))

    def what(self, world: World) -> str:
        return f"{self.target(world).ref} {self.reason or ''}".strip()


class CancelHandoff(HandoffStep, frozen=True, kw_only=True):
    """Take an open handoff back: nobody is to claim it."""

    command = "handoff cancel"
    guards = (status_rule("cancel", "open"),)

    reason: Annotated[str | None, opt("Why.", is_input=True)] = None

    def decide(self, world: World) -> Decision:
        yield on(self.subject(world), HandoffCancelled(handoff=self.target(world).id, reason=given_text(self.reason)))

    def what(self, world: World) -> str:
        return f"{self.target(world).ref} {self.reason or ''}".strip()


# ---------------------------------------------------------------------------------------------- looking


class ListHandoffs(TaskOperation, frozen=True, kw_only=True):
    """List the handoffs of a task, oldest first."""

    command = "handoff list"
    writes = False

    def show(self, world: World) -> HandoffList:
        task = self.subject(world)
        found = handoff_briefs(world, task, task.handoffs)
        return HandoffList(task_id=task.id, handoffs=found, total=len(found), truncated=False)


class ShowHandoff(HandoffStep, frozen=True, kw_only=True):
    """Show a handoff with the context that was stored; markdown is that context alone."""

    command = "handoff show"
    writes = False

    format: Annotated[Literal["text", "markdown", "json"], opt("How it is given.")] = "text"

    def show(self, world: World) -> str | HandoffView:
        from hashlib import sha256

        view = handoff_view(world, self.subject(world), self.target(world))
        if view.context_hash != "sha256:" + sha256(view.context_body.encode("utf-8", "surrogatepass")).hexdigest():
            world.warnings.append(f"The context of {view.handoff_id} is not the one that was stored: its digest differs.")
        if self.format == "json":
            return view
        return view.context_body if self.format == "markdown" else handoff_text(view)


# ---------------------------------------------------------------------------------------------- contexts


class RoleContext(WorkerContext, kw_only=True):
    """The context of one role as data, and the same as Markdown."""

    content: str


class _ContextOfRole(TaskOperation, frozen=True, kw_only=True):
    """What the commands share that show the context of one role, as `context --for` does."""

    writes = False
    role_name: ClassVar[str] = ""

    format: Annotated[Literal["text", "markdown", "json"], opt("How it is given; text is the same as markdown.")] = "text"

    def show(self, world: World) -> RoleContext:
        subject = Subject(world, self.subject(world), ROLES[self.role_name], None, self)
        return RoleContext(**structs.asdict(context_view(subject)), content=render(subject, SECTIONS))


class ShowPlanContext(_ContextOfRole, frozen=True, kw_only=True):
    """Show what a planner needs to know about a task."""

    command = "handoff plan-context"
    role_name = "planner"


class ShowImplementationContext(_ContextOfRole, frozen=True, kw_only=True):
    """Show what an implementer needs to know about a task."""

    command = "handoff implementation-context"
    role_name = "implementer"


class ShowValidationContext(_ContextOfRole, frozen=True, kw_only=True):
    """Show what a validator needs to know about a task."""

    command = "handoff validation-context"
    role_name = "validator"


OPERATIONS: tuple[type[Operation], ...] = (
    CreateHandoff,
    ListHandoffs,
    ClaimHandoff,
    CloseHandoff,
    CancelHandoff,
    ShowHandoff,
    ShowPlanContext,
    ShowImplementationContext,
    ShowValidationContext,
)
