"""The one way from events to records: total, deterministic, without a clock. Everything derived comes from here."""

from collections.abc import Callable, Iterable
from typing import Any

from gitledger.model import ids
from gitledger.model.apply import APPLY, APPLY_BOOK
from gitledger.model.book import Book
from gitledger.model.codec import Event, copy_record, encode_record
from gitledger.model.task import Disagreement, Task
from gitledger.model.texts import task_md, text_file


class _Seen:
    """Which events an event had seen: the ancestors along `after`, as bit sets over the order of the fold."""

    def __init__(self, events: list[Event]) -> None:
        self.place = {event.id: place for place, event in enumerate(events)}
        self.masks: list[int] = []
        for place, event in enumerate(events):
            mask = 0
            for earlier in event.after:
                at = self.place.get(earlier)
                if at is not None and at < place:
                    mask |= self.masks[at] | (1 << at)
            self.masks.append(mask)

    def __call__(self, event: Event, earlier: str) -> bool:
        at = self.place.get(earlier)
        return at is not None and bool(self.masks[self.place[event.id]] >> at & 1)


def _sees_all(event: Event, earlier: str) -> bool:
    return True


class State:
    """A task while it is folded: its record, its long texts by file name (None: the file is gone), and who set what."""

    def __init__(
        self,
        task: Task,
        load: Callable[[str], str | None] = lambda name: None,
        has_seen: Callable[[Event, str], bool] = _sees_all,
    ) -> None:
        self.task = task
        self.texts: dict[str, str | None] = {}
        self._load = load
        self._has_seen = has_seen
        self._setters: dict[str, list[tuple[str, Any]]] = {}

    @property
    def clock(self) -> int:
        return self.task.clock

    @property
    def heads(self) -> list[str]:
        return self.task.heads

    @property
    def unknown(self) -> list[str]:
        return [name for name in self.task.unknown if not name.startswith("x.")]

    def text(self, name: str) -> str:
        """A text file of the task as it stands; empty where there is none."""
        return (self.texts[name] if name in self.texts else self._load(name)) or ""

    def set(self, event: Event, field: str, value: Any) -> None:
        """Note that `event` set `field`: concurrent settings of different values become a conflict.

        The caller assigns the value; the last in order holds. `value` only has to tell settings apart.
        """
        rivals = [
            (other, held)
            for other, held in self._setters.get(field, ())
            if other != event.id and not self._has_seen(event, other)
        ]
        self._setters[field] = [*rivals, (event.id, value)]
        conflicts = [conflict for conflict in self.task.conflicts if conflict.field != field]
        if any(held != value for _, held in rivals):
            conflicts.append(Disagreement(field, [other for other, _ in self._setters[field]]))
            conflicts.sort(key=lambda conflict: conflict.field)
        self.task.conflicts = conflicts

    def settle(self, event: Event) -> None:
        """Note that `event` set everything that anybody has set so far: an import replaces the whole record."""
        for field in {*self._setters, *(conflict.field for conflict in self.task.conflicts)}:
            self.set(event, field, f"imported {event.id}")

    def continue_after(self) -> None:
        """Take every event that follows for one that has seen all before it, as `extend` promises."""
        self._has_seen = _sees_all

    def assign(self, event: Event, field: str, value: Any) -> None:
        """Set a field of the record itself."""
        self.set(event, field, value)
        setattr(self.task, field, value)

    def set_status(self, event: Event, status: str) -> None:
        """Move the task to another status."""
        self.assign(event, "status", status)
        self.task.status_at = event.at

    def write_task_md(self, description: str) -> None:
        """Derive `task.md` from the title and this description."""
        self.texts["task.md"] = task_md(" ".join(self.task.title.split()), description)


class BookState:
    """The book while it is folded."""

    texts: dict[str, str | None]

    def __init__(self, book: Book) -> None:
        self.book = book
        self.texts = {}

    @property
    def clock(self) -> int:
        return self.book.clock

    @property
    def heads(self) -> list[str]:
        return self.book.heads

    @property
    def unknown(self) -> list[str]:
        return [name for name in self.book.unknown if not name.startswith("x.")]


def start(uid: str, record: Task | None, load: Callable[[str], str | None] = lambda name: None) -> State:
    """The state from which to go on after `record` (which is copied), or the state before the first event."""
    return State(Task(uid=uid, number=0, slug="", title="") if record is None else copy_record(record), load)


def start_book(book: Book | None) -> BookState:
    """The book's state after `book` (which is copied)."""
    return BookState(Book() if book is None else copy_record(book))


def extend(state: Any, event: Event) -> Any:
    """Apply one event that has seen everything before it. Returns the same state, changed."""
    record = state.book if isinstance(state, BookState) else state.task
    _advance(record, event)
    if isinstance(state, BookState):
        _apply(APPLY_BOOK, state, event)
    else:
        _touch(state.task, event)
        _apply(APPLY, state, event)
    return state


def fold(events: Iterable[Event]) -> State:
    """The state of a task after all `events`, given in any order. Never raises."""
    ordered = _ordered(events)
    uid = next((event.task for event in ordered if event.task), "") or ""
    is_line = all(
        event.after == ((ordered[place - 1].id,) if place else ()) for place, event in enumerate(ordered)
    )
    state = State(Task(uid=uid, number=0, slug="", title=""), has_seen=_sees_all if is_line else _Seen(ordered))
    for event in ordered:
        extend(state, event)
    state.continue_after()
    return state


def fold_book(events: Iterable[Event]) -> BookState:
    """The state of the book after all `events`, given in any order. Never raises."""
    state = BookState(Book())
    for event in _ordered(events):
        extend(state, event)
    return state


def files(state: Any) -> dict[str, bytes | None]:
    """Every derived file that the state knows of, by its name in the subtree; None for one that is gone."""
    texts = {
        name: None if text is None else text_file(text).encode("utf-8", "replace") for name, text in state.texts.items()
    }
    if isinstance(state, BookState):
        return {"book.json": encode_record(state.book), **texts}
    return {"task.json": encode_record(state.task), **texts}


def _ordered(events: Iterable[Event]) -> list[Event]:
    return sorted({event.id: event for event in events}.values(), key=lambda event: event.order)


def _advance(record: Task | Book, event: Event) -> None:
    """Count the event in: clock, heads, and the names of types that this version does not know."""
    record.heads = sorted({head for head in record.heads if head not in event.after} | {event.id})
    record.clock = max(record.clock, event.clock)
    if not event.is_understood and event.type not in record.unknown:
        record.unknown = sorted({*record.unknown, event.type})


def _touch(task: Task, event: Event) -> None:
    """What every event of a task does: it is the latest news, and it renews its holder's claims."""
    task.updated_at = max(task.updated_at, event.at)
    if task.claims:
        holder = event.actor.holder()
        for claim in task.claims:
            if claim.holder == holder:
                claim.until = max(claim.until, ids.later(event.at, claim.lease_s))


def _apply(table: dict[str, Any], state: Any, event: Event) -> None:
    """Apply what the event says; a type without an entry, or one that is not understood, changes nothing."""
    handler = table.get(event.type)
    if handler is not None and event.is_understood:
        handler(state, event, event.data)
