"""Labels: put on tasks and taken off at any time, and counted."""

from typing import Annotated, Literal

from gitledger.model.events import TaskEdited
from gitledger.model.task import Task
from gitledger.ops._base import Decision, Operation, arg, on, require_text
from gitledger.ops._facts import PROGRAM
from gitledger.ops._views import View
from gitledger.ops._world import World

_TASK = Annotated[str, arg("The task: task-0030, 30, its slug or its uid.", metavar="TASK")]
_LABELS = Annotated[list[str], arg("The labels; commas separate them too.", metavar="LABEL...")]


class Tagged(View):
    """The labels of a task now, and what this command changed of them."""

    task_id: str
    uid: str
    labels: list[str]
    added: list[str]
    removed: list[str]
    changed: bool
    kind: Literal["task_tagged"] = "task_tagged"


class _Tagging(Operation, frozen=True, kw_only=True):
    """What `tag add` and `tag remove` have in common."""

    task: _TASK
    labels: _LABELS = []

    def given(self) -> set[str]:
        """The labels that were named; at least one."""
        found = {label.strip() for item in self.labels for label in item.split(",")} - {""}
        require_text("".join(found), "LABEL", (PROGRAM, "tag", "add", "--help"))
        return found

    def what(self, world: World) -> str:
        return ", ".join(sorted(self.given()))

    def show(self, world: World) -> Tagged:
        task: Task = world.task(self.task)
        edit = world.events[0].data if world.events else TaskEdited()
        return Tagged(
            task_id=task.id,
            uid=task.uid,
            labels=task.labels,
            added=list(edit.add_labels),
            removed=list(edit.remove_labels),
            changed=world.changed,
        )


class AddTags(_Tagging, frozen=True, kw_only=True):
    """Put labels on a task, whatever its status."""

    command = "tag add"

    def decide(self, world: World) -> Decision:
        task = world.task(self.task)
        added = sorted(self.given() - set(task.labels))
        if added:
            yield on(task, TaskEdited(add_labels=added))


class RemoveTags(_Tagging, frozen=True, kw_only=True):
    """Take labels off a task."""

    command = "tag remove"

    def decide(self, world: World) -> Decision:
        task = world.task(self.task)
        removed = sorted(self.given() & set(task.labels))
        if removed:
            yield on(task, TaskEdited(remove_labels=removed))


class LabelCount(View):
    """A label, and how many tasks that are not archived have it."""

    label: str
    tasks: int


class LabelList(View):
    """The labels in use, by name."""

    labels: list[LabelCount]
    total: int
    truncated: bool
    kind: Literal["label_list"] = "label_list"


class ListTags(Operation, frozen=True, kw_only=True):
    """List the labels in use, with how many tasks have each."""

    command = "tag list"
    writes = False

    def show(self, world: World) -> LabelList:
        found = [LabelCount(label=label, tasks=many) for label, many in world.source.graph().labels().items()]
        return LabelList(labels=found, total=len(found), truncated=False)


OPERATIONS: tuple[type[Operation], ...] = (AddTags, RemoveTags, ListTags)
