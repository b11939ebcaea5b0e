"""The folders of one task made one: all of its events, and what the fold derives from them; in a merge, or after one by plain git."""

from collections.abc import Iterable

import pygit2
from msgspec import Struct, field

from gitledger.errors import StorageError
from gitledger.model import codec, fold, merge
from gitledger.store.folders import (
    EVENTS,
    Folder,
    Folders,
    Names,
    event_names,
    folders_of,
    home_of,
    read_event,
    uid_of,
    without_redacted,
)
from gitledger.store.objects import BLOB_MODE, read_commit, unreadable
from gitledger.store.tree import task_directory, write_tree


def by_uid(pg: pygit2.Repository, uid12: str, folders: Iterable[Folder]) -> Folders:
    """Folders whose names end alike by the whole uid of their task; different tasks have next to never 12 digits alike."""
    found: Folders = {}
    for folder in folders:
        uid = uid_of(pg, event_names(pg, [folder]), "")
        if home_of(task_directory(0, uid)) != uid12:
            raise unreadable(folder[0], "task folder")
        found.setdefault(uid, []).append(folder)
    return found


def united(pg: pygit2.Repository, uid: str, folders: Iterable[Folder]) -> tuple[Names, fold.State, str]:
    """The event files in all the folders of a task, what they fold to, and the folder that follows from that."""
    names = without_redacted(event_names(pg, folders))
    state = merge.unite(read_events(pg, names))
    return names, state, task_directory(state.task.number, uid, archived=state.task.archived_at is not None)


def read_events(pg: pygit2.Repository, names: Names) -> list[codec.Event]:
    """The events among these files."""
    return [read_event(pg, name, oid) for name, oid in names.items() if codec.EVENT_NAME.fullmatch(name)]


def folder_tree(pg: pygit2.Repository, names: Names, files: dict[str, bytes | None]) -> pygit2.Oid:
    """Write the whole folder of a task or of the book: event files by id, and what the fold derives from them."""
    events = pg.TreeBuilder()
    for name, oid in names.items():
        events.insert(name, oid, BLOB_MODE)
    return write_tree(pg, None, files, grafts={EVENTS: events.write()})


def clash(path: str) -> StorageError:
    """The error for two tasks that belong into one folder."""
    return StorageError(
        f"Two tasks would lie in {path}: their uids begin with the same 12 digits, and their numbers are equal.",
        code="STORAGE_CORRUPTION",
        hint=("gitledger", "verify"),
        remediation=("No chance makes such a uid; look at where the other side comes from.",),
        details={"path": path},
    )


# ---------------------------------------------------------------------------------------------- in one ledger


class United(Struct):
    """What uniting comes to, as `chain.append` takes it: folders to remove, trees to put in place, the tasks' uids."""

    files: dict[str, bytes | None] = field(default_factory=dict)
    grafts: Names = field(default_factory=dict)
    uids: list[str] = field(default_factory=list)


def find_twins(pg: pygit2.Repository, tip: str) -> Folders:
    """The task folders at `tip` that share a task with another, by its uid."""
    found: Folders = {}
    for uid12, folders in folders_of(pg, read_commit(pg, tip).tree_id).items():
        if len(folders) > 1:
            found |= {uid: twins for uid, twins in by_uid(pg, uid12, folders).items() if len(twins) > 1}
    return found


def unite_twins(pg: pygit2.Repository, tip: str) -> United:
    """Fold the events of all folders of a task together. Writes objects, moves no ref."""
    made = United()
    taken = {path for folders in folders_of(pg, read_commit(pg, tip).tree_id).values() for path, _ in folders}
    for uid, folders in sorted(find_twins(pg, tip).items()):
        names, state, home = united(pg, uid, folders)
        own = {path for path, _ in folders}
        if home in taken - own:
            raise clash(home)
        made.files |= dict.fromkeys(own - {home})
        made.grafts[home] = folder_tree(pg, names, fold.files(state))
        made.uids.append(uid)
    return made
