"""Holding the index against the ledger: it is only a cache, and must answer what the records say."""

import os

from msgspec import Struct

from gitledger.store.content import Content, read_record
from gitledger.store.refresh import index_path, open_index
from gitledger.store.repo import Repository
from gitledger.store.tree import task_directories


class IndexState(Struct, frozen=True):
    """`is_there`: the file was there; `is_open`: it can be used; `wrong` are the uids (or folders) it tells otherwise."""

    is_there: bool
    is_open: bool
    wrong: list[str]


def inspect_index(repo: Repository, ledger: str, tip: str) -> IndexState:
    """Compare every record in the index with the ledger's, after it was brought up to the tip. Raises StorageError."""
    is_there = os.path.exists(index_path(repo, ledger))
    index = open_index(repo, ledger, tip)
    if index is None:
        return IndexState(is_there, False, [])
    try:
        folders = dict(task_directories(repo.pg, Content(repo.pg, tip).root))
        wrong = [row.directory for row in index.rows(archived=True) if row.directory not in folders]
        for directory, oid in folders.items():
            task, data = read_record(repo.pg, directory, oid)
            if index.record_bytes(task.uid) != data:
                wrong.append(task.uid)
    finally:
        index.close()
    return IndexState(is_there, True, wrong)
