"""What lies in a ledger's tree at one tip, read from git objects: the source of the index, of texts and of events."""

from collections.abc import Callable, Iterator

import pygit2

from gitledger.errors import StorageError
from gitledger.model import codec
from gitledger.model.book import Book
from gitledger.model.task import Task
from gitledger.store.index import Index, Taken
from gitledger.store.objects import TreeEntry, read_blob, read_commit, read_tree, unreadable
from gitledger.store.tree import BOOK, LEDGER_FILE, changed_directories, find

Progress = Callable[[int, int], None]


class Content:
    """The tree of a ledger at one tip."""

    def __init__(self, pg: pygit2.Repository, tip: str) -> None:
        self.pg = pg
        self.root = read_commit(pg, tip).tree_id

    def file(self, path: str) -> bytes | None:
        """A file by its path in the tree; None where there is none."""
        oid = find(self.pg, self.root, path)
        return read_blob(self.pg, oid) if oid is not None else None

    def events(self, directory: str, *, last: int = 0) -> list[codec.Event]:
        """The events in a task's folder, or in the book's, in order; only the last ones, if given (0: all)."""
        oid = find(self.pg, self.root, f"{directory}/events")
        return read_events(self.pg, oid, directory, last=last) if oid is not None else []

    def events_named(self, prefix: str) -> list[codec.Event]:
        """The events of any task and of the book whose id begins so. It looks at every name, and reads what fits."""
        folders = changed_directories(self.pg, None, self.root)[0]
        places = [(directory, find(self.pg, oid, "events")) for directory, oid in sorted(folders.items())]
        places.append((BOOK, find(self.pg, self.root, f"{BOOK}/events")))
        read = (read_events(self.pg, oid, directory, prefix=prefix) for directory, oid in places if oid is not None)
        return [event for events in read for event in events]

    def book(self) -> Book:
        """The ledger's own record."""
        return read_book(self.pg, self.root)


def read_events(
    pg: pygit2.Repository, folder: pygit2.Oid, directory: str, *, last: int = 0, prefix: str = ""
) -> list[codec.Event]:
    """The events in the `events` folder of the task folder `directory`, in order.

    Only the last ones, if given (0: all), and those whose id begins with `prefix`.
    """
    entries = [
        entry
        for entry in read_tree(pg, folder)
        if not entry.is_tree and codec.EVENT_NAME.fullmatch(entry.name) and _place(entry)[1].startswith(prefix)
    ]
    found = []
    for entry in sorted(entries, key=_place)[-last:]:
        try:
            found.append(codec.decode(read_blob(pg, entry.oid)))
        except codec.CorruptEvent as error:
            raise unreadable(entry.oid, f"event {directory}/events/{entry.name}") from error
    return sorted(found, key=lambda event: event.order)


def _place(entry: TreeEntry) -> tuple[int, str]:
    """Where an event stands in the order of its task, by its name."""
    clock, _, rest = entry.name.partition("-")
    return int(clock), rest


# ---------------------------------------------------------------------------------------------- for the index


def take_in(index: Index, pg: pygit2.Repository, held: str | None, tip: str, progress: Progress | None) -> None:
    """Bring the index from the tip `held` to `tip`, inside its write transaction: by tree difference, or from nothing."""
    new = read_commit(pg, tip).tree_id
    try:
        old = read_commit(pg, held).tree_id if held is not None else None
        changed, gone, others = changed_directories(pg, old, new)
    except StorageError:  # what the index was at has been lost since (garbage collection), if the new is whole
        old = None
        changed, gone, others = changed_directories(pg, None, new)
    if old is None:
        index.reset()
    if old is None or LEDGER_FILE in others:
        info = ledger_info(pg, new)
        index.set_meta("ledger", codec.encode_ledger(info).decode() if info is not None else "")
    if old is not None:
        index.remove(gone | changed.keys())
    # In order, so that of what is new the highest row numbers are the newest tasks'.
    index.add(_records(pg, dict(sorted(changed.items())), progress))
    if old is None or BOOK in others:
        book = read_book(pg, new)
        index.set_meta("floor", book.number_floor)
        index.set_meta("book", codec.encode_record(book).decode())
    index.set_meta("tip", tip)


def ledger_info(pg: pygit2.Repository, root: pygit2.Oid) -> codec.LedgerInfo | None:
    """What `ledger.json` says; None where it is missing. Refuses a format that this version cannot read."""
    oid = find(pg, root, LEDGER_FILE)
    if oid is None:
        return None
    try:
        info = codec.decode_ledger(read_blob(pg, oid))
    except codec.CorruptEvent as error:
        raise unreadable(oid, LEDGER_FILE) from error
    if info.format > codec.FORMAT_VERSION:
        raise StorageError(
            f"This ledger has format {info.format}; this version of gitledger reads up to {codec.FORMAT_VERSION}.",
            code="UPGRADE_REQUIRED",
            hint=("gitledger", "version"),
            remediation=("Upgrade gitledger, then try again.",),
        )
    return info


def _records(
    pg: pygit2.Repository, directories: dict[str, pygit2.Oid], progress: Progress | None
) -> Iterator[Taken]:
    total = len(directories)
    for done, (directory, oid) in enumerate(directories.items()):
        if progress is not None and done % 500 == 0:
            progress(done, total)
        try:
            task, data = read_record(pg, directory, oid)
            yield directory, data, list(read_texts(pg, oid)), task
        except StorageError as error:
            yield _folded(pg, directory, oid, error)
    if progress is not None:
        progress(total, total)


def _folded(pg: pygit2.Repository, directory: str, oid: pygit2.Oid, error: StorageError) -> Taken:
    """A task by its events, for whose record or texts `error` was met: one broken object is not to hide the others.

    Raises `error` where there are no events that can be read.
    """
    from gitledger.model import fold

    try:
        folder = find(pg, oid, "events")
        events = read_events(pg, folder, directory) if folder is not None else []
    except StorageError:
        events = []
    if not events:
        raise error
    state = fold.fold(events)
    files = {name: data for name, data in fold.files(state).items() if data is not None}
    return directory, files.pop("task.json"), list(files.items()), state.task


def read_book(pg: pygit2.Repository, root: pygit2.Oid) -> Book:
    """The ledger's own record; by its events where that is broken."""
    oid = find(pg, root, f"{BOOK}/book.json")
    if oid is None:
        return Book()
    try:
        return codec.decode_book(read_blob(pg, oid))
    except (StorageError, codec.CorruptEvent) as error:
        from gitledger.model import fold

        folder = find(pg, root, f"{BOOK}/events")
        events = read_events(pg, folder, BOOK) if folder is not None else []
        if not events:
            raise unreadable(oid, "book") from error
        return fold.fold_book(events).book


def read_record(pg: pygit2.Repository, directory: str, oid: pygit2.Oid) -> tuple[Task, bytes]:
    """The record in a task's folder, and its bytes."""
    entry = next((entry for entry in read_tree(pg, oid) if entry.name == "task.json"), None)
    if entry is None:
        raise unreadable(f"{directory}/task.json", "file")
    data = read_blob(pg, entry.oid)
    try:
        return codec.decode_task(data), data
    except codec.CorruptEvent as error:
        raise unreadable(entry.oid, f"record {directory}/task.json") from error


def read_texts(pg: pygit2.Repository, folder: pygit2.Oid, under: str = "") -> Iterator[tuple[str, bytes]]:
    """The long texts in a task's folder: every file that is neither the record nor an event, by name."""
    for entry in read_tree(pg, folder):
        if entry.is_tree and not under and entry.name != "events":
            yield from read_texts(pg, entry.oid, entry.name + "/")
        elif not entry.is_tree and entry.name != "task.json":
            yield under + entry.name, read_blob(pg, entry.oid)
