"""Completion in real shells: what is offered is alive, is only ever data, and nothing is said where it fails."""

from collections.abc import Iterator
from pathlib import Path

import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time

import pytest

from gitledger.cli.completing import _KINDS
from gitledger.cli.completion import SHELLS, script_of
from gitledger.ops._offers import KINDS
from tests.conftest import Cli, Mould, Repo

HOSTILE = "evil$(touch${IFS}pwned)"
TIMEOUT_S = 60


@pytest.fixture
def shelf(mould: Mould, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A repository with tasks, todos and hostile names, and `gitledger` on the PATH."""

    def make(folder: Path) -> None:
        repo = Repo(folder / "repo")
        repo.path.mkdir()
        repo.git("init", "--quiet", "-b", "main")
        repo.write("notes.md", "Notes.\n")
        cli = Cli(repo.path)
        cli("init")
        cli("task", "create", "Mend: the, door `touch pwned` $(touch pwned)\x1b[31m", "--slug", "mend-the-door", "--label", "$(touch pwned)")
        cli("item", "create", "Oil it", "--label", "workshop")
        cli("todo", "add", "--task", "1", "--text", "Ask; touch pwned")
        cli("todo", "add", "--task", "1", "--text", "Look")
        cli("todo", "done", "todo-0001", "--task", "1")
        cli("ledger", "fork", HOSTILE)
        cli("ledger", "fork", "good/one")
        cli("workspace", "set", "core", "--tag", "workshop")

    mould.cast("completion", tmp_path, make)
    programs = tmp_path / "bin"
    programs.mkdir()
    script = programs / "gitledger"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gitledger "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(programs), os.environ["PATH"]]))
    return Repo(tmp_path / "repo")


def needs(shell: str) -> str:
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"there is no {shell} on this machine")
    return found


def offered(repo: Repo, line: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What bash is told for a line that ends where the cursor is."""
    words = line.split(" ")
    for name, value in {"_GITLEDGER_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}.items():
        monkeypatch.setenv(name, value)
    said = Cli(repo.path)()
    assert (said.stderr, said.exit_code) == ("", 0)
    return [word.removeprefix("plain,") for word in said.stdout.splitlines()]


LINES = {
    "gitledger ta": ["task", "tag"],
    "gitledger todo d": ["done"],
    "gitledger task show ": ["task-0001", "task-0002"],
    "gitledger task show task-0002": ["task-0002"],
    "gitledger task show 0": ["0001", "0002"],
    "gitledger task show 0002": ["0002"],
    "gitledger task show tas": ["task-0001", "task-0002"],
    "gitledger task show 2": ["2"],
    "gitledger task show 7": [],
    "gitledger task show Mend": ["mend-the-door"],
    "gitledger todo done --task 1 ": ["todo-0002", "todo-0001"],
    "gitledger todo done --task=1 todo-0002": ["todo-0002"],
    "gitledger todo done 1/": ["1/todo-0002", "1/todo-0001"],
    "gitledger todo done ": [],
    "gitledger show mend-the-door/t": ["mend-the-door/todo-0002", "mend-the-door/todo-0001"],
    "gitledger --ledger ": ["good/one", "main"],
    "gitledger ledger switch m": ["main"],
    "gitledger task list --status can": ["cancelled"],
    "gitledger task list --label ": ["workshop"],
    "gitledger tree c": ["create", "complete"],
    "gitledger context --for spec-": ["spec-reviewer"],
    "gitledger ready --workspace ": ["core"],
    "gitledger --json task show task-0002": ["task-0002"],
    "gitledger task show --js": ["--json"],
    "gitledger task edit --from-file no": ["file,no"],
    "gitledger -C ": ["dir,"],
    "gitledger -C nowhere task show ": [],
    "gitledger --ledger good/one task show task-0001": ["task-0001"],
    "gitledger nothing ": [],
    "gitledger todo add --text ": [],
}


def test_what_is_offered(shelf, monkeypatch):
    assert {line: offered(shelf, line, monkeypatch) for line in LINES} == LINES


def test_every_kind_of_word_is_one(shelf, monkeypatch):
    assert {kind for kind in _KINDS.values() if kind} - {"file"} == set(KINDS)


@pytest.mark.parametrize("instruction", ["bash_complete", "bash_run", "csh_complete", "", "bash"])
def test_a_question_that_cannot_be_understood_is_answered_with_nothing(shelf, cli_in, tmp_path, monkeypatch, instruction):
    for name, value in {"_GITLEDGER_COMPLETE": instruction, "COMP_WORDS": "gitledger task show 'x", "COMP_CWORD": "x"}.items():
        monkeypatch.setenv(name, value)
    said = Cli(shelf.path)()
    assert (said.stdout, said.stderr) == ("", "")


def test_outside_a_repository_and_in_a_damaged_one_nothing_is_said(shelf, tmp_path, monkeypatch):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert offered(Repo(empty), "gitledger task show ", monkeypatch) == []
    (shelf.path / ".git" / "refs" / "taskledger" / "main").write_text("0" * 39 + "1\n")
    assert offered(shelf, "gitledger --ledger main task show ", monkeypatch) == []


def test_commands_are_offered_without_loading_any(shelf):
    program = (
        "import sys; from gitledger.cli.main import main; sys.argv = ['gitledger']; code = main();"
        " print([name for name in sys.modules if name in ('pygit2', 'sqlite3', 'gitledger.ops.task', 'gitledger.ledger')], code)"
    )
    asked = {"_GITLEDGER_COMPLETE": "bash_complete", "COMP_WORDS": "gitledger ta", "COMP_CWORD": "1"}
    done = subprocess.run([sys.executable, "-c", program], cwd=shelf.path, env=Cli.environ(asked), capture_output=True, text=True, timeout=TIMEOUT_S)
    assert (done.stdout, done.stderr) == ("plain,task\nplain,tag\n[] 0\n", "")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_printed_alone(cli, shell):
    assert cli("completion", shell).stdout == script_of(shell).script
    answer = cli("completion", shell, "--json").json
    assert answer["result"] == {"shell": shell, "script": script_of(shell).script, "kind": "completion_script"}
    assert cli("completion", "csh").exit_code == 2


def test_no_script_evaluates_what_it_is_told():
    for shell in SHELLS:
        lines = [line for line in script_of(shell).script.splitlines() if not line.startswith("#")]
        assert lines and not [line for line in lines if " eval " in f" {line} " or " source " in f" {line} "]


def test_bash_is_given_words_and_says_nothing_where_there_is_no_gitledger(shelf):
    bash = needs("bash")
    ask = 'source "$1"; COMP_WORDS=(gitledger --ledger ""); COMP_CWORD=2; _gitledger; printf "<%s>" "${COMPREPLY[@]}"'
    ask += '; COMP_WORDS=(git -C . ledger todo do); COMP_CWORD=5; _git_ledger; printf "<%s>" "${COMPREPLY[@]}"'
    script = Path(__file__).parents[2] / "gitledger" / "cli" / "shells" / "gitledger.bash"
    done = subprocess.run([bash, "--norc", "-c", ask, "bash", script], cwd=shelf.path, capture_output=True, text=True, timeout=TIMEOUT_S)
    assert (done.stdout, done.stderr) == ("<good/one><main><done>", "")
    nowhere = {**os.environ, "PATH": os.defpath}
    done = subprocess.run([bash, "--norc", "-c", ask, "bash", script], cwd=shelf.path, env=nowhere, capture_output=True, text=True, timeout=TIMEOUT_S)
    assert (done.stdout, done.stderr) == ("<><>", "")


def test_fish_completes(shelf):
    fish = needs("fish")

    def asked(line: str) -> list[str]:
        words = [fish, "--no-config", "-c", f"gitledger completion fish | source; complete -C '{line}'"]
        done = subprocess.run(words, cwd=shelf.path, capture_output=True, text=True, timeout=TIMEOUT_S)
        assert done.stderr == ""
        return done.stdout.splitlines()

    assert asked("gitledger todo done --task 1 ") == ["todo-0002\tLook", "todo-0001\tAsk; touch pwned"]
    assert asked("gitledger task show ")[0].startswith("task-0001\tdraft: Mend: the, door `touch pwned` $(touch pwned)\\x1b[31m")
    assert asked("gitledger --ledger ") == ["good/one", "main"]
    assert "notes.md" in asked("gitledger task edit --from-file no")
    assert not (shelf.path / "pwned").exists()


START = {
    "bash": (["--norc", "-i"], "PS1='> '; bind 'set enable-bracketed-paste off'; eval \"$(gitledger completion bash)\"; echo rea''dy\n"),
    "zsh": (["-f", "-i"], "PS1='> '; autoload -U compinit && compinit -u -D; eval \"$(gitledger completion zsh)\"; echo rea''dy\n"),
}


@pytest.fixture
def terminals() -> Iterator[list[tuple[int, int]]]:
    """Shells on terminals (process, terminal), ended with the test."""
    started: list[tuple[int, int]] = []
    yield started
    for child, terminal in started:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)


def read_until(terminal: int, wanted: bytes) -> bytes:
    """What the terminal shows, up to and with `wanted`."""
    seen, deadline = b"", time.monotonic() + TIMEOUT_S
    while wanted not in seen:
        ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
        assert ready, f"{wanted!r} did not come: {seen!r}"
        seen += os.read(terminal, 65536)
    return seen


@pytest.mark.parametrize("shell", START)
def test_the_key_completes_on_a_terminal(shelf, terminals, shell):
    program, (options, setup) = needs(shell), START[shell]
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(shelf.path)
        os.environ["TERM"] = "vt100"
        os.execv(program, [program, *options])
    terminals.append((child, terminal))
    os.write(terminal, setup.encode())
    read_until(terminal, b"ready")
    for typed, line in {
        "gitledger todo done --task 1 todo-0002": "gitledger todo done --task 1 todo-0002",
        "gitledger --ledger g\tled\tsta\t": "gitledger --ledger good/one ledger status",
        "gitledger task show me\t": "gitledger task show mend-the-door",
        "gitledger --ledger evil\t": "gitledger --ledger evil",
        "gitledger task edit --from-file no\t": "gitledger task edit --from-file notes.md",
    }.items():
        # To the start of the line, so that it is shown and not run.
        os.write(terminal, typed.encode() + b"\x01printf '<%s>' \n")
        read_until(terminal, "".join(f"<{word}>" for word in line.split()).encode())
    assert not (shelf.path / "pwned").exists()
