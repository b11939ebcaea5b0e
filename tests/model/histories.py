"""Random histories of one task: every event type, with so few ids, keys and values that references hit and writers collide."""

from collections.abc import Iterable, Sequence
from random import Random
from typing import Any, Union, get_args, get_origin

from types import UnionType

from hypothesis import strategies as st
from msgspec import NODEFAULT, Struct, UnsetType, structs

from gitledger.model import codec
from gitledger.model.apply import APPLY_BOOK
from gitledger.model.codec import Event
from gitledger.model.events import PAYLOADS, Payload
from gitledger.model.task import Actor

UID = "3f9c2ab1-d0e4-4b7a-9c55-0a1b2c3d4e5f"
OTHER_UID = "77aa0000-d0e4-4b7a-9c55-0a1b2c3d4e5f"
START = "2026-11-20T10:00:00.000000Z"

ADA = Actor(type="user", name="ada", session="s-1", host="h", person="Ada <ada@example.org>")
BOB = Actor(type="agent", name="bob", role="implementer", harness="example-harness", host="h", pid=7, worktree="0badcafe")
EVE = Actor(type="agent", name="bob", host="other", worktree="0badcafe")
ACTORS = (ADA, BOB, EVE)

BOOK_TYPES = tuple(name for name in PAYLOADS if name in APPLY_BOOK)
TASK_TYPES = tuple(name for name in PAYLOADS if name not in BOOK_TYPES)

# Which event type creates the item that a field refers to.
_CREATED_BY = {
    "run": "run.started",
    "based_on": "run.started",
    "resumes": "run.started",
    "plan": "plan.proposed",
    "supersedes": "plan.proposed",
    "todo": "todo.added",
    "subject": "todo.added",
    "question": "question.added",
    "questions": "question.added",
    "claim": "claim.taken",
    "over": "claim.taken",
    "change": "change.recorded",
    "evidence": "evidence.recorded",
    "handoff": "handoff.created",
    "source_run": "run.started",
    "released_claim": "claim.taken",
}
_DANGLING = "0123456789abcdef0123"

_WORDS = ("", "a", "b", "two\nlines\n", "# heading\n\ntext", " blank ", "Ä\u2028\u202e\x1b[31m", 'quote " \\ slash')
_NAMES: dict[str, Sequence[Any]] = {
    "status": ("draft", "planning", "implementing", "done", "cancelled", "of another version"),
    "key": ("prd", "Research/α", "../../task", "k" * 200),
    "on": (UID, OTHER_UID),
    "parent": (UID, OTHER_UID),
    "commit": ("1" * 40, "2" * 40),
    "replaces": ("1" * 40, "2" * 40),
    "version": (1, 2),
    "number": (1, 2, 3),
    "previous": ("draft", "implementing"),
    "name": ("one", "two"),
    "path": ("src/a.py", "src/b.py", "../c"),
    "url": ("https://example.org/a", "https://example.org/b"),
    "kind": ("planning", "implementation", "message", "blocks"),
    "lease_s": (0, 60, 7200, -5, 1 << 52),
    "labels": ("x", "y"),
    "add_labels": ("x", "y", "z"),
    "remove_labels": ("x", "y"),
    "result": ("finished", "passed", "failed", "aborted", "odd"),
    "title": ("Title", "Two\nlines", "# marked", " ", "  wide   title "),
    "unblock_at": ("done", "review"),
}
_TIMES = (
    START,
    "2026-11-20T10:30:00.000000Z",
    "2026-11-20T11:59:59.999999Z",
    "2026-11-20T09:00:00.000000+05:30",
    "2031-01-01T00:00:00.000000Z",
    "9999-12-31T23:59:59.999999Z",
    "0001-01-01T00:00:00.000000Z",
    "yesterday",
    "",
)
_OBJECTS: Sequence[dict[str, Any]] = ({}, {"a": 1}, {"b": [True, {"deep": None}], "a": "text"}, {"a": None, "c": "x"})
_SCALARS: Sequence[dict[str, Any]] = ({}, {"a": 1}, {"a": None, "b": "text"}, {"c": True})


# ---------------------------------------------------------------------------------------------- writing by hand


class Pen:
    """Writes the events of one task, as `ops._base.drive` seals them."""

    def __init__(self, uid: str | None = UID) -> None:
        self.uid = uid
        self.events: list[Event] = []

    def write(
        self,
        payload: Payload,
        *,
        seen: Iterable[Event] | None = None,
        by: Actor = ADA,
        at: str = START,
        clock: int | None = None,
    ) -> Event:
        """Seal `payload` as somebody who has seen `seen` (all so far when not given) and what those had seen."""
        ancestry = closure(self.events if seen is None else seen, self.events)
        event = codec.seal(
            payload,
            task=self.uid,
            clock=1 + max((known.clock for known in ancestry), default=0) if clock is None else clock,
            after=heads(ancestry),
            nonce=f"{len(self.events):08x}",
            at=at,
            op="test",
            actor=by,
        )
        self.events.append(event)
        return event


def heads(events: Iterable[Event]) -> list[str]:
    """The ids that no other event names."""
    events = list(events)
    named = {earlier for event in events for earlier in event.after}
    return sorted(event.id for event in events if event.id not in named)


def closure(seen: Iterable[Event], known: Iterable[Event]) -> list[Event]:
    """`seen` and all their ancestors among `known`."""
    by_id = {event.id: event for event in known}
    found: dict[str, Event] = {}
    stack = list(seen)
    while stack:
        event = stack.pop()
        if event.id not in found:
            found[event.id] = event
            stack.extend(by_id[earlier] for earlier in event.after if earlier in by_id)
    return list(found.values())


# ---------------------------------------------------------------------------------------------- payloads at random


def random_payload(type_name: str, random: Random, known: Sequence[Event] = ()) -> Payload:
    """A payload of that type; references name items that the events `known` created, wherever there are any."""
    kind = PAYLOADS[type_name]
    return kind(**_random_fields(kind, random, known))


def _random_fields(kind: type[Struct], random: Random, known: Sequence[Event]) -> dict[str, Any]:
    values = {}
    for field in structs.fields(kind):
        is_required = field.default is NODEFAULT and field.default_factory is NODEFAULT
        if is_required or random.random() < 0.5:
            values[field.name] = _random_value(field.name, field.type, random, known)
    return values


def _random_value(name: str, kind: Any, random: Random, known: Sequence[Event]) -> Any:
    if get_origin(kind) in (Union, UnionType):
        kind = random.choice([option for option in get_args(kind) if option is not UnsetType])
    if kind is type(None):
        return None
    if name == "record":
        return _random_record(random)
    if name == "texts":
        return random.choice(({}, {"task.md": "# ignored\n\nimported"}, {"plans/1.md": "body", "notes/prd.md": "note"}))
    if get_origin(kind) is list:
        item = get_args(kind)[0]
        return [_random_value(name, item, random, known) for _ in range(random.randrange(3))]
    if get_origin(kind) is dict:
        return dict(random.choice(_SCALARS if name == "meta" else _OBJECTS))
    if kind is bool:
        return random.random() < 0.5
    if isinstance(kind, type) and issubclass(kind, Struct):
        return kind(**_random_fields(kind, random, known))
    if kind is str and name in _CREATED_BY:
        made = [event.id for event in known if event.type == _CREATED_BY[name]]
        return random.choice([*made[-2:] * 4, _DANGLING])
    if name in _NAMES and type(_NAMES[name][0]) is kind:
        return random.choice(_NAMES[name])
    if kind is int:
        return random.randrange(3)
    assert kind is str, (name, kind)
    return random.choice(_WORDS)


def _random_record(random: Random) -> dict[str, Any]:
    """A record as another system may have had it: sometimes whole, sometimes broken, never to be trusted as a path."""
    by = {"type": "user", "name": "ada"}
    name = random.choice(("plans/1.md", "notes/prd.md", "task.json", "task.md", "events/000001-aa.json", "../../x", ""))
    record: dict[str, Any] = {"number": random.randrange(3), "slug": "imported", "title": random.choice(_NAMES["title"])}
    if random.random() < 0.3:
        record |= random.choice(({"status": "done"}, {"meta": {"a": 1.5}}, {"number": "not a number"}, {"uid": 5}))
    if random.random() < 0.6:
        plan = {"id": "p" * 20, "version": random.choice((1, 2)), "status": "accepted", "created_at": START}
        record["plans"] = [plan | {"created_by": by, "digest": "sha256:0", "file": name}] * random.randrange(3)
        record["accepted_plan"] = random.choice((None, "p" * 20))
    if random.random() < 0.6:
        note = {"key": random.choice(_NAMES["key"]), "role": "queue", "file": name, "created_at": "", "updated_at": ""}
        record["notes"] = [note | {"by": by}]
    if random.random() < 0.6:
        handoff = {"id": "h" * 20, "number": random.choice((1, 2)), "at": START, "by": by, "holder": "", "mode": "full"}
        told = {"context_for": "full", "digest": "sha256:0", "file": name}
        record["handoffs"] = [handoff | told] * random.randrange(3)
    if random.random() < 0.4:
        claim = {"id": "c" * 20, "holder": ADA.holder(), "actor": by, "at": START, "until": START, "lease_s": 60}
        record["claims"] = [claim]
    return record


# ---------------------------------------------------------------------------------------------- histories at random

_step = st.tuples(st.sampled_from(TASK_TYPES), st.integers(0, 1 << 16))
# Things to refer to, so that the steps that follow hit something.
_FURNITURE = (
    "task.created",
    "plan.proposed",
    "todo.added",
    "todo.added",
    "question.added",
    "run.started",
    "claim.taken",
    "note.set",
    "dependency.added",
)


def _write(pen: Pen, type_name: str, seed: int, seen: Iterable[Event] | None = None) -> Event:
    random = Random(seed)
    payload = random_payload(type_name, random, pen.events if seen is None else list(seen))
    at = random.choice(_TIMES) if random.random() < 0.7 else START
    return pen.write(payload, seen=seen, by=random.choice(ACTORS), at=at)


@st.composite
def lines(draw: Any, max_size: int = 24) -> list[Event]:
    """A linear history: every event has seen all before it."""
    pen = Pen()
    if draw(st.booleans()):
        for seed, type_name in enumerate(_FURNITURE):
            _write(pen, type_name, seed)
    for type_name, seed in draw(st.lists(_step, min_size=1, max_size=max_size)):
        _write(pen, type_name, seed)
    return pen.events


@st.composite
def graphs(draw: Any, max_size: int = 24, step: Any = _step) -> list[Event]:
    """A history of three clones that write and pull from one another."""
    pen = Pen()
    for seed, type_name in enumerate(_FURNITURE):
        _write(pen, type_name, seed)
    clones: list[dict[str, Event]] = [{event.id: event for event in pen.events} for _ in range(3)]
    clone = st.integers(0, 2)
    for here, there, (type_name, seed) in draw(st.lists(st.tuples(clone, clone, step), min_size=2, max_size=max_size)):
        if here != there and seed % 3 == 0:
            clones[here] |= clones[there]
        event = _write(pen, type_name, seed, list(clones[here].values()))
        clones[here][event.id] = event
    return pen.events
