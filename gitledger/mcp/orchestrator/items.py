"""Items: created, updated and deleted, alone or several in one entry."""

from typing import Any

import msgspec
from msgspec import structs

from gitledger.errors import InvalidInput, LedgerError
from gitledger.mcp.orchestrator.desk import Desk, carry_out
from gitledger.mcp.orchestrator.errors import invalid, told
from gitledger.mcp.orchestrator.forms import Json, Tool, check_operation, decode_list
from gitledger.mcp.orchestrator.making import NewItem, Nursery, check_fields, check_parent
from gitledger.mcp.orchestrator.shapes import find, item_of, record_of, resolve
from gitledger.model.events import TaskEdited
from gitledger.model.task import Task
from gitledger.ops._base import Decision, on
from gitledger.ops._dependencies import remove_dependency
from gitledger.ops._graph import needed_by
from gitledger.ops._interchange import meta_of, words_of
from gitledger.ops._shelving import DeleteTask
from gitledger.ops._world import World
from gitledger.ops.item import EditItem
from gitledger.ops.move import MoveTask
from gitledger.ops.task import EditTask

# parameter → the field of the operation that sets it.
_EDITS = {
    "title": "title",
    "description": "description",
    "summary": "summary",
    "priority": "priority",
    "complexity": "complexity",
    "item_type": "type",
    "due_at": "due",
}


class ManageItems(Tool, frozen=True, kw_only=True):
    """Work items: create, update or delete them.

    create: title, and what is known of description, summary, parent_id (four levels), priority (critical, high, medium, low),
    complexity (1 to 10), item_type, tags (comma list), metadata and properties (kept as they are), due_at (ISO 8601).
    items_json creates several in one entry: a JSON array of such objects, with schedule (cron) too.
    update: changes what is given of them, and leaves the rest as it is; parent_id moves the item.
    delete: item_id, or ids_json (a JSON array of whole ids); recursive takes along what lies below.
    An id may be shortened to its first four characters or more.
    """

    tool = "manage_items"

    operation: str
    title: str = ""
    item_id: str = ""
    description: str = ""
    summary: str = ""
    parent_id: str = ""
    priority: str = "medium"
    complexity: int | None = None
    item_type: str = ""
    tags: str = ""
    metadata: str = ""
    properties: str = ""
    due_at: str = ""
    items_json: Json = ""
    ids_json: Json = ""
    recursive: bool = False

    def answer(self, desk: Desk) -> Any:
        check_operation(self.operation, ("create", "update", "delete"))
        if self.operation == "create":
            return _create_all(desk, self) if self.items_json != "" else _create(desk, self)
        if self.operation == "update":
            return _update(desk, self)
        return _delete_all(desk, self) if self.ids_json != "" else _delete(desk, self)


# ---------------------------------------------------------------------------------------------- create


def _create(desk: Desk, call: ManageItems) -> Any:
    new = NewItem(**{name: getattr(call, name) for name in NewItem.__struct_fields__ if name != "schedule"})

    def decide(world: World) -> Decision:
        yield from Nursery(world).begin(new, resolve(world, new.parent_id) or None)

    return desk.write("item create", decide, lambda world: item_of(world, world.task(world.touched()[0])))


def _create_all(desk: Desk, call: ManageItems) -> Any:
    """Those that can be, in one entry; the others are counted, each with why."""
    said = decode_list(call.items_json, "items_json")

    def decide(world: World) -> Decision:
        nursery, world.found = Nursery(world), []
        for place, item in enumerate(said):
            try:
                new = _described(item, resolve(world, call.parent_id))
                yield from nursery.begin(new, new.parent_id or None)
            except LedgerError as error:
                world.found.append({"index": place, **told(error)})

    def show(world: World) -> Any:
        items = [item_of(world, world.task(uid)) for uid in world.touched()]
        failed = len(world.found)
        return {"items": items, "created": len(items), "failed": failed, **({"errors": world.found} if failed else {})}

    return desk.write("item create", decide, show)


def _described(item: Any, parent: str) -> NewItem:
    try:
        new = msgspec.convert(item, NewItem, strict=False)
    except msgspec.ValidationError as error:
        raise invalid("items_json", f"{error}.") from None
    return new if new.parent_id else structs.replace(new, parent_id=parent)


# ---------------------------------------------------------------------------------------------- update


def _update(desk: Desk, call: ManageItems) -> Any:
    # "medium" is what the parameter holds where nobody said a priority.
    priority = call.priority if "priority" in desk.given else ""
    given = structs.asdict(call) | {"priority": priority}
    wanted = {field: given[name] for name, field in _EDITS.items() if given[name] not in ("", None)}
    meta = meta_of(call.metadata, call.properties, call.tags)

    def decide(world: World) -> Decision:
        task = find(world, call.item_id)
        if not wanted and not meta and not call.tags and not call.parent_id:
            raise InvalidInput("No valid fields to update", code="VALIDATION")
        check_fields(priority, call.complexity, call.due_at)
        if wanted or call.tags:
            yield from carry_out(world, _edit(task, wanted, words_of(call.tags) if call.tags else None))
        if meta:
            yield on(task, TaskEdited(meta=meta))
        parent = resolve(world, call.parent_id)
        if parent and parent != task.parent:
            check_parent(world, parent)
            yield from carry_out(world, MoveTask(task=task.uid, parent=parent))

    return desk.write("item edit", decide, lambda world: item_of(world, find(world, call.item_id)))


def _edit(task: Task, wanted: dict[str, Any], labels: list[str] | None) -> EditTask:
    kind = EditItem if task.workflow == "light" else EditTask
    known = {name: value for name, value in wanted.items() if name in kind.__struct_fields__}
    gone = sorted(set(task.labels) - set(labels)) if labels is not None else []
    return kind(task=task.uid, add_label=labels or [], remove_label=gone, **known)


# ---------------------------------------------------------------------------------------------- delete


def _delete(desk: Desk, call: ManageItems) -> Any:
    def decide(world: World) -> Decision:
        task = record_of(world, resolve(world, call.item_id))
        world.found = (0, 0)
        if task is not None:
            below = _below(world, task.uid)
            if below and not call.recursive:
                raise invalid("item_id", f"The item has {len(below)} below it; recursive deletes them too")
            yield from _remove(world, [*below, task.uid])
            world.found = (1, len(below))

    def show(world: World) -> Any:
        gone, below = world.found
        return {"deleted": bool(gone), **({"descendants_deleted": below} if call.recursive else {})}

    return desk.write("task delete", decide, show)


def _delete_all(desk: Desk, call: ManageItems) -> Any:
    said = [uid for uid in decode_list(call.ids_json, "ids_json") if isinstance(uid, str)]

    def decide(world: World) -> Decision:
        gone = failed = descendants = 0
        for uid in dict.fromkeys(said):
            if record_of(world, uid) is None:
                continue
            below = _below(world, uid)
            if below and not call.recursive:
                failed += 1
                continue
            yield from _remove(world, [*below, uid])
            gone, descendants = gone + 1, descendants + len(below)
        world.found = {"deleted": gone, "failed": failed}
        if call.recursive:
            world.found["descendants_deleted"] = descendants

    return desk.write("task delete", decide, lambda world: world.found)


def _below(world: World, uid: str) -> list[str]:
    """The ids of what lies below a task, the lowest first."""
    found: dict[str, None] = {}
    level = [uid]
    while level:
        rows = [row for above in level for row in world.source.dependents(above) if row.parent == above]
        level = [row.uid for row in rows if row.uid not in found and record_of(world, row.uid) is not None]
        found.update(dict.fromkeys(level))
    return list(found)[::-1]


def _remove(world: World, uids: list[str]) -> Decision:
    """Delete tasks, and with each the dependencies of others on it."""
    for uid in uids:
        for edge in needed_by(world, uid):
            if edge.task not in uids:
                yield from remove_dependency(world, world.task(edge.task), uid, edge.type)
        yield from carry_out(world, DeleteTask(task=uid, reason="Deleted.", force=True))
