"""The snapshot: what it answers is what the events fold to, at every step of a random history."""

import os
import random

import pytest

from gitledger.errors import StorageError
from gitledger.model import codec, events
from gitledger.store import snapshot as module
from gitledger.store.objects import read_commit
from gitledger.store.index import remove_files
from gitledger.store.refresh import index_path
from gitledger.store.snapshot import open_snapshot
from gitledger.store.tree import find


def test_no_ledger(repo) -> None:
    with open_snapshot(repo, "main") as empty:
        assert empty.tip is None and empty.info is None and not empty.needs_upgrade
        assert empty.rows() == [] == empty.lookup(number=1) == empty.events(None) == empty.entries()
        assert empty.top_number() == 0 and empty.taken_slugs("x") == set() and empty.counts() == {}
        assert empty.record("x") is None and empty.text("x", "task.md") is None and empty.row("x") is None
        assert empty.book().number_floor == 0 and empty.dependents("x") == []


def test_agrees_with_the_states_written(repo, scribe) -> None:
    dice = random.Random(3)
    uids: list[str] = []
    number = 0
    for _ in range(40):
        for _ in range(dice.randrange(1, 4)):
            step = dice.randrange(7)
            if step == 0 or not uids:
                number += dice.choice((1, 1, 60))
                uids.append(scribe.create(number))
                continue
            uid = dice.choice(uids)
            task = scribe.states[uid].task
            if step == 1:
                number += 1
                scribe.say(uid, events.TaskRenumbered(number=number, previous=task.number))
            elif step == 2:
                scribe.say(uid, events.TaskUnarchived() if task.archived_at else events.TaskArchived())
            elif step == 3:
                scribe.say(uid, events.DependencyAdded(on=dice.choice(uids)))
            elif step == 4 and dice.random() < 0.2:
                scribe.say(uid, events.TaskDeleted(reason="x"))
            else:
                scribe.retitle(uid, f"Title {dice.random()}")
        scribe.commit()
        compare(repo, scribe, uids, number)


def compare(repo, scribe, uids, number) -> None:
    tasks = {uid: scribe.states[uid].task for uid in uids}
    live = sorted((task for task in tasks.values() if not task.deleted_at), key=lambda task: (task.number, task.uid))
    with open_snapshot(repo, "main") as snapshot:
        assert snapshot.tip == scribe.tip and snapshot.info.uid
        assert [row.uid for row in snapshot.rows(archived=True)] == [task.uid for task in live]
        assert [row.uid for row in snapshot.rows()] == [task.uid for task in live if not task.archived_at]
        assert snapshot.top_number() == number
        assert snapshot.counts()["tasks"] == len(live)
        for uid, task in tasks.items():
            row = snapshot.row(uid)
            assert (row.number, row.title, row.is_archived) == (task.number, task.title, task.archived_at is not None)
            assert row.directory == scribe.directory(uid) == snapshot.directory(uid)
            assert snapshot.record(uid) == task
            assert snapshot.text(uid, "task.md").startswith(f"# {task.title}\n")
            assert [event.clock for event in snapshot.events(uid)] == list(range(1, task.clock + 1))
            seen = [uid] if not task.deleted_at else []
            assert [row.uid for row in snapshot.lookup(number=task.number)] == seen
            assert [row.uid for row in snapshot.lookup(slug=task.slug)] == seen
            assert [row.uid for row in snapshot.lookup(prefix=uid[:13])] == seen
            expected = {other.uid for other in live if any(link.on == uid for link in other.dependencies)}
            assert {row.uid for row in snapshot.dependents(uid)} == expected


def test_counts(repo, scribe) -> None:
    one, two = scribe.create(1), scribe.create(2)
    scribe.say(one, *(events.TodoAdded(number=n, text="x", source="user") for n in (1, 2)), events.ClaimTaken(lease_s=9))
    (todo,) = scribe.say(two, events.TodoAdded(number=1, text="x", source="user"))
    scribe.say(two, events.TodoDone(todo=todo.id))
    scribe.say(scribe.create(3), events.TaskDeleted(reason="x"))
    scribe.commit()
    with open_snapshot(repo, "main") as snapshot:
        found = snapshot.counts()
        assert {name: many for name, many in found.items() if many} == {
            "tasks": 2, "todos": 3, "todos_done": 1, "locks": 1, "status:draft": 2, "role:queue": 2,
        }  # fmt: skip
        assert {"introductions", "plans", "questions", "runs", "changes", "archived"} <= found.keys()
        (row,) = snapshot.lookup(number=1)
        assert row.claims == tuple(scribe.states[one].task.claims) and row.claims[0].actor.name == "agent-1"


def test_slugs_and_numbers(repo, write_ledger) -> None:
    scribe = write_ledger(repo)
    scribe.begin(number_floor=70)
    for number, slug in enumerate(("fix", "fix-2", "fixture", "fix-the-bug"), 1):
        scribe.create(number, slug=slug)
    scribe.say(scribe.create(90, slug="fix-3"), events.TaskDeleted(reason="x"))
    scribe.commit()
    with open_snapshot(repo, "main") as snapshot:
        assert snapshot.taken_slugs("fix") == {"fix", "fix-2", "fix-3", "fix-the-bug"}
        assert snapshot.top_number() == 90
        assert snapshot.book().number_floor == 70
        assert [event.type for event in snapshot.events(None)] == ["ledger.forked"]


def test_two_tasks_of_one_number(repo, scribe) -> None:
    uids = {scribe.create(30, slug="a"), scribe.create(30, slug="b")}
    scribe.commit()
    with open_snapshot(repo, "main") as snapshot:
        assert {row.uid for row in snapshot.lookup(number=30)} == uids


def test_newer_versions(repo, scribe) -> None:
    scribe.create(1)
    scribe.pending["ledger.json"] = codec.encode_ledger(codec.LedgerInfo(codec.FORMAT_VERSION, 99, "x"))
    scribe.commit()
    with open_snapshot(repo, "main") as snapshot:
        assert snapshot.needs_upgrade and len(snapshot.rows()) == 1
    scribe.pending["ledger.json"] = codec.encode_ledger(codec.LedgerInfo(99, 99, "x"))
    scribe.commit()
    with pytest.raises(StorageError) as caught:
        open_snapshot(repo, "main")
    assert caught.value.code == "UPGRADE_REQUIRED"


@pytest.mark.parametrize("name", ["task.json", "task.md"])
def test_a_missing_derived_object_is_made_from_the_events(repo, scribe, folder, reopen, name) -> None:
    uid = scribe.create(1)
    scribe.commit()
    with open_snapshot(repo, "main") as snapshot:
        whole = snapshot.record(uid), snapshot.text(uid, "task.md")
    remove_files(index_path(repo, "main"))
    unlink_object(folder, repo, scribe, f"{scribe.directory(uid)}/{name}")
    with open_snapshot(reopen(folder), "main") as snapshot:
        assert (snapshot.record(uid), snapshot.text(uid, "task.md")) == whole


def test_missing_events_are_named(repo, scribe, folder, reopen) -> None:
    uid = scribe.create(1)
    scribe.commit()
    oid = unlink_object(folder, repo, scribe, f"{scribe.directory(uid)}/events")
    with pytest.raises(StorageError) as caught:
        with open_snapshot(reopen(folder), "main") as snapshot:
            snapshot.events(uid)
    assert caught.value.code == "STORAGE_CORRUPTION" and oid in caught.value.message
    assert caught.value.hint == ("gitledger", "verify")


def unlink_object(folder, repo, scribe, path) -> str:
    """Delete the loose object at a path of the tip; returns its id."""
    oid = str(find(repo.pg, read_commit(repo.pg, scribe.tip).tree_id, path))
    os.unlink(folder / ".git/objects" / oid[:2] / oid[2:])
    return oid


def test_tip_that_keeps_moving_is_answered_from_memory(repo, scribe, monkeypatch) -> None:
    scribe.create(1)
    scribe.commit()
    monkeypatch.setattr(module, "open_index", lambda *_: None)
    with open_snapshot(repo, "main") as snapshot:
        assert len(snapshot.rows()) == 1


def test_hostile_record(repo, scribe) -> None:
    """Numbers and names that no gitledger writes, as another program might."""
    uid = scribe.create(10**30, title="\x1b[2J\u202e", slug="x' OR 1=1 --")
    scribe.commit()
    with open_snapshot(repo, "main") as snapshot:
        (row,) = snapshot.rows()
        assert row.uid == uid and row.number == 10**30
        assert snapshot.lookup(slug="x' OR 1=1 --") == [row]
        assert snapshot.lookup(number=10**30) is not None


def test_a_page_is_the_beginning_of_the_rows(repo, scribe) -> None:
    for number in range(1, 8):
        uid = scribe.create(number)
        if number % 3 == 0:
            scribe.say(uid, events.TaskCancelled(previous="draft"))
        if number == 5:
            scribe.say(uid, events.TaskDeleted(reason="x"))
        if number == 6:
            scribe.say(uid, events.TaskArchived())
    scribe.commit()
    with open_snapshot(repo, "main") as snapshot:
        for statuses in (set(), {"draft"}, {"cancelled"}, {"draft", "cancelled"}, {"done"}):
            for role in (None, "queue", "cancelled"):
                rows = [r for r in snapshot.rows() if (not statuses or r.status in statuses) and role in (None, r.role)]
                for limit in (1, 2, 50):
                    assert snapshot.page(statuses, role, limit) == (rows[:limit], len(rows))
