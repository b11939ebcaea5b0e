"""Folding everything at a tip again: the derived files must be, byte for byte, what the events make of them."""

from collections.abc import Callable

import pygit2

from gitledger.errors import StorageError
from gitledger.model import codec, fold
from gitledger.model.task import Task
from gitledger.store.objects import BLOB_MODE, TreeEntry, read_blob, read_tree
from gitledger.store.report import Findings
from gitledger.store.tree import BOOK, LEDGER_FILE, SHELVES, task_directories, task_directory, uid_digits

EVENTS = "events"
_STEP = 100

Progress = Callable[[int, int], None]
REDACTED = ".redacted"


# Events found to be what their place and name say: whose, file name, blob.
Sound = set[tuple[str, str, pygit2.Oid]]


def check_tip(
    pg: pygit2.Repository, root: pygit2.Oid, findings: Findings, sound: Sound, progress: Progress | None = None
) -> tuple[int, int]:
    """Check the tree of a tip and fill `sound`; returns how many task folders and how many events it holds."""
    is_comparable = check_ledger_file(pg, root, findings)
    _check_shape(pg, root, findings)
    tip = TipCheck(pg, findings, sound, is_comparable)
    book = next((entry for entry in read_tree(pg, root) if entry.name == BOOK and entry.is_tree), None)
    if book is None:
        findings.add("MISSING_FILE", "The ledger has no book.", path=BOOK)
    else:
        tip.check(BOOK, book.oid)
    directories = list(task_directories(pg, root))
    for done, (directory, oid) in enumerate(directories):
        if progress is not None and done % _STEP == 0:
            progress(done, len(directories))
        tip.check(directory, oid)
    tip.check_ancestry()
    return len(directories), tip.events


def check_ledger_file(pg: pygit2.Repository, root: pygit2.Oid, findings: Findings) -> bool:
    """Check `ledger.json`; True where this version writes the same bytes as the one that wrote the records."""
    entry = next((entry for entry in read_tree(pg, root) if entry.name == LEDGER_FILE), None)
    if entry is None:
        findings.add("MISSING_FILE", f"{LEDGER_FILE} is missing.", path=LEDGER_FILE)
        return True
    try:
        raw = read_blob(pg, entry.oid)
        info = codec.decode_ledger(raw)
    except (StorageError, codec.CorruptEvent) as error:
        findings.add("CORRUPT_RECORD", f"{LEDGER_FILE} cannot be read: {error}.", object=entry.oid, path=LEDGER_FILE)
        return True
    if (info.format, info.fold) != (codec.FORMAT_VERSION, codec.FOLD_VERSION):
        findings.note(
            f"the records were written with format {info.format} and fold {info.fold}, this version has "
            f"{codec.FORMAT_VERSION} and {codec.FOLD_VERSION}: derived files were not compared"
        )
        return False
    if raw != codec.encode_ledger(info):
        findings.add("DERIVED_DIFFERS", f"{LEDGER_FILE} is not canonical.", object=entry.oid, path=LEDGER_FILE)
    return True


def _check_shape(pg: pygit2.Repository, root: pygit2.Oid, findings: Findings) -> None:
    """Nothing lies in the tree but what the layout knows."""
    for entry in read_tree(pg, root):
        if not (entry.name == LEDGER_FILE if not entry.is_tree else entry.name in (BOOK, *SHELVES)):
            _unexpected(findings, entry.name, entry)
        elif entry.name in SHELVES:
            for shard in read_tree(pg, entry.oid):
                if not shard.is_tree:
                    _unexpected(findings, f"{entry.name}/{shard.name}", shard)
                    continue
                for task in read_tree(pg, shard.oid):
                    if not task.is_tree:
                        _unexpected(findings, f"{entry.name}/{shard.name}/{task.name}", task)


def _unexpected(findings: Findings, path: str, entry: TreeEntry) -> None:
    findings.add("UNEXPECTED_FILE", f"{path} does not belong into a ledger.", object=entry.oid, path=path)


class TipCheck:
    """Folds one folder after another; remembers the events by task for the check of their ancestry."""

    def __init__(self, pg: pygit2.Repository, findings: Findings, sound: Sound, is_comparable: bool) -> None:
        self.pg = pg
        self.findings = findings
        self.sound = sound
        self.is_comparable = is_comparable
        self.events = 0
        self._clocks: dict[str, dict[str, int]] = {}
        self._after: list[tuple[str, str, codec.Event]] = []
        self._homes: dict[str, str] = {}

    def check(self, directory: str, oid: pygit2.Oid) -> None:
        """Fold the events of one folder and compare what they make with what lies there."""
        try:
            files = files_below(self.pg, oid)
            events = self._read_events(directory, files)
        except StorageError as error:
            self.findings.add("CORRUPT_OBJECT", error.message, object=error.details.get("object"), path=directory)
            return
        except codec.CorruptEvent as error:
            self.findings.add("CORRUPT_EVENT", f"{directory} cannot be folded: {error}.", path=directory)
            return
        self.events += len(events)
        if directory == BOOK:
            self._compare(directory, files, fold.fold_book(events))
        elif not events:
            self.findings.add("NO_EVENTS", f"{directory} holds no events.", object=oid, path=directory)
        else:
            state = fold.fold(events)
            is_whole = self._compare(directory, files, state)
            self._check_home(directory, state.task, is_whole)

    def check_ancestry(self) -> None:
        """Every event named in an `after` is there, and earlier."""
        for path, home, event in self._after:
            clocks = self._clocks[home]
            for earlier in event.after:
                if earlier not in clocks:
                    message = f"{path} had seen the event {earlier}, which is not there: it was lost."
                    self.findings.add("LOST_EVENT", message, object=earlier, path=path)
                elif clocks[earlier] >= event.clock:
                    message = f"{path} is not later than {earlier}, which it had seen."
                    self.findings.add("WRONG_CLOCK", message, object=earlier, path=path)

    def _read_events(self, directory: str, files: dict[str, TreeEntry]) -> list[codec.Event]:
        home = home_of(directory)
        clocks = self._clocks.setdefault(home, {})
        events = []
        for path, entry in files.items():
            folder, _, name = path.rpartition("/")
            found = codec.EVENT_NAME.fullmatch(name.removesuffix(REDACTED)) if folder == EVENTS else None
            if found is None:
                continue
            if name.endswith(REDACTED):
                clocks[found["id"]] = int(found["clock"])
                continue
            event = codec.decode(read_blob(self.pg, entry.oid))
            events.append(event)
            clocks[event.id] = event.clock
            if codec.file_name(event) == name and home == (BOOK if event.task is None else uid_digits(event.task)):
                self.sound.add((home, name, entry.oid))
            self._after.append((f"{directory}/{path}", home, event))
            if not event.is_understood:
                self.findings.note(f"this version does not understand events of type {event.type} (v{event.v})")
        return events

    def _check_home(self, directory: str, task: Task, is_whole: bool) -> None:
        """The folder is the one that number, uid and shelf give, and the only one of this task."""
        expected = task_directory(task.number, task.uid, archived=task.archived_at is not None)
        other = self._homes.setdefault(task.uid, directory)
        if other != directory:
            message = f"{other} and {directory} both hold the task {task.uid}."
            self.findings.add("DUPLICATE_TASK", message, path=directory)
        elif directory != expected and is_whole and self.is_comparable:
            self.findings.add("WRONG_DIRECTORY", f"{directory} should be {expected}.", path=directory)

    def _compare(self, directory: str, files: dict[str, TreeEntry], state: fold.State | fold.BookState) -> bool:
        """Compare by object id; what has the right one is read, for the object itself may be gone.

        False where events were redacted: what is left proves nothing.
        """
        if any(path.endswith(REDACTED) for path in files):
            self.findings.note(f"{directory} has redacted events: its derived files were not compared")
            return False
        expected = {name: data for name, data in fold.files(state).items() if data is not None}
        for path, entry in files.items():
            where = f"{directory}/{path}"
            if entry.mode != BLOB_MODE:
                self.findings.add("WRONG_MODE", f"{where} is not a plain file.", object=entry.oid, path=where)
            if path.startswith(EVENTS + "/"):
                if not codec.EVENT_NAME.fullmatch(path.removeprefix(EVENTS + "/")):
                    _unexpected(self.findings, where, entry)
            elif not self.is_comparable:
                continue
            elif path not in expected:
                _unexpected(self.findings, where, entry)
            elif pygit2.hash(expected[path]) != entry.oid:
                message = f"{where} is not what the events make of it."
                self.findings.add("DERIVED_DIFFERS", message, object=entry.oid, path=where)
            else:
                self._check_readable(where, entry)
        for path in expected.keys() - files.keys() if self.is_comparable else ():
            where = f"{directory}/{path}"
            self.findings.add("MISSING_FILE", f"{where} is missing.", path=where)
        return True

    def _check_readable(self, where: str, entry: TreeEntry) -> None:
        try:
            read_blob(self.pg, entry.oid)
        except StorageError as error:
            self.findings.add("CORRUPT_OBJECT", error.message, object=entry.oid, path=where)


def home_of(directory: str) -> str:
    """Whose folder it is: the digits of the task's uid, or `book`. Stays the same when a task moves."""
    return directory.rpartition("-")[2]


def files_below(pg: pygit2.Repository, oid: pygit2.Oid) -> dict[str, TreeEntry]:
    """Every file below a tree by path."""
    found: dict[str, TreeEntry] = {}
    pending = [("", oid)]
    while pending:
        path, oid = pending.pop()
        for entry in read_tree(pg, oid):
            if entry.is_tree:
                pending.append((f"{path}{entry.name}/", entry.oid))
            else:
                found[path + entry.name] = entry
    return found
