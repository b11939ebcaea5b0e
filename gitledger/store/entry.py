"""The files of an entry: which blobs change where when an operation's events join the ledger's tree."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from gitledger.model import codec, fold
from gitledger.store.tree import BOOK, LEDGER_FILE, task_directory


def entry_files(
    events: Iterable[codec.Event],
    states: dict[str | None, Any],
    directories: dict[str, str | None],
    is_first: bool,
    anew: Collection[str] = (),
) -> tuple[dict[str, bytes | None], dict[str, str]]:
    """The files to write (None: to remove) by path in the ledger's tree, and the task folders that move.

    `directories` says where each touched task lies now (None: it is new); `is_first` that the ledger begins. Of
    the tasks in `anew` nothing stays as it lies: `events` and `states` hold all of them.
    """
    files: dict[str, bytes | None] = {}
    moves: dict[str, str] = {}
    places: dict[str | None, str] = {None: BOOK}
    for uid, state in states.items():
        if uid is not None:
            task = state.task
            places[uid] = task_directory(task.number, uid, archived=task.archived_at is not None)
            old = directories.get(uid)
            if uid in anew and old is not None:
                files[old] = None
            elif old is not None and old != places[uid]:
                moves[old] = places[uid]
        elif is_first:
            info = codec.LedgerInfo(codec.FORMAT_VERSION, codec.FOLD_VERSION, state.book.uid)
            files[LEDGER_FILE] = codec.encode_ledger(info)
        for name, data in fold.files(state).items():
            files[f"{places[uid]}/{name}"] = data
    for event in events:
        files[f"{places[event.task]}/events/{codec.file_name(event)}"] = event.raw
    return files, moves


def graft_places(states: Mapping[str | None, Any], folders: Mapping[str, Any]) -> dict[str, Any]:
    """Where the folders of tasks that come from elsewhere (uid → tree) go in the ledger's tree."""
    places = {}
    for uid, oid in folders.items():
        task = states[uid].task
        places[task_directory(task.number, uid, archived=task.archived_at is not None)] = oid
    return places
