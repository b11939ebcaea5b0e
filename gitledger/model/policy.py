"""The team's policy, `.gitledger.yaml`: what it may say, and what holds where it says nothing."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import re

from msgspec import Struct

from gitledger.errors import InvalidInput

FILE = ".gitledger.yaml"

APPROVAL = ("any", "human")
EVIDENCE = ("any", "fresh")
COMMITS = ("off", "warn", "require")
COMMIT_PATHS = ("any", "plan")
CAPTURE = ("tail", "digest", "off")
WORKFLOWS = ("staged", "light")
CASCADES = ("start", "complete")
LIFECYCLES = ("manual", "auto", "permanent", "auto-reopen")
NOTE_ROLES = ("queue", "work", "review")
# The gates that a task type can name (design §4); each is the name of a rule. Those that hold where it names none: ops/_types.
GATES = (
    "accepted plan",
    "todos done",
    "checks passed",
    "dependencies",
    "required notes",
    "live claim",
    "evidence fresh",
)

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_LONGEST = 3660 * 86400


def parse_duration(text: str) -> int | None:
    """Seconds in `90`, `90s`, `30m`, `2h`, `7d` or `1w`; None unless it is more than 0 and at most ten years."""
    found = re.fullmatch(r"([0-9]{1,9})([smhdw]?)", text.strip().lower())
    seconds = int(found[1]) * _UNITS.get(found[2], 1) if found else 0
    return seconds if 0 < seconds <= _LONGEST else None


class NoteRule(Struct, frozen=True):
    """A note that tasks of a type have in the role `role`; a required one is due before the task leaves that role."""

    key: str
    role: str
    required: bool = False
    description: str = ""


class TaskType(Struct, frozen=True):
    """What holds for the tasks of one type. `gates` is None where the workflow's own gates hold.

    `cascades`: a light task of this type starts with its first part, completes with its last.
    """

    workflow: str = "staged"
    lifecycle: str = "manual"
    gates: tuple[str, ...] | None = None
    notes: tuple[NoteRule, ...] = ()
    cascades: tuple[str, ...] = ()


class Trailers(Struct, frozen=True):
    """The names of the trailers on source commits: the task's number for people, its uid to decide."""

    task: str = "Task"
    id: str = "Task-Id"


class Stale(Struct, frozen=True):
    """After how many seconds without a change a task counts as stale, by role."""

    queue: int = 7 * 86400
    work: int = 3 * 86400


class Policy(Struct, frozen=True):
    """`.gitledger.yaml` with its defaults. `blob` is the object id of the file it was read from, None without a file."""

    version: int = 1
    approval: str = "any"
    evidence: str = "any"
    commits: str = "off"
    commit_paths: str = "any"
    capture: str = "tail"
    trailers: Trailers = Trailers()
    stale: Stale = Stale()
    types: dict[str, TaskType] = {}
    blob: str | None = None


def parse_policy(data: bytes, blob: str | None) -> Policy:
    """Read the text of `.gitledger.yaml`; `InvalidInput` names the key that is unknown or wrong."""
    from gitledger.model import yaml

    # Every scalar as it is written: YAML would take `commits: off` for false.
    said = yaml.load(data, what=FILE, strings=True)
    return Policy(blob=blob, **_fields(said, "", _POLICY))


# ---------------------------------------------------------------------------------------------- reading

# One reader for each key: (value, key with its path) → value, or InvalidInput.
Reader = Callable[[Any, str], Any]


def _wrong(key: str, problem: str) -> InvalidInput:
    place = f"{FILE}: {key}" if key else FILE
    return InvalidInput(
        f"{place} {problem}.",
        hint=("git", "log", "--oneline", "--", FILE),
        remediation=(f"Correct {key or 'the file'} in {FILE}; the log shows who changed it last.",),
        details={"file": FILE, "key": key},
    )


def _fields(value: Any, path: str, readers: Mapping[str, Reader]) -> dict[str, Any]:
    """The values of a mapping by key; an empty one says nothing, so that its lines can be commented out."""
    if value in (None, ""):
        return {}
    if not isinstance(value, dict):
        raise _wrong(path, f"must be a mapping of {', '.join(readers)}")
    for key in value:
        if key not in readers:
            raise _wrong(_join(path, key), f"is not known; known here: {', '.join(readers)}")
    return {key: readers[key](item, _join(path, key)) for key, item in value.items()}


def _join(path: str, key: str) -> str:
    shown = key if re.fullmatch(r"[\w-]{1,60}", key) else repr(key[:60])
    return f"{path}.{shown}" if path else shown


def _one_of(choices: Sequence[str]) -> Reader:
    def read(value: Any, key: str) -> str:
        if value not in choices:
            raise _wrong(key, f"must be one of: {', '.join(choices)}")
        return value

    return read


def _version(value: Any, key: str) -> int:
    if value != "1":
        raise _wrong(key, "must be 1, the only version that this gitledger understands")
    return 1


def _flag(value: Any, key: str) -> bool:
    if not isinstance(value, str) or value.lower() not in ("true", "yes", "on", "false", "no", "off"):
        raise _wrong(key, "must be true or false")
    return value.lower() in ("true", "yes", "on")


def _duration(value: Any, key: str) -> int:
    seconds = parse_duration(value) if isinstance(value, str) else None
    if seconds is None:
        raise _wrong(key, "must be a time like 7d, 12h or 30m")
    return seconds


def _text(limit: int) -> Reader:
    def read(value: Any, key: str) -> str:
        if not isinstance(value, str) or len(value) > limit:
            raise _wrong(key, f"must be a text of at most {limit} characters")
        return value

    return read


def _name(value: Any, key: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 120 or not value.isprintable():
        raise _wrong(key, "must be one line of 1 to 120 characters")
    return value.strip()


def _trailer(value: Any, key: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,59}", value):
        raise _wrong(key, "must be the name of a trailer: letters, digits and hyphens")
    return value


def _trailers(value: Any, key: str) -> Trailers:
    trailers = Trailers(**_fields(value, key, {"task": _trailer, "id": _trailer}))
    if trailers.task.lower() == trailers.id.lower():
        raise _wrong(key, f"must name two trailers, not {trailers.task} twice")
    return trailers


def _stale(value: Any, key: str) -> Stale:
    return Stale(**_fields(value, key, {"queue": _duration, "work": _duration}))


def _list(value: Any, key: str, read: Reader) -> list[Any]:
    if value in (None, ""):
        return []
    if not isinstance(value, list):
        raise _wrong(key, "must be a list")
    return [read(item, f"{key}[{place}]") for place, item in enumerate(value)]


def _gates(value: Any, key: str) -> tuple[str, ...] | None:
    # `gates:` with every line below commented out must not open them all; `gates: []` says so.
    if value in (None, ""):
        return None
    return tuple(dict.fromkeys(_list(value, key, _gate)))


def _gate(value: Any, key: str) -> str:
    """A gate's name; hyphens and underscores stand for spaces."""
    return _one_of(GATES)(re.sub("[-_]", " ", value) if isinstance(value, str) else value, key)


def _cascades(value: Any, key: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_list(value, key, _one_of(CASCADES))))


def _note(value: Any, key: str) -> NoteRule:
    said = _fields(value, key, _NOTE)
    for needed in ("key", "role"):
        if needed not in said:
            raise _wrong(f"{key}.{needed}", "is missing")
    return NoteRule(**said)


def _notes(value: Any, key: str) -> tuple[NoteRule, ...]:
    notes = tuple(_list(value, key, _note))
    seen: set[str] = set()
    for place, note in enumerate(notes):
        if note.key in seen:
            raise _wrong(f"{key}[{place}].key", f"is given twice: {note.key!r}")
        seen.add(note.key)
    return notes


def _types(value: Any, key: str) -> dict[str, TaskType]:
    if value in (None, ""):
        return {}
    if not isinstance(value, dict):
        raise _wrong(key, "must be a mapping of task types by name")
    return {
        _name(name, _join(key, name)): TaskType(**_fields(said, _join(key, name), _TYPE)) for name, said in value.items()
    }


_NOTE: dict[str, Reader] = {
    "key": _name,
    "role": _one_of(NOTE_ROLES),
    "required": _flag,
    "description": _text(4096),
}
_TYPE: dict[str, Reader] = {
    "workflow": _one_of(WORKFLOWS),
    "lifecycle": _one_of(LIFECYCLES),
    "gates": _gates,
    "notes": _notes,
    "cascades": _cascades,
}
_POLICY: dict[str, Reader] = {
    "version": _version,
    "approval": _one_of(APPROVAL),
    "evidence": _one_of(EVIDENCE),
    "commits": _one_of(COMMITS),
    "commit_paths": _one_of(COMMIT_PATHS),
    "capture": _one_of(CAPTURE),
    "trailers": _trailers,
    "stale": _stale,
    "types": _types,
}
