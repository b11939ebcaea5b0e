"""Taking a work graph over from one JSON document: everything in one entry, or nothing."""

from typing import Annotated, Any, Literal
from uuid import UUID, uuid5

from msgspec import Struct, convert, to_builtins

from gitledger.errors import Conflict, NotFound
from gitledger.model.events import DependencyAdded, NoteSet, TaskDeleted, TaskImported
from gitledger.model.task import Edge, Task
from gitledger.model.texts import task_md
from gitledger.ops._base import Decision, Operation, on, opt
from gitledger.ops._creating import Slugs
from gitledger.ops._dependencies import dependency_on
from gitledger.ops._facts import PROGRAM
from gitledger.ops._graph import circles, names_of
from gitledger.ops._graph_document import (
    DependencyGiven,
    GraphDocument,
    ItemGiven,
    NoteGiven,
    check_id,
    description_of,
    fields_of,
    moment_of,
    wrong,
)
from gitledger.ops._notes import find_note
from gitledger.ops._views import View
from gitledger.ops._world import World
from gitledger.ops.batch import MAX_INPUT, check_size
from gitledger.ops.note import clean_key

_HELP = (PROGRAM, "graph", "import", "--help")


class GraphImported(View):
    """What was imported. `known` items were here already, and were left as they are; `deleted` were not in the document."""

    mode: str
    items: int
    notes: int
    dependencies: int
    known: int
    deleted: int
    tasks: list[str]
    truncated: bool
    changed: bool
    warnings: list[str]
    kind: Literal["graph_imported"] = "graph_imported"


class ImportGraph(Operation, frozen=True, kw_only=True):
    """Take over tasks, notes and dependencies from a JSON document of `graph export`, or of task-orchestrator-py.

    Everything in one entry, or nothing. Ids become uids, and times and statuses are kept. With `merge` what is here
    already stays as it is; with `replace` it becomes what the document says, and light tasks that the document does
    not have are deleted (which hides them; their events stay). Tasks of stages are never changed.
    """

    command = "graph import"

    graph: Annotated[GraphDocument, opt("The document as JSON.", file="--file", json=MAX_INPUT, metavar="JSON")]
    mode: Annotated[Literal["merge", "replace"], opt("What becomes of tasks that are here.")] = "merge"

    def decide(self, world: World) -> Decision:
        importing = _Import(world, self.graph, is_replacing=self.mode == "replace")
        world.found = importing
        yield from importing.take_tasks()
        yield from importing.take_over_the_rest()
        if self.mode == "replace":
            yield from importing.delete_others()
        check_size(world)

    def what(self, world: World) -> str:
        return f"{len(world.found.taken)} items from a document"

    def show(self, world: World) -> GraphImported:
        found: _Import = world.found
        names = names_of(world, found.taken)
        return GraphImported(
            mode=self.mode,
            items=len(found.taken),
            notes=found.notes_taken,
            dependencies=found.dependencies_taken,
            known=found.known,
            deleted=found.deleted,
            tasks=names[:100],
            truncated=len(names) > 100,
            changed=world.changed,
            warnings=list(world.warnings),
        )


class _Parts(Struct):
    """What the document says of one item beside the item itself."""

    notes: dict[str, NoteGiven]
    needs: dict[tuple[str, str], DependencyGiven]


class _Import:
    """A document while it is carried out. What it says is looked through as a whole before anything is recorded."""

    def __init__(self, world: World, graph: GraphDocument, *, is_replacing: bool) -> None:
        self.world = world
        self.is_replacing = is_replacing
        self.items = {check_id(item.id): item for item in graph.items}
        if len(self.items) < len(graph.items):
            raise wrong("id", "An id stands for two items of the document.")
        self.parts = {uid: _Parts({}, {}) for uid in self.items}
        self.taken: list[str] = []
        self.notes_taken = self.dependencies_taken = self.known = self.deleted = 0
        self._who = to_builtins(world.actor.brief())
        self._sort_out(graph)
        self._check_parents()
        self._check_circles()

    # ---------------------------------------------------------------- what the document says

    def _sort_out(self, graph: GraphDocument) -> None:
        for note in graph.notes:
            self._parts_of(note.item_id, "item_id").notes[clean_key(note.key)] = note
        for dep in graph.dependencies:
            if dep.from_id == dep.to_id:
                raise wrong("from_id", f"{dep.from_id} cannot depend on itself.")
            if dep.dep_type != "blocks" and dep.unblock_at != "done":
                raise wrong("unblock_at", "Only a dependency that blocks says from when it no longer does.")
            self._parts_of(dep.from_id, "from_id")
            self._parts_of(dep.to_id, "to_id").needs[dep.from_id, dep.dep_type] = dep

    def _parts_of(self, uid: str, field: str) -> _Parts:
        """What belongs to an item of the document, or to a task that is here."""
        if uid not in self.parts:
            if self._record(check_id(uid, field)) is None:
                raise NotFound(f"There is no item {uid}.", hint=_HELP, details={"field": field})
            self.parts[uid] = _Parts({}, {})
        return self.parts[uid]

    def _record(self, uid: str) -> Task | None:
        """The task that is here, unless it was deleted."""
        record = self.world.record(uid)
        return record if record is not None and record.deleted_at is None else None

    def _check_parents(self) -> None:
        fine: set[str] = set()
        for uid in self.items:
            seen: dict[str, None] = {}
            above: str | None = uid
            while above and above not in fine:
                if above in seen:
                    raise Conflict("Items of the document lie below themselves.", hint=_HELP, details={"cycle": [*seen, above]})
                seen[above] = None
                item = self.items.get(above)
                if item is None and self._record(check_id(above, "parent_id")) is None:
                    raise NotFound(f"There is no item {above}.", hint=_HELP, details={"field": "parent_id"})
                above = item.parent_id if item is not None else None
            fine.update(seen)

    def _check_circles(self) -> None:
        """Two tasks that wait for each other would wait for ever; those that a merge made are not looked at here."""
        here = [] if self.is_replacing else self.world.source.graph().edges()
        new = [Edge(uid, on, kind, dep.unblock_at) for uid, part in self.parts.items() for (on, kind), dep in part.needs.items()]
        for knot in circles([*here, *new]):
            if not self.parts.keys().isdisjoint(knot):
                raise Conflict("Items would wait for each other.", hint=_HELP, details={"cycle": names_of(self.world, [*knot, knot[0]])})

    # ---------------------------------------------------------------- what is recorded

    def take_tasks(self) -> Decision:
        """The items, the oldest first, as they came to be."""
        slugs, number = Slugs(self.world), self.world.source.top_number()
        for item in sorted(self.items.values(), key=lambda item: moment_of(item.created_at, "created_at", self.world.now)):
            old = self.world.record(item.id)
            if not self._is_wanted(old):
                continue
            record = self._record_of(item, old)
            if old is None or old.deleted_at is not None:
                number += old is None
                record["number"] = number if old is None else old.number
                record["slug"] = slugs.take(None, record["title"])
            texts = {"task.md": task_md(record["title"], description_of(item))}
            parts = self.parts[item.id]
            record["dependencies"] = [self._dependency(item.id, dep) for dep in parts.needs.values()]
            record["notes"] = [self._note(place, note, texts) for place, note in enumerate(parts.notes.values())]
            if old is not None and old.deleted_at is None and self._says_nothing_new(old, record, texts):
                self.known += 1
                continue
            yield on(item.id, TaskImported(record=record, texts=texts, origin="task-orchestrator-py"))
            self.taken.append(item.id)
            self.notes_taken += len(record["notes"])
            self.dependencies_taken += len(record["dependencies"])

    def _is_wanted(self, old: Task | None) -> bool:
        if old is None or old.deleted_at is not None:
            return True
        self.known += not self.is_replacing or old.workflow == "staged"
        if self.is_replacing and old.workflow == "staged":
            self.world.warnings.append(f"{old.id} goes through stages, and was left as it is.")
        return self.is_replacing and old.workflow != "staged"

    def _record_of(self, item: ItemGiven, old: Task | None) -> dict[str, Any]:
        kept = to_builtins(old) if old is not None and old.deleted_at is None else {"creator": self._who}
        given = fields_of(item, self.world.now, self._who)
        return {name: value for name, value in {**kept, **given}.items() if value not in (None, "", [], {})} | {
            "title": given["title"]
        }

    def _dependency(self, uid: str, dep: DependencyGiven) -> dict[str, Any]:
        return {
            "id": uuid5(UUID(uid), f"{dep.dep_type} {dep.from_id}").hex[:20],
            "on": dep.from_id,
            "type": dep.dep_type,
            "unblock_at": dep.unblock_at,
            "added_at": moment_of(dep.created_at, "created_at", self.world.now),
        }

    def _note(self, place: int, note: NoteGiven, texts: dict[str, str]) -> dict[str, Any]:
        name = f"note-{place}"
        texts[name] = note.body
        created = moment_of(note.created_at, "created_at", self.world.now)
        updated = moment_of(note.updated_at, "updated_at", created)
        return {
            **{"key": clean_key(note.key), "role": note.role, "file": name, "by": self._who},
            **{"created_at": created, "updated_at": updated},
        }

    def _says_nothing_new(self, old: Task, record: dict[str, Any], texts: dict[str, str]) -> bool:
        new = convert(record, Task)
        if [self.world.text(old, note.file) for note in old.notes] != [f"{texts[note.file]}\n" for note in new.notes]:
            return False
        if self.world.text(old, "task.md") != texts["task.md"]:
            return False
        return all(_plain(getattr(old, name)) == _plain(getattr(new, name)) for name in Task.__struct_fields__)

    def take_over_the_rest(self) -> Decision:
        """Notes and dependencies of tasks that were here before, and stay: those that they do not have."""
        taken = set(self.taken)
        for uid, parts in self.parts.items():
            task = self._record(uid)
            if uid in taken or task is None or (self.is_replacing and uid in self.items):
                continue
            for key, note in parts.notes.items():
                if find_note(task, key) is None:
                    yield on(uid, NoteSet(key=key, body=note.body, role=note.role))
                    self.notes_taken += 1
            for (other, kind), dep in parts.needs.items():
                if dependency_on(task, other, kind) is None:
                    yield on(uid, DependencyAdded(on=other, kind=kind, unblock_at=dep.unblock_at))
                    self.dependencies_taken += 1

    def delete_others(self) -> Decision:
        """Light tasks that the document does not have."""
        for row in self.world.source.rows(archived=True):
            if row.uid not in self.items and row.workflow == "light":
                yield on(row.uid, TaskDeleted(reason="it is not in the document that replaced the graph"))
                self.deleted += 1
            elif row.uid not in self.items:
                self.world.warnings.append(f"{row.id} goes through stages, and was kept.")


def _plain(value: Any) -> Any:
    """A value of a record, without where the texts of notes lie and who wrote them."""
    if isinstance(value, list):
        return [
            {name: held for name, held in to_builtins(one).items() if name not in ("file", "by", "id")}
            if isinstance(one, Struct)
            else one
            for one in value
        ]
    return to_builtins(value)


OPERATIONS: tuple[type[Operation], ...] = (ImportGraph,)
