"""A request that is made again under its key: nothing is done twice, and the answer is the one of the first time."""

from collections.abc import Iterator
from typing import Any

from gitledger.errors import Conflict, InvalidInput, LedgerError
from gitledger.model import fold, listing
from gitledger.model.book import Book
from gitledger.model.task import Row, Task
from gitledger.ops._base import Operation, TaskOperation
from gitledger.ops._facts import PROGRAM
from gitledger.ops._world import Source, World

MAX_KEY = 200


def check_key(key: str) -> None:
    """Refuse what cannot be the key of a request."""
    if not key.strip() or len(key) > MAX_KEY or not key.isprintable():
        raise InvalidInput(
            f"The key of a request is one line of at most {MAX_KEY} printable characters.", hint=(PROGRAM, "--help")
        )


def repeats(op: Operation, world: World) -> bool:
    """Whether the ledger holds events of this request already; `world` is then as it was when they had been recorded.

    Raises Conflict where the key was another request's: another command's, or one about another task.
    """
    first = _first_entry(world.source.requested(world.request)) if world.request is not None else []
    if not first:
        return False
    if first[0].op != op.command:
        raise _used(world, first, f"`{first[0].op}`")
    world.source = Before(world.source, first)
    world.now = first[0].at
    if isinstance(op, TaskOperation) and op.task is not None:
        uid = world.find(op.task).uid
        if uid not in {event.task for event in first}:
            raise _used(world, first, "another task")
    _decide_again(op, world, first)
    world.warnings.append(f"This request was carried out at {first[0].at}; nothing was done again.")
    return True


def _used(world: World, first: list[Any], what: str) -> Conflict:
    row = next((world.source.row(event.task) for event in first if event.task), None)
    return Conflict(
        f"The key of this request was used for {what} at {first[0].at}; another request needs a key of its own.",
        hint=(PROGRAM, "log", row.id) if row is not None else (PROGRAM, "log"),
        details={"request": world.request, "op": first[0].op, "at": first[0].at, "events": [event.id for event in first]},
    )


def _first_entry(events: list[Any]) -> list[Any]:
    """The events of the oldest entry among them; two clones may each have carried the request out before they met."""
    if not events:
        return []
    first = min(events, key=lambda event: (event.at, event.id))
    return [event for event in events if (event.at, event.op, event.actor) == (first.at, first.op, first.actor)]


def _decide_again(op: Operation, world: World, first: list[Any]) -> None:
    """Let the operation decide as it did, and hand it what was recorded: so it finds out again what its answer tells.

    What it would record differently today (who is active, say) does not count; the recorded events do.
    """
    before = world.source
    waiting = sorted(first, key=lambda event: event.order)
    created = _created(before, waiting)
    world.new_uid = lambda: next(created, "")
    try:
        decision = op.decide(world)
        intent = next(decision)
        while True:
            known = [event for event in waiting if (event.task, event.type) == (intent.uid, intent.payload.type_name)]
            if not known:
                break
            waiting.remove(known[0])
            _count_in(world, known[0])
            intent = decision.send(known[0])
    except (StopIteration, LedgerError):
        pass
    world.states = {}
    world.events += waiting
    for event in sorted(world.events, key=lambda event: event.order):
        _extend(world, event)
    world.is_repeat = True


def _created(before: Source, events: list[Any]) -> Iterator[str]:
    """The uids of the tasks that the request created, in order of number."""
    new = [event for event in events if event.type == "task.created" and before.row(event.task) is None]
    new.sort(key=lambda event: (getattr(event.data, "number", 0), event.order))
    return iter(dict.fromkeys(event.task for event in new))


def _count_in(world: World, event: Any) -> None:
    world.events.append(event)
    _extend(world, event)


def _extend(world: World, event: Any) -> None:
    state = world.states.get(event.task)
    world.states[event.task] = fold.extend(world.source.state(event.task) if state is None else state, event)


class Before:
    """A source as it was before some events, as far as the tasks (and the book) go that they are about."""

    def __init__(self, source: Source, events: list[Any]) -> None:
        self._source = source
        self._events: dict[str | None, list[Any]] = {}
        own = {event.id for event in events}
        for uid in {event.task for event in events}:
            until = min(event.order for event in events if event.task == uid)
            known = source.events(uid)
            self._events[uid] = [event for event in known if event.order < until and event.id not in own]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def state(self, uid: str | None) -> Any:
        """What the task, or the book, was folded to then; a state that may be gone on with."""
        events = self._events.get(uid, [])
        if uid is None:
            return fold.fold_book(events)
        return fold.fold(events) if events else fold.start(uid, None)

    def record(self, uid: str) -> Task | None:
        """The record of a task."""
        if uid not in self._events:
            return self._source.record(uid)
        return self.state(uid).task if self._events[uid] else None

    def row(self, uid: str) -> Row | None:
        """The row of a task."""
        if uid not in self._events:
            return self._source.row(uid)
        record, now = self.record(uid), self._source.row(uid)
        return listing.row_of(record, now.directory if now is not None else "") if record is not None else None

    def rows(self, *, archived: bool = False) -> list[Row]:
        """The rows of all tasks."""
        others = [row for row in self._source.rows(archived=archived) if row.uid not in self._events]
        own = [row for row in self._own() if archived or not row.is_archived]
        return sorted([*others, *own], key=lambda row: (row.number, row.uid))

    def lookup(self, *, number: int | None = None, slug: str | None = None, prefix: str | None = None) -> list[Row]:
        """The tasks that match the one criterion given."""
        found = self._source.lookup(number=number, slug=slug, prefix=prefix)
        own = [
            row
            for row in self._own()
            if number == row.number or slug == row.slug or (prefix is not None and row.uid.startswith(prefix))
        ]
        return [*(row for row in found if row.uid not in self._events), *own]

    def _own(self) -> list[Row]:
        rows = (self.row(uid) for uid in self._events if uid is not None)
        return [row for row in rows if row is not None and not row.is_deleted]

    def text(self, uid: str | None, name: str) -> str | None:
        """A long text of a task, or of the book."""
        if uid not in self._events:
            return self._source.text(uid, name)
        data = fold.files(self.state(uid)).get(name)
        return data.decode() if data is not None else None

    def events(self, uid: str | None, *, last: int = 0) -> list[Any]:
        """The events of a task or of the book."""
        found = self._events[uid] if uid in self._events else self._source.events(uid)
        return found[-last:] if last else list(found)

    def book(self) -> Book:
        """The ledger's own record."""
        return self.state(None).book if None in self._events else self._source.book()
