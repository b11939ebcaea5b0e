"""Items moved along their workflow, and the look ahead at what a trigger would do."""

from typing import Any

from gitledger.errors import Conflict, LedgerError
from gitledger.mcp.orchestrator.desk import Desk
from gitledger.mcp.orchestrator.errors import Plain, invalid
from gitledger.mcp.orchestrator.forms import Json, Tool, decode_list
from gitledger.mcp.orchestrator.shapes import find, item_of, items_of, record_of, resolve
from gitledger.model import workflow
from gitledger.model.task import Task
from gitledger.ops import _advancing, _types
from gitledger.ops._graph import released_by
from gitledger.ops._world import World
from gitledger.ops.advance import AdvanceTask

# How many items that a move unblocks are told in full.
_MOST = 100


class AdvanceItem(Tool, frozen=True, kw_only=True):
    """Move items along their workflow: queue, work, review, done.

    Triggers: start (the next of these), complete (done at once), block or hold, resume, cancel, reopen, archive.
    What an item depends on is asked when it leaves the queue, required notes whenever it is started or completed. Reopening a
    part of what is finished takes that up again, too. transitions_json moves several: a JSON array of {item_id, trigger}, each
    carried out on its own. The answer tells which items can begin now.
    """

    tool = "advance_item"

    item_id: str = ""
    trigger: str = ""
    transitions_json: Json = ""

    def answer(self, desk: Desk) -> Any:
        if self.transitions_json != "":
            return _move_all(desk, _transitions(self.transitions_json))
        return _move(desk, self.item_id, self.trigger)


class _Move(AdvanceTask, frozen=True, kw_only=True):
    """An `advance` that answers in the reference's shape. `said` is the id as it came."""

    said: str

    def decide(self, world: World) -> Any:
        task = find(world, self.said)
        try:
            yield from AdvanceTask(task=task.uid, trigger=self.trigger).decide(world)
        except LedgerError as error:
            raise in_words(error, world, task, self.trigger) from None

    def show(self, world: World) -> Any:
        task = find(world, self.said)
        is_over = workflow.role(task) in ("done", "cancelled", "archived")
        freed = released_by(world, task)[:_MOST] if is_over else []
        parent = any(event.type == "task.advanced" and event.task == task.parent for event in world.events)
        return item_of(world, task) | {"unblocked_items": items_of(world, freed)} | ({"parent_reopened": True} if parent else {})


def _move(desk: Desk, item: str, trigger: str) -> Any:
    if trigger not in workflow.TRIGGERS:
        raise invalid("trigger", f"Invalid trigger: {trigger[:40]}. Valid: {', '.join(workflow.TRIGGERS)}")
    return desk.run(_Move(task=item, said=item, trigger=trigger))


def _transitions(said: Json) -> list[tuple[str, str]]:
    """The item and the trigger of each entry; nothing is done where one lacks either."""
    found = []
    for entry in decode_list(said, "transitions_json"):
        words = [entry.get(name) for name in ("item_id", "trigger")] if isinstance(entry, dict) else []
        if len(words) != 2 or not all(isinstance(word, str) for word in words):
            raise Plain("Each entry of transitions_json takes an item_id and a trigger.")
        found.append((words[0], words[1]))
    return found


def _move_all(desk: Desk, transitions: list[tuple[str, str]]) -> Any:
    # An id that is short and leads nowhere ends the call before anything is done.
    whole = desk.read(lambda world: [resolve(world, item) for item, _ in transitions])
    results: list[dict[str, Any]] = []
    freed: dict[str, Any] = {}
    for uid, (_, trigger) in zip(whole, transitions, strict=True):
        result: dict[str, Any] = {"item_id": uid, "trigger": trigger}
        try:
            moved = _move(desk, uid, trigger)
            freed |= {item["id"]: item for item in moved["unblocked_items"]}
            result |= {"applied": True, "new_status": moved["status"]}
        except LedgerError as error:
            result |= {"applied": False, "error": error.message}
        results.append(result)
    done = sum(result["applied"] for result in results)
    summary = {"total": len(results), "succeeded": done, "failed": len(results) - done}
    return {"results": results, "summary": summary, "all_unblocked_items": list(freed.values())}


# ---------------------------------------------------------------------------------------------- refusals


def in_words(error: LedgerError, world: World, task: Task, trigger: str) -> LedgerError:
    """A refusal of a move in the reference's sentences, which programs read."""
    error.details.setdefault("field", "trigger" if isinstance(error, Conflict) else "item_id")
    notes = error.details.get("missing")
    if is_permanent(error):
        error.message = "Cannot cancel: item has permanent lifecycle"
    elif error.details.get("from") is not None:
        status = workflow.role(task)
        is_resume = trigger == "resume"
        error.message = f"Can only resume blocked items, current: {status}" if is_resume else f"Cannot {trigger} from {status}"
    elif error.code == "DEPENDENCY_UNSATISFIED":
        error.message = f"Blocked by unfinished items: {', '.join(title for _, title in blockers_of(world, error))}"
    elif notes:
        error.message = f"Missing required notes: {', '.join(note['key'] for note in notes)}. Hint: {notes[0]['description']}"
    return error


def is_permanent(error: LedgerError) -> bool:
    """Whether a move is refused because the item may not be cancelled."""
    return any(blocker.get("kind") == "permanent" for blocker in error.details.get("blockers", ()))


def blockers_of(world: World, error: LedgerError) -> list[tuple[str, str]]:
    """Id and title of what an item waits for."""
    found = []
    for name in error.blocking_refs:
        rows = world.source.lookup(number=_number(name)) if name.startswith("task-") else []
        found += [(row.uid, row.title) for row in rows[:1]] or [(name, name)]
    return found


def _number(name: str) -> int:
    return int(name.removeprefix("task-"))


# ---------------------------------------------------------------------------------------------- looking ahead


class GetNextStatus(Tool, frozen=True, kw_only=True):
    """Look ahead: what would a trigger do to an item now? Nothing is changed.

    The answer says where it would lead, or why it would be refused: what blocks it, which notes are missing.
    """

    tool = "get_next_status"
    fails = True

    item_id: str
    trigger: str

    def answer(self, desk: Desk) -> Any:
        # An error of a known trigger is an answer here; only an id that leads nowhere fails the call.
        if self.trigger not in workflow.TRIGGERS:
            return {"error": f"Invalid trigger: {self.trigger[:40]}"}
        return desk.read(self._look)

    def _look(self, world: World) -> Any:
        uid = resolve(world, self.item_id)
        task = record_of(world, uid)
        if task is None:
            return {"error": f"Item {uid[:80]} not found"}
        request = _advancing.request_of(self.trigger)
        refusal = _advancing.refusal_of(world, task, request)
        if refusal is not None:
            return _refused(world, in_words(refusal, world, task, self.trigger))
        status = _types.next_position(world, task, request.trigger) or task.status
        to = status if status in workflow.ROLES else workflow.role_of(status)
        return {"can_advance": True, "current": workflow.role(task), "next": to, "trigger": self.trigger}


def _refused(world: World, refusal: LedgerError) -> dict[str, Any]:
    """Why a trigger would be refused."""
    if refusal.code == "DEPENDENCY_UNSATISFIED":
        blockers = [{"id": uid, "title": title} for uid, title in blockers_of(world, refusal)]
        return {"can_advance": False, "reason": "Blocked by dependencies", "blockers": blockers}
    if refusal.details.get("missing"):
        found = {name: refusal.details[name] for name in ("missing", "guidance")}
        return {"can_advance": False, "reason": "Missing required notes", **found}
    reason = "Item has permanent lifecycle" if is_permanent(refusal) else refusal.message
    return {"can_advance": False, "reason": reason}
