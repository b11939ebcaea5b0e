"""The index: brought up to date it equals one made anew, and nothing that befalls its file fails a read."""

import os
import sqlite3

import pytest

from gitledger.model import events
from gitledger.store import refresh
from gitledger.store.index import Index
from gitledger.store import content
from gitledger.store.refresh import index_in_memory, index_path, open_index
from gitledger.store.snapshot import open_snapshot


def dump(index: Index) -> dict[str, list]:
    tables = {}
    for table in ("meta", "task", "record", "dependency", "source"):
        columns = "directory, data" if table == "record" else "*"
        tables[table] = sorted(index.db.execute(f"SELECT {columns} FROM {table}").fetchall(), key=repr)
    return tables


def fresh(repo, tip) -> dict[str, list]:
    index = index_in_memory(repo, "/nonexistent", tip)
    try:
        return dump(index)
    finally:
        index.close()


def held(repo, scribe) -> dict[str, list]:
    index = open_index(repo, scribe.ledger, scribe.tip)
    try:
        assert index is not None and index.path != ":memory:"
        return dump(index)
    finally:
        index.close()


def test_refreshed_equals_rebuilt(repo, scribe) -> None:
    uids = [scribe.create(number) for number in range(1, 8)]
    scribe.commit()
    assert held(repo, scribe) == fresh(repo, scribe.tip)
    scribe.retitle(uids[0], "Other")
    scribe.say(uids[1], events.DependencyAdded(on=uids[0]))
    scribe.say(uids[2], events.TaskArchived())
    scribe.say(uids[3], events.TaskRenumbered(number=140, previous=4))
    scribe.say(uids[4], events.TaskDeleted(reason="x"))
    scribe.say(uids[5], events.ClaimTaken(lease_s=60))
    scribe.say(uids[6], events.CommitLinked(commit="a" * 40, source="hook"))
    scribe.commit()
    assert held(repo, scribe) == fresh(repo, scribe.tip)
    scribe.say(uids[6], events.CommitLinked(commit="b" * 40, source="rewrite", replaces=["a" * 40]))
    scribe.say(uids[2], events.TaskUnarchived())
    scribe.say(uids[1], events.DependencyRemoved(on=uids[0]))
    scribe.commit()
    assert held(repo, scribe) == fresh(repo, scribe.tip)


def test_the_tasks_of_a_commit(repo, scribe) -> None:
    one, two, three = (scribe.create(number) for number in range(1, 4))
    for uid in (one, two, three):
        scribe.say(uid, events.CommitLinked(commit="a" * 40, source="hook"))
    scribe.say(one, events.CommitLinked(commit="b" * 40, source="hook"))
    scribe.say(two, events.CommitUnlinked(commit="a" * 40))
    scribe.say(three, events.TaskDeleted(reason="x"))
    scribe.commit()
    with open_snapshot(repo, "main") as snapshot:
        found = {letter: [row.uid for row in snapshot.rows_of_commit(letter * 40)] for letter in "abc"}
    assert found == {"a": [one], "b": [one], "c": []}


def apply(repo, *, expected, tip) -> bool:
    """What a writer does after its entry, through a connection of its own."""
    index = Index(index_path(repo, "main"))
    try:
        return refresh.apply(repo, index, expected=expected, tip=tip)
    finally:
        index.close()


def test_another_boot_of_the_machine_builds_the_index_anew(repo, scribe, monkeypatch) -> None:
    from gitledger.store import index as index_module

    scribe.create(1)
    scribe.commit()
    held(repo, scribe)
    built = []
    monkeypatch.setattr(content, "read_record", lambda *a, real=content.read_record: built.append(a) or real(*a))
    held(repo, scribe)
    assert not built
    monkeypatch.setattr(index_module, "_boot", lambda: "another")
    held(repo, scribe)
    assert len(built) == 1


def test_apply_follows_the_writer(repo, scribe) -> None:
    before = scribe.tip
    scribe.create(1)
    after = scribe.commit()
    held(repo, scribe)
    scribe.create(2)
    latest = scribe.commit()
    assert not apply(repo, expected=before, tip=latest), "the index is elsewhere"
    assert apply(repo, expected=after, tip=latest)
    raw = Index(index_path(repo, "main"))
    assert raw.tip == latest
    assert dump(raw) == fresh(repo, latest)
    raw.begin_write()
    scribe.create(3)
    third = scribe.commit()
    assert not apply(repo, expected=latest, tip=third), "somebody else writes"
    raw.close()


@pytest.mark.parametrize("spoil", ["truncate", "garbage", "empty", "other schema", "version", "future"])
def test_spoilt_file_is_made_anew(repo, scribe, spoil) -> None:
    for number in range(1, 60):
        scribe.create(number)
    scribe.commit()
    held(repo, scribe)
    path = index_path(repo, "main")
    if spoil in ("truncate", "garbage", "empty"):
        db = sqlite3.connect(path)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
        size = os.path.getsize(path)
        with open(path, "r+b") as file:
            if spoil == "truncate":
                file.truncate(size // 2)
            elif spoil == "empty":
                file.truncate(0)
            else:
                file.seek(0)
                file.write(b"not a database" * 500)
    else:
        db = sqlite3.connect(path)
        statement = {
            "other schema": "DROP TABLE task",
            "version": "UPDATE meta SET value = 0 WHERE key = 'version'",
            "future": "UPDATE meta SET value = 99 WHERE key = 'fold'",
        }[spoil]
        db.execute(statement)
        db.commit()
        db.close()
    scribe.create(100)
    scribe.commit()
    assert held(repo, scribe) == fresh(repo, scribe.tip)
    with open_snapshot(repo, "main") as snapshot:
        assert len(snapshot.rows()) == 60


def test_folder_that_refuses(repo, scribe, folder) -> None:
    scribe.create(1)
    scribe.commit()
    (folder / ".git/gitledger").write_text("a file where a folder should be")
    with open_snapshot(repo, "main") as snapshot:
        assert [row.number for row in snapshot.rows()] == [1]
        assert snapshot.index.path == ":memory:"


def test_read_only_file_is_copied_to_memory(repo, scribe, monkeypatch) -> None:
    scribe.create(1)
    scribe.commit()
    held(repo, scribe)
    scribe.create(2)
    scribe.commit()

    def refuse(self):
        raise sqlite3.OperationalError("attempt to write a readonly database")

    with monkeypatch.context() as patch:
        real = Index.begin_write
        patch.setattr(Index, "begin_write", lambda self: real(self) if self.path == ":memory:" else refuse(self))
        read = []
        patch.setattr(content, "read_record", lambda *a, real=content.read_record: read.append(a) or real(*a))
        with open_snapshot(repo, "main") as snapshot:
            assert [row.number for row in snapshot.rows()] == [1, 2]
            assert snapshot.index.path == ":memory:"
        assert len(read) == 1, "only what differs is read"


def test_reader_keeps_its_state_while_a_writer_goes_on(repo, scribe) -> None:
    scribe.create(1)
    scribe.commit()
    with open_snapshot(repo, "main") as old:
        scribe.create(2)
        latest = scribe.commit()
        assert apply(repo, expected=old.tip, tip=latest)
        assert [row.number for row in old.rows()] == [1]
        with open_snapshot(repo, "main") as new:
            assert [row.number for row in new.rows()] == [1, 2]
        with open_snapshot(repo, "main", tip=old.tip) as past:
            assert [row.number for row in past.rows()] == [1]
            assert past.index.path == ":memory:"
        assert open_index(repo, "main", old.tip) is None, "the file is ahead of that tip"


def test_new_ledger_is_seeded_from_its_sibling(repo, scribe, write_ledger, monkeypatch) -> None:
    for number in range(1, 30):
        scribe.create(number)
    scribe.commit()
    held(repo, scribe)
    repo.pg.references.create("refs/taskledger/feature/Ünï x".replace(" ", "-"), scribe.tip)
    fork = write_ledger(repo, "feature/Ünï-x", seed=2)
    fork.states = scribe.states
    fork.create(30)
    fork.commit()
    read = []
    monkeypatch.setattr(content, "read_record", lambda *a, real=content.read_record: read.append(a) or real(*a))
    assert len(held(repo, fork)["task"]) == 30
    assert len(read) == 1


def test_lost_old_tip_means_rebuild(repo, scribe) -> None:
    scribe.create(1)
    scribe.commit()
    held(repo, scribe)
    raw = Index(index_path(repo, "main"))
    raw.set_meta("tip", "12" * 20)
    raw.close()
    assert held(repo, scribe) == fresh(repo, scribe.tip)


def test_progress(repo, scribe) -> None:
    for number in range(1, 4):
        scribe.create(number)
    scribe.commit()
    seen = []
    open_index(repo, "main", scribe.tip, lambda done, total: seen.append((done, total))).close()
    assert seen == [(0, 3), (3, 3)]


@pytest.mark.parametrize("spoil", ["pages", "line", "record"])
def test_damage_seen_only_by_a_question(repo, scribe, spoil) -> None:
    """The file opens and its tip is right; what lies behind is broken."""
    uids = [scribe.create(number) for number in range(1, 200)]
    scribe.commit()
    held(repo, scribe)
    path = index_path(repo, "main")
    db = sqlite3.connect(path)
    if spoil == "line":
        db.execute("UPDATE task SET line = x'00'")
    elif spoil == "record":
        db.execute("UPDATE record SET data = x'7b'")
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (table,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'task'").fetchone()
    db.close()
    if spoil == "pages":
        with open(path, "r+b") as file:
            file.seek((table - 1) * 4096)
            file.write(b"\xff" * 4096)
    with open_snapshot(repo, "main") as snapshot:
        assert len(snapshot.rows()) == 199
        assert snapshot.record(uids[5]) == scribe.states[uids[5]].task
    assert held(repo, scribe) == fresh(repo, scribe.tip)
