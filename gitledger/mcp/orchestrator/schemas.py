"""Note schemas: which notes items of a type, or with a tag, are asked for; as the configuration files give them."""

from typing import Any

from gitledger.mcp.orchestrator.desk import Desk
from gitledger.mcp.orchestrator.errors import Plain
from gitledger.mcp.orchestrator.forms import Tool, check_operation
from gitledger.mcp.orchestrator.shapes import record_of, resolve
from gitledger.model import workflow
from gitledger.model.policy import NoteRule
from gitledger.ops._types import Schema, missing_notes, next_role, schema_of, schemas_of
from gitledger.ops._world import World


class ManageSchemas(Tool, frozen=True, kw_only=True):
    """The note schemas, and how an item stands against its own.

    list: all of them. get: the one called schema_name. check: which required notes item_id lacks before it can be started.
    reload: read the configuration again, which every call does.
    """

    tool = "manage_schemas"

    operation: str = "list"
    schema_name: str = ""
    item_id: str = ""

    def answer(self, desk: Desk) -> Any:
        check_operation(self.operation, ("list", "get", "check", "reload"))
        return desk.read({"list": _listed, "get": self._get, "check": self._check, "reload": _reloaded}[self.operation])

    def _get(self, world: World) -> Any:
        known = schemas_of(world)
        if self.schema_name not in known:
            return {"error": f"Schema '{self.schema_name[:80]}' not found", "available": list(known)}
        return _schema(known[self.schema_name])

    def _check(self, world: World) -> Any:
        task = record_of(world, resolve(world, self.item_id))
        if task is None:
            raise Plain(f"Item {self.item_id[:80]} not found")
        schema, role = schema_of(world, task), workflow.role(task)
        if schema is None:
            return {"has_schema": False, "can_advance": True}
        target = next_role(world, task)
        if target is None:
            return {"has_schema": True, "schema": schema.name, "status": role, "can_advance": role != "blocked"}
        missing = [_note(note, is_brief=True) for note in missing_notes(world, task, target)]
        return {
            "has_schema": True,
            "schema": schema.name,
            "lifecycle": schema.says.lifecycle,
            "can_advance": not missing,
            "missing": missing,
            "guidance": missing[0]["description"] if missing else None,
        }


def _listed(world: World) -> Any:
    return {name: _schema(schema) for name, schema in schemas_of(world).items()}


def _reloaded(world: World) -> Any:
    return {"reloaded": True, "schemas": list(schemas_of(world))}


def _schema(schema: Schema) -> dict[str, Any]:
    notes = [_note(note) for note in schema.says.notes]
    return {"name": schema.name, "lifecycle": schema.says.lifecycle, "notes": notes}


def _note(note: NoteRule, *, is_brief: bool = False) -> dict[str, Any]:
    brief = {"key": note.key, "role": note.role, "description": note.description}
    return brief if is_brief else {"key": note.key, "role": note.role, "required": note.required, "description": note.description}
