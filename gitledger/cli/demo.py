"""`gitledger demo`: the main job on a throw-away repository, every command and its real output printed as they run."""

from collections.abc import Iterator
from typing import Any

import os
import shlex
import sys
import tempfile

import click

from gitledger.cli.build import Argument, Command
from gitledger.errors import InvalidInput, LedgerError
from gitledger.exec import run_child

PLAN = """\
---
goal: "Greet people by name."
files:
  - greet.py
test_commands:
  - "python3 greet.py Ada"
expected_outputs:
  - "Hello, Ada!"
acceptance_criteria:
  - id: ac-0001
    text: "`python3 greet.py Ada` prints `Hello, Ada!`."
todos:
  - id: plan-todo-0001
    text: "Edit greet.py to greet the person named on the command line."
    validation_hint: "Run `python3 greet.py Ada`."
---

Take the name from `sys.argv`; greet the world when none is given.
"""
GREET = 'print("Hello!")\n'
GREET_DONE = 'import sys\n\nname = sys.argv[1] if len(sys.argv) > 1 else "world"\nprint(f"Hello, {name}!")\n'

# A command line, or (file, content) to write. An expected exit code other than 0 stands in front.
STEPS: list[Any] = [
    "# A repository with one file.",
    "git init --quiet --initial-branch=main .",
    ("greet.py", GREET),
    "git add greet.py",
    "git commit --quiet --message 'Say hello'",
    "# A ledger is one ref; nothing appears in the work tree.",
    "gitledger init",
    "# Hooks stamp each commit with the task that it belongs to.",
    "gitledger hooks install",
    'gitledger task create "Greet people by name" --description "greet.py should greet the person it is given."',
    "gitledger task activate greet-people-by-name",
    "# Plan it: a question, an answer, a plan that a person accepts.",
    "gitledger plan start",
    'gitledger question add --required-for-plan --text "What if no name is given?"',
    'gitledger question answer q-0001 --text "Greet the world."',
    ("plan.md", PLAN),
    "gitledger plan upsert --from-answers --file plan.md",
    "gitledger plan lint",
    'gitledger plan accept --version 1 --note "Ready."',
    "gitledger next-action",
    "# Build it. The gate holds until the todo is done.",
    "gitledger implement start",
    (7, 'gitledger implement finish --summary "Too early."'),
    ("greet.py", GREET_DONE),
    f"gitledger run --todo todo-0001 -- {shlex.quote(sys.executable)} greet.py Ada",
    "gitledger todo done todo-0001",
    "git commit --quiet --all --message 'Take the name from the command line'",
    "git log -1 --format=%B",
    'gitledger implement finish --summary "greet.py greets by name."',
    "# Prove it.",
    "gitledger validate start",
    f"gitledger validate command --criterion ac-0001 -- {shlex.quote(sys.executable)} greet.py Ada",
    'gitledger validate finish --result passed --summary "Greets by name."',
    "gitledger task list",
    "# From a line of code back to the task, its plan and who accepted it.",
    "gitledger whence greet.py:3",
    "# It is all in git: one commit an entry, shared with `git push origin refs/taskledger/main`.",
    "git log --format=%h%x20%s refs/taskledger/main",
    "git status --short",
    "gitledger verify",
    "# Two clones, one ledger: a bare origin, and a colleague who works offline, on the same task as you.",
    'gitledger task create "Say goodbye" --description "goodbye.py should take leave."',
    "git init --quiet --bare ../origin.git",
    "git remote add origin ../origin.git",
    "git push --quiet origin main",
    "gitledger sync",
    "git clone --quiet --branch main ../origin.git ../colleague",
    "gitledger -C ../colleague sync",
    'gitledger todo add --task 2 --text "Write goodbye.py."',
    'gitledger task create "Greet in German"',
    'gitledger -C ../colleague task edit --task 2 --title "Say goodbye politely"',
    'gitledger -C ../colleague task create "Greet in French"',
    "# Both come back. Nothing conflicts, nothing is lost; of two tasks numbered alike one gets another number.",
    "gitledger sync",
    "gitledger -C ../colleague sync",
    "gitledger sync",
    "gitledger task list",
    "# The same commit on both sides.",
    "git rev-parse refs/taskledger/main",
    "git -C ../colleague rev-parse refs/taskledger/main",
    "# A small graph drains: each end sets free what waited for it.",
    'gitledger item create "Write the notes" --slug notes --priority high',
    'gitledger item create "Tag it" --slug tag --priority high',
    'gitledger item create "Announce it" --slug announce --priority high',
    "gitledger dep add tag notes",
    "gitledger dep add announce tag",
    "gitledger blocked",
    "gitledger next",
    "gitledger advance notes complete",
    "gitledger advance tag complete",
    "gitledger advance announce complete",
    "gitledger ready",
]


@click.command(cls=Command)
@click.argument("directory", cls=Argument, required=False, metavar="[DIR]", about="A new or empty folder.")
@click.pass_obj
def demo(session: Any, directory: str | None) -> None:
    """Run the main job on a throw-away repository, and show every command.

    The repositories are made in DIR (left out: in a temporary folder), and left there for exploring.
    """
    place = os.path.join(_place(session.base, directory), "project")
    os.mkdir(place)
    for shown in play(place, session.environ):
        session.console.text(shown)
        session.console.flush()
    session.console.text(f"\nThe repository is in {place}. Look around: cd {shlex.quote(place)}")


def _place(base: str, directory: str | None) -> str:
    if directory is None:
        return tempfile.mkdtemp(prefix="gitledger-demo-")
    place = os.path.abspath(os.path.join(base, directory))
    if os.path.exists(place) and (not os.path.isdir(place) or os.listdir(place)):
        raise InvalidInput(f"{directory!r} is there already and not an empty folder.", hint=("gitledger", "demo"))
    os.makedirs(place, exist_ok=True)
    return place


def play(place: str, environ: Any) -> Iterator[str]:
    """Run the steps in the folder `place`; yields what a terminal would show. Raises when a step ends otherwise than it should."""
    names = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in _PERSON.items()}
    hidden = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GITLEDGER_TASK", "GITLEDGER_LEDGER")
    child_environ = {name: value for name, value in environ.items() if name not in hidden} | names
    for step in STEPS:
        expected = 0
        if isinstance(step, tuple) and isinstance(step[0], int):
            expected, step = step
        if isinstance(step, tuple):
            name, content = step
            with open(os.path.join(place, name), "w", encoding="utf-8") as file:
                file.write(content)
            yield f"$ cat > {name} <<'END'\n{content}END"
        elif step.startswith("#"):
            yield f"\n{step}"
        else:
            yield _perform(step, place, child_environ, expected)


_PERSON = {"NAME": "Ada", "EMAIL": "ada@example.org"}


def _perform(line: str, place: str, environ: dict[str, str], expected: int) -> str:
    words = shlex.split(line)
    if words[0] == "gitledger":
        words = [sys.executable, "-m", "gitledger", *words[1:]]
    child = run_child(words, cwd=place, environ=environ, timeout_s=60)
    if child.exit_code != expected:
        raise LedgerError(
            f"The demo stopped: `{line}` ended with {child.exit_code} instead of {expected}.\n"
            + child.output.decode("utf-8", "replace"),
            hint=("gitledger", "version"),
        )
    output = child.output.decode("utf-8", "replace").rstrip("\n")
    shown = line.replace(shlex.quote(sys.executable), "python3")
    return f"$ {shown}" + (f"\n{output}" if output else "") + (f"\n[exit {expected}]" if expected else "")
