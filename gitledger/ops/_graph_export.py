"""The work graph as one JSON document in the form of task-orchestrator-py, which it and `graph import` read."""

from typing import Annotated, Any, Literal

import json

from gitledger.model.task import Task, edges_of
from gitledger.ops._base import Operation, opt
from gitledger.ops._interchange import dependency_of, item_of, moment, note_of
from gitledger.ops._views import View
from gitledger.ops._world import World

# The version that the reference writes, whatever its own.
VERSION = "0.8.0"


class GraphExport(View):
    """Items, notes and dependencies by the reference's names. Times are ISO 8601, ids the uids of tasks."""

    items: list[dict[str, Any]]
    notes: list[dict[str, Any]]
    dependencies: list[dict[str, Any]]
    exported_at: str | None
    version: str
    output_path: str | None
    kind: Literal["graph_export"] = "graph_export"

    def document(self) -> dict[str, Any]:
        """What the reference reads."""
        return {name: getattr(self, name) for name in ("items", "notes", "dependencies", "exported_at", "version")}

    def written(self) -> tuple[str, str]:
        """The file that a face has to write: path and text."""
        return self.output_path or "-", json.dumps(self.document(), indent=2, ensure_ascii=False) + "\n"


class ExportGraph(Operation, frozen=True, kw_only=True):
    """Write tasks, notes and dependencies as one JSON document, in the form of task-orchestrator-py.

    It is for other programs: a task of stages is there as its role (queue, work, review, done). `gitledger export` keeps
    everything, and `graph import` reads this. With --label only the tasks with one of the labels, with their notes and the
    dependencies among them.
    """

    command = "graph export"
    writes = False

    labels: Annotated[list[str], opt("Only tasks with this label; repeated: with any of them.", name="--label")] = []
    output: Annotated[str | None, opt("The file to write; left out, standard output.", metavar="FILE", output=True)] = None
    overwrite: Annotated[bool, opt("Write over a file that is there and differs.")] = False

    def show(self, world: World) -> GraphExport:
        rows = world.source.rows(archived=True)
        wanted = [row.uid for row in rows if not self.labels or not set(self.labels).isdisjoint(row.labels)]
        records = [record for record in map(world.record, wanted) if record is not None]
        return exported(world, records, self.output)


def exported(world: World, records: list[Task], output: str | None = None) -> GraphExport:
    """The graph of these tasks: with the dependencies among them alone."""
    known = {task.uid for task in records}
    dependencies = []
    for task in records:
        kept = {(dep.on, dep.type): dep for dep in task.dependencies}
        dependencies += [dependency_of(edge, kept.get((edge.on, edge.type))) for edge in edges_of(task) if edge.on in known]
    return GraphExport(
        items=[item_of(world, task) for task in records],
        notes=[note_of(world, task, note) for task in records for note in task.notes],
        dependencies=dependencies,
        exported_at=moment(world.now),
        version=VERSION,
        output_path=output,
    )


OPERATIONS: tuple[type[Operation], ...] = (ExportGraph,)
