"""The full text of one ledger: a table of an index that is filled when a search first asks for it, and then by what changed.

Writes never touch it. A record's row number is never given twice (`record` in the index), so that records above the highest row
number that was taken in are new; which have gone is noted in `dropped`. Archived tasks have the number negative.
"""

from collections.abc import Iterable, Iterator

import sqlite3

from gitledger.model import codec, seeking
from gitledger.model.seeking import BEGIN, END, FIELDS, Document, Find, Sought, Term
from gitledger.store.index import Index
from gitledger.store.refresh import index_in_memory, index_path, is_ready
from gitledger.store.repo import Repository

# Where many match, so many of those that changed last are ranked: the time of an answer is bounded by it.
RANKED = 500
_CHUNK = 500
_AROUND = 16  # words of text that are shown

_TABLE = f"CREATE VIRTUAL TABLE IF NOT EXISTS sought USING fts5({', '.join(FIELDS)}, tokenize='unicode61 remove_diacritics 2')"
_ADD = f"INSERT INTO sought (rowid, {', '.join(FIELDS)}) VALUES ({', '.join('?' * (len(FIELDS) + 1))})"
_RANK = f"rank MATCH 'bm25({', '.join(map(str, seeking.WEIGHTS.values()))})'"
_PIECES = ", ".join(f"snippet(sought, {place}, char(2), char(3), '…', {_AROUND})" for place in range(len(FIELDS)))
_SHOWN = sorted(range(1, len(FIELDS)), key=lambda place: -seeking.WEIGHTS[FIELDS[place]]) + [0]  # the title is shown anyway


def is_filled(index: Index) -> bool:
    """Whether the full text is that of the tip."""
    return index.meta("sought") == index.meta("tip")


def with_full_text(repo: Repository, ledger: str, tip: str, index: Index) -> Index:
    """The index at `tip` with its full text, or without it where SQLite has none or the file cannot be written now."""
    if is_filled(index):
        return index
    _try_to_fill(index, tip)
    if is_ready(index, tip):
        return index
    # Another entry was taken in meanwhile, and this state is no longer the file's.
    index.close()
    index = index_in_memory(repo, index_path(repo, ledger), tip)
    _try_to_fill(index, tip)
    return index


def _try_to_fill(index: Index, tip: str) -> None:
    index.end()
    try:
        index.begin_write()
        if index.tip == tip:
            fill(index)
            index.end()
    except sqlite3.Error:
        pass
    finally:
        index.end(keep=False)


def fill(index: Index) -> None:
    """Bring the full text to the tip, inside a write transaction. Raises sqlite3.OperationalError where SQLite has none."""
    db = index.db
    if index.meta("sought") is None:
        db.execute("DROP TABLE IF EXISTS sought")
    db.execute(_TABLE)
    dead = "SELECT id FROM sought_docsize WHERE id IN (SELECT id FROM dropped UNION ALL SELECT -id FROM dropped)"
    db.executemany("DELETE FROM sought WHERE rowid = ?", db.execute(dead).fetchall())
    db.execute("DELETE FROM dropped")
    ends = db.execute("SELECT (SELECT max(id) FROM sought_docsize), (SELECT -min(id) FROM sought_docsize)").fetchone()
    db.executemany(_ADD, _rows(db, max(*(end or 0 for end in ends), 0)))
    index.set_meta("sought", index.meta("tip") or "")


def _rows(db: sqlite3.Connection, after: int) -> Iterator[tuple[int | str, ...]]:
    for number, _, is_archived, document in _documents(db, after):
        yield -number if is_archived else number, *document.values()


def _documents(db: sqlite3.Connection, after: int = 0) -> Iterator[tuple[int, str, bool, Document]]:
    """Row number, uid, whether it is archived and what is searched, of every task that is not deleted and was taken in later."""
    texts = "SELECT name, data FROM text WHERE directory = ?"
    records = "SELECT id, directory, data FROM record WHERE id > ? ORDER BY id LIMIT ?"
    while found := db.execute(records, (after, _CHUNK)).fetchall():
        for after, directory, data in found:
            task = codec.decode_task(data)
            if task.deleted_at is None:
                files = {name: text.decode("utf-8", "replace") for name, text in db.execute(texts, (directory,))}
                yield after, task.uid, task.archived_at is not None, seeking.document_of(task, lambda name: files.get(name, ""))


# ---------------------------------------------------------------------------------------------- answers


def seek(index: Index, sought: Sought) -> tuple[list[Find], int]:
    """The first tasks that match, the best first, and how many do; the full text is at the tip."""
    # One condition on the row number: of two, SQLite would use the first alone.
    where, query = "sought MATCH ? AND rowid > ?", _expression(sought.terms)
    above = -codec.MAX_INTEGER if sought.archived else 0
    (total,) = index.db.execute(f"SELECT count(*) FROM sought WHERE {where}", (query, above)).fetchone()
    if sought.limit and total > RANKED:
        newest = f"SELECT rowid FROM sought WHERE {where} ORDER BY rowid DESC LIMIT 1 OFFSET {RANKED}"
        (above,) = index.db.execute(newest, (query, above)).fetchone()
    best = f"SELECT rowid, rank, {_PIECES} FROM sought WHERE {where} AND {_RANK} ORDER BY rank LIMIT ?"
    return _finds(index.db, index.db.execute(best, (query, above, sought.limit or -1))), total


def _finds(db: sqlite3.Connection, rows: Iterable[tuple]) -> list[Find]:
    """The tasks of these rows (number, rank, a piece of each field), each uid once, the best first."""
    found: dict[str, tuple[float, int, Find]] = {}
    tasks = "SELECT number, uid FROM task JOIN record USING (directory) WHERE id = ?"
    for row, score, *texts in rows:
        for number, uid in db.execute(tasks, (abs(row),)):
            place = next((place for place in _SHOWN if BEGIN in texts[place] and END in texts[place]), 0)
            find = Find(uid=uid, score=-score, field=FIELDS[place], piece=texts[place])
            found.setdefault(uid, (score, number, find))
    return [find for *_, find in sorted(found.values(), key=lambda item: (*item[:2], item[2].uid))]


def _expression(terms: Iterable[Term]) -> str:
    """The terms in the language of SQLite's full text: each quoted, so that no word of theirs is taken for one of its own."""
    return " ".join(f'"{" ".join(term.words)}"' + ("" if term.is_whole else "*") for term in terms)


def seek_plainly(index: Index, sought: Sought) -> tuple[list[Find], int]:
    """The same without the full text, task by task."""
    documents = _documents(index.db)
    found = seeking.find_plainly(
        ((uid, document) for _, uid, is_archived, document in documents if sought.archived or not is_archived), sought.terms
    )
    return found[: sought.limit or None], len(found)
