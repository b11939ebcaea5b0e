"""Real repositories, and a scribe that writes ledgers into them as the shell does."""

from pathlib import Path

import os
import random
import subprocess
import uuid

import pytest

from gitledger.model import codec, events, fold
from gitledger.model.task import Actor
from gitledger.store import chain
from gitledger.store.repo import Repository, open_repository
from gitledger.store.tree import find, task_directory

ADA = ("Ada", "ada@example.org")
ACTOR = Actor(type="agent", name="agent-1")


@pytest.fixture(autouse=True)
def hermetic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("GIT_", "GITLEDGER_", "TASKLEDGER_")):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


def git(folder: Path | str, *words: str) -> str:
    """Run git with a fixed identity and return what it prints."""
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def reopen(folder: Path | str) -> Repository:
    return open_repository(str(folder), os.environ)


@pytest.fixture(name="git")
def git_fixture():
    return git


@pytest.fixture(name="reopen")
def reopen_fixture():
    return reopen


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository without commits."""
    path = tmp_path / "project"
    path.mkdir()
    git(path, "init", "-q", "-b", "main")
    return path


@pytest.fixture
def repo(folder: Path) -> Repository:
    return reopen(folder)


class Scribe:
    """Writes entries to one ledger; keeps every state in memory."""

    def __init__(self, repo: Repository, ledger: str = "main", seed: int = 1) -> None:
        self.repo, self.ledger = repo, ledger
        self.random = random.Random(f"{seed} {ledger}")
        self.states: dict[str | None, fold.State | fold.BookState] = {}
        self.tip = repo.tip(ledger)
        self.seconds = 1_000_000
        self.pending: dict[str, bytes | None] = {}
        self.moves: dict[str, str] = {}

    def begin(self, *, number_floor: int = 0) -> str:
        uid = self.new_uid()
        self.pending["ledger.json"] = codec.encode_ledger(codec.LedgerInfo(codec.FORMAT_VERSION, codec.FOLD_VERSION, uid))
        first = events.LedgerForked(uid=uid, name=self.ledger, origin="x", tip="0" * 40, number_floor=number_floor)
        self.say(None, first if number_floor else events.LedgerCreated(uid=uid, name=self.ledger))
        return self.commit("init")

    def new_uid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def directory(self, uid: str) -> str:
        task = self.states[uid].task
        return task_directory(task.number, uid, task.archived_at is not None)

    def say(self, uid: str | None, *payloads: events.Payload) -> list[codec.Event]:
        """Add events of one task to the entry under way."""
        state = self.states.get(uid)
        before = self.directory(uid) if uid is not None and state is not None else None
        if state is None:
            state = self.states[uid] = fold.start_book(None) if uid is None else fold.start(uid, None)
        said = []
        for payload in payloads:
            self.seconds += 1
            event = codec.seal(
                payload,
                task=uid,
                clock=state.clock + 1,
                after=state.heads,
                nonce=f"{self.random.getrandbits(32):08x}",
                at=f"2026-11-20T10:00:{self.seconds % 60:02d}.000000Z",
                op="test",
                actor=ACTOR,
            )
            fold.extend(state, event)
            said.append(event)
        after = "book" if uid is None else self.directory(uid)
        if before is not None and before != after:
            self._move(before, after)
        for name, data in fold.files(state).items():
            self.pending[f"{after}/{name}"] = data
        for event in said:
            self.pending[f"{after}/events/{codec.file_name(event)}"] = event.raw
        return said

    def _move(self, before: str, after: str) -> None:
        """A task changes its folder, perhaps for the second time in this entry, perhaps before it has one at all."""
        for path in [path for path in self.pending if path.startswith(before + "/")]:
            self.pending[after + path.removeprefix(before)] = self.pending.pop(path)
        origin = next((old for old, new in self.moves.items() if new == before), before)
        self.moves.pop(origin, None)
        if origin != after and self.tip and find(self.repo.pg, self.repo.pg[self.tip].tree_id, origin):
            self.moves[origin] = after

    def create(self, number: int, title: str = "", **fields) -> str:
        uid = self.new_uid()
        title = title or f"Task {number}"
        fields = {"slug": f"task-{number}x", "description": f"About {number}.\n"} | fields
        self.say(uid, events.TaskCreated(number=number, title=title, **fields))
        return uid

    def retitle(self, uid: str, title: str) -> None:
        self.say(uid, events.TaskEdited(fields=events.Fields(title=title)))

    def commit(self, subject: str = "test", uid: str | None = None) -> str:
        trailer = f"\n\nLedger-Op: test\nLedger-Task: {uid}\n" if uid else "\n\nLedger-Op: test\n"
        self.tip = chain.append(
            self.repo,
            self.ledger,
            expected=self.tip,
            files=self.pending,
            moves=self.moves,
            message=subject + trailer,
            author=ADA,
            seconds=self.seconds,
        )
        self.pending, self.moves = {}, {}
        return self.tip


@pytest.fixture
def scribe(repo: Repository) -> Scribe:
    """A scribe in a ledger that has just begun."""
    made = Scribe(repo)
    made.begin()
    return made


@pytest.fixture
def write_ledger():
    """Make a scribe for another repository or ledger."""
    return Scribe
