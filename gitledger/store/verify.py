"""Verifying a ledger: entries only ever added events, events are what their names say, all else follows."""

from collections.abc import Callable

import pygit2

from gitledger.errors import StorageError
from gitledger.model import codec
from gitledger.store.objects import TreeEntry, read_blob, read_commit, read_tree
from gitledger.store.refold import REDACTED, Sound, check_tip, home_of
from gitledger.store.repo import Repository
from gitledger.store.report import Findings, Report
from gitledger.store.tree import BOOK, changed_directories, find, task_directories, uid_digits

_STEP = 100


def verify(
    repo: Repository, ledger: str, tip: str, progress: Callable[[int, int], None] | None = None
) -> Report:
    """Fold every task at `tip` again and compare each byte with the tree, then look at every entry from the first on.

    The cost follows the number of entries and events. Objects that cannot be read are findings, not errors.
    """
    findings = Findings()
    sound: Sound = set()
    tasks = events = 0
    try:
        tasks, events = check_tip(repo.pg, read_commit(repo.pg, tip).tree_id, findings, sound, progress)
    except StorageError as error:
        findings.add("CORRUPT_OBJECT", error.message, object=error.details.get("object"), commit=tip)
    history = History(repo.pg, findings, sound)
    commits = _commits(repo.pg, tip, findings)
    for done, oid in enumerate(commits):
        if progress is not None and done % _STEP == 0:
            progress(done, len(commits))
        history.check(oid)
    if repo.pg.is_shallow:
        findings.note("the clone is shallow: earlier entries were not looked at")
    if progress is not None:
        progress(len(commits), len(commits))
    return Report(ledger, tip, len(commits), tasks, events, list(findings.found.values()), findings.notes())


def _commits(pg: pygit2.Repository, tip: str, findings: Findings) -> list[pygit2.Oid]:
    """The commits up to `tip`, parents first; as far as they can be read."""
    found: list[pygit2.Oid] = []
    seen: set[pygit2.Oid] = set()
    waiting = [(pygit2.Oid(hex=tip), False)]
    while waiting:
        oid, are_parents_found = waiting.pop()
        if are_parents_found:
            found.append(oid)
        elif oid not in seen:
            seen.add(oid)
            try:
                parents = read_commit(pg, oid).parent_ids
            except StorageError as error:
                message = f"The chain of entries cannot be followed to its beginning: {error.message}"
                findings.add("CORRUPT_HISTORY", message, object=oid, commit=oid)
                continue
            waiting += [(oid, True), *((parent, False) for parent in parents)]
    return found


class History:
    """Walks entries, parents first, comparing each with what it came from; events in `sound` need no second look."""

    def __init__(self, pg: pygit2.Repository, findings: Findings, sound: Sound) -> None:
        self.pg = pg
        self.findings = findings
        self._checked = sound

    def check(self, oid: pygit2.Oid) -> None:
        """Check one entry against each of its parents."""
        try:
            commit = read_commit(self.pg, oid)
            # In a shallow clone libgit2 hides the parents that are not there.
            parents = commit.parent_ids
            for parent in parents:
                self._compare(read_commit(self.pg, parent).tree_id, commit.tree_id, oid)
            if not parents:
                self._compare(None, commit.tree_id, oid)
        except StorageError as error:
            self.findings.add("CORRUPT_OBJECT", error.message, object=error.details.get("object"), commit=oid)

    def _compare(self, old: pygit2.Oid | None, new: pygit2.Oid, commit: pygit2.Oid) -> None:
        changed, gone, others = changed_directories(self.pg, old, new)
        if BOOK in others:
            self._grown(self._events(old, BOOK), self._events(new, BOOK), BOOK, commit)
        for directory in changed:
            self._grown(self._events(old, directory), self._events(new, directory), directory, commit)
        by_digits = {home_of(directory): directory for directory in changed}
        for directory in gone:
            # A renumbered or archived task lies elsewhere; all it had must be there.
            moved_to = by_digits.get(home_of(directory)) or self._elsewhere(new, directory)
            if moved_to is None:
                self.findings.add("TASK_REMOVED", f"{directory} was removed.", path=directory, commit=commit)
            else:
                self._grown(self._events(old, directory), self._events(new, moved_to), moved_to, commit)

    def _elsewhere(self, root: pygit2.Oid, directory: str) -> str | None:
        digits = home_of(directory)
        return next((path for path, _ in task_directories(self.pg, root) if home_of(path) == digits), None)

    def _events(self, root: pygit2.Oid | None, directory: str) -> dict[str, TreeEntry]:
        oid = find(self.pg, root, f"{directory}/events") if root is not None else None
        return {entry.name: entry for entry in read_tree(self.pg, oid)} if oid is not None else {}

    def _grown(
        self, before: dict[str, TreeEntry], after: dict[str, TreeEntry], directory: str, commit: pygit2.Oid
    ) -> None:
        """Every event of `before` is still there, unchanged; every new one is sound."""
        for name, entry in before.items():
            path = f"{directory}/events/{name}"
            kept = after.get(name)
            if kept is None and not name.endswith(REDACTED) and name + REDACTED in after:
                self.findings.note(f"{path} was redacted")
            elif kept is None:
                self.findings.add("EVENT_REMOVED", f"{path} was removed.", object=entry.oid, path=path, commit=commit)
            elif kept.oid != entry.oid and not name.endswith(REDACTED):
                # Of two tombstones of one event a merge keeps one; what is written on them proves nothing.
                self.findings.add("EVENT_CHANGED", f"{path} was changed.", object=kept.oid, path=path, commit=commit)
        for name, entry in after.items():
            if name not in before and not name.endswith(REDACTED):
                self._sound(entry, directory, commit)

    def _sound(self, entry: TreeEntry, directory: str, commit: pygit2.Oid) -> None:
        """The event is one, belongs to this folder, and bears the name that its bytes and clock give it."""
        key = (home_of(directory), entry.name, entry.oid)
        if key in self._checked:
            return
        self._checked.add(key)
        path = f"{directory}/events/{entry.name}"
        where = {"object": entry.oid, "path": path, "commit": commit}
        if entry.is_tree or not codec.EVENT_NAME.fullmatch(entry.name):
            self.findings.add("UNEXPECTED_FILE", f"{path} is not an event's name.", **where)
            return
        try:
            event = codec.decode(read_blob(self.pg, entry.oid))
        except StorageError as error:
            self.findings.add("CORRUPT_OBJECT", error.message, **where)
            return
        except codec.CorruptEvent as error:
            self.findings.add("CORRUPT_EVENT", f"{path} is not an event: {error}.", **where)
            return
        if codec.file_name(event) != entry.name:
            message = f"{path} holds the event {codec.file_name(event)}: its content was changed or its name."
            self.findings.add("NAME_MISMATCH", message, **where)
        belongs_to = BOOK if event.task is None else uid_digits(event.task)
        if belongs_to != home_of(directory):
            self.findings.add("WRONG_TASK", f"{path} is an event of another task.", **where)
