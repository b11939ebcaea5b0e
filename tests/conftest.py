"""What every test stands on: nothing of the user's reaches it, and repositories and the program are real."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys

import pytest

import gitledger
from tests.installed import Installed, build_wheel

TIMEOUT_S = 60
SOURCE = str(Path(gitledger.__file__).parent.parent)
NOW = "2026-11-20T10:15:00.000000Z"
_PREFIXES = ("GIT_", "GITLEDGER_", "TASKLEDGER_", "GITHUB_", "XDG_")
_OTHERS = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "PAGER", "EDITOR", "VISUAL", "AI_AGENT", "EMAIL")
_SETTINGS = """\
[user]
	name = Ada Example
	email = ada@example.org
[init]
	defaultBranch = main
[commit]
	gpgSign = false
[protocol "file"]
	allow = always
"""


@pytest.fixture(scope="session", autouse=True)
def libgit2_reads_no_user_files(tmp_path_factory: pytest.TempPathFactory) -> None:
    """libgit2 fixes its search paths when it is loaded, from the HOME of that moment."""
    import pygit2
    from pygit2.enums import ConfigLevel

    empty = str(tmp_path_factory.mktemp("no-settings"))
    for level in (ConfigLevel.SYSTEM, ConfigLevel.XDG, ConfigLevel.GLOBAL):
        pygit2.settings.search_path[level] = empty


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of these sources."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel, installed in an environment of its own."""
    return Installed(tmp_path_factory.mktemp("venv") / "venv", wheel)


@pytest.fixture(autouse=True)
def hermetic(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings, identity, session, harness or continuous integration of the user's; git talks to files only."""
    from gitledger.config import CI, HARNESSES

    foreign = {variable for _, variable in (*HARNESSES, *CI)} | set(_OTHERS)
    for name in list(os.environ):
        if name.startswith(_PREFIXES) or name in foreign:
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    settings = home / ".gitconfig"
    settings.write_text(_SETTINGS)
    for name, value in {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "GIT_CONFIG_GLOBAL": str(settings),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": "2026-11-20T10:00:00Z",
        "GIT_COMMITTER_DATE": "2026-11-20T10:00:00Z",
        "GIT_ALLOW_PROTOCOL": "file",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "TERM": "dumb",
        # What git and gitledger start imports the gitledger that is under test.
        "PYTHONPATH": SOURCE,
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def fixed(monkeypatch: pytest.MonkeyPatch) -> str:
    """The clock stands still and ids come from a seed, for golden output. Gives the time."""
    monkeypatch.setenv("GITLEDGER_TEST_NOW", NOW)
    monkeypatch.setenv("GITLEDGER_TEST_SEED", "1")
    return NOW


class Repo:
    """A real repository in a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def git(self, *args: str, input: str | None = None, check: bool = True) -> str:
        """Run git here and return its standard output without the final newline."""
        done = subprocess.run(
            ["git", *args],
            cwd=self.path,
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
        if check and done.returncode:
            raise AssertionError(f"git {' '.join(args)}: exit {done.returncode}\n{done.stderr}")
        return done.stdout.removesuffix("\n")

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file of the work tree, folders included."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def commit(self, message: str = "Change") -> str:
        """Commit everything there is and return the commit id."""
        self.git("add", "-A")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def make_repo(tmp_path: Path) -> Callable[..., Repo]:
    """Make a repository on branch main, by default with one commit: `make_repo("name", commit=False, bare=True)`."""

    def make(name: str = "repo", *, commit: bool = True, bare: bool = False) -> Repo:
        repo = Repo(tmp_path / name)
        repo.path.mkdir(parents=True)
        repo.git("init", "--quiet", "-b", "main", *(["--bare"] if bare else []))
        if commit and not bare:
            repo.write("README.md", "# Example\n")
            repo.commit("Begin")
        return repo

    return make


@pytest.fixture
def repo(make_repo: Callable[..., Repo]) -> Repo:
    """A repository on branch main with one commit."""
    return make_repo()


class Mould:
    """Folders of repositories that are made once, and copied for each test that asks for them."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def cast(self, name: str, folder: Path, make: Callable[[Path], None]) -> None:
        """Put into `folder` what `make` makes, each repository in a folder of its own; where they name one another, the copies do."""
        first = self.root / name
        if not first.exists():
            first.mkdir()
            try:
                make(first)
            except BaseException:
                shutil.rmtree(first)
                raise
        for repository in first.iterdir():
            copy = folder / repository.name
            shutil.copytree(repository, copy, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.sample"))
            for config in (copy / "config", copy / ".git" / "config"):
                if config.exists():
                    config.write_text(config.read_text().replace(str(first), str(folder)))


@pytest.fixture(scope="session")
def mould(tmp_path_factory: pytest.TempPathFactory) -> Mould:
    """Make repositories once for many tests: `mould.cast("two clones", tmp_path, make)`."""
    return Mould(tmp_path_factory.mktemp("mould"))


class Result:
    """What a run of the program left: its two streams and its exit code."""

    def __init__(self, stdout: str, stderr: str, exit_code: int) -> None:
        self.stdout = stdout
        self.stderr = stderr
        self.exit_code = exit_code

    @property
    def json(self) -> Any:
        """Standard output as one JSON document."""
        return json.loads(self.stdout)

    def __repr__(self) -> str:
        return f"exit {self.exit_code}\n--- stdout\n{self.stdout}--- stderr\n{self.stderr}"


class Cli:
    """The program in a repository: called, it runs in this process; `process` starts it as users do."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(
        self, *args: str, input: str | bytes = b"", env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> Result:
        from gitledger.cli.main import run

        stdout, stderr = io.StringIO(), io.StringIO()
        stdin = io.BytesIO(input.encode() if isinstance(input, str) else input)
        with pytest.MonkeyPatch.context() as patch, contextlib.chdir(cwd or self.path):
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
            code = run(args, stdin=stdin, stdout=stdout, stderr=stderr)
        return Result(stdout.getvalue(), stderr.getvalue(), code)

    def process(
        self,
        *args: str,
        input: str | bytes = b"",
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout: float = TIMEOUT_S,
    ) -> Result:
        done = subprocess.run(
            self.argv(*args),
            cwd=cwd or self.path,
            env=self.environ(env),
            input=input.encode() if isinstance(input, str) else input,
            capture_output=True,
            timeout=timeout,
        )
        return Result(done.stdout.decode(), done.stderr.decode(), done.returncode)

    @staticmethod
    def argv(*args: str) -> list[str]:
        """The argument list that starts the program with `args`."""
        return [sys.executable, "-m", "gitledger", *args]

    @staticmethod
    def environ(extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment for a child: this process's, able to import the gitledger that is under test."""
        return {**os.environ, "PYTHONPATH": SOURCE, **(extra or {})}


@pytest.fixture
def cli(repo: Repo) -> Cli:
    """The program in `repo`: `cli("task", "list", "--json").json`, `cli.process(...)`."""
    return Cli(repo.path)


@pytest.fixture
def cli_in() -> Callable[[Path], Cli]:
    """The program in any folder: `cli_in(path)("task", "list")`."""
    return Cli


@pytest.fixture(autouse=True)
def same_folder() -> Iterator[None]:
    """No test leaves the process in another folder."""
    before = os.getcwd()
    yield
    if os.getcwd() != before:
        os.chdir(before)
