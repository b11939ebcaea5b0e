"""The listing row of a task: what an index keeps beside the record."""

from gitledger.model import workflow
from gitledger.model.task import Row, Task


def row_of(task: Task, directory: str) -> Row:
    """The row of a task that lies in the folder `directory`."""
    todos = task.live_todos()
    plan = task.current_plan()
    return Row(
        uid=task.uid,
        number=task.number,
        slug=task.slug,
        title=task.title,
        status=task.status,
        role=workflow.role(task),
        kind=task.kind,
        workflow=task.workflow,
        priority=task.priority,
        owner=task.owner,
        parent=task.parent,
        created_at=task.created_at,
        updated_at=task.updated_at,
        plan_version=plan.version if plan else None,
        todos_total=len(todos),
        todos_done=sum(todo.is_done for todo in todos),
        claims=tuple(task.claims),
        is_archived=task.archived_at is not None,
        is_deleted=task.deleted_at is not None,
        directory=directory,
    )
