"""What the hooks cost `git commit` (design §8): `python -m tests.bench.commit [--tasks 1000] [--rounds 15] [--markdown] [--check]`.

The same small commit in repositories that differ in their hooks alone, and in the floor's company: without hooks, with
hooks and no ledger, with a ledger and no active task, with a task that is being implemented, and with a policy that
wants one. What counts is how much longer each takes than the one without hooks that ran beside it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import argparse
import subprocess
import sys
import tempfile
import time

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.bench.generate import REF, build, git  # noqa: E402
from tests.bench.run import FLOOR, Line, environment, table  # noqa: E402

SHELL_BUDGET_S = 0.015
PYTHON_BUDGET = 1.5
FILES = 300
PLAN = """\
---
goal: Measure.
acceptance_criteria: [{id: ac-0001, text: It is fast.}]
todos: [{id: plan-todo-0001, text: Write the parser in src/parser.py., validation_hint: pytest -q}]
files: [src]
test_commands: [pytest -q]
expected_outputs: [it passes]
---

Measure it.
"""


@dataclass
class Case:
    """A repository, and whether a commit in it starts Python: how often."""

    name: str
    path: Path
    starts: int = 0


def gitledger(path: Path, *words: str, input: str = "") -> None:
    """Run gitledger as a person would."""
    argv = [sys.executable, "-P", "-m", "gitledger", *words]
    done = subprocess.run(argv, cwd=path, env=environment(), input=input, text=True, capture_output=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stdout}{done.stderr}")


def fill(path: Path) -> None:
    """A work tree of a few hundred files."""
    for number in range(FILES):
        file = path / f"src/{number % 10}/file{number}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# {number}\n" * 20)
    git(path, "add", "-A")
    git(path, "-c", "user.name=ada", "-c", "user.email=ada@example.org", "commit", "--quiet", "-m", "Begin")
    for name, value in (("user.name", "ada"), ("user.email", "ada@example.org"), ("taskledger.fsync", "false")):
        git(path, "config", name, value)


def implement(path: Path) -> None:
    """Make a task active and bring it to where code may change."""
    gitledger(path, "task", "create", "Measure", "--slug", "measure")
    gitledger(path, "task", "activate", "measure")
    gitledger(path, "plan", "start")
    gitledger(path, "plan", "upsert", "--file", "-", input=PLAN)
    gitledger(path, "plan", "accept", "--version", "1", "--note", "Go.")
    gitledger(path, "implement", "start")


def cases(folder: Path, tasks: int) -> list[Case]:
    """The repositories, the one without hooks first."""

    def make(name: str, starts: int = 0, *steps: Callable[[Path], None]) -> Case:
        path = folder / name.replace(" ", "-")
        build(path, tasks)
        fill(path)
        for step in steps:
            step(path)
        return Case(name, path, starts)

    def install(path: Path) -> None:
        gitledger(path, "hooks", "install")

    def forget(path: Path) -> None:
        git(path, "update-ref", "-d", REF)

    def require(path: Path) -> None:
        (path / ".gitledger.yaml").write_text("commits: require\ncommit_paths: plan\n")

    return [
        make("no hooks"),
        make("no ledger", 0, forget, install),
        make("no active task", 0, install),
        make("active task", 1, install, implement),
        make("active task, policy", 2, require, install, implement),
    ]


def timed_commit(case: Case, number: int) -> float:
    """Seconds of one commit of one changed file."""
    (case.path / "src/0/file0.py").write_text(f"# {number}\n" * 20)
    git(case.path, "add", "src")
    started = time.perf_counter()
    done = subprocess.run(
        ["git", "commit", "--quiet", "-m", f"Change {number}"], cwd=case.path, env=environment(), capture_output=True
    )
    seconds = time.perf_counter() - started
    if done.returncode or done.stderr:
        raise RuntimeError(f"{case.name}: exit {done.returncode}\n{done.stderr.decode()}")
    return seconds


def timed_floor(path: Path) -> float:
    """Seconds of a Python that imports what gitledger stands on."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *FLOOR], cwd=path, env=environment(), check=True)
    return time.perf_counter() - started


def measure(every: list[Case], rounds: int) -> list[Line]:
    """A line for the floor and one for each case."""
    times: dict[str, list[float]] = {case.name: [] for case in every}
    floors: list[float] = []
    for number in range(-1, rounds):
        floor = timed_floor(every[0].path)
        taken = {case.name: timed_commit(case, number) for case in every}
        if number >= 0:  # the first round finds nothing in the machine's caches
            floors.append(floor)
            for name, seconds in taken.items():
                times[name].append(seconds)
    lines = [Line("floor", 0, _ms(median(floors)), _ms(min(floors)), "1.00")]
    bare = times[every[0].name]
    for case in every:
        mine = times[case.name]
        more = [one - other for one, other in zip(mine, bare, strict=True)]
        ratio = median(extra / floor for extra, floor in zip(more, floors, strict=True))
        shown = (_ms(median(mine)), _ms(min(mine)))
        if case is every[0]:
            lines.append(Line(f"commit, {case.name}", 0, *shown))
        elif not case.starts:
            lines.append(
                Line(f"commit, {case.name}", 0, *shown, f"+{median(more) * 1000:.0f} ms", "≤ 15 ms more", median(more), SHELL_BUDGET_S)
            )
        else:
            limit = PYTHON_BUDGET * case.starts
            budget = f"≤ {limit:g} × floor more"
            lines.append(Line(f"commit, {case.name}", 0, *shown, f"+{ratio:.2f}", budget, ratio, limit))
    return lines


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def main(argv: list[str] | None = None) -> int:
    """Build the repositories, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=1000, help="how many tasks the ledgers hold")
    parser.add_argument("--rounds", type=int, default=15, help="how many commits of each kind")
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    parser.add_argument("--check", action="store_true", help="exit 1 when a line is over its budget")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="gitledger-bench-") as folder:
        lines = measure(cases(Path(folder), options.tasks), options.rounds)
    print(table(lines, markdown=options.markdown))
    return 1 if options.check and any(line.is_over for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
