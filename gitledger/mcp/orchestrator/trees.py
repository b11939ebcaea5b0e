"""Items with their parts: created in one entry, completed together."""

from typing import Any

import msgspec
from msgspec import structs

from gitledger.mcp.orchestrator.dependencies import add_edge, added
from gitledger.mcp.orchestrator.desk import Desk, carry_out
from gitledger.mcp.orchestrator.errors import Plain, conflict, missing
from gitledger.mcp.orchestrator.forms import Json, Tool, decode_list
from gitledger.mcp.orchestrator.making import NewItem, Nursery
from gitledger.mcp.orchestrator.shapes import find, item_of, live, note_of, record_of, resolve
from gitledger.model import workflow
from gitledger.model.events import NoteSet
from gitledger.model.task import Task
from gitledger.ops._base import Decision, on
from gitledger.ops._completing import CompleteTree as Completing
from gitledger.ops._completing import RefusedPart, TreeCompleted
from gitledger.ops._types import schema_of
from gitledger.ops._world import World

_ROOT = "root"


class _Child(NewItem, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part as the call describes it; `ref` is its name there."""

    ref: str = ""


class _Edge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A dependency between refs, or ids."""

    from_: str = msgspec.field(name="from")
    to: str
    type: str = "blocks"
    unblock_at: str = "done"


class CreateWorkTree(Tool, frozen=True, kw_only=True):
    """Create an item with its parts and the dependencies between them: all of it in one entry, or nothing.

    children_json: a JSON array of parts, {ref, title, description, priority, …} as manage_items takes them. deps_json: a JSON
    array of {from, to, type, unblock_at}, where to waits for from; both are refs (root is the item itself) or whole ids, type is
    blocks, is_blocked_by or relates_to. create_notes makes an empty note for each that the schema of an item knows. ref_map in
    the answer gives the id of each ref.
    """

    tool = "create_work_tree"

    root_title: str
    root_description: str = ""
    root_priority: str = "medium"
    children_json: Json = "[]"
    deps_json: Json = "[]"
    create_notes: bool = False

    def answer(self, desk: Desk) -> Any:
        children = _described(self.children_json, _Child, "children_json")
        edges = _described(self.deps_json, _Edge, "deps_json")

        def decide(world: World) -> Decision:
            nursery, refs = Nursery(world), {}
            world.found = refs
            root = NewItem(title=self.root_title, description=self.root_description, priority=self.root_priority)
            refs[_ROOT] = yield from nursery.begin(root, None)
            for child in children:
                uid = yield from nursery.begin(_without_ref(child), refs[_ROOT])
                if child.ref in refs:
                    raise conflict("ref", f"The ref {child.ref[:80]!r} names two items")
                if child.ref:
                    refs[child.ref] = uid
            for edge in edges:
                yield from _connect(world, refs, edge)
            if self.create_notes:
                for uid in world.touched():
                    yield from _blank_notes(world, world.task(uid))

        return desk.write("tree create", decide, _planted)


def _described(said: Json, kind: Any, what: str) -> list[Any]:
    try:
        return [msgspec.convert(entry, kind, strict=False) for entry in decode_list(said or "[]", what)]
    except msgspec.ValidationError as error:
        raise Plain(f"{what}: {error}.") from None


def _without_ref(child: _Child) -> NewItem:
    return NewItem(**{name: value for name, value in structs.asdict(child).items() if name != "ref"})


def _connect(world: World, refs: dict[str, str], edge: _Edge) -> Decision:
    ends = [refs.get(name, name) for name in (edge.from_, edge.to)]
    for uid in ends:
        if live(world, uid) is None:
            raise missing("from_id", f"{uid[:80]!r} is neither a ref nor the id of an item")
    kind = edge.type.lower().replace("-", "_")
    if kind == "is_blocked_by":
        ends.reverse()
        kind = "blocks"
    yield from add_edge(world, ends[0], ends[1], kind, edge.unblock_at or "done")


def _blank_notes(world: World, task: Task) -> Decision:
    schema = schema_of(world, task)
    for note in schema.says.notes if schema else ():
        yield on(task, NoteSet(key=note.key, body="", role=note.role))


def _planted(world: World) -> Any:
    root, *children = [world.task(event.task) for event in world.events if event.type == "task.created"]
    notes = [(task, note) for task in (root, *children) for note in task.notes]
    return {
        "root": item_of(world, root),
        "children": [item_of(world, child) for child in children],
        "dependencies": added(world),
        "ref_map": world.found,
        "notes": [_brief(note_of(world, task, note)) for task, note in notes],
    }


def _brief(note: dict[str, Any]) -> dict[str, Any]:
    return {name: note[name] for name in ("item_id", "key", "role", "id")}


# ---------------------------------------------------------------------------------------------- completing


class CompleteTree(Tool, frozen=True, kw_only=True):
    """Complete everything below an item, in one entry: what comes first first.

    What is finished already is skipped, and so is what refuses, with the reason; what does not wait for that is completed all
    the same.
    """

    tool = "complete_tree"

    parent_id: str

    def answer(self, desk: Desk) -> Any:
        def decide(world: World) -> Decision:
            top = record_of(world, resolve(world, self.parent_id))
            world.found = None
            if top is not None:
                yield from carry_out(world, Completing(task=top.uid))

        def show(world: World) -> Any:
            if world.found is None:
                return {"completed": [], "skipped": []}
            done = Completing(task=find(world, self.parent_id).uid).show(world)
            return _completed(world, done)

        return desk.write("tree complete", decide, show)


def _completed(world: World, done: TreeCompleted) -> dict[str, Any]:
    completed = [{"id": part.uid, "title": part.title, "new_status": _role(world, part.uid)} for part in done.completed]
    return {"completed": completed, "skipped": [_skipped(world, part) for part in (*done.ended, *done.refused)]}


def _skipped(world: World, part: Any) -> dict[str, Any]:
    told = {"id": part.uid, "title": part.title, "status": _role(world, part.uid)}
    return told | ({"reason": part.reason} if isinstance(part, RefusedPart) else {})


def _role(world: World, uid: str) -> str:
    return workflow.role(world.task(uid))
