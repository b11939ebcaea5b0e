"""A repository with a ledger, an active task and hooks, in which real git runs them; and a count of how often Python was started."""

from collections.abc import Callable
from pathlib import Path

import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest

from tests import conftest
from tests.conftest import TIMEOUT_S, Cli, Repo

SOURCE = Path(conftest.SOURCE)
# Files look this old, so that no stamp seems to be younger than its second (ledger/stamp._MARGIN_S).
LONG_AGO = 1_700_000_000


class Hooked(Repo):
    """A repository whose hooks are gitledger's. The interpreter that they start writes down each time that it is."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.cli = Cli(path)

    @property
    def git_dir(self) -> Path:
        return Path(self.git("rev-parse", "--absolute-git-dir"))

    @property
    def hooks(self) -> Path:
        return self.path / ".git" / "hooks"

    def run(self, *args: str, env: dict[str, str] | None = None, input: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run git and return what became of it, whatever that is."""
        return subprocess.run(
            ["git", *args],
            cwd=self.path,
            env={**os.environ, **(env or {})},
            input=input,
            capture_output=True,
            timeout=TIMEOUT_S,
        )

    def try_commit(self, *args: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
        """`git commit --allow-empty ARGS`."""
        return self.run("commit", "--allow-empty", *args, env=env)

    def message(self, commit: str = "HEAD") -> str:
        """A commit's message as git keeps it."""
        return self.git("log", "-1", "--format=%B", commit)

    def trailers(self, commit: str = "HEAD") -> list[str]:
        """What git takes for trailers in a message."""
        return self.git("log", "-1", "--format=%(trailers)", commit).splitlines()

    def new_task(self, title: str) -> str:
        """Create a task, make it active, and return its uid."""
        assert self.cli("task", "create", title).exit_code == 0
        created = self.cli("--json", "task", "activate", re.sub(r"\W+", "-", title.lower()))
        return created.json["result"]["uid"] if "uid" in created.json["result"] else self.uid()

    def uid(self, task: str | None = None) -> str:
        """The uid of a task, by default of the active one."""
        return self.cli("--json", "task", "show", *([task] if task else [])).json["result"]["task"]["uid"]

    def settle(self) -> None:
        """Let everything that a stamp depends on be older than the stamp."""
        for path in (self.path / ".git/config", self.path / ".gitledger.yaml"):
            if path.exists():
                os.utime(path, (LONG_AGO, LONG_AGO))

    @property
    def stamps(self) -> Path:
        return self.path / ".git/gitledger/stamp"

    def stamp(self, name: str = "main") -> dict[str, str]:
        """What a stamp says."""
        return dict(line.split("=", 1) for line in (self.stamps / name).read_text().splitlines())

    def watch(self, log: Path) -> None:
        """Let the hooks' interpreter note in `log` that it was started, and with which hook."""
        script = log.with_suffix(".sh")
        script.write_text(f'#!/bin/sh\necho "$4" >>{shlex.quote(str(log))}\nexec {shlex.quote(sys.executable)} "$@"\n')
        script.chmod(0o755)
        self.git("config", "taskledger.command", str(script))
        self.log = log

    @property
    def started(self) -> list[str]:
        """The hooks for which Python was started."""
        return self.log.read_text().split() if self.log.exists() else []


def editor(script: str) -> dict[str, str]:
    """The environment in which git's editor is a shell script; `$1` is the file."""
    return {"GIT_EDITOR": f"f() {{ {script}; }}; f"}


_templates: dict[tuple[str, ...], Path] = {}


@pytest.fixture
def make_hooked(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Hooked]:
    """Make a repository with the active task-0001 and these hooks (none named: all); copied, for installing takes its time."""

    def make(*hooks: str, name: str = "repo") -> Hooked:
        if hooks not in _templates:
            _templates[hooks] = _template(tmp_path_factory.mktemp("template") / "repo", hooks)
        path = tmp_path / name
        shutil.copytree(_templates[hooks], path, symlinks=True)
        made = Hooked(path)
        made.watch(tmp_path / "started")
        made.settle()
        return made

    return make


def _template(path: Path, hooks: tuple[str, ...]) -> Path:
    path.mkdir()
    made = Hooked(path)
    made.git("init", "--quiet", "-b", "main")
    made.write("README.md", "# Example\n")
    made.commit("Begin")
    for words in (["init"], ["task", "create", "One"], ["task", "activate", "1"], ["hooks", "install", *hooks]):
        done = made.cli(*words)
        assert done.exit_code == 0, done
    return path


@pytest.fixture
def hooked(make_hooked: Callable[..., Hooked]) -> Hooked:
    """A repository with an active task, and the hooks that write messages."""
    return make_hooked("commit-msg")


@pytest.fixture
def fully_hooked(make_hooked: Callable[..., Hooked]) -> Hooked:
    """A repository with an active task, and all hooks."""
    return make_hooked()
