"""A repository with a ledger, tasks and commits that name them, and operations run in this process; no hooks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import os

import pytest

from gitledger import open_ledger
from gitledger.ops.commits import LinkCommits, ListCommits, RecordCommit, ReconcileCommits, ScanCommits
from gitledger.ops.whence import ShowWhence
from gitledger.ops.ledger import InitLedger
from gitledger.ops.task import CreateTask
from tests.conftest import Repo


class Work:
    """A clone at work: git in its folder, and its ledger."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        self.git = repo.git
        self.path = repo.path

    @property
    def ledger(self) -> Any:
        return open_ledger(str(self.path), environ=os.environ)

    def run(self, op: Any) -> Any:
        """The view of an operation."""
        return self.ledger.run(op).view

    def task(self, title: str) -> str:
        """A new task; its uid."""
        return self.run(CreateTask(title=title)).uid

    def commit(self, name: str, text: str, subject: str, *uids: str, record: bool = True) -> str:
        """Commit a file, with the trailers that hooks would write, and record it as they would."""
        self.repo.write(name, text)
        trailers = "".join(f"Task: {self.id_of(uid)}\nTask-Id: {uid}\n" for uid in uids)
        commit = self.repo.commit(f"{subject}\n\n{trailers}" if uids else subject)
        for uid in uids if record else ():
            self.run(RecordCommit(commit=commit, task=uid, source="hook"))
        return commit

    def id_of(self, uid: str) -> str:
        return self.ledger_task(uid).id

    def ledger_task(self, uid: str) -> Any:
        from gitledger.store.snapshot import open_snapshot

        ledger = self.ledger
        with open_snapshot(ledger.repo, ledger.name) as snapshot:
            return snapshot.record(uid)

    def links(self, uid: str) -> list[str]:
        """The commits that a task is linked to."""
        return [link.commit for link in self.ledger_task(uid).commits]

    def head(self, revision: str = "HEAD") -> str:
        return self.git("rev-parse", revision)

    def reconcile(self, **fields: Any) -> Any:
        return self.run(ReconcileCommits(**fields))

    def listed(self, uid: str) -> Any:
        return self.run(ListCommits(task=uid)).commits

    def tasks_of(self, revision: str = "HEAD") -> dict[str, str]:
        """uid → known, as `whence` says."""
        return {task.uid: task.known for task in self.run(ShowWhence(place=revision)).tasks}

    def scan(self, revisions: str, **fields: Any) -> Any:
        return self.run(ScanCommits(revisions=revisions, **fields))

    def link(self, *commits: str, **fields: Any) -> Any:
        return self.run(LinkCommits(commits=list(commits), **fields))

    def rebase(self, onto: str, todo: str) -> None:
        """`git rebase -i` with this list of steps."""
        script = self.path.parent / "todo"
        script.write_text(todo)
        self.git("-c", f"sequence.editor=cp '{script}'", "-c", "core.editor=true", "rebase", "-i", onto)


@pytest.fixture
def work(repo: Repo) -> Work:
    """A repository with a ledger."""
    made = Work(repo)
    made.run(InitLedger())
    return made


@pytest.fixture
def clone_of(tmp_path: Path) -> Callable[[Work, str], Work]:
    """A clone of somebody's repository, as a colleague or a server has it."""

    def make(work: Work, name: str) -> Work:
        Repo(tmp_path).git("clone", "--quiet", str(work.path), name)
        return Work(Repo(tmp_path / name))

    return make
