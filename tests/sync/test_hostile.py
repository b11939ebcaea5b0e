"""What others push is checked before it is merged: a bad tip stays in its tracking ref, and the error names the object."""

import json
import os
import subprocess

import pytest

from gitledger.errors import StorageError
from gitledger.model import codec
from gitledger.store.check import check_fetched
from gitledger.store.repo import open_repository
from tests.sync.conftest import REF, Clone

TRACKING = "refs/taskledger-remotes/origin/main"


class Forger:
    """Writes any tree it likes as the next entry of a clone's ledger, with plain git."""

    def __init__(self, clone: Clone) -> None:
        self.clone = clone
        self.index = str(clone.path / ".git" / "forged-index")
        self.git("read-tree", REF)

    def git(self, *args: str, input: bytes | None = None) -> str:
        done = subprocess.run(
            ["git", *args],
            cwd=self.clone.path,
            env={**os.environ, "GIT_INDEX_FILE": self.index},
            input=b"" if input is None else input,
            capture_output=True,
            check=True,
        )
        return done.stdout.decode().strip()

    def files(self, part: str = "") -> list[str]:
        return [path for path in self.git("ls-files").splitlines() if part in path]

    def read(self, path: str) -> bytes:
        return subprocess.run(["git", "show", f"{REF}:{path}"], cwd=self.clone.path, capture_output=True, check=True).stdout

    def put(self, path: str, data: bytes, mode: str = "100644") -> str:
        oid = self.git("hash-object", "-w", "--stdin", input=data)
        self.git("update-index", "--add", "--cacheinfo", f"{mode},{oid},{path}")
        return oid

    def drop(self, path: str) -> None:
        self.git("update-index", "--force-remove", path)

    def push(self, *parents: str) -> str:
        tree = self.git("write-tree")
        words = [word for parent in parents or (REF,) for word in ("-p", parent)]
        commit = self.git("commit-tree", tree, *words, "-m", "forged")
        self.clone.git("push", "--quiet", "--force", "origin", f"{commit}:{REF}")
        return commit


def event_of(forger: Forger) -> str:
    return next(path for path in forger.files("tasks/") if "/events/" in path)


def tamper(forger: Forger) -> str:
    """An event with other bytes under its old name."""
    path = event_of(forger)
    return forger.put(path, forger.read(path).replace(b"First", b"Worst"))


def drop(forger: Forger) -> str:
    """An event is gone."""
    path = event_of(forger)
    oid = forger.git("rev-parse", f"{REF}:{path}")
    forger.drop(path)
    return oid


def drop_task(forger: Forger) -> str:
    """A whole task is gone."""
    for path in forger.files("tasks/"):
        forger.drop(path)
    return ""


def misname(forger: Forger) -> str:
    """A sound event under a name that is not its digest's."""
    path = event_of(forger)
    clock = path.rpartition("/")[2][:6]
    return forger.put(path.replace(path.rpartition("-")[2], "0123456789abcdef0123.json"), forger.read(path).replace(clock.encode(), b"x"))


def sealed(forger: Forger, clock: int) -> tuple[str, bytes]:
    path = event_of(forger)
    event = json.loads(forger.read(path)) | {"clock": clock, "type": "x.note", "data": {}, "after": []}
    raw = json.dumps(event, separators=(",", ":")).encode() + b"\n"
    return f"{path.rpartition('/')[0]}/{clock:06d}-{codec.event_id(raw)}.json", raw


def far_clock(forger: Forger) -> str:
    """An event so far ahead that nobody could write after it."""
    return forger.put(*sealed(forger, 900_000_000_000))


def forge_record(forger: Forger) -> str:
    """A record that is not what the events make of it."""
    path = next(path for path in forger.files("task.json"))
    return forger.put(path, forger.read(path).replace(b"First", b"Forged"))


def forge_text(forger: Forger) -> str:
    path = next(path for path in forger.files("task.md"))
    return forger.put(path, b"# Something else\n")


def wrong_task(forger: Forger) -> str:
    """An event of another task."""
    path = event_of(forger)
    raw = json.dumps(json.loads(forger.read(path)) | {"task": "00000000-0000-4000-8000-000000000000"}, separators=(",", ":")).encode()
    name = path.rpartition("/")[0] + f"/000001-{codec.event_id(raw)}.json"
    return forger.put(name, raw)


def no_event(forger: Forger) -> str:
    return forger.put(event_of(forger).rpartition("/")[0] + "/000002-0123456789abcdef0123.json", b"[]")


def link(forger: Forger) -> str:
    """A symbolic link in the place of a record."""
    return forger.put(next(iter(forger.files("task.json"))), b"/etc/passwd", mode="120000")


def foreign(forger: Forger) -> str:
    """A file that has no place in a ledger."""
    return forger.put("run.sh", b"#!/bin/sh\n", mode="100755")


def stray(forger: Forger) -> str:
    """Folders in folders, as a tree that grows without end would have them."""
    forger.put(event_of(forger).partition("/events")[0] + "/plans/deep/er/1.md", b"x\n")
    return ""


def twin(forger: Forger) -> str:
    """The same task in a second folder."""
    for path in forger.files("tasks/00/0001-"):
        forger.put(path.replace("/0001-", "/0002-"), forger.read(path))
    return forger.git("rev-parse", f"{forger.git('write-tree')}:{os.path.dirname(event_of(forger))[:-7].replace('/0001-', '/0002-')}")


def redact(forger: Forger) -> str:
    """An event's content taken away, which would leave the record unprovable."""
    return forger.put(event_of(forger) + ".redacted", b"{}\n")


def huge(forger: Forger) -> str:
    path, _ = sealed(forger, 2)
    return forger.put(path, b'{"v":1,' + b" " * (2 << 20) + b"}")


FORGERIES = [
    tamper,
    drop,
    drop_task,
    misname,
    far_clock,
    forge_record,
    forge_text,
    wrong_task,
    no_event,
    link,
    foreign,
    stray,
    twin,
    redact,
    huge,
]


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_a_bad_tip_stays_unmerged(forge, clones):
    a, b = clones
    forger = Forger(b)
    culprit = forge(forger)
    commit = forger.push()
    a.create("Mine")
    before = a.tip()
    for verb in ("sync", "pull", "fetch"):
        error = a.fails(verb)
        assert error["exit_code"] == 6, error
        assert error["code"] == "STORAGE_CORRUPTION", error
        named = error["details"].get("object")
        assert named and named in error["message"], error
        assert not culprit or any(culprit == one["object"] for one in error["details"]["findings"]) or named == culprit, error
    assert a.tip() == before
    assert a.tip(TRACKING) == commit
    assert a.is_whole()


def test_a_first_ledger_is_checked_as_well(clones, make_clone, hub):
    _, b = clones
    forger = Forger(b)
    forge_record(forger)
    forger.push()
    c = make_clone("c", hub.path)
    for verb in ("sync", "pull", "fetch"):
        assert c.fails(verb)["exit_code"] == 6
    assert c.tip() == ""


def test_an_event_dropped_and_put_back_is_seen(clones):
    """The tip is sound; an entry on the way to it was not."""
    a, b = clones
    forger = Forger(b)
    path = event_of(forger)
    raw = forger.read(path)
    forger.drop(path)
    tree = forger.git("write-tree")
    between = forger.git("commit-tree", tree, "-p", REF, "-m", "dropped")
    forger.put(path, raw)
    forger.push(between)
    assert a.fails("sync")["exit_code"] == 6


def test_a_history_rewritten_without_an_event_is_seen(clones, hub):
    a, b = clones
    b.create("Second")
    b.sync()
    a.sync()
    # The same ledger without the second task, on a root of its own: no history tells that anything was there.
    forger = Forger(b)
    for path in forger.files("tasks/00/0002-"):
        forger.drop(path)
    tree = forger.git("write-tree")
    root = forger.git("commit-tree", tree, "-m", "rewritten")
    b.git("push", "--quiet", "--force", "origin", f"{root}:{REF}")
    before = a.tip()
    error = a.fails("sync")
    assert error["exit_code"] == 6 and "dropped" in error["message"]
    assert a.tip() == before


def test_a_remote_that_was_set_back_is_brought_forward(clones, hub):
    a, b = clones
    old = hub.git("rev-parse", REF)
    b.create("Second")
    b.sync()
    a.sync()
    hub.git("update-ref", REF, old)
    assert a.sync()["ledgers"][0]["status"] == "sent"
    assert hub.git("rev-parse", REF) == b.tip()


def test_three_parents_and_a_date_out_of_bounds(clones):
    a, b = clones
    for number in range(2):
        b.create(f"More {number}")
    forger = Forger(b)
    tips = b.git("rev-list", "--max-count=3", REF).split()
    commit = forger.git("commit-tree", f"{REF}^{{tree}}", *[word for tip in tips for word in ("-p", tip)], "-m", "octopus")
    b.git("push", "--quiet", "origin", f"{commit}:{REF}")
    assert "3 parents" in a.fails("sync")["message"]


def test_what_is_known_to_be_sound_is_not_read_again(clones):
    """The cost follows what is new: with my own tip as a base, one changed task is looked at."""
    a, b = clones
    for number in range(5):
        b.create(f"More {number}")
    b.sync()
    repo = open_repository(str(b.path), os.environ)
    seen = []
    check_fetched(repo.pg, b.tip(), [b.git("rev-parse", f"{REF}~1")], progress=lambda done, total: seen.append(total))
    assert seen[0] == 2  # one task, one entry
    check_fetched(repo.pg, b.tip(), [b.tip()], progress=lambda done, total: pytest.fail("looked at something"))


def test_objects_that_are_no_ledger_at_all(clones, make_clone, hub):
    a, b = clones
    b.write("code.py", "x\n")
    code = b.commit("Code")
    b.git("push", "--quiet", "--force", "origin", f"{code}:{REF}")
    assert a.fails("sync")["exit_code"] == 6
    blob = b.git("hash-object", "-w", "code.py")
    b.git("push", "--quiet", "--force", "origin", f"{blob}:{REF}")
    assert a.fails("sync")["exit_code"] == 6
    with pytest.raises(StorageError):
        check_fetched(open_repository(str(b.path), os.environ).pg, blob, [])
