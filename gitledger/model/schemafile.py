"""The configuration file of task-orchestrator-py as it is: its note schemas by name, read as task types."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from gitledger.errors import InvalidInput
from gitledger.model.policy import LIFECYCLES, NoteRule, TaskType

# Where that program looks, below the folder it works in.
FILES = (".taskorchestrator/config.yaml", ".taskorchestrator/config.yml")

# Its present key, and the one before.
_KEYS = ("work_item_schemas", "note_schemas")


class OutsideTypes(Struct, frozen=True):
    """The types of tasks that the file `file` gives beside the policy's; `file` is empty where there is none."""

    file: str = ""
    types: dict[str, TaskType] = {}


def parse_schemas(data: bytes, what: str) -> dict[str, TaskType]:
    """The schemas in the order of the file, as types of light tasks. `InvalidInput` names `what` and the place that is wrong.

    As there, what is not known is passed over, and a lifecycle that is not known means `manual`. Notes are a list;
    the older forms, a mapping of notes and a list without the key `notes`, are read too.
    """
    from gitledger.model import yaml

    said = yaml.load(data, what=what)
    if said is None:
        return {}
    if not isinstance(said, dict):
        raise _wrong(what, "the file", "must be a mapping")
    key = next((key for key in _KEYS if key in said), _KEYS[0])
    schemas = said.get(key)
    if schemas is None:
        return {}
    if not isinstance(schemas, dict):
        raise _wrong(what, key, "must be a mapping of schemas by name")
    return {name: _schema(schema, f"{key}.{name}", what) for name, schema in schemas.items()}


def _schema(said: Any, place: str, what: str) -> TaskType:
    if said is None:
        said = {}
    if isinstance(said, list):
        said = {"notes": said}
    if not isinstance(said, dict):
        raise _wrong(what, place, "must be a mapping with the key notes")
    lifecycle = said.get("lifecycle")
    return TaskType(
        workflow="light",
        lifecycle=lifecycle if lifecycle in LIFECYCLES else "manual",
        notes=tuple(_note(note, f"{place}.notes[{number}]", what) for number, note in enumerate(_notes(said, place, what))),
    )


def _notes(said: dict[str, Any], place: str, what: str) -> Sequence[Any]:
    notes = said.get("notes")
    if isinstance(notes, dict):
        return list(notes.values())
    if notes:
        if not isinstance(notes, list):
            raise _wrong(what, f"{place}.notes", "must be a list")
        return notes
    return [value for value in said.values() if isinstance(value, dict) and "key" in value]


def _note(said: Any, place: str, what: str) -> NoteRule:
    if not isinstance(said, dict):
        raise _wrong(what, place, "must be a mapping with key and role")
    for needed in ("key", "role"):
        if not isinstance(said.get(needed), str) or not said[needed].strip():
            raise _wrong(what, f"{place}.{needed}", "is missing")
    description = said.get("description")
    return NoteRule(
        key=said["key"].strip(),
        role=said["role"],
        required=bool(said.get("required")),
        description=description if isinstance(description, str) else "",
    )


def _wrong(what: str, place: str, problem: str) -> InvalidInput:
    return InvalidInput(
        f"{what}: {place} {problem}.",
        hint=("gitledger", "types", "--help"),
        remediation=(f"Correct {place} in {what}.",),
        details={"file": what, "key": place},
    )
