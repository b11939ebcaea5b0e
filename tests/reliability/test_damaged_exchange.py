"""Merging, syncing and examining a ledger of which an object's file ends too early: a refusal that names it, at once.

libgit2 reads such a file for ever (`store.objects.check_whole`), so that what forgets to look first hangs here.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import faulthandler
import json
import shutil
import sys

import pytest

from tests.conftest import Cli, Repo, Result
from tests.reliability import plumbing
from tests.reliability.fleet import REF


@pytest.fixture(autouse=True)
def watchdog() -> Iterator[None]:
    """Sooner than elsewhere: nothing here takes a second."""
    faulthandler.dump_traceback_later(60, exit=True, file=sys.__stderr__)
    yield
    faulthandler.cancel_dump_traceback_later()


# What is damaged, and which commands can do without it.
OBJECTS = {
    "tip": (REF, ()),
    "entry below": (f"{REF}~1", ("ledger doctor", "ledger diff")),
    "tree": (f"{REF}:tasks/00", ()),
    "task folder": (f"{REF}:{{folder}}", ()),
    "event": (f"{REF}:{{event}}", ("ledger doctor", "ledger list", "remote status")),
    "record": (f"{REF}:{{folder}}/task.json", ("ledger doctor", "ledger diff", "ledger list", "ledger merge", "pull")),
    "book": (f"{REF}:book", ("pull", "remote status")),
}
COMMANDS = [
    ["ledger", "merge", "feature"],
    ["ledger", "merge", "{commit}"],
    ["ledger", "diff", "main", "feature"],
    ["ledger", "list"],
    ["ledger", "doctor"],
    ["sync"],
    ["pull"],
    ["remote", "status"],
    ["claim", "1", "--remote"],
]


@pytest.fixture
def clone(make_repo: Callable[..., Repo], tmp_path: Path) -> Repo:
    """A clone whose ledger and the hub's have parted, with a fork that has parted from both."""
    hub = make_repo("hub.git", bare=True)
    a, b = make_repo("a"), make_repo("b")
    one, other = Cli(a.path), Cli(b.path)
    for repo in (a, b):
        repo.git("remote", "add", "origin", str(hub.path))

    def run(cli: Cli, *words: str) -> None:
        done = cli(*words)
        assert done.exit_code == 0, done

    for words in (["init"], ["task", "create", "One"], ["task", "create", "Two"], ["sync"]):
        run(one, *words)
    for words in (["sync"], ["todo", "add", "--task", "1", "--text", "theirs"], ["sync"]):
        run(other, *words)
    run(one, "ledger", "fork", "feature")
    run(one, "todo", "add", "--task", "1", "--text", "on feature")
    run(one, "ledger", "switch", "main")
    for number in ("1", "2", "1"):
        run(one, "todo", "add", "--task", number, "--text", "mine")
    return a


def test_an_object_whose_file_ends_too_early(clone: Repo, tmp_path: Path) -> None:
    folder = plumbing.directory(clone, 1)
    event = clone.git("ls-tree", "-r", "--name-only", REF, f"{folder}/events/").splitlines()[-1]
    commit = clone.git("rev-parse", "--short=10", "refs/taskledger/feature")
    for name, (spec, survivors) in OBJECTS.items():
        oid = clone.git("rev-parse", spec.format(folder=folder, event=event))
        for words in COMMANDS:
            copy = Repo(tmp_path / "copy")
            shutil.copytree(clone.path, copy.path, symlinks=True)
            plumbing.forget_index(copy)
            file = plumbing.loose(copy, oid)
            data = file.read_bytes()
            file.chmod(0o644)
            file.write_bytes(data[: len(data) // 2])
            tip = (copy.path / ".git" / REF).read_bytes()
            done = Cli(copy.path)("--json", *(word.format(commit=commit) for word in words))
            if done.exit_code:
                assert (done.exit_code, done.json["error"]["code"]) == (6, "STORAGE_CORRUPTION"), (name, words, done)
                assert oid in json.dumps(done.json["error"]), (name, words, done)
                assert (copy.path / ".git" / REF).read_bytes() == tip, (name, words)
            else:
                assert " ".join(words[:2]) in survivors, (name, words, done)
            shutil.rmtree(copy.path)
