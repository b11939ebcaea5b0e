"""Whom a context is for, and at what of a task it points: role, scope, todo and run, which have to agree."""

from typing import Annotated, Literal

from gitledger.errors import InvalidInput
from gitledger.ops._base import TaskOperation, opt
from gitledger.ops._contexts import ROLES, Role
from gitledger.ops._facts import PROGRAM
from gitledger.ops._page import Subject
from gitledger.ops._world import World

RoleName = Literal[
    "planner",
    "implementer",
    "validator",
    "reviewer",
    "spec-reviewer",
    "code-reviewer",
    "full",
    "planning",
    "implementation",
    "validation",
    "review",
    "spec",
    "code",
]
Scope = Literal["task", "todo", "run"]
_SCOPES = ("task", "todo", "run")


class Pointed(TaskOperation, frozen=True, kw_only=True):
    """What a context is asked for with."""

    item_field = "todo"

    for_: Annotated[
        RoleName | None,
        opt("Who it is for; planning, implementation, validation, review, spec and code mean the same roles."),
    ] = None
    scope: Annotated[
        Scope | None, opt("What it is about: the task, one todo, or one run; --todo and --run imply theirs.")
    ] = None
    todo: Annotated[str | None, opt("The todo to point at: todo-0003, 3, part of its id, or with its task: 30/todo-3.")] = None
    run: Annotated[str | None, opt("The run to point at: run-0002, 2, or part of its id.")] = None

    def role(self) -> Role:
        """The role that was asked for."""
        return role_named(self.for_ or "full", self)

    def pointed(self, world: World) -> Subject:
        """The task, and what of it the worker is pointed at. Raises InvalidInput where role and scope do not agree."""
        role = self.role()
        wrong = _contradiction(self, role)
        if wrong is not None:
            raise InvalidInput(wrong, hint=(PROGRAM, *self.command.split(), "--help"))
        task = self.subject(world)
        todo = world.item(task.live_todos(), "todo", self.todo, task) if self.todo is not None else None
        run = world.item(task.runs, "run", self.run, task) if self.run is not None else None
        return Subject(world, task, role, todo, self, run)


def role_named(name: str, op: TaskOperation) -> Role:
    """The role of this name."""
    role = ROLES.get(name)
    if role is None:
        raise InvalidInput(
            f"There is no context for {name!r}; known are {', '.join(ROLES)}.",
            hint=(PROGRAM, *op.command.split(), "--help"),
        )
    return role


def _contradiction(op: Pointed, role: Role) -> str | None:
    """What of the request does not fit together, in a sentence."""
    if op.scope not in (None, *_SCOPES):
        return f"There is no scope {op.scope!r}; known are {', '.join(_SCOPES)}."
    given = [name for name in ("todo", "run") if getattr(op, name) is not None]
    if len(given) > 1:
        return "--todo and --run contradict each other; leave one out."
    if given and not role.has_focus:
        return f"A context for the {role.name} is about the whole task; leave --{given[0]} out."
    if op.scope == "task" and given:
        return f"--scope task and --{given[0]} contradict each other; leave one out."
    if op.scope in ("todo", "run") and given != [op.scope]:
        return f"--scope {op.scope} needs a --{op.scope}."
    if role.names_run and op.scope is None and op.run is None:
        return f"A context for the {role.name} needs a --run, or --scope task for the whole task."
    return None
