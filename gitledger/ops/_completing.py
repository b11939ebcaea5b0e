"""Completing a task's parts: what comes first first, and what cannot be completed is told, and stands in nobody else's way."""

from heapq import heapify, heappop, heappush
from typing import Annotated, Any, Literal

from gitledger.errors import LedgerError, Refused
from gitledger.model import workflow
from gitledger.model.task import Row
from gitledger.ops import _advancing
from gitledger.ops._base import Decision, Operation, opt
from gitledger.ops._facts import PROGRAM
from gitledger.ops._graph import needs_of
from gitledger.ops._views import View
from gitledger.ops._world import World
from gitledger.ops.batch import check_size

_ENDED = ("done", "cancelled", "archived")


class CompletedPart(View):
    """A part, and where it stands now: a status, or `blocked`."""

    id: str
    uid: str
    title: str
    position: str


class RefusedPart(CompletedPart):
    """A part that could not be completed, and why."""

    code: str
    reason: str
    hint: str | None


class TreeCompleted(View):
    """What was completed, in that order; what had ended before, done or cancelled; and what refused."""

    task_id: str
    completed: list[CompletedPart]
    ended: list[CompletedPart]
    refused: list[RefusedPart]
    total: int
    changed: bool
    warnings: list[str]
    kind: Literal["tree_completed"] = "tree_completed"


class CompleteTree(Operation, frozen=True, kw_only=True):
    """Complete all parts of a task, of any depth, in one entry.

    A task comes after those that it depends on, and after its own parts. One that refuses (a note that is missing, a
    dependency, a hold, a claim) is told with the reason, and what does not wait for it is completed all the same.
    """

    command = "tree complete"

    task: Annotated[
        str | None, opt("The task: task-0030, 30, its slug or its uid; left out, the active one.", positional_too=True)
    ] = None
    itself: Annotated[bool, opt("The task itself too, once its parts have ended.")] = False
    reason: Annotated[str | None, opt("Why; for a stage that ends, its summary.", is_input=True)] = None

    def decide(self, world: World) -> Decision:
        top = world.task(self.task)
        parts = _parts_of(world, top.uid)
        outcome: dict[str, LedgerError | None] = {}
        world.found = parts, outcome
        row = world.standing(top.uid)
        every = {**parts, top.uid: row} if self.itself and row is not None else parts
        below: dict[str, list[str]] = {}
        for part in parts.values():
            below.setdefault(part.parent or "", []).append(part.uid)
        for uid in _in_order(world, every):
            before = len(world.events)
            if workflow.position(world.task(uid)) in _ENDED:
                outcome[uid] = None  # by what its type says of its parts
                continue
            try:
                _refuse_unfinished(world, uid, [part for part in below.get(uid, ()) if outcome.get(part, part) is not None])
                yield from _advancing.advance(world, world.task(uid), "complete", self.reason)
            except LedgerError as error:
                if len(world.events) != before:
                    raise  # What it has written already cannot be taken back.
                outcome[uid] = error
            else:
                outcome[uid] = None
        check_size(world)

    def what(self, world: World) -> str:
        _, outcome = world.found
        many = sum(error is None for error in outcome.values())
        return f"{many} parts of {world.task(self.task).title}"

    def show(self, world: World) -> TreeCompleted:
        parts, outcome = world.found
        return TreeCompleted(
            task_id=world.task(self.task).id,
            completed=[CompletedPart(**_part(world, uid)) for uid, error in outcome.items() if error is None],
            ended=[CompletedPart(**_part(world, uid)) for uid in parts if uid not in outcome],
            refused=[
                RefusedPart(**_part(world, uid), code=error.code, reason=error.message, hint=error.hint_text)
                for uid, error in outcome.items()
                if error is not None
            ],
            total=len(parts) + self.itself,
            changed=world.changed,
            warnings=list(world.warnings),
        )


def _refuse_unfinished(world: World, uid: str, parts: list[str]) -> None:
    """A task is not complete while one of these parts of it goes on."""
    for part in map(world.standing, parts):
        if part is not None and part.role not in _ENDED:
            raise Refused(
                f"Its part {part.id} is not finished: {part.title}",
                code="PARTS_UNFINISHED",
                hint=(PROGRAM, "next-action", "--task", part.id),
                task_id=world.task(uid).id,
                blocking_refs=[part.id],
            )


def _part(world: World, uid: str) -> dict[str, Any]:
    task = world.task(uid)
    return {"id": task.id, "uid": uid, "title": task.title, "position": workflow.position(task)}


def _parts_of(world: World, uid: str) -> dict[str, Row]:
    """Every task below this one that was not put away, by uid, level by level; a circle of parents ends."""
    graph = world.source.graph()
    found: dict[str, Row] = {}
    level = [uid]
    while level:
        counts = graph.child_counts(level)
        rows = [row for parent in level if parent in counts for row in graph.children(parent, 0)[0]]
        level = [row.uid for row in rows if row.uid not in found and row.uid != uid]
        # A request that is made again looks at the tasks as they were; the graph tells who lies under whom.
        found |= {row.uid: world.standing(row.uid) or row for row in rows if row.uid != uid}
    return found


def _in_order(world: World, rows: dict[str, Row]) -> list[str]:
    """The uids of those that have not ended: after what they depend on and after their parts, else as they were found."""
    open_ = {uid: place for place, (uid, row) in enumerate(rows.items()) if row.role not in _ENDED}
    pairs = [(edge.on, edge.task) for edge in needs_of(world, list(open_)) if edge.blocks and not edge.is_waived]
    pairs += [(uid, rows[uid].parent) for uid in open_ if rows[uid].parent is not None]
    after: dict[str, list[str]] = {uid: [] for uid in open_}
    waits = dict.fromkeys(open_, 0)
    for first, later in dict.fromkeys(pairs):
        if first in open_ and later in open_ and first != later:
            after[first].append(later)
            waits[later] += 1
    free = [(place, uid) for uid, place in open_.items() if not waits[uid]]
    heapify(free)
    found: dict[str, None] = {}
    while free:
        _, uid = heappop(free)
        found[uid] = None
        for later in after[uid]:
            waits[later] -= 1
            if not waits[later]:
                heappush(free, (open_[later], later))
    # Those on a circle, which a merge may make, refuse for themselves.
    return [*found, *(uid for uid in open_ if uid not in found)]


OPERATIONS: tuple[type[Operation], ...] = (CompleteTree,)
