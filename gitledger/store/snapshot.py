"""One state of a ledger as operations look at it: rows and records from the index, texts and events from git."""

from collections.abc import Callable

from typing import TYPE_CHECKING, Any, Self, TypeVar

from gitledger.model import codec
from gitledger.model.book import Book
from gitledger.model.task import Row, Task
from gitledger.store.index import Index
from gitledger.store.refresh import (
    BROKEN,
    Progress,
    apply,
    index_in_memory,
    index_path,
    open_index,
    rebuild_index,
    replace_index,
)
from gitledger.store.repo import Repository

if TYPE_CHECKING:
    from gitledger.model.seeking import Find, Sought
    from gitledger.store.graph import IndexGraph

_TRIES = 8

T = TypeVar("T")


def open_snapshot(
    repo: Repository, ledger: str, *, tip: str | None = None, progress: Progress | None = None
) -> "Snapshot":
    """The ledger as it is now, or as it was at `tip`; empty where there is no such ledger.

    The index file follows the ledger's ref; a state that is not the ref's is answered from memory.
    """
    for _ in range(_TRIES):
        current = repo.tip(ledger)
        wanted = tip or current
        if wanted is None:
            return Snapshot(repo, ledger, None, None, progress)
        if wanted != current:
            break
        snapshot = Snapshot(repo, ledger, wanted, None, progress)
        index = open_index(repo, ledger, wanted, progress)
        if index is not None:
            snapshot.index = index
            return snapshot
    index = index_in_memory(repo, index_path(repo, ledger), wanted, progress)
    return Snapshot(repo, ledger, wanted, index, progress)


class Snapshot:
    """A `Source` (ops/_base) at one tip. Close it, or use it in a `with`, to let the index go."""

    def __init__(
        self,
        repo: Repository,
        ledger: str,
        tip: str | None,
        index: Index | None,
        progress: Progress | None = None,
    ) -> None:
        self.repo = repo
        self.ledger = ledger
        self.tip = tip
        self.index = index
        self.progress = progress
        self._content_read: Any = None

    _beside: "dict[str, Snapshot] | None" = None
    _info_read: codec.LedgerInfo | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the index go, and those of the ledgers beside this one."""
        for other in (self._beside or {}).values():
            other.close()
        self._beside = None
        if self.index is not None:
            self.index.close()

    def beside(self, ledger: str, *, tip: str | None = None) -> "Snapshot":
        """Another ledger of the repository as it was when first asked for, or at `tip`; closed together with this one."""
        self._beside = self._beside or {}
        if ledger not in self._beside:
            self._beside[ledger] = open_snapshot(self.repo, ledger, tip=tip, progress=self.progress)
        return self._beside[ledger]

    def advance(self, tip: str) -> None:
        """Take the entry just made into the index file, if that is at once possible. Nothing is read here afterwards."""
        if self.index is not None and self.tip is not None:
            apply(self.repo, self.index, expected=self.tip, tip=tip)

    @property
    def needs_upgrade(self) -> bool:
        """Whether a newer gitledger wrote the records: reading goes on, writing must not."""
        return self.info is not None and self.info.fold > codec.FOLD_VERSION

    @property
    def is_current(self) -> bool:
        """Whether the records were written with this version's fold."""
        return self.info is None or self.info.fold == codec.FOLD_VERSION

    # ---------------------------------------------------------------- rows

    def lookup(self, *, number: int | None = None, slug: str | None = None, prefix: str | None = None) -> list[Row]:
        """The tasks that match the one criterion given; `prefix` is the beginning of a uid."""
        return self._ask(lambda index: index.lookup(number=number, slug=slug, prefix=prefix), [])

    def row(self, uid: str) -> Row | None:
        """The row of one task, deleted or not."""
        return self._ask(lambda index: index.row(uid), None)

    def rows(self, *, archived: bool = False) -> list[Row]:
        """Every task that is not deleted, by number; archived ones too if asked for."""
        return self._ask(lambda index: index.rows(archived=archived), [])

    def page(self, statuses: set[str], role: str | None, limit: int) -> tuple[list[Row], int]:
        """The first `limit` listed tasks of these statuses (none: any) and this role, and how many there are."""
        return self._ask(lambda index: index.page(statuses, role, limit), ([], 0))

    def taken_slugs(self, stem: str) -> set[str]:
        """The slugs that are `stem` or begin with `stem-`."""
        return self._ask(lambda index: index.taken_slugs(stem), set())

    def top_number(self) -> int:
        """The highest number ever given."""
        return self._ask(lambda index: index.top_number(), 0)

    def rows_with(self, field: str) -> list[Row]:
        """The tasks whose record may hold the optional field `field`; every one that does is among them."""
        return self._ask(lambda index: index.rows_with(field), [])

    def rows_of_commit(self, commit: str) -> list[Row]:
        """The tasks that a source commit is linked to."""
        return self._ask(lambda index: index.rows_of_commit(commit), [])

    def graph(self) -> "IndexGraph":
        """The work graph."""
        from gitledger.store.graph import IndexGraph

        return IndexGraph(self._ask)

    def search(self, sought: "Sought") -> "tuple[list[Find], int]":
        """The first tasks that match, the best first, and how many do."""
        if self.index is None or self.tip is None:
            return [], 0
        from gitledger.store.sought import is_filled, seek, seek_plainly, with_full_text

        try:
            self.index = with_full_text(self.repo, self.ledger, self.tip, self.index)
        except BROKEN:
            self.index = replace_index(self.repo, self.ledger, self.tip, self.index)
        return self._ask(lambda index: (seek if is_filled(index) else seek_plainly)(index, sought), ([], 0))

    def dependents(self, uid: str) -> list[Row]:
        """The tasks that depend on the task `uid` in any way."""
        return self._ask(lambda index: index.dependents(uid), [])

    def counts(self) -> dict[str, int]:
        """How many there are of everything; `status:<status>` for each status."""
        return self._ask(lambda index: index.counts(), {})

    def _ask(self, question: Callable[[Index], T], default: T) -> T:
        """The index's answer; where its file turns out to be broken only now, that of one made anew."""
        if self.index is None or self.tip is None:
            return default
        try:
            return question(self.index)
        except BROKEN:
            self.index = replace_index(self.repo, self.ledger, self.tip, self.index)
            return question(self.index)

    # ---------------------------------------------------------------- one task

    def directory(self, uid: str) -> str | None:
        """The folder of a task in the ledger's tree."""
        row = self.row(uid)
        return row.directory if row is not None else None

    def folder(self, uid: str) -> Any:
        """The id of the tree that holds everything of a task; None where there is no such task."""
        from gitledger.store.tree import find

        directory = self.directory(uid)
        return find(self.repo.pg, self._content.root, directory) if directory is not None else None

    def record(self, uid: str) -> Task | None:
        """The record of one task, deleted or not."""

        def read(index: Index) -> Task | None:
            data = index.record_bytes(uid)
            return codec.decode_task(data) if data is not None else None

        return self._ask(read, None)

    def text(self, uid: str | None, name: str) -> str | None:
        """A long text of a task or of the book (None), by its name in the folder; None where there is none."""
        if uid is None:
            found = self._content.file(f"book/{name}") if self.tip else None
            return found.decode("utf-8", "replace") if found is not None else None
        data = self._ask(lambda index: index.text(uid, name), None)
        return data.decode("utf-8", "replace") if data is not None else None

    def events(self, uid: str | None, *, last: int = 0) -> list[codec.Event]:
        """The events of a task, or of the book (None), in order; only the last ones, if given (0: all)."""
        directory = self.directory(uid) if uid is not None else "book"
        return self._content.events(directory, last=last) if directory and self.tip else []

    def events_named(self, prefix: str) -> list[codec.Event]:
        """The events of any task and of the book whose id begins so."""
        return self._content.events_named(prefix) if self.tip else []

    def requested(self, key: str) -> list[codec.Event]:
        """The events that were recorded under this key of a request, task by task in order."""
        if self.tip is None:
            return []
        from gitledger.store.requests import find_requested

        found: dict[str, set[str]] = {}
        for task, event in find_requested(self.repo, self.ledger, self.tip, key, self.progress):
            found.setdefault(task, set()).add(event)
        return [event for task, ids in found.items() for event in self.events(task or None) if event.id in ids]

    # ---------------------------------------------------------------- the ledger

    @property
    def info(self) -> codec.LedgerInfo | None:
        """What `ledger.json` says; None where there is no ledger."""
        if self._info_read is None:
            found = self._ask(lambda index: index.meta("ledger"), None)
            self._info_read = codec.decode_ledger(str(found).encode()) if found else None
        return self._info_read

    def book(self) -> Book:
        """The ledger's own record."""
        found = self._ask(lambda index: index.meta("book"), None)
        if found is not None:
            return codec.decode_book(str(found).encode())
        return self._content.book() if self._content is not None else Book()

    def entries(self, *, uid: str | None = None, limit: int = 0) -> list[Any]:
        """The entries up to here, newest first; of one task only, if given; at most `limit` (0: all)."""
        from gitledger.store import chain

        return list(chain.entries(self.repo, self.tip, uid=uid, limit=limit))

    def verify(self) -> Any:
        """Prove that everything up to here is whole."""
        from gitledger.store.verify import verify

        assert self.tip is not None  # only what exists is verified
        return verify(self.repo, self.ledger, self.tip, self.progress)

    def reindex(self) -> dict[str, int]:
        """Build the index file anew, and count what it holds."""
        assert self.tip is not None  # only what exists is indexed
        self.close()
        self.index = rebuild_index(self.repo, self.ledger, self.tip, self.progress)
        return self.counts()

    @property
    def _content(self) -> Any:
        """The ledger's tree; libgit2 is loaded for it, which most reads need not be."""
        if self._content_read is None and self.tip is not None:
            from gitledger.store.content import Content

            self._content_read = Content(self.repo.pg, self.tip)
        return self._content_read


class Unread(Snapshot):
    """A tip that nothing was read of, for `verify` and `reindex`: they work where a record or the index is broken."""

    def __init__(self, repo: Repository, ledger: str, tip: str | None, progress: Progress | None = None) -> None:
        self.repo = repo
        self.ledger = ledger
        self.tip = tip
        self.index = None
        self.progress = progress
        self._content_read = None
