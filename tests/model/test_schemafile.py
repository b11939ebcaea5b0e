"""The configuration file of task-orchestrator-py: read as it is, its older forms too."""

import pytest

from gitledger.errors import InvalidInput
from gitledger.model.policy import NoteRule, TaskType
from gitledger.model.schemafile import parse_schemas

FILE = "config.yaml"
BRIEF = NoteRule("brief", "queue", True, "What and why")


def parsed(text: str) -> dict[str, TaskType]:
    return parse_schemas(text.encode(), FILE)


def test_schemas_are_read_in_the_order_of_the_file():
    text = """
work_item_schemas:
  task:
    lifecycle: auto
    notes:
      - {key: brief, role: queue, required: true, description: What and why}
      - {key: done, role: work}
  bug: {lifecycle: permanent}
other: ignored
"""
    found = parsed(text)
    assert list(found) == ["task", "bug"]
    assert found["task"] == TaskType(workflow="light", lifecycle="auto", notes=(BRIEF, NoteRule("done", "work")))
    assert found["bug"] == TaskType(workflow="light", lifecycle="permanent")


@pytest.mark.parametrize(
    "schema",
    [
        "{any: {key: brief, role: queue, required: true, description: What and why}}",
        "{notes: {any: {key: brief, role: queue, required: true, description: What and why}}}",
        "[{key: brief, role: queue, required: true, description: What and why}]",
    ],
)
@pytest.mark.parametrize("key", ["work_item_schemas", "note_schemas"])
def test_the_older_forms_are_read(key, schema):
    assert parsed(f"{key}: {{task: {schema}}}") == {"task": TaskType(workflow="light", notes=(BRIEF,))}


def test_the_present_key_comes_first_and_nothing_said_is_nothing():
    assert list(parsed("note_schemas: {old: {}}\nwork_item_schemas: {new: {}}")) == ["new"]
    for text in ("", "other: 1", "work_item_schemas:"):
        assert parsed(text) == {}


def test_what_is_not_known_there_is_passed_over():
    found = parsed("work_item_schemas: {a: {lifecycle: whenever, notes: [{key: k, role: later, skill: s}], more: 1}}")
    assert found == {"a": TaskType(workflow="light", notes=(NoteRule("k", "later"),))}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[1]", "the file"),
        ("work_item_schemas: [task]", "work_item_schemas"),
        ("work_item_schemas: {a: 1}", "work_item_schemas.a"),
        ("work_item_schemas: {a: {notes: text}}", "work_item_schemas.a.notes"),
        ("work_item_schemas: {a: {notes: [text]}}", "work_item_schemas.a.notes[0]"),
        ("work_item_schemas: {a: {notes: [{key: k}]}}", "work_item_schemas.a.notes[0].role"),
        ("work_item_schemas: {a: {notes: [{role: work}]}}", "work_item_schemas.a.notes[0].key"),
    ],
)
def test_what_is_wrong_is_named(text, key):
    with pytest.raises(InvalidInput) as caught:
        parsed(text)
    assert caught.value.details == {"file": FILE, "key": key}
    assert caught.value.message.startswith(f"{FILE}: {key} ") and caught.value.hint
