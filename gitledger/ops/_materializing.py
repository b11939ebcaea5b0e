"""Copying the todos of an accepted plan into the checklist of its task, where accepting it left them out."""

from typing import Annotated, Any, Literal

from gitledger.errors import Refused
from gitledger.model.ids import item_id
from gitledger.model.task import Plan, Task
from gitledger.ops import _claim_rules, guards
from gitledger.ops._base import Decision, TaskOperation, on, opt
from gitledger.ops._commands import on_task
from gitledger.ops._facts import Blocker
from gitledger.ops._planning import version_of
from gitledger.ops._review import missing_todos
from gitledger.ops._views import View, ref_of
from gitledger.ops._world import World


class MaterializedTodo(View):
    """A todo that was copied from a plan, or would be."""

    id: str
    text: str
    mandatory: bool
    plan_todo_id: str | None
    validation_hint: str | None


class TodosMaterialized(View):
    """Which todos of a plan were copied into the checklist; `materialized_todos` says how many."""

    task_id: str
    plan_id: str
    dry_run: bool
    materialized_todos: int
    todos: list[MaterializedTodo]
    changed: bool
    kind: Literal["plan_todo_materialization"] = "plan_todo_materialization"


def _find_not_accepted(world: World, task: Task, op: Any) -> list[Blocker]:
    plan = op.target(world)
    if plan.status == "accepted":
        return []
    ref, version = ref_of(task.plans, plan), version_of(task, plan)
    message = f"{ref} of {task.id} is {plan.status}; only the todos of an accepted plan are copied."
    return [Blocker("approval", message, ref=ref, command=on_task(task, "plan", "show", "--version", version))]


_accepted = guards.Rule(
    "accepted version", _find_not_accepted, lambda task, blockers: guards.refusal(Refused, task, blockers)
)


class MaterializeTodos(TaskOperation, frozen=True, kw_only=True):
    """Copy the todos of an accepted plan into the checklist. Those that are there, or were, stay as they are."""

    command = "plan materialize-todos"
    item_field = "version"
    guards = (guards.status_in("approved", "implementing", "failed_validation"), _claim_rules.not_claimed_by_other, _accepted)

    version: Annotated[int | str, opt("The version whose todos are copied: 2, or part of the plan's id.")]
    dry_run: Annotated[bool, opt("Only say what would be copied.")] = False

    def target(self, world: World) -> Plan:
        """The plan whose todos are meant."""
        task = self.subject(world)
        return world.item(task.plans, "plan", str(self.version), task)

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        world.found = missing_todos(task, self.target(world))
        for todo in () if self.dry_run else world.found:
            yield on(task, todo)

    def what(self, world: World) -> str:
        return f"{len(world.found)} of v{self.target(world).version}"

    def show(self, world: World) -> TodosMaterialized:
        task, plan = self.subject(world), self.target(world)
        return TodosMaterialized(
            task_id=task.id,
            plan_id=ref_of(task.plans, plan),
            dry_run=self.dry_run,
            materialized_todos=len(world.found),
            todos=[
                MaterializedTodo(
                    id=item_id("todo", todo.number),
                    text=todo.text,
                    mandatory=todo.mandatory,
                    plan_todo_id=todo.plan_todo,
                    validation_hint=todo.validation_hint,
                )
                for todo in world.found
            ],
            changed=world.changed,
        )
