"""A handoff is made: the context of a role as it is now, with its digest, and whom it is meant for."""

from typing import Annotated, Literal

from msgspec import structs

from gitledger.errors import InvalidInput
from gitledger.model.codec import MAX_TEXT
from gitledger.model.events import HandoffCreated
from gitledger.model.task import Task
from gitledger.ops._base import Decision, on, opt
from gitledger.ops._contexts import ROLES, Role
from gitledger.ops._facts import PROGRAM
from gitledger.ops._handoffs import ANY, HandoffBrief, given_text, handoff_brief, holds_what_is_given
from gitledger.ops._page import render
from gitledger.ops._pointed import Pointed, RoleName, role_named
from gitledger.ops._world import World, live_claim, next_number
from gitledger.ops.context import SECTIONS

Mode = Literal["planning", "implementation", "validation", "review", "full"]
LockPolicy = Literal["none", "retain", "release", "transfer"]
_ACTOR_TYPES = ("agent", "user", "system", ANY)


class CreateHandoff(Pointed, frozen=True, kw_only=True):
    """Keep what the next worker needs to know, as it is now, for somebody to claim.

    --lock-policy says what becomes of your claim on the task when the handoff is claimed: transfer gives it to
    whoever claims it, release ends it; with none or retain it stays yours.
    """

    command = "handoff create"
    guards = (holds_what_is_given,)

    mode: Annotated[Mode, opt("What it is for.")]
    for_: Annotated[RoleName | None, opt("The role of the next worker; left out, what the mode says.")] = None
    intended_actor: Annotated[
        str | None, opt("Who may claim it: agent, user, system, any, or with a name, like user:ada.", metavar="TYPE[:NAME]")
    ] = None
    intended_harness: Annotated[str | None, opt("The program that they must work in, or any.")] = None
    summary: Annotated[str | None, opt("Where the work stands.", is_input=True)] = None
    next_action: Annotated[str | None, opt("What comes next.", is_input=True)] = None
    lock_policy: Annotated[LockPolicy, opt("What becomes of your claim on the task.")] = "none"

    def role(self) -> Role:
        role = role_named(self.for_ or self.mode, self)
        if role.mode != self.mode:
            fitting = " or ".join(dict.fromkeys(item.name for item in ROLES.values() if item.mode == self.mode))
            raise InvalidInput(
                f"--mode {self.mode} is for {fitting}, and not for the {role.name}.", hint=(PROGRAM, "handoff", "create", "--help")
            )
        return role

    def decide(self, world: World) -> Decision:
        from hashlib import sha256

        subject = self.pointed(world)
        task = subject.task
        # Whoever reads it later may have another active task: what it recommends names this one.
        body = _bounded(render(structs.replace(subject, op=structs.replace(self, task=task.id)), SECTIONS), task)
        kind, name = self._intended()
        claim = live_claim(task.claims, world.now)
        running = task.running_run()
        yield on(
            task,
            HandoffCreated(
                number=next_number(task.handoffs),
                mode=self.mode,
                context_for=subject.role.name,
                digest="sha256:" + sha256(body.encode("utf-8", "surrogatepass")).hexdigest(),
                body=body,
                scope=subject.scope,
                todo=subject.todo.id if subject.todo else None,
                run=subject.run.id if subject.run else None,
                intended_type=kind,
                intended_name=name,
                intended_harness=given_text(self.intended_harness),
                summary=given_text(self.summary),
                next_action=given_text(self.next_action),
                claim_policy=self.lock_policy,
                source_run=claim.run if claim and claim.run else running.id if running else None,
            ),
        )

    def _intended(self) -> tuple[str | None, str | None]:
        kind, _, name = (self.intended_actor or "").strip().partition(":")
        if kind and kind not in _ACTOR_TYPES:
            raise InvalidInput(
                f"--intended-actor is one of {', '.join(_ACTOR_TYPES)}, and may have a name after a colon; it is "
                f"{(self.intended_actor or '')[:40]!r}.",
                hint=(PROGRAM, "handoff", "create", "--help"),
            )
        return kind or None, name.strip() or None

    def what(self, world: World) -> str:
        return f"{self.mode} {self.summary or self.next_action or ''}".strip()

    def show(self, world: World) -> HandoffBrief:
        task = self.subject(world)
        return handoff_brief(world, task, next(item for item in task.handoffs if item.id == world.events[-1].id))


def _bounded(body: str, task: Task) -> str:
    """The context, cut off where an event holds no more of it."""
    raw = body.encode("utf-8", "surrogatepass")
    if len(raw) <= MAX_TEXT:
        return body
    rest = f"\n\n(The rest is too long to be kept here; `gitledger context --task {task.id}` shows all of it.)\n"
    return raw[: MAX_TEXT - len(rest) - 4].decode("utf-8", "ignore").rpartition("\n")[0] + rest
