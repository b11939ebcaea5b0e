"""Checking what was fetched before it is merged (design §10): every entry, name, size, clock and derived byte that is new."""

from collections.abc import Callable, Iterable, Iterator

import re

import pygit2
from msgspec import Struct, field

from gitledger.errors import StorageError
from gitledger.model import codec
from gitledger.store.ancestry import commits_over, contains
from gitledger.store.merge import only_adds
from gitledger.store.objects import BLOB_MODE, TreeEntry, is_readable, read_commit, read_tree, read_tree_bytes, unreadable
from gitledger.store.refold import REDACTED, Sound, TipCheck, check_ledger_file, home_of
from gitledger.store.report import Finding, Findings
from gitledger.store.tree import BOOK, LEDGER_FILE, SHELVES
from gitledger.store.verify import History

MAX_EVENTS = 100_000
MAX_CLOCK_AHEAD = 1_000_000
MAX_FILES = 10_000
MAX_FILE = 64 << 20
MAX_COMMIT = 1 << 20
MAX_SHARDS = 100_000
MAX_SHARD = 10_000
LAST_SECOND = 253_402_300_799  # of the year 9999

_SHARD = re.compile(r"[0-9]{2,14}")
_TASK = re.compile(r"([0-9]{4,16})-([0-9a-f]{12})")
_RAW_TASK = re.compile(rb"40000 ([0-9]{4,16})-([0-9a-f]{12})\0(.{20})", re.DOTALL)
_FILE = re.compile(r"[A-Za-z0-9_%-][A-Za-z0-9._%-]{0,254}")

Progress = Callable[[int, int], None]


def check_fetched(
    pg: pygit2.Repository, tip: str, good: Iterable[str], floor: str | None = None, progress: Progress | None = None
) -> None:
    """See that a fetched tip may be merged. Raises StorageError that names the first object that is wrong.

    `good` are tips known to be sound: what they hold needs no second look, so that the cost follows what is
    new. `floor` is what the same remote had when it was last checked: nothing of that may be missing.
    """
    known = [base for base in good if is_readable(pg, base)]
    if any(contains(pg, base, tip) for base in known):
        return
    root = read_commit(pg, tip).tree_id
    if floor is not None and is_readable(pg, floor) and not contains(pg, tip, floor):
        only_adds(pg, read_commit(pg, floor).tree_id, root)
    findings = Findings()
    _look(pg, tip, root, known, findings, progress)
    found = list(findings.found.values())
    if found:
        raise _unsound(tip, found)


def _look(
    pg: pygit2.Repository, tip: str, root: pygit2.Oid, known: list[str], findings: Findings, progress: Progress | None
) -> None:
    commits = commits_over(pg, tip, known)
    for commit in commits:
        _check_commit(pg, commit, findings)
    shape = _Shape(pg, [read_commit(pg, base).tree_id for base in known], findings)
    shape.check(root)
    if findings.found:
        return  # What is not even of the right shape is not read.
    sound: Sound = set()
    fold = TipCheck(pg, findings, sound, check_ledger_file(pg, root, findings))
    for done, (directory, oid) in enumerate(shape.changed):
        if progress is not None and done % 200 == 0:
            progress(done, len(shape.changed) + len(commits))
        fold.check(directory, oid)
    fold.check_ancestry()
    history = History(pg, findings, sound)
    for done, commit in enumerate(commits):
        if progress is not None and done % 200 == 0:
            progress(len(shape.changed) + done, len(shape.changed) + len(commits))
        history.check(commit.id)
    if progress is not None:
        progress(1, 1)


def _check_commit(pg: pygit2.Repository, commit: pygit2.Commit, findings: Findings) -> None:
    oid = commit.id
    if len(commit.parent_ids) > 2:
        findings.add("BAD_ENTRY", f"The entry {oid} has {len(commit.parent_ids)} parents.", object=oid, commit=oid)
    if not 0 <= commit.commit_time <= LAST_SECOND:
        findings.add("BAD_ENTRY", f"The entry {oid} has a date out of all bounds.", object=oid, commit=oid)
    if _size(pg, oid) > MAX_COMMIT:
        findings.add("BAD_ENTRY", f"The entry {oid} is larger than {MAX_COMMIT} bytes.", object=oid, commit=oid)


def _size(pg: pygit2.Repository, oid: pygit2.Oid) -> int:
    """The size of an object, which is not read for that."""
    try:
        return pg.odb.read_header(oid)[1]
    except (pygit2.GitError, KeyError, OSError) as error:
        raise unreadable(oid) from error


def _unsound(tip: str, found: list[Finding]) -> StorageError:
    first = found[0]
    named = first.object or first.commit or tip
    more = f" (and {len(found) - 1} more findings)" if len(found) > 1 else ""
    message = first.message if named in first.message else f"{first.message} (object {named})"
    return StorageError(
        f"The fetched tip {tip[:10]} is not sound and was not merged: {message}{more}",
        code="STORAGE_CORRUPTION",
        hint=("git", "show", "--stat", first.commit or tip),
        remediation=("Ask who has pushed it; verify another clone: gitledger verify.",),
        details={
            "tip": tip,
            "object": named,
            "findings": [
                {"code": one.code, "message": one.message, "object": one.object, "path": one.path, "commit": one.commit}
                for one in found[:20]
            ],
        },
    )


# ---------------------------------------------------------------------------------------------- shape


class _Base(Struct):
    """The tree of a tip that is known to be sound: its folders down to the shards, and its tasks where asked."""

    root: pygit2.Oid
    folders: dict[str, pygit2.Oid] = field(default_factory=dict)


class _Shape:
    """The layout of design §3, bounded in every direction; collects the folders that no known tip holds alike."""

    def __init__(self, pg: pygit2.Repository, bases: list[pygit2.Oid], findings: Findings) -> None:
        self.pg = pg
        self.findings = findings
        self.changed: list[tuple[str, pygit2.Oid]] = []
        self._bases = [_Base(root, self._folders(root)) for root in bases]
        self._clocks: dict[str, int] = {}

    def _folders(self, root: pygit2.Oid) -> dict[str, pygit2.Oid]:
        found = {}
        for entry in read_tree(self.pg, root):
            if entry.is_tree:
                found[entry.name] = entry.oid
                if entry.name in SHELVES:
                    found |= {f"{entry.name}/{shard.name}": shard.oid for shard in read_tree(self.pg, entry.oid)}
        return found

    def check(self, root: pygit2.Oid) -> None:
        """Check everything below `root` that is new."""
        names = set()
        for entry in read_tree(self.pg, root):
            names.add(entry.name)
            if entry.name == LEDGER_FILE and entry.mode == BLOB_MODE:
                self._check_size(LEDGER_FILE, entry.oid, 4096)
            elif entry.name == BOOK and entry.is_tree:
                if not self._is_known(BOOK, entry.oid):
                    self._check_folder(BOOK, entry.oid)
            elif entry.name in SHELVES and entry.is_tree:
                self._check_shelf(entry)
            else:
                self._refuse(entry.name, entry, "does not belong into a ledger")
        for name in {LEDGER_FILE, BOOK} - names:
            self.findings.add("MISSING_FILE", f"{name} is missing.", object=root, path=name)
        self._check_single(root)

    def _is_known(self, path: str, oid: pygit2.Oid) -> bool:
        return any(base.folders.get(path) == oid for base in self._bases)

    def _check_shelf(self, shelf: TreeEntry) -> None:
        if self._is_known(shelf.name, shelf.oid):
            return
        shards = read_tree(self.pg, shelf.oid)
        if len(shards) > MAX_SHARDS:
            self._refuse(shelf.name, shelf, f"has {len(shards)} shards")
            return
        for shard in shards:
            path = f"{shelf.name}/{shard.name}"
            if not shard.is_tree or not _SHARD.fullmatch(shard.name):
                self._refuse(path, shard, "does not belong into a ledger")
            elif not self._is_known(path, shard.oid):
                self._check_shard(path, shard)

    def _check_shard(self, path: str, shard: TreeEntry) -> None:
        tasks = read_tree(self.pg, shard.oid)
        if len(tasks) > MAX_SHARD:
            self._refuse(path, shard, f"has {len(tasks)} tasks")
            return
        held = [dict(self._tasks(base, path)) for base in self._bases]
        for task in tasks:
            where = f"{path}/{task.name}"
            named = _TASK.fullmatch(task.name)
            if not task.is_tree or named is None or int(named[1]) // 100 != int(shard.name):
                self._refuse(where, task, "does not belong into a ledger")
            elif not any(base.get(task.name) == task.oid for base in held):
                self._check_folder(where, task.oid)

    def _tasks(self, base: _Base, path: str) -> Iterator[tuple[str, pygit2.Oid]]:
        oid = base.folders.get(path)
        if oid is not None:
            yield from ((entry.name, entry.oid) for entry in read_tree(self.pg, oid))

    def _check_folder(self, path: str, oid: pygit2.Oid) -> None:
        """One task's folder, or the book: plain files, at most one folder deep."""
        self.changed.append((path, oid))
        entries = read_tree(self.pg, oid)
        files = 0
        for entry in entries:
            where = f"{path}/{entry.name}"
            if entry.is_tree and _FILE.fullmatch(entry.name):
                inner = read_tree(self.pg, entry.oid)
                limit = MAX_EVENTS if entry.name == "events" else MAX_FILES
                if len(inner) > limit:
                    self._refuse(where, entry, f"holds {len(inner)} files; {limit} are allowed")
                    continue
                for file in inner:
                    self._check_file(f"{where}/{file.name}", file, is_event=entry.name == "events")
                if entry.name == "events":
                    self._check_clocks(where, inner)
            else:
                files += 1
                self._check_file(where, entry, is_event=False)
        if files > MAX_FILES:
            self.findings.add("BAD_SHAPE", f"{path} holds {files} files.", object=oid, path=path)

    def _check_file(self, path: str, entry: TreeEntry, *, is_event: bool) -> None:
        if entry.mode != BLOB_MODE or not _FILE.fullmatch(entry.name):
            self._refuse(path, entry, "is not a plain file with a name that gitledger gives")
        elif is_event and entry.name.endswith(REDACTED):
            self._refuse(path, entry, "takes an event's content away, which is not taken from others")
        else:
            self._check_size(path, entry.oid, codec.MAX_EVENT if is_event else MAX_FILE)

    def _check_size(self, path: str, oid: pygit2.Oid, limit: int) -> None:
        size = _size(self.pg, oid)
        if size > limit:
            self.findings.add("TOO_LARGE", f"{path} has {size} bytes; {limit} are allowed.", object=oid, path=path)

    def _check_clocks(self, path: str, events: list[TreeEntry]) -> None:
        """No event's clock is so far beyond that nobody could write after it."""
        highest = self._known_clock(home_of(path.removesuffix("/events"))) + MAX_CLOCK_AHEAD
        for entry in events:
            named = codec.EVENT_NAME.fullmatch(entry.name)
            if named is not None and int(named["clock"]) > highest:
                self._refuse(f"{path}/{entry.name}", entry, f"has a clock far beyond {highest}")

    def _known_clock(self, home: str) -> int:
        if home not in self._clocks:
            self._clocks[home] = max((self._clock_in(oid) for oid in self._homes(home)), default=0)
        return self._clocks[home]

    def _homes(self, home: str) -> Iterator[pygit2.Oid]:
        """The folders of one task, or the book, in the known tips."""
        for base in self._bases:
            if home == BOOK:
                if BOOK in base.folders:
                    yield base.folders[BOOK]
                continue
            for path, oid in base.folders.items():
                if "/" in path:
                    raw = read_tree_bytes(self.pg, oid)
                    if home.encode() in raw:
                        yield from (pygit2.Oid(raw=task[3]) for task in _RAW_TASK.finditer(raw) if task[2].decode() == home)

    def _clock_in(self, folder: pygit2.Oid) -> int:
        events = next((entry for entry in read_tree(self.pg, folder) if entry.name == "events" and entry.is_tree), None)
        names = (codec.EVENT_NAME.fullmatch(entry.name) for entry in read_tree(self.pg, events.oid)) if events else ()
        return max((int(name["clock"]) for name in names if name is not None), default=0)

    def _check_single(self, root: pygit2.Oid) -> None:
        """No task lies in two folders; asked only where a folder is new."""
        new = {home_of(path) for path, _ in self.changed if path != BOOK and not self._is_held(path)}
        if not new:
            return
        seen: dict[str, str] = {}
        for path, oid in self._folders(root).items():
            if "/" not in path:
                continue
            for task in _RAW_TASK.finditer(read_tree_bytes(self.pg, oid)):
                home = task[2].decode()
                where = f"{path}/{task[1].decode()}-{home}"
                other = seen.setdefault(home, where)
                if other != where and home in new:
                    message = f"{other} and {where} both hold one task; doctor unites them where that was made."
                    self.findings.add("DUPLICATE_TASK", message, object=pygit2.Oid(raw=task[3]), path=where)

    def _is_held(self, path: str) -> bool:
        shard, _, name = path.rpartition("/")
        return any(name == held for base in self._bases for held, _ in self._tasks(base, shard))

    def _refuse(self, path: str, entry: TreeEntry, why: str) -> None:
        self.findings.add("BAD_SHAPE", f"{path!a} {why}.", object=entry.oid, path=path.encode("utf-8", "replace").decode())
