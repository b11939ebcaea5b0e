"""Reading a project of taskledger 0.2.0 from its folder, and bringing it over in one entry."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar

import os
import tomllib

from gitledger.errors import InvalidInput, NotFound
from gitledger.ledger.recording import refuse_writes
from gitledger.model.taskledgerfile import (
    Bodied,
    OldBundle,
    OldChange,
    OldEvent,
    OldHandoff,
    OldIntro,
    OldLink,
    OldLock,
    OldPlan,
    OldProject,
    OldQuestion,
    OldRelease,
    OldRequirement,
    OldRun,
    OldTask,
    OldTodo,
    parse_event,
    parse_fields,
    parse_record,
)
from gitledger.ops._drive import drive
from gitledger.ops._importing_project import ImportProject
from gitledger.ops.export import ImportedProject, ImportLedger
from gitledger.store.snapshot import open_snapshot

if TYPE_CHECKING:
    from gitledger.sync.exchange import Sync

_CONFIGS = (".taskledger.toml", "taskledger.toml")
_MAX_FILE = 16 << 20
_HINT = ("gitledger", "import", "--help")

T = TypeVar("T")


def import_taskledger(sync: "Sync", op: ImportLedger) -> ImportedProject:
    """Bring the project's current ledger over; with `dry_run` only say what that would come to."""
    project = read_project(sync.path(op.source))
    wanted = ImportProject(project=project, source=op.source, lock_policy=op.lock_policy, dry_run=op.dry_run)
    if not op.dry_run:
        outcome = sync.ledger.run(wanted)
        sync.events += outcome.events
        sync.warnings += outcome.warnings
        return outcome.view
    with open_snapshot(sync.repo, sync.ledger.name, progress=sync.ledger.progress) as snapshot:
        world = sync.ledger.world_at(wanted, snapshot)
        refuse_writes(sync.ledger, wanted, snapshot)
        drive(wanted, world)
        sync.warnings += world.warnings
        return wanted.show(world)


# ---------------------------------------------------------------------------------------------- the project


def read_project(root: str) -> OldProject:
    """Everything in the current ledger of a project. Raises InvalidInput that names the file that cannot be read."""
    settings = _settings(root)
    storage = os.path.join(root, str(settings.get("taskledger_dir") or ".taskledger"))
    ledger = str(settings.get("ledger_ref") or "main")
    home = os.path.join(storage, "ledgers", ledger)
    if not os.path.isdir(home):
        raise NotFound(f"The project {root!r} has no ledger {ledger!r}: there is no folder {home!r}.", hint=_HINT)
    events: dict[str, list[OldEvent]] = {}
    for event in _events(os.path.join(home, "events")):
        events.setdefault(event.task_id, []).append(event)
    tasks = [
        _task(os.path.join(home, "tasks", name), events.pop(name, []))
        for name in _names(os.path.join(home, "tasks"))
        if os.path.isfile(os.path.join(home, "tasks", name, "task.md"))
    ]
    return OldProject(
        uuid=str(settings.get("project_uuid") or ""),
        ledger=ledger,
        tasks=tasks,
        intros=_records(os.path.join(home, "intros"), OldIntro),
        releases=[release for release, _ in _records(os.path.join(home, "releases"), OldRelease)],
        events=[event for held in events.values() for event in held],
        active=_active(home),
        others=[name for name in _names(os.path.join(storage, "ledgers")) if name != ledger],
    )


def _settings(root: str) -> dict[str, object]:
    path = next((path for path in (os.path.join(root, name) for name in _CONFIGS) if os.path.isfile(path)), None)
    if path is None:
        raise NotFound(f"{root!r} is no project of taskledger: there is no taskledger.toml.", hint=_HINT)
    try:
        return tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"{path!r} cannot be read: {error}.") from error


def _active(home: str) -> str | None:
    path = os.path.join(home, "active-task.yaml")
    if not os.path.isfile(path):
        return None
    found = parse_fields(_text(path), dict, path).get("task_id")
    return str(found) if found else None


def _task(folder: str, events: list[OldEvent]) -> OldBundle:
    texts = dict(_texts(folder))
    task, description = parse_record(_text(os.path.join(folder, "task.md")), OldTask, os.path.join(folder, "task.md"))
    lock = os.path.join(folder, "lock.yaml")

    def records(name: str, kind: type[T]) -> list[Bodied[T]]:
        return _records(os.path.join(folder, name), kind)

    return OldBundle(
        task=task,
        description=description.strip("\n"),
        plans=sorted(records("plans", OldPlan), key=lambda found: found[0].plan_version),
        questions=_alone(records("questions", OldQuestion)),
        todos=_alone(records("todos", OldTodo)),
        runs=_alone(records("runs", OldRun)),
        changes=_alone(records("changes", OldChange)),
        links=_alone(records("links", OldLink)),
        requirements=_alone(records("requirements", OldRequirement)),
        handoffs=records("handoffs", OldHandoff),
        lock=parse_fields(_text(lock), OldLock, lock) if os.path.isfile(lock) else None,
        events=events,
        texts=texts,
    )


def _alone(records: list[Bodied[T]]) -> list[T]:
    return [record for record, _ in records]


# ---------------------------------------------------------------------------------------------- files


def _names(folder: str) -> list[str]:
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def _records(folder: str, kind: type[T]) -> list[Bodied[T]]:
    """The records in a folder, by the names of their files."""
    paths = [os.path.join(folder, name) for name in _names(folder) if name.endswith(".md")]
    return [parse_record(_text(path), kind, path) for path in paths]


def _events(folder: str) -> Iterator[OldEvent]:
    for name in _names(folder):
        if name.endswith(".ndjson"):
            path = os.path.join(folder, name)
            for number, line in enumerate(_text(path).splitlines(), 1):
                if line.strip():
                    yield parse_event(line, f"{path}, line {number}")


def _texts(folder: str) -> Iterator[tuple[str, str]]:
    """Every file below a task's folder that is text, as it is; links are not followed."""
    for place, _, names in os.walk(folder):
        for name in sorted(names):
            path = os.path.join(place, name)
            if os.path.isfile(path) and not os.path.islink(path):
                text = _decoded(path)
                if text is not None:
                    yield os.path.relpath(path, folder), text


def _text(path: str) -> str:
    text = _decoded(path)
    if text is None:
        raise InvalidInput(f"{path!r} is no text in UTF-8, or larger than {_MAX_FILE} bytes.")
    return text


def _decoded(path: str) -> str | None:
    try:
        if os.stat(path).st_size > _MAX_FILE:
            return None
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except UnicodeDecodeError:
        return None
    except OSError as error:
        raise InvalidInput(f"{path!r} cannot be read: {error.strerror or error}.") from error
