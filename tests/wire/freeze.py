"""Write the frozen examples of event types, and the frozen ledger of a fold version, that are not there yet: `python -m tests.wire.freeze`.

    python -m tests.wire.freeze                 every example that is missing
    python -m tests.wire.freeze handoff.created the examples of that type; refused when they are there

Nothing that is there is ever overwritten: these files are what ledgers out in the world hold. A new type, or a fold that
makes something else of the same events, is a new fold version.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from hashlib import sha256
from types import UnionType

import sys

from msgspec import NODEFAULT, Struct, UnsetType, structs, to_builtins

from gitledger.model import codec, fold
from gitledger.model.codec import Event, LedgerInfo
from gitledger.model.events import PAYLOADS, Payload
from gitledger.model.task import Actor, Hold, Note, Plan, Task
from gitledger.store.tree import task_directory
from tests.wire.story import BOOK_STORY, TASK_STORY

HERE = Path(__file__).parent
EVENTS = HERE / "events"
RECORDS = HERE / "records"

UID = "3f9c2ab1-d0e4-4b7a-9c55-0a1b2c3d4e5f"
OTHER = "7b0d4c11-52aa-4f6e-8d9b-6c5d4e3f2a1b"
LEDGER = "c0ffee00-1111-4222-8333-944455556666"
AT = "2026-11-20T10:15:00.123456Z"
ADA = Actor(type="user", name="ada", session="terminal-1", host="workshop", pid=4711, person="Ada <ada@example.org>")
AGENT = Actor(
    type="agent",
    name="agent-1",
    role="implementer",
    harness="example-harness",
    session="session-1",
    host="workshop",
    pid=4712,
    person="Ada <ada@example.org>",
    worktree="0badcafe",
)
BOOK = ("ledger.", "workspace.", "release.", "intro.created")


def some_id(name: str) -> str:
    """An event id that looks like one, and differs for every name."""
    return sha256(name.encode()).hexdigest()[:20]


def some_object(name: str) -> str:
    """A git object id that looks like one."""
    return sha256(name.encode()).hexdigest()[:40]


# Where the name of a field says more than its type.
_VALUES: dict[str, Any] = {
    "uid": LEDGER,
    "parent": OTHER,
    "on": OTHER,
    "previous": {"task.renumbered": 30, "task.activated": OTHER, "release.tagged": "1.3.0"},
    "boundary": OTHER,
    "next": OTHER,
    "status": "of-this-type",
    "lease_s": 7200,
    "complexity": 7,
    "due": "2026-12-24T12:00:00.000000Z",
    "next_run_at": "2026-12-01T03:00:00.000000Z",
    "schedule": "0 3 * * *",
    "digest": "sha256:" + sha256(b"plan").hexdigest(),
    "output_digest": "sha256:" + sha256(b"output").hexdigest(),
    "answers_hash": "sha256:" + sha256(b"answers").hexdigest(),
    "properties": {"estimate": 3, "nested": {"list": [1, "two", True, None]}, "removed": None},
    "meta": {"sprint": 12, "reviewed": True, "team": "core", "removed": None},
    "texts": {"task.md": "# Imported\n\nIts description.\n", "plans/1.md": "The body.\n", "notes/prd.md": "The note.\n"},
}
_EVENT_IDS = ("plan", "run", "todo", "question", "claim", "change", "supersedes", "based_on", "resumes", "over", "questions", "handoff", "intro", "source_run", "released_claim")
_OBJECT_IDS = ("tip", "head", "commit", "tree", "tree_all", "before", "after", "policy", "replaces")


def _value(type_name: str, name: str, kind: Any) -> Any:
    if get_origin(kind) in (Union, UnionType):
        kind = next(option for option in get_args(kind) if option not in (UnsetType, type(None)))
    if name == "record":
        return to_builtins(_record())
    held = _VALUES.get(name)
    if isinstance(held, dict) and type_name in held:
        return held[type_name]
    if name == "previous":
        return "implementing"
    if held is not None:
        return held
    if get_origin(kind) is list:
        return [_item(type_name, name, get_args(kind)[0], place) for place in (1, 2)]
    return _item(type_name, name, kind, 1)


def _item(type_name: str, name: str, kind: Any, place: int) -> Any:
    if isinstance(kind, type) and issubclass(kind, Struct):
        return kind(**_fields(type_name, kind, required_only=False))
    if kind is bool:
        return True
    if kind is int:
        return 30 + len(name) + place
    if name in _EVENT_IDS:
        return some_id(f"{name} {place}")
    if name in _OBJECT_IDS:
        return some_object(f"{name} {place}")
    return f'{name} {place}: Grüße, "quoted" \\ and\ta tab\nand a line'


def _fields(type_name: str, kind: type[Struct], *, required_only: bool) -> dict[str, Any]:
    return {
        field.name: _value(type_name, field.name, field.type)
        for field in structs.fields(kind)
        if not required_only or (field.default is NODEFAULT and field.default_factory is NODEFAULT)
    }


def _record() -> Task:
    """A record as another ledger may have had it; its file names are its own affair."""
    by = ADA.brief()
    return Task(
        uid=OTHER,
        number=7,
        slug="imported",
        title="Imported",
        status="implementing",
        priority="high",
        creator=by,
        created_at="2025-01-02T03:04:05.000006Z",
        updated_at="2025-02-03T04:05:06.000007Z",
        accepted_plan=some_id("imported plan"),
        plans=[Plan(some_id("imported plan"), 1, "accepted", AT, by, "sha256:0", "plans/1.md", goal="A goal")],
        notes=[Note("PRD", "queue", "notes/prd.md", AT, AT, by)],
        hold=Hold(AT, by, "waiting", "implementing"),
    )


def full(type_name: str) -> Event:
    """The example of a type with every field of envelope and payload."""
    payload = PAYLOADS[type_name](**_fields(type_name, PAYLOADS[type_name], required_only=False))
    return _seal(payload, clock=42, after=(some_id("one"), some_id("two")), actor=AGENT, request="request-1")


def minimal(type_name: str) -> Event:
    """The example of a type with what is required and nothing else."""
    payload = PAYLOADS[type_name](**_fields(type_name, PAYLOADS[type_name], required_only=True))
    return _seal(payload, clock=1, after=(), actor=Actor(type="user", name="ada"), request=None)


def _seal(payload: Payload, *, clock: int, after: Iterable[str], actor: Actor, request: str | None) -> Event:
    task = None if payload.type_name.startswith(BOOK) else UID
    return codec.seal(
        payload,
        task=task,
        clock=clock,
        after=tuple(after),
        nonce="5be1c07a",
        at=AT,
        op=payload.type_name.replace(".", " "),
        actor=actor,
        request=request,
    )


# ---------------------------------------------------------------------------------------------- the story


def tell(story: Any, uid: str | None) -> list[Event]:
    """The events of a story: (name, payload of the ids so far, who) in turn; a name after `|` has seen only `seen`."""
    events: list[Event] = []
    ids: dict[str, str] = {}
    for place, (name, make, who, seen) in enumerate(story, start=1):
        known = [event for event in events if seen is None or event.id in {ids[item] for item in seen}]
        named = {earlier for event in known for earlier in event.after} if seen is None else set()
        payload = make(ids)
        event = codec.seal(
            payload,
            task=uid,
            clock=1 + max((event.clock for event in known), default=0),
            after=tuple(event.id for event in known if event.id not in named),
            nonce=f"{place:08x}",
            at=f"2026-11-20T10:{place // 60:02d}:{place % 60:02d}.000000Z",
            op=payload.type_name.replace(".", " "),
            actor={"ada": ADA, "agent": AGENT}[who],
        )
        ids[name] = event.id
        events.append(event)
    return events


def ledger_files() -> dict[str, bytes]:
    """The whole tree of the story's ledger, by path."""
    files: dict[str, bytes | None] = {
        "ledger.json": codec.encode_ledger(LedgerInfo(codec.FORMAT_VERSION, codec.FOLD_VERSION, LEDGER))
    }
    book, task = tell(BOOK_STORY, None), tell(TASK_STORY, UID)
    state = fold.fold(task)
    folder = task_directory(state.task.number, UID, archived=state.task.archived_at is not None)
    for where, events, derived in (
        ("book", book, fold.files(fold.fold_book(book))),
        (folder, task, fold.files(state)),
    ):
        files |= {f"{where}/{name}": data for name, data in derived.items()}
        files |= {f"{where}/events/{codec.file_name(event)}": event.raw for event in events}
    return {path: data for path, data in files.items() if data is not None}


# ---------------------------------------------------------------------------------------------- the command


def freeze(path: Path, raw: bytes) -> None:
    """Write a new frozen file. Raises FileExistsError where there is one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(raw)
    print(f"frozen {path.relative_to(HERE)}")


def main(names: list[str]) -> int:
    """Freeze the types named, or whatever is missing."""
    for name in names or sorted(PAYLOADS):
        for path, event in ((EVENTS / f"{name}.json", full), (EVENTS / f"{name}.min.json", minimal)):
            if path.exists() and not names:
                continue
            try:
                freeze(path, event(name).raw)
            except FileExistsError:
                print(f"{path.relative_to(HERE)} is frozen: nothing that has shipped is ever changed.", file=sys.stderr)
                return 1
    records = RECORDS / str(codec.FOLD_VERSION)
    if not records.exists():
        for path, raw in ledger_files().items():
            freeze(records / path, raw)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
