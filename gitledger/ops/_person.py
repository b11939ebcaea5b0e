"""Where the team's policy wants a person's word (`approval: human`): the rule that a person is there to give it."""

from collections.abc import Callable
from typing import Any

from gitledger.errors import Refused
from gitledger.model.task import Task
from gitledger.ops import guards
from gitledger.ops._commands import Argv
from gitledger.ops._facts import Blocker
from gitledger.ops._world import World

REQUIRED = "APPROVAL_REQUIRED"


def detected_harness(world: World) -> str | None:
    """The harness that speaks: detected by its traces, or named by the actor; `ci` in an unnamed CI."""
    return world.host.harness or world.actor.harness or ("ci" if world.host.is_ci else None)


def person_wanted(deed: str, look: Callable[[Task], Argv], remedy: str) -> guards.Rule:
    """Where the policy wants a person to do this `deed`, one is there: a terminal, and no harness or CI.

    `look` makes the command that shows what the deed is about; `remedy` says how a person does it.
    """

    def find(world: World, task: Task, op: Any) -> list[Blocker]:
        if world.policy.approval != "human":
            return []
        harness = detected_harness(world)
        if (getattr(op, "approver", None) or getattr(op, "actor", "user")) != "user":
            why = "an agent cannot do that"
        elif harness is not None:
            why = f"this is {harness}"
        elif not world.host.has_terminal:
            why = "there is no terminal here"
        else:
            return []
        message = f"This team's policy (approval: human) wants a person to {deed}, and {why}."
        return [Blocker("approval", message, ref=task.id, command=look(task))]

    return guards.Rule(
        f"person wanted to {deed}",
        find,
        lambda task, blockers: guards.refusal(Refused, task, blockers, code=REQUIRED, remediation=(remedy,)),
    )
