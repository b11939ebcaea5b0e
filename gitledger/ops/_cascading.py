"""What a step of a light task means for its parent, where the parent's type says `cascades`."""

from gitledger.model import workflow
from gitledger.model.task import Task
from gitledger.ops._types import schema_of
from gitledger.ops._world import World

_BEGUN = ("work", "review")
_ENDED = ("done", "cancelled")


def step_of_parent(world: World, task: Task) -> tuple[Task, str] | None:
    """The parent of a task that has just moved, and the trigger that follows for it: its first part begun, its last ended."""
    parent = world.record(task.parent) if task.parent else None
    if parent is None or parent.deleted_at is not None or parent.workflow != "light":
        return None
    schema = schema_of(world, parent)
    for trigger in schema.says.cascades if schema is not None else ():
        if workflow.next_position(parent, trigger) is not None and _is_due(world, task, parent, trigger):
            return parent, trigger
    return None


def _is_due(world: World, task: Task, parent: Task, trigger: str) -> bool:
    if trigger == "start":
        return parent.status == "queue" and task.status in _BEGUN
    return task.status in _ENDED and _have_ended(world, parent)


def _have_ended(world: World, parent: Task) -> bool:
    """Whether every part that was not put away is done or cancelled."""
    graph = world.source.graph()
    total, ended = graph.child_counts([parent.uid]).get(parent.uid, (0, 0))
    if total - ended > len(world.touched()):
        return False  # what this entry has not touched goes on
    rows = [world.standing(row.uid) for row in graph.children(parent.uid, 0)[0]]
    return all(row is None or row.role in _ENDED for row in rows)
