"""Repositories whose hooks are installed, and git as a person, an agent or a graphical program calls it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import json
import os
import shlex
import shutil
import subprocess

import pytest

from tests.conftest import TIMEOUT_S, Cli, Repo, Result

# By its whole path, for a graphical program has no PATH to look on.
GIT = shutil.which("git") or "git"
PLAN = """\
---
goal: Ship the parser.
acceptance_criteria:
  - id: ac-0001
    text: It parses.
todos:
  - id: plan-todo-0001
    text: Write the parser in src/parser.py and its tests.
    mandatory: true
    validation_hint: pytest -q
files: [src, "*.md"]
test_commands: [pytest -q]
expected_outputs: [all tests pass]
---

# Plan

Write the parser, then test it.
"""


class Project(Repo):
    """A repository with a ledger and the hooks of gitledger."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.cli = Cli(path)

    def begin(self, *, hooks: bool = True) -> "Project":
        """Start a ledger and install the hooks."""
        self("init")
        if hooks:
            self("hooks", "install")
        return self

    def __call__(self, *args: str, input: str = "", env: Mapping[str, str] | None = None) -> Any:
        """Run gitledger, which must do it; its result."""
        done = self.cli("--json", *args, input=input, env=env)
        assert done.exit_code in (0, 7), f"{done!r}"[-3000:]
        return done.json["result"]

    def work(self, title: str = "Write the parser", *, env: Mapping[str, str] | None = None) -> str:
        """A task that is active and being implemented under an accepted plan; its number."""
        number = self.create(title, env=env)
        for line in (
            "task activate {n}",
            "plan start --task {n}",
            "plan upsert --file - --task {n}",
            "plan accept --version 1 --note Go --task {n}",
            "implement start --task {n}",
        ):
            self(*shlex.split(line.format(n=number)), input=PLAN, env=env)
        return number

    def create(self, title: str, *, env: Mapping[str, str] | None = None) -> str:
        """A new task; its number."""
        return self("task", "create", title, env=env)["id"]

    def policy(self, text: str) -> None:
        """Write the team's policy, and commit it without asking the hooks."""
        self.write(".gitledger.yaml", text)
        self.git("add", ".gitledger.yaml")
        self.calls("commit", "--quiet", "-m", "Policy", env={"GITLEDGER_HOOKS": "0"})

    def calls(
        self, *args: str, expect: int = 0, env: Mapping[str, str] | None = None, input: str = "", only: Mapping[str, str] | None = None
    ) -> Result:
        """Call git, hooks and all. `only` is the whole environment that it gets."""
        done = subprocess.run(
            [GIT, *args],
            cwd=self.path,
            env=dict(only) if only is not None else Cli.environ(env),
            input=input,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
        result = Result(done.stdout, done.stderr, done.returncode)
        assert done.returncode == expect, (args, result)
        return result

    def change(self, name: str = "src/parser.py", text: str = "x\n", *, message: str = "Change", **options: Any) -> Result:
        """Change a file and commit it with `-m`."""
        path = self.write(name, (self.path / name).read_text() + text if (self.path / name).exists() else text)
        self.git("add", str(path))
        return self.calls("commit", "-m", message, **options)

    # ------------------------------------------------------------ looking

    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def events(self, number: str) -> list[dict[str, Any]]:
        """The events of a task, oldest first."""
        return self("task", "events", number, "--limit", "0")["items"]

    def book(self) -> list[dict[str, Any]]:
        """The events of the book, as they were written."""
        place = f"{self('where')['ref']}:book/events"
        names = self.git("ls-tree", "--name-only", place).splitlines()
        return [json.loads(self.git("cat-file", "blob", f"{place}/{name}")) for name in names]

    def types(self, number: str) -> list[str]:
        return [event["event"] for event in self.events(number)]

    def links(self, number: str) -> list[str]:
        """The commits that a task is tied to by an event."""
        return [commit["commit"] for commit in self("commits", "list", "--task", number)["commits"] if commit["event"]]

    def note(self, commit: str = "HEAD") -> list[dict[str, Any]]:
        """The lines of a commit's note."""
        text = self.git("notes", "--ref", "taskledger", "show", commit, check=False)
        return [json.loads(line) for line in text.splitlines() if line]

    def is_whole(self) -> bool:
        return self("verify")["healthy"]


def said(result: Result) -> list[str]:
    """What the hooks said."""
    return [line.removeprefix("gitledger: ") for line in result.stderr.splitlines() if line.startswith("gitledger: ")]


@pytest.fixture(autouse=True)
def in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hooks find the gitledger under test; git takes the time as it is, for with a fixed date equal commits would be one."""
    monkeypatch.setenv("PYTHONPATH", Cli.environ()["PYTHONPATH"])
    for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
        monkeypatch.delenv(name)


@pytest.fixture
def make_project(make_repo: Callable[..., Repo]) -> Callable[..., Project]:
    """Make a repository with a ledger and hooks: `make_project("name")`."""
    return lambda name="repo", **options: Project(make_repo(name).path).begin(**options)


@pytest.fixture
def project(make_project: Callable[..., Project]) -> Project:
    """A repository with a ledger and hooks."""
    return make_project()


@pytest.fixture
def bare_environ() -> dict[str, str]:
    """What a graphical program gives git that was started by no shell: hardly anything, and no PATH."""
    kept = ("HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM")
    return {"PATH": "", "PYTHONPATH": Cli.environ()["PYTHONPATH"], **{name: os.environ[name] for name in kept}}
