"""`gitledger schema`: what it says of a command is what the command takes and answers."""

import json
from typing import Any

import pytest

from gitledger.cli.schema import error_schema, failure_schema, schema_of
from gitledger.errors import LedgerError
from gitledger.ops._registry import all_operations

PLAN = """\
---
goal: "Mend the door"
files: [door.py]
test_commands: ["pytest -q"]
expected_outputs: ["passed"]
acceptance_criteria: ["The door shuts."]
todos:
  - text: "Edit door.py so that it shuts."
    validation_hint: "Run pytest."
---

Oil the hinges.
"""

# Commands in an order in which each succeeds, so that every answer can be held against its schema.
STORY = [
    ["init"],
    ["status"],
    ["status", "--full", "--check"],
    ["where"],
    ["version"],
    ["version", "--full"],
    ["actor", "whoami"],
    ["task", "create", "Door", "--label", "house"],
    ["task", "create", "Hinge"],
    ["task", "activate", "1"],
    ["task", "active"],
    ["task", "list"],
    ["task", "show", "1"],
    ["task", "edit", "--priority", "high"],
    ["task", "events"],
    ["require", "add", "2"],
    ["require", "list"],
    ["require", "waive", "2", "--reason", "Not needed"],
    ["require", "list"],
    ["require", "remove", "2"],
    ["next-action"],
    ["can", "plan"],
    ["plan", "start"],
    ["lock", "show"],
    ["lock", "list"],
    ["lock", "break", "--reason", "Away"],
    ["lock", "show"],
    ["plan", "start"],
    ["question", "add", "--text", "Which door?"],
    ["question", "list"],
    ["plan", "propose", "--text", PLAN],
    ["plan", "list"],
    ["plan", "show"],
    ["plan", "lint"],
    ["plan", "accept", "--version", "1", "--note", "Go"],
    ["implement", "start"],
    ["next-action"],
    ["context", "--for", "implementer"],
    ["context", "--for", "full", "--format", "json"],
    ["implement", "change", "--path", "door.py", "--summary", "Oiled"],
    ["implement", "log", "--message", "Oiling"],
    ["implement", "show"],
    ["implement", "checklist"],
    ["todo", "add", "--text", "Paint it", "--optional"],
    ["todo", "list"],
    ["todo", "show", "1"],
    ["todo", "next"],
    ["todo", "status"],
    ["todo", "done", "1", "--evidence", "pytest"],
    ["implement", "finish", "--summary", "Shuts"],
    ["validate", "start"],
    ["validate", "check", "--criterion", "ac-0001", "--evidence", "pytest"],
    ["validate", "status"],
    ["validate", "show"],
    ["validate", "finish", "--result", "passed", "--summary", "Good"],
    ["task", "deactivate", "--reason", "Done"],
    ["log"],
    ["log", "1", "--limit", "1"],
    ["verify"],
    ["reindex"],
]


def complaints(value: Any, schema: dict[str, Any], root: dict[str, Any], path: str = "$") -> list[str]:
    """Where `value` breaks `schema`: the part of JSON Schema that is used here."""
    if "$ref" in schema:
        return complaints(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, path)
    for word in ("anyOf", "oneOf"):
        if word in schema:
            tries = [complaints(value, option, root, path) for option in schema[word]]
            return [] if [] in tries else [f"{path}: none of {word}: {min(tries, key=len)}"]
    unknown = set(schema) - _KNOWN
    assert not unknown, f"the test does not know {unknown}"
    if "const" in schema and value != schema["const"] or "enum" in schema and value not in schema["enum"]:
        return [f"{path}: {value!r} is not {schema.get('const', schema.get('enum'))!r}"]
    kinds = [schema["type"]] if isinstance(schema.get("type"), str) else schema.get("type")
    if kinds is not None and not any(_is(value, kind) for kind in kinds):
        return [f"{path}: {value!r} is not {kinds}"]
    found = []
    if isinstance(value, dict):
        properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
        found += [f"{path}: {name} is missing" for name in schema.get("required", ()) if name not in value]
        for name, item in value.items():
            if name in properties:
                found += complaints(item, properties[name], root, f"{path}.{name}")
            elif others is False:
                found.append(f"{path}: {name} is not known")
            elif isinstance(others, dict):
                found += complaints(item, others, root, f"{path}.{name}")
    if isinstance(value, list) and "items" in schema:
        for place, item in enumerate(value):
            found += complaints(item, schema["items"], root, f"{path}[{place}]")
    return found


_KNOWN = {
    *("title", "description", "default", "type", "const", "enum", "properties", "required", "additionalProperties"),
    *("items", "minimum", "maximum", "minLength", "maxLength", "x-option", "x-file-option", "$schema", "$defs"),
}


def _is(value: Any, kind: str) -> bool:
    types: dict[str, Any] = {"string": str, "array": list, "object": dict, "boolean": bool, "null": type(None)}
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, types[kind])


def references(schema: Any) -> list[str]:
    """Every `$ref` in a schema."""
    if isinstance(schema, dict):
        own = [schema["$ref"]] if "$ref" in schema else []
        return own + [ref for item in schema.values() for ref in references(item)]
    return [ref for item in schema for ref in references(item)] if isinstance(schema, list) else []


# ---------------------------------------------------------------------------------------------- the schemas


@pytest.mark.parametrize("op", all_operations(), ids=lambda op: op.command.replace(" ", "-"))
def test_every_command_has_a_schema_that_stands_by_itself(op):
    schema = schema_of(op)
    assert json.loads(json.dumps(schema)) == schema
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert {ref.removeprefix("#/$defs/") for ref in references(schema)} <= set(schema["$defs"])
    taken = schema["$defs"]["input"]
    assert list(taken["properties"]) == list(op.__struct_fields__)
    assert all(field["description"] and field["x-option"] for field in taken["properties"].values())
    assert schema["$defs"]["result"], f"{op.command}: `show` does not say what it answers"


def test_answers_are_what_the_schema_says(cli):
    schemas = {op.command: schema_of(op) for op in all_operations()}
    for line in STORY:
        result = cli(*line, "--json")
        assert result.exit_code == 0, f"{line}: {result}"
        command = result.json["command"].replace(".", " ")
        assert complaints(result.json, schemas[command], schemas[command]) == [], line
        given, shape = result.json["result"], schemas[command]["$defs"]["result"]
        if isinstance(given, dict) and "$ref" in shape:
            properties = schemas[command]["$defs"][shape["$ref"].removeprefix("#/$defs/")]["properties"]
            assert set(given) <= set(properties), line


def test_refusals_are_what_the_schema_says(cli):
    schemas = {op.command: schema_of(op) for op in all_operations()}
    for line in (["status"], ["todo", "done", "1"], ["require", "add", "x", "--task", "y"]):
        result = cli(*line, "--json")
        assert result.json["ok"] is False
        command = result.json["command"].replace(".", " ")
        assert complaints(result.json, schemas[command], schemas[command]) == []


def test_the_error_object_has_the_keys_of_errors():
    assert list(error_schema()["properties"]) == list(LedgerError("x").to_dict())
    root = {"$defs": {"error": error_schema()}}
    said = {"ok": False, "command": "x", "error": LedgerError("x", hint=("a", "b")).to_dict()}
    assert complaints(said, failure_schema({"const": "x"}), root) == []
    assert complaints({**said, "error": {}}, failure_schema({"const": "x"}), root)


# ---------------------------------------------------------------------------------------------- the command


def test_a_schema_is_printed_outside_a_repository(cli_in, tmp_path):
    result = cli_in(tmp_path)("schema", "todo", "done")
    assert result.exit_code == 0
    assert result.json["title"] == "gitledger todo done"
    assert result.json["$defs"]["input"]["required"] == ["todo"]
    assert result.json["$defs"]["input"]["properties"]["todo"]["x-option"] == "TODO"


@pytest.mark.parametrize("words", [["todo.done"], ["todo done"], ["todo", "done"]])
def test_with_json_the_schema_is_the_result(cli, words):
    answer = cli("schema", *words, "--json").json
    assert (answer["ok"], answer["command"], answer["result"]["title"]) == (True, "schema", "gitledger todo done")


def test_texts_from_files_name_their_option(cli):
    described = cli("schema", "task", "create").json["$defs"]["input"]["properties"]["description"]
    assert (described["x-option"], described["x-file-option"]) == ("--description", "--from-file")


def test_without_a_command_all_are_listed(cli):
    answer = cli("schema", "--json").json["result"]
    assert [line["command"] for line in answer["commands"]] == [op.command for op in all_operations()]
    assert (answer["total"], answer["truncated"]) == (len(all_operations()), False)
    assert all(line["summary"] for line in answer["commands"])


def test_a_noun_lists_its_commands(cli):
    assert cli("schema", "lock").stdout.splitlines() == [
        "lock show   Show who has claimed a task, for what, and until when.",
        "lock list   List the claims on all tasks, those that have run out too.",
        "lock break  End every claim on a task, whoever holds it.",
    ]


@pytest.mark.parametrize(
    ("words", "code"),
    [(["todi"], "UNKNOWN_COMMAND"), (["todo", "doen"], "UNKNOWN_COMMAND"), (["status", "x"], "UNKNOWN_COMMAND"), (["demo"], "INVALID_INPUT")],
)
def test_what_has_no_schema_is_refused(cli, words, code):
    result = cli("schema", *words, "--json")
    assert (result.exit_code, result.json["error"]["code"]) == (2, code)
    assert result.json["error"]["hint"]
