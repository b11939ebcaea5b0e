"""Repositories in which somebody is at work on a task."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import shutil
import sys
import textwrap

import pytest

from tests.conftest import Cli, Repo
from tests.door import PLAN

STEPS = ("init", "task create Door", "task activate 1", "plan start", "plan propose --file - <", "plan accept --version 1 --note Go")


def python(code: str, *args: str) -> list[str]:
    """An argument list that runs Python code."""
    return ["--", sys.executable, "-c", textwrap.dedent(code), *args]


EXITS = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(int(sys.argv[1]))"


class Work:
    """A repository in which task-0001 is being implemented, and the program in it."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        self.cli = Cli(repo.path)

    def do(self, *words: str, **options: Any) -> Any:
        """Run a command that succeeds; its result."""
        done = self.cli("--json", *words, **options)
        assert done.exit_code == 0, done
        return done.json["result"]

    def refused(self, *words: str, code: str, **options: Any) -> dict[str, Any]:
        """Run a command that is refused; its error."""
        done = self.cli("--json", *words, **options)
        error = done.json["error"]
        assert (error["code"], error["exit_code"]) == (code, done.exit_code), done
        return error

    def policy(self, text: str) -> None:
        """Set the team's policy and commit it."""
        self.repo.write(".gitledger.yaml", text)
        self.repo.commit("Policy")

    def evidence(self) -> list[dict[str, Any]]:
        """The evidence of the task."""
        return self.do("evidence", "list", "1")["evidence"]

    @property
    def tip(self) -> str:
        """The tip of the ledger."""
        return self.repo.git("rev-parse", "refs/taskledger/main")


_grown: dict[str, Path] = {}


@pytest.fixture
def ready(make_repo: Callable[..., Repo], tmp_path_factory: Any, tmp_path: Path) -> Callable[..., Work]:
    """Make a repository with an accepted plan for task-0001: `ready()`. It is grown once, and copied."""

    def make(name: str = "work") -> Work:
        if "ready" not in _grown:
            repo = make_repo("grown")
            repo.write("door.py", "shuts = False\n")
            repo.commit("Door")
            work = Work(repo)
            for line in STEPS:
                words, with_plan, _ = line.partition(" <")
                work.do(*words.split(), input=PLAN if with_plan else "")
            _grown["ready"] = Path(shutil.copytree(repo.path, tmp_path_factory.mktemp("grown") / "ready"))
        # With its times: git would look into every file of a copy that is younger than its index.
        made = Work(Repo(Path(shutil.copytree(_grown["ready"], tmp_path / name, symlinks=True))))
        made.repo.git("update-index", "-q", "--refresh")
        made.do("task", "activate", "1")
        return made

    return make


@pytest.fixture
def work(ready: Callable[..., Work]) -> Work:
    """A repository in which task-0001 is being implemented."""
    made = ready()
    made.do("implement", "start")
    return made
