"""Two folders of one task (a merge by plain git): found by their names, and united into the one that follows."""

import pygit2

from gitledger.model import codec, fold
from gitledger.store.merge import EVENTS, event_names, read_event
from gitledger.store.objects import BLOB_MODE, TREE_MODE, read_commit
from gitledger.store.refold import home_of
from gitledger.store.tree import task_directories, task_directory, write_tree


class United:
    """What uniting comes to, as `chain.append` takes it: folders to remove, trees to put in place, the tasks' uids."""

    def __init__(self) -> None:
        self.files: dict[str, bytes | None] = {}
        self.grafts: dict[str, pygit2.Oid] = {}
        self.uids: list[str] = []


def find_twins(pg: pygit2.Repository, tip: str) -> dict[str, list[tuple[str, pygit2.Oid]]]:
    """The task folders at `tip` that share a task with another, by the first 12 digits of its uid."""
    found: dict[str, list[tuple[str, pygit2.Oid]]] = {}
    for directory, oid in task_directories(pg, read_commit(pg, tip).tree_id):
        found.setdefault(home_of(directory), []).append((directory, oid))
    return {uid12: folders for uid12, folders in found.items() if len(folders) > 1}


def unite_twins(pg: pygit2.Repository, tip: str) -> United:
    """Fold the events of all folders of a task together. Writes objects, moves no ref."""
    united = United()
    for _, folders in sorted(find_twins(pg, tip).items()):
        names = event_names(pg, folders)
        events = [read_event(pg, name, oid) for name, oid in names.items() if codec.EVENT_NAME.fullmatch(name)]
        state = fold.fold(events)
        home = task_directory(state.task.number, state.task.uid, archived=state.task.archived_at is not None)
        united.files |= {directory: None for directory, _ in folders if directory != home}
        united.grafts[home] = _folder(pg, names, fold.files(state))
        united.uids.append(state.task.uid)
    return united


def _folder(pg: pygit2.Repository, names: dict[str, pygit2.Oid], files: dict[str, bytes | None]) -> pygit2.Oid:
    events = pg.TreeBuilder()
    for name, oid in names.items():
        events.insert(name, oid, BLOB_MODE)
    derived = write_tree(pg, None, {name: data for name, data in files.items() if data is not None})
    top = pg.TreeBuilder(derived)
    top.insert(EVENTS, events.write(), TREE_MODE)
    return top.write()
