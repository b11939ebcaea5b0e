"""Verification: a ledger that gitledger wrote is healthy, and every kind of damage is found and named."""

import os

import pygit2
import pytest

from gitledger.model import codec, events
from gitledger.store.objects import read_commit
from gitledger.store.tree import find, write_tree
from gitledger.store.verify import verify


@pytest.fixture
def ledger(scribe):
    """Three tasks with a history of edits, a move, an archiving and a deletion."""
    uids = [scribe.create(number) for number in (1, 2, 3)]
    scribe.commit()
    scribe.retitle(uids[0], "Other")
    scribe.commit()
    scribe.say(uids[1], events.TaskRenumbered(number=201, previous=2), events.NoteSet(key="prd", role="queue", body="x"))
    scribe.say(uids[2], events.TaskArchived())
    scribe.commit()
    scribe.say(uids[0], events.TaskDeleted(reason="x"))
    scribe.commit()
    scribe.uids = uids
    return scribe


def codes(report) -> set[str]:
    return {finding.code for finding in report.findings}


def damage(scribe, files, moves={}, parents=None, tree=None) -> str:
    """A commit on the tip as no gitledger makes it."""
    pg = scribe.repo.pg
    tip = read_commit(pg, scribe.tip)
    who = pygit2.Signature("Eve", "eve@example.org", tip.commit_time, 0)
    root = tree or write_tree(pg, tip.tree_id, files, moves)
    return str(pg.create_commit(None, who, who, "x", root, parents or [tip.id]))


def first_event(scribe, uid) -> str:
    pg = scribe.repo.pg
    folder = scribe.directory(uid) + "/events"
    tree = pg[find(pg, read_commit(pg, scribe.tip).tree_id, folder)]
    return f"{folder}/{min(entry.name for entry in tree)}"


def test_healthy(ledger) -> None:
    seen = []
    report = verify(ledger.repo, "main", ledger.tip, lambda done, total: seen.append((done, total)))
    assert report.findings == [] and report.healthy and report.notes == []
    assert (report.entries, report.tasks, report.events) == (5, 3, 1 + 3 + 1 + 3 + 1)
    assert seen == [(0, 3), (0, 5), (5, 5)], "first every task, then every entry"


def test_removed_event(ledger) -> None:
    path = first_event(ledger, ledger.uids[0])
    tip = damage(ledger, {path: None})
    report = verify(ledger.repo, "main", tip)
    assert {"EVENT_REMOVED", "LOST_EVENT", "DERIVED_DIFFERS"} <= codes(report) and not report.healthy
    removed = next(finding for finding in report.findings if finding.code == "EVENT_REMOVED")
    assert (removed.path, removed.commit) == (path, tip)


def test_removed_and_put_back(ledger) -> None:
    path = first_event(ledger, ledger.uids[0])
    bad = damage(ledger, {path: None})
    good = damage(ledger, {}, parents=[bad], tree=read_commit(ledger.repo.pg, ledger.tip).tree_id)
    assert codes(verify(ledger.repo, "main", good)) == {"EVENT_REMOVED"}


def test_changed_event(ledger) -> None:
    path = first_event(ledger, ledger.uids[0])
    tip = damage(ledger, {path: ledger.repo.pg[find(ledger.repo.pg, read_commit(ledger.repo.pg, ledger.tip).tree_id, path)].data + b" "})
    assert {"EVENT_CHANGED"} <= codes(verify(ledger.repo, "main", tip))


def test_new_events_that_are_not_sound(ledger) -> None:
    folder = ledger.directory(ledger.uids[1]) + "/events"
    foreign = first_event(ledger, ledger.uids[0])
    pg = ledger.repo.pg
    raw = pg[find(pg, read_commit(pg, ledger.tip).tree_id, foreign)].data
    name = foreign.rpartition("/")[2]
    for files, code in (
        ({f"{folder}/000009-{'0' * 20}.json": b"{}"}, "CORRUPT_EVENT"),
        ({f"{folder}/{name}": raw}, "WRONG_TASK"),
        ({f"{folder}/000099-{codec.event_id(raw)}.json": raw}, "NAME_MISMATCH"),
        ({f"{folder}/note.txt": b""}, "UNEXPECTED_FILE"),
        ({f"{folder}/deep/x.json": b""}, "UNEXPECTED_FILE"),
    ):
        assert code in codes(verify(ledger.repo, "main", damage(ledger, files))), code


def test_derived_files(ledger) -> None:
    folder = ledger.directory(ledger.uids[1])
    for files, code, path in (
        ({f"{folder}/task.json": b"{}\n"}, "DERIVED_DIFFERS", f"{folder}/task.json"),
        ({f"{folder}/task.md": None}, "MISSING_FILE", f"{folder}/task.md"),
        ({f"{folder}/extra.md": b""}, "UNEXPECTED_FILE", f"{folder}/extra.md"),
        ({"book/book.json": b"{}\n"}, "DERIVED_DIFFERS", "book/book.json"),
        ({"ledger.json": None}, "MISSING_FILE", "ledger.json"),
        ({"ledger.json": b"?"}, "CORRUPT_RECORD", "ledger.json"),
        ({"stray": b"x"}, "UNEXPECTED_FILE", "stray"),
        ({"tasks/stray": b"x"}, "UNEXPECTED_FILE", "tasks/stray"),
        ({"tasks/00/stray": b"x"}, "UNEXPECTED_FILE", "tasks/00/stray"),
        ({"tasks/00/0009-aaaaaaaaaaaa/x": b"x"}, "NO_EVENTS", "tasks/00/0009-aaaaaaaaaaaa"),
    ):
        report = verify(ledger.repo, "main", damage(ledger, files))
        assert [(finding.code, finding.path) for finding in report.findings] == [(code, path)]


def test_directories(ledger) -> None:
    here = ledger.directory(ledger.uids[1])
    there = here.replace("tasks/02/0201", "tasks/09/0901")
    assert codes(verify(ledger.repo, "main", damage(ledger, {}, {here: there}))) == {"WRONG_DIRECTORY"}
    pg = ledger.repo.pg
    tree = pg[find(pg, read_commit(pg, ledger.tip).tree_id, here)]
    copy = {f"{there}/{entry.name}": entry.data for entry in tree if isinstance(entry, pygit2.Blob)}
    copy |= {f"{there}/events/{entry.name}": entry.data for entry in tree["events"]}
    copy |= {f"{there}/notes/{entry.name}": entry.data for entry in tree["notes"]}
    report = verify(ledger.repo, "main", damage(ledger, copy))
    assert codes(report) == {"DUPLICATE_TASK"}
    gone = {f"{here}/{entry.name}": None for entry in tree if isinstance(entry, pygit2.Blob)}
    gone |= {f"{here}/{below.name}/{entry.name}": None for below in (tree["events"], tree["notes"]) for entry in below}
    assert codes(verify(ledger.repo, "main", damage(ledger, gone))) == {"TASK_REMOVED"}


def test_move_that_loses_an_event(ledger) -> None:
    here = ledger.directory(ledger.uids[1])
    there = here.replace("tasks/02/0201", "tasks/09/0901")
    lost = first_event(ledger, ledger.uids[1]).replace(here, there)
    assert "EVENT_REMOVED" in codes(verify(ledger.repo, "main", damage(ledger, {lost: None}, {here: there})))


def test_merge_must_hold_both_sides(ledger) -> None:
    pg = ledger.repo.pg
    base = ledger.tip
    ledger.create(4)
    ours = ledger.commit()
    theirs = damage(ledger, {}, parents=[base], tree=read_commit(pg, base).tree_id)
    tree = read_commit(pg, ours).tree_id
    assert verify(ledger.repo, "main", damage(ledger, {}, parents=[ours, theirs], tree=tree)).healthy
    forgets = damage(ledger, {}, parents=[ours, theirs], tree=read_commit(pg, base).tree_id)
    assert codes(verify(ledger.repo, "main", forgets)) == {"TASK_REMOVED"}


def test_redacted_and_unknown_are_notes(ledger) -> None:
    path = first_event(ledger, ledger.uids[0])
    report = verify(ledger.repo, "main", damage(ledger, {path: None, path + ".redacted": b""}))
    assert report.findings == [] and any("redacted" in note for note in report.notes)

    class Future(events.Payload, frozen=True):
        type_name = "future.thing"

    ledger.say(ledger.uids[1], Future())
    events_before = ledger.states[ledger.uids[1]]
    raw = next(data for name, data in ledger.pending.items() if "/events/" in name)
    decoded = codec.decode(raw)
    assert not decoded.is_understood
    from gitledger.model import fold

    root = read_commit(ledger.repo.pg, ledger.tip).tree_id
    folder = ledger.directory(ledger.uids[1])
    tree = ledger.repo.pg[find(ledger.repo.pg, root, f"{folder}/events")]
    state = fold.fold([*(codec.decode(entry.data) for entry in tree), decoded])
    assert state.task.clock == events_before.task.clock
    ledger.pending |= {f"{folder}/{name}": data for name, data in fold.files(state).items()}
    report = verify(ledger.repo, "main", ledger.commit())
    assert report.findings == [] and any("future.thing" in note for note in report.notes)


def test_other_fold_version_is_a_note(ledger) -> None:
    folder = ledger.directory(ledger.uids[1])
    files = {"ledger.json": codec.encode_ledger(codec.LedgerInfo(codec.FORMAT_VERSION, 99, "x")), f"{folder}/task.md": b"?"}
    report = verify(ledger.repo, "main", damage(ledger, files))
    assert report.healthy and any("fold 99" in note for note in report.notes)


def test_missing_and_corrupt_objects(ledger, folder, reopen) -> None:
    path = first_event(ledger, ledger.uids[1])
    oid = str(find(ledger.repo.pg, read_commit(ledger.repo.pg, ledger.tip).tree_id, path))
    loose = folder / ".git/objects" / oid[:2] / oid[2:]
    os.chmod(loose, 0o644)
    loose.write_bytes(b"")
    report = verify(reopen(folder), "main", ledger.tip)
    assert codes(report) == {"CORRUPT_OBJECT"} and oid in {finding.object for finding in report.findings}
    loose.unlink()
    report = verify(reopen(folder), "main", ledger.tip)
    assert codes(report) == {"CORRUPT_OBJECT"} and oid in {finding.object for finding in report.findings}


def test_shallow_clone(ledger, folder, tmp_path, git, reopen) -> None:
    git(tmp_path, "init", "-q", "clone")
    git(tmp_path / "clone", "fetch", "-q", "--depth=2", f"file://{folder}", "refs/taskledger/main:refs/taskledger/main")
    report = verify(reopen(tmp_path / "clone"), "main", ledger.tip)
    assert report.healthy and report.entries == 2 and any("shallow" in note for note in report.notes)
