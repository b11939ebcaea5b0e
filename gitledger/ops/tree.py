"""The hierarchy: tasks with their parts under them."""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import UNSET, UnsetType

from gitledger.model.task import Row
from gitledger.ops._base import TaskOperation, opt
from gitledger.ops._everywhere import AllLedgers, sources
from gitledger.ops._views import TaskLine, View, task_line
from gitledger.ops._world import Source, World
from gitledger.ops.ready import check_limit

_LIMIT = 200


class TreeNode(TaskLine):
    """A task of a tree, in the order of drawing. `children` counts its parts, `ended` those of them done or cancelled.

    `hidden` says how many of them are not drawn, for they lie deeper or over the limit.
    """

    workflow: str
    priority: str | None
    parent: str | None
    depth: int
    children: int
    ended: int
    hidden: int
    ledger: str | UnsetType = UNSET


class TaskTree(View):
    """Tasks with their parts. `total` is null where not all were counted."""

    nodes: list[TreeNode]
    total: int | None
    truncated: bool
    roots: int
    ledger: str
    task_id: str | None
    kind: Literal["task_tree"] = "task_tree"


class ShowTree(TaskOperation, frozen=True, kw_only=True):
    """Show tasks with their parts under them: one task with its own, or all from the root.

    Archived tasks are left out; what lay under one stands at the root.
    """

    command = "tree"
    writes = False

    depth: Annotated[int, opt("How many levels down.")] = 8
    limit: Annotated[int, opt("At most this many tasks (0: all).")] = _LIMIT
    all_ledgers: AllLedgers = False

    def show(self, world: World) -> TaskTree:
        check_limit(self.limit)
        nodes: list[TreeNode] = []
        roots = 0
        for name, source in sources(world, self.all_ledgers and self.task is None):
            found, many = self._top(world, source)
            roots += many
            for node in _walk(source, found, self.depth, self.limit - len(nodes) if self.limit else 0):
                if self.all_ledgers:
                    node.ledger = name
                nodes.append(node)
        is_cut = any(node.hidden for node in nodes) or sum(node.depth == 0 for node in nodes) < roots
        return TaskTree(
            nodes=nodes,
            total=None if is_cut else len(nodes),
            truncated=is_cut,
            roots=roots,
            ledger=world.ledger,
            task_id=self.subject(world).id if self.task is not None else None,
        )

    def _top(self, world: World, source: Source) -> tuple[list[Row], int]:
        """The tasks to begin with: the one that was named, else those at the root."""
        if self.task is not None:
            return [world.find(self.task)], 1
        return source.graph().children(None, self.limit)


def _walk(source: Source, top: list[Row], depth: int, limit: int) -> Iterator[TreeNode]:
    """The nodes in the order of drawing, at most `limit` (0: all); parts of parts down to `depth`."""
    graph = source.graph()
    counts = graph.child_counts([row.uid for row in top])
    stack = [(row, 0) for row in reversed(top)]
    seen: set[str] = set()
    shown = 0
    while stack:
        row, level = stack.pop()
        if row.uid in seen:  # a circle of parents, which a merge may make
            continue
        seen.add(row.uid)
        many, ended = counts.get(row.uid, (0, 0))
        shown += 1
        room = limit - shown if limit else 0
        found: list[Row] = []
        if many and level < depth and (room > 0 or not limit):
            found = graph.children(row.uid, room)[0]
            counts |= graph.child_counts([child.uid for child in found])
            stack += [(child, level + 1) for child in reversed(found)]
        yield _node(row, level, many, ended, many - len(found))
        if limit and shown >= limit:
            return


def _node(row: Row, depth: int, many: int, ended: int, hidden: int) -> TreeNode:
    return TreeNode(
        **task_line(row),
        workflow=row.workflow,
        priority=row.priority,
        parent=row.parent,
        depth=depth,
        children=many,
        ended=ended,
        hidden=hidden,
    )


OPERATIONS = (ShowTree,)
