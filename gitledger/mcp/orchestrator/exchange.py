"""The whole graph as one JSON document, written and read."""

from typing import Any

import msgspec

from gitledger.errors import LedgerError
from gitledger.mcp.orchestrator.desk import Desk, carry_out
from gitledger.mcp.orchestrator.errors import Plain, invalid
from gitledger.mcp.orchestrator.forms import Json, Tool, decode
from gitledger.mcp.orchestrator.scope import tags_in
from gitledger.ops._base import Decision
from gitledger.ops._graph_document import GraphDocument
from gitledger.ops._graph_export import ExportGraph as Exporting
from gitledger.ops._graph_import import ImportGraph as Importing
from gitledger.ops._interchange import words_of
from gitledger.ops._world import World

_MODES = ("merge", "replace")


class ExportGraph(Tool, frozen=True, kw_only=True):
    """The graph as one JSON document: items, notes and dependencies, which import_graph reads.

    workspace or else tags (a comma list, any of them) narrow it down to items, their notes and the dependencies between them.
    """

    tool = "export_graph"

    workspace: str = ""
    tags: str = ""

    def answer(self, desk: Desk) -> Any:
        tags = tags_in(desk, self.workspace) or frozenset(words_of(self.tags))
        return desk.read(lambda world: exported(world, tags))


def exported(world: World, tags: frozenset[str]) -> dict[str, Any]:
    """The document of the items with one of these tags; of all, without any."""
    return Exporting(labels=sorted(tags)).show(world).document()


class ImportGraph(Tool, frozen=True, kw_only=True):
    """Take a document of export_graph over: all of it in one entry, or nothing.

    mode merge: what is here already stays as it is. replace: it becomes what the document says, and items that the document does
    not have are deleted. counts are of what there is afterwards.
    """

    tool = "import_graph"

    data_json: Json
    mode: str = "merge"

    def answer(self, desk: Desk) -> Any:
        if self.mode not in _MODES:
            raise invalid("mode", f"Invalid mode: {self.mode[:40]}. Must be one of: {', '.join(_MODES)}")
        take_over(desk, decode(self.data_json, "data_json"), self.mode)
        return {"imported": True, "mode": self.mode, "counts": desk.read(_counts)}


def take_over(desk: Desk, said: Any, mode: Any) -> None:
    """Import a document. Raises Plain where it is none, or holds what cannot be."""
    try:
        op = Importing(graph=msgspec.convert(said, GraphDocument), mode=mode)
    except msgspec.ValidationError as error:
        raise Plain(f"This is no document of export_graph: {error}.") from None

    def decide(world: World) -> Decision:
        try:
            yield from carry_out(world, op)
        except LedgerError as error:
            raise Plain(f"{error.message} Nothing was imported.") from None

    desk.write(op.command, decide, lambda world: None)


def _counts(world: World) -> dict[str, int]:
    records = (world.record(row.uid) for row in world.source.rows_with("notes"))
    return {
        "items": len(world.source.rows(archived=True)),
        "notes": sum(len(record.notes) for record in records if record is not None),
        "dependencies": len(world.source.graph().edges()),
    }
