"""`gitledger schema`: what it says of a command is what the command takes and answers."""

import json

import pytest

from gitledger.cli.schema import error_schema, failure_schema, schema_of
from gitledger.errors import LedgerError
from gitledger.ops._registry import all_operations
from tests.json_schema import complaints, references

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
