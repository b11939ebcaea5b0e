"""Many tasks from one document: a root, or several, with parts of any depth, notes and dependencies, in one entry."""

from typing import Annotated, Literal

from msgspec import Struct, structs

from gitledger.errors import Conflict, InvalidInput
from gitledger.model.events import DependencyAdded, NoteSet
from gitledger.model.task import Edge
from gitledger.ops._base import Decision, Operation, on, opt
from gitledger.ops._creating import Slugs, create, draft_of
from gitledger.ops._dependencies import add_dependency, check_kind
from gitledger.ops._facts import PROGRAM
from gitledger.ops._graph import circles
from gitledger.ops._tree_document import NewDependency, NewTask, TreeDocument
from gitledger.ops._views import View, task_ref
from gitledger.ops._world import World
from gitledger.ops.batch import MAX_INPUT, check_size
from gitledger.ops.note import clean_key

_HELP = (PROGRAM, "tree", "create", "--help")


class PlantedTask(View):
    """A task that was created; `ref` as the document calls it."""

    ref: str | None
    id: str
    uid: str
    slug: str
    title: str
    parent: str | None


class PlantedDependency(View):
    """`to_id` waits for `from_id`."""

    from_id: str
    to_id: str
    type: str
    unblock_at: str


class TreeCreated(View):
    """What was created, in the order of the document. `refs`: the uid of each ref."""

    task_id: str | None
    tasks: list[PlantedTask]
    total: int
    refs: dict[str, str]
    dependencies: list[PlantedDependency]
    notes: int
    kind: Literal["tree_created"] = "tree_created"


# ---------------------------------------------------------------------------------------------- creating


class CreateTree(Operation, frozen=True, kw_only=True):
    """Create tasks with their parts, notes and dependencies from a document, in one entry: all of them, or none.

    The JSON document has a `root`, or a list of `tasks`. A task has a `title`, and may have a `ref` (its name in the
    document), `children` of the same form, `depends_on` (refs, or tasks of the ledger), `notes` ({key, body, role}) and
    what `item create` takes. `dependencies` is a list of {from, to, type, unblock_at}, where `to` waits for `from`.
    Tasks are light, where neither `workflow` nor their type says otherwise.
    """

    command = "tree create"

    tree: Annotated[TreeDocument, opt("The document as JSON.", file="--file", json=MAX_INPUT, metavar="JSON")]
    parent: Annotated[str | None, opt("The task that all of it is put under.", metavar="TASK")] = None

    def decide(self, world: World) -> Decision:
        plan = _Plan(world, world.find(self.parent).uid if self.parent is not None else None)
        world.found = plan
        yield from plan.create(self.tree)
        yield from plan.note_down()
        yield from plan.connect([*plan.named_by_tasks(), *self.tree.dependencies])
        check_size(world)

    def what(self, world: World) -> str:
        first, *others = world.found.planted
        return f"{first.task.title} and {len(others)} more" if others else first.task.title

    def show(self, world: World) -> TreeCreated:
        plan: _Plan = world.found
        tasks = [_view(world, one) for one in plan.planted]
        return TreeCreated(
            task_id=tasks[0].id if tasks else None,
            tasks=tasks,
            total=len(tasks),
            refs=plan.refs,
            dependencies=[_edge_view(world, edge) for edge in plan.edges],
            notes=sum(len(one.task.notes) for one in plan.planted),
        )


class _Planted(Struct, frozen=True):
    """A task of the document, and what it became."""

    task: NewTask
    uid: str


class _Plan:
    """What a document asks for, while it is carried out."""

    def __init__(self, world: World, above: str | None) -> None:
        self.world = world
        self.above = above
        self.planted: list[_Planted] = []
        self.refs: dict[str, str] = {}
        self.edges: list[Edge] = []

    def create(self, tree: TreeDocument) -> Decision:
        """Every task, one after the other as they stand, each before its children."""
        roots = [*([tree.root] if tree.root is not None else ()), *tree.tasks]
        if not roots:
            raise InvalidInput("The document has no `root`, and no `tasks`.", code="VALIDATION", hint=_HELP)
        slugs, number = Slugs(self.world), self.world.source.top_number()
        waiting: list[tuple[NewTask, str | None]] = [(task, self.above) for task in reversed(roots)]
        while waiting:
            task, above = waiting.pop()
            number += 1
            parent = self.uid_of(task.parent) if task.parent else above
            draft = draft_of(self.world, structs.replace(task, parent=None), _workflow_of(self.world, task))
            draft = structs.replace(draft, parent=parent)
            uid = yield from create(self.world, draft, number=number, slug=slugs.take(draft.slug, draft.title))
            self._name(task, uid)
            self.planted.append(_Planted(task, uid))
            waiting += [(child, uid) for child in reversed(task.children)]

    def _name(self, task: NewTask, uid: str) -> None:
        if task.ref is None:
            return
        if not task.ref.strip() or task.ref in self.refs:
            why = "must not be empty" if not task.ref.strip() else "names two tasks of the document"
            raise InvalidInput(f"The ref {task.ref[:80]!r} {why}.", code="VALIDATION", hint=_HELP, details={"field": "ref"})
        self.refs[task.ref] = uid

    def uid_of(self, name: str) -> str:
        """The task that a ref of the document, or else a reference of the ledger, names."""
        return self.refs[name] if name in self.refs else self.world.find(name).uid

    def note_down(self) -> Decision:
        """The notes of all tasks."""
        for one in self.planted:
            for key, note in {clean_key(note.key): note for note in one.task.notes}.items():
                yield on(one.uid, NoteSet(key=key, body=note.body, role=note.role))

    def named_by_tasks(self) -> list[NewDependency]:
        """What tasks say themselves that they depend on."""
        return [NewDependency(from_=name, to=one.uid) for one in self.planted for name in one.task.depends_on]

    def connect(self, asked: list[NewDependency]) -> Decision:
        """The dependencies. Those of tasks that are new are looked through for circles at once, for there may be many."""
        new = {one.uid for one in self.planted}
        found: dict[tuple[str, str, str], Edge] = {}
        for one in asked:
            check_kind(one.type, one.unblock_at)
            task = one.to if one.to in new else self.uid_of(one.to)
            edge = Edge(task, self.uid_of(one.from_), one.type, one.unblock_at)
            found[edge.task, edge.on, edge.type] = edge
        self.edges = list(found.values())
        if any(edge.task not in new for edge in self.edges):
            for edge in self.edges:
                other = self.world.standing(edge.on)
                assert other is not None  # it was found
                yield from add_dependency(self.world, self.world.task(edge.task), other, edge.type, edge.unblock_at)
            return
        self._refuse_circle()
        for edge in self.edges:
            yield on(edge.task, DependencyAdded(on=edge.on, kind=edge.type, unblock_at=edge.unblock_at))

    def _refuse_circle(self) -> None:
        knots = circles(self.edges)
        if knots:
            titles = {one.uid: one.task.ref or one.task.title for one in self.planted}
            shown = [titles.get(uid, uid) for uid in [*knots[0], knots[0][0]]]
            raise Conflict(
                f"These tasks would wait for each other: {' → '.join(shown if len(shown) <= 12 else [*shown[:11], '…'])}.",
                hint=_HELP,
                details={"cycle": shown},
            )


def _workflow_of(world: World, task: NewTask) -> str:
    """The task's own word, else that of its type, else light."""
    known = world.policy.types.get(task.type) if task.type else None
    return task.workflow or (known.workflow if known is not None else "light")


def _view(world: World, one: _Planted) -> PlantedTask:
    record = world.record(one.uid)
    assert record is not None  # it has just been created
    return PlantedTask(
        ref=one.task.ref,
        id=record.id,
        uid=one.uid,
        slug=record.slug,
        title=record.title,
        parent=task_ref(world, record.parent),
    )


def _edge_view(world: World, edge: Edge) -> PlantedDependency:
    return PlantedDependency(
        from_id=task_ref(world, edge.on) or edge.on,
        to_id=task_ref(world, edge.task) or edge.task,
        type=edge.type,
        unblock_at=edge.unblock_at,
    )


OPERATIONS: tuple[type[Operation], ...] = (CreateTree,)
