"""Comparing two versions of a plan, line by line, as the plan files that they are."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from gitledger.errors import NotFound
from gitledger.model.planfile import normal_body
from gitledger.model.task import Plan, Task
from gitledger.ops import guards
from gitledger.ops._base import TaskOperation, opt
from gitledger.ops._views import View, refs_of
from gitledger.ops._world import World


class PlanDiff(View):
    """What differs between two versions of a plan, as a unified diff; empty where nothing does."""

    task_id: str
    from_version: int
    to_version: int
    diff: str
    kind: Literal["plan_diff"] = "plan_diff"


class DiffPlans(TaskOperation, frozen=True, kw_only=True):
    """Show what differs between two versions of a plan, front matter and body; the latest against the one before."""

    command = "plan diff"
    item_field = "to_version"
    writes = False

    from_version: Annotated[
        int | str | None, opt("The older version: 1, or part of the plan's id; left out, the one before.", name="--from")
    ] = None
    to_version: Annotated[
        int | str | None, opt("The newer version: 2, or with its task: 30/plan-v2; left out, the latest.", name="--to")
    ] = None

    def show(self, world: World) -> PlanDiff:
        task = self.subject(world)
        old, new = self._versions(world, task)
        return PlanDiff(
            task_id=task.id, from_version=old.version, to_version=new.version, diff=_difference(world, task, old, new)
        )

    def _versions(self, world: World, task: Task) -> tuple[Plan, Plan]:
        """The older and the newer plan: the named ones, else the last two. An only version is compared with itself."""
        plans = sorted(task.plans, key=lambda plan: (plan.version, plan.id))
        if not plans:
            raise NotFound(f"{task.id} has no plan yet.", hint=guards.next_step(task), task_id=task.id)
        new = _named(world, task, self.to_version) or plans[-1]
        old = _named(world, task, self.from_version) or plans[max(0, plans.index(new) - 1)]
        return old, new


def _named(world: World, task: Task, version: int | str | None) -> Plan | None:
    return None if version is None else world.item(task.plans, "plan", str(version), task)


def _difference(world: World, task: Task, old: Plan, new: Plan) -> str:
    from difflib import unified_diff

    named = refs_of(task.plans)
    before, after = (plan_text(plan, world.plan_body(task, plan)).split("\n") for plan in (old, new))
    return "\n".join(unified_diff(before, after, named[old.id], named[new.id], lineterm=""))


def plan_text(plan: Plan, body: str) -> str:
    """The plan as a plan file that says the same: every field a line of YAML of its own, then the body."""
    return "\n".join(["---", *_front_matter(plan), "---", *(["", normal_body(body)] if body else [])])


def _front_matter(plan: Plan) -> Iterator[str]:
    yield f"goal: {_quoted(plan.goal)}"
    for name in ("files", "test_commands", "expected_outputs"):
        yield from _listed(name, ([_quoted(text)] for text in getattr(plan, name)))
    yield from _listed("acceptance_criteria", (_item(criterion) for criterion in plan.criteria))
    yield from _listed("todos", ([*_item(todo), *_hint(todo)] for todo in plan.todos))
    if plan.todos_waived_reason:
        yield f"todos_waived_reason: {_quoted(plan.todos_waived_reason)}"


def _item(item: Any) -> list[str]:
    return [f"id: {item.id}", f"text: {_quoted(item.text)}", f"mandatory: {'true' if item.mandatory else 'false'}"]


def _hint(todo: Any) -> list[str]:
    return [f"validation_hint: {_quoted(todo.validation_hint)}"] if todo.validation_hint else []


def _listed(name: str, items: Any) -> Iterator[str]:
    """A YAML list of items of one or more lines; nothing for an empty one."""
    for place, lines in enumerate(items):
        if place == 0:
            yield f"{name}:"
        yield f"  - {lines[0]}"
        yield from (f"    {line}" for line in lines[1:])


def _quoted(text: str) -> str:
    """The text as JSON writes it, which YAML reads, and which is one line whatever the text holds."""
    from msgspec import json

    return json.encode(text).decode()
