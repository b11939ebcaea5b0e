"""Tasks picked out of an index by what they are and in the order of their times: a page, without reading the rest."""

from collections.abc import Iterator
from heapq import merge
from itertools import islice

import sqlite3

from gitledger.model import readiness
from gitledger.model.listing import Sieve
from gitledger.store.nodes import labelled_any

_COLUMNS = {"created": "created", "updated": "updated", "due": "due", "next_run": "next_run"}


def sift(db: sqlite3.Connection, sieve: Sieve) -> list[tuple[str]]:
    """The folders of the tasks that a sieve lets through, in order."""
    # A role at a time, where the index has each in order.
    roles = [(role,) for role in sieve.roles] if sieve.order == "updated" and sieve.roles else [sieve.roles]
    streams = [_stream(db, sieve, each) for each in roles]
    found = merge(*streams, reverse=sieve.newest)
    return [(directory,) for *_, directory in islice(found, sieve.offset, sieve.offset + sieve.limit)]


def _stream(db: sqlite3.Connection, sieve: Sieve, roles: tuple[str, ...]) -> Iterator[tuple]:
    where, values = _conditions(sieve, roles)
    way = "DESC" if sieve.newest else "ASC"
    query = (
        f"SELECT {_COLUMNS[sieve.order]} AS moment, number, uid, directory FROM node WHERE {where}"
        f" ORDER BY moment {way}, number {way}, uid {way}, directory {way} LIMIT ?"
    )
    yield from db.execute(query, (*values, sieve.offset + sieve.limit))


def _conditions(sieve: Sieve, roles: tuple[str, ...]) -> tuple[str, list[str | int]]:
    parts, values = ["role <> ''"], list[str | int]()
    if roles:
        parts, values = [f"role IN ({', '.join('?' * len(roles))})"], [*roles]
    if sieve.is_open:
        parts.append("standing <> 'finished'")
    if sieve.parent is not None:
        parts.append("hidden IN (0, 1) AND parent = ?")
        values.append(sieve.parent)
    if sieve.priority is not None:
        parts.append("rank = ?")
        values.append(readiness.priority_rank(sieve.priority))
    for bound, sign in ((sieve.after, ">"), (sieve.until, "<=")):
        if bound is not None:
            parts.append(f"{_COLUMNS[sieve.order]} {sign} ?")
            values.append(bound)
    labelled, labels = labelled_any(sieve.any_label)
    return " AND ".join(parts) + labelled, [*values, *labels]
