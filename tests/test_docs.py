"""The documentation as tests: every console block of README.md and docs/ runs, and shows what really comes out.

A page is one story in one throw-away repository. In a ```console block a line that begins with `$ ` is a
command (a here-document goes on to its end word), what follows is its output, and `[exit N]` after it the
exit code where that is not 0. Blocks of other languages are not run; ```python blocks run as scripts.

    python -m tests.test_docs --write      # put the real output into the pages
"""

from pathlib import Path

import os
import re
import subprocess
import sys
import tempfile

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HERE = re.compile(r"<<'?(\w+)'?")
RUNNABLE = ("console", "python")


def pages() -> list[Path]:
    return [page for page in PAGES if any(match[1] in RUNNABLE for match in FENCE.finditer(page.read_text()))]


def split(block: str) -> list[tuple[str, str]]:
    """(command, output) pairs of a console block."""
    lines = block.splitlines()
    pairs: list[tuple[str, str]] = []
    place = 0
    while place < len(lines):
        assert lines[place].startswith("$ "), f"a console block must begin with a command: {lines[place]!r}"
        command = [lines[place][2:]]
        place += 1
        here = HERE.search(command[0])
        while here and command[-1] != here[1]:
            command.append(lines[place])
            place += 1
        while command[-1].endswith("\\"):
            command.append(lines[place].removeprefix("> "))
            place += 1
        output = []
        while place < len(lines) and not lines[place].startswith("$ "):
            output.append(lines[place])
            place += 1
        pairs.append(("\n".join(command), "\n".join(output)))
    return pairs


class Shell:
    """A throw-away repository's folder, and a shell in it whose surroundings never change."""

    def __init__(self, folder: str) -> None:
        self.folder = os.path.join(folder, "work")
        self.bin = os.path.join(folder, "bin")
        for path in (self.folder, self.bin, os.path.join(folder, "home")):
            os.makedirs(path)
        for name in ("gitledger", "git-ledger"):
            script = os.path.join(self.bin, name)
            Path(script).write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gitledger "$@"\n')
            os.chmod(script, 0o755)
        self.environ = {
            "PATH": os.pathsep.join([self.bin, os.environ["PATH"]]),
            "PYTHONPATH": str(ROOT),
            "HOME": os.path.join(folder, "home"),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "COLUMNS": "100",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "init.defaultBranch",
            "GIT_CONFIG_VALUE_0": "main",
            "GITLEDGER_TEST_NOW": "2026-11-20T10:15:00Z",
            "GITLEDGER_TEST_SEED": "docs",
            **{f"GIT_{role}_DATE": "2026-11-20T10:15:00Z" for role in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{role}_NAME": "Ada" for role in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{role}_EMAIL": "ada@example.org" for role in ("AUTHOR", "COMMITTER")},
        }

    def run(self, command: str) -> str:
        """What the command prints, as a block shows it."""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
        )
        output = done.stdout.decode().rstrip("\n").replace(self.folder, "/work/project")
        lines = [line.rstrip() for line in output.split("\n")] if output else []
        if done.returncode:
            lines.append(f"[exit {done.returncode}]")
        return "\n".join(lines)

    def script(self, source: str) -> None:
        """Run a Python block as a script."""
        done = subprocess.run(
            [sys.executable, "-c", source], cwd=self.folder, env=self.environ, capture_output=True, timeout=60
        )
        assert done.returncode == 0, done.stderr.decode()


def rewritten(page: Path) -> str:
    """The page with the real output of its commands."""
    with tempfile.TemporaryDirectory() as folder:
        shell = Shell(folder)

        def play(match: re.Match[str]) -> str:
            if match[1] == "python":
                shell.script(match[2])
                return match[0]
            if match[1] != "console":
                return match[0]
            head = match[0].partition("\n")[0]
            shown = []
            for command, _ in split(match[2]):
                first, *rest = command.split("\n")
                is_here = HERE.search(first)
                shown.append("$ " + "\n".join([first, *(line if is_here else "> " + line for line in rest)]))
                output = shell.run(command)
                shown += [output] if output else []
            return "\n".join([head, *shown, "```"])

        return FENCE.sub(play, page.read_text())


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_shows_what_really_happens(page):
    assert rewritten(page) == page.read_text(), "refresh it: python -m tests.test_docs --write"


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(__doc__)
    for written in pages():
        written.write_text(rewritten(written))
