"""The budgets of design §8, measured: `python -m tests.bench.run [--sizes 10,1000,10000] [--markdown] [--check]`.

Whole processes are told as ratios to `floor`, a Python that imports what gitledger stands on and does nothing
else; floor and commands take turns, so that a busy machine slows both. `--check` exits 1 when a line is over.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import median

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from gitledger.ledger import Ledger, open_ledger  # noqa: E402
from gitledger.ops.todo import AddTodo  # noqa: E402
from gitledger.store.refresh import index_path  # noqa: E402
from gitledger.store.snapshot import open_snapshot  # noqa: E402
from tests.bench.generate import Built, build, git  # noqa: E402

FLOOR = ("-c", "import click, msgspec, pygit2")
# What the script `gitledger` does.
PROGRAM = ("-c", "import sys; from gitledger.cli.main import script; sys.argv[0] = 'gitledger'; script()")
# Stages of `generate` (task number modulo 10) whose tasks take new todos.
OPEN_STAGES = (2, 3, 4, 5, 7, 0)


@dataclass(frozen=True)
class Line:
    """One line of the table. `value` is compared with `limit` where there is one; `shown` is how people read it."""

    what: str
    tasks: int
    shown: str
    best: str = ""
    ratio: str = ""
    budget: str = ""
    value: float = 0.0
    limit: float | None = None

    @property
    def is_over(self) -> bool:
        return self.limit is not None and self.value > self.limit

    @property
    def verdict(self) -> str:
        """`ok`, `over`, or nothing where there is no budget."""
        return "" if self.limit is None else "over" if self.is_over else "ok"


@dataclass(frozen=True)
class Command:
    """A command line to time; `writes` tells which budget it has."""

    name: str
    words: tuple[str, ...]
    writes: bool = False


def reads(built: Built) -> list[Command]:
    """The reads of design §8 that this version has."""
    task = f"task-{built.samples['implementing']:04d}"
    candidates = [
        Command("next-action", ("next-action", "--task", task)),
        Command("todo next", ("todo", "next", "--task", task)),
        Command("task show", ("task", "show", task)),
        Command("task list", ("task", "list", "--limit", "50")),
        Command("status", ("status",)),
        Command("ready", ("ready", "--limit", "50")),
        Command("next", ("next",)),
        Command("blocked", ("blocked", "--limit", "50")),
        Command("search", ("search", "module", "--limit", "50")),
    ]
    return [command for command in candidates if _exists(built.path, command.words)]


def _exists(path: Path, words: tuple[str, ...]) -> bool:
    return _run(path, (*PROGRAM, *words[:1], "--help")).returncode == 0


def mutations(built: Built) -> list[Command]:
    """The mutations that are timed as whole processes."""
    task = f"task-{built.samples['implementing']:04d}"
    return [
        Command("todo add", ("todo", "add", "--task", task, "--text", "Write it down"), writes=True),
        Command("task create", ("task", "create", "Another thing to do"), writes=True),
    ]


# ---------------------------------------------------------------------------------------------- whole processes


def environment() -> dict[str, str]:
    """Nobody's settings; the interpreter and the tree under test."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT", "VIRTUAL_ENV") if name in os.environ}
    nowhere = {"HOME": os.devnull, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return kept | nowhere | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"}


def _run(path: Path, words: Iterable[str]) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run([sys.executable, *words], cwd=path, env=environment(), stdin=subprocess.DEVNULL, capture_output=True)


def _timed(path: Path, words: tuple[str, ...]) -> float:
    started = time.perf_counter()
    done = _run(path, words)
    seconds = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} in {path}: {done.stderr.decode()}")
    return seconds


def processes(ledgers: list[Built], rounds: int) -> list[Line]:
    """Whole-process times of every command at every size; ratios are medians over runs next to one another."""
    commands = [(built, command) for built in ledgers for command in (*reads(built), *mutations(built))]
    order = list(dict.fromkeys(command.name for _, command in commands))
    commands.sort(key=lambda pair: order.index(pair[1].name))
    for built, command in commands:
        _timed(built.path, (*PROGRAM, *command.words))
    os.sync()
    floors: list[list[float]] = [[] for _ in commands]
    times: list[list[float]] = [[] for _ in commands]
    for _ in range(rounds):
        for place, (built, command) in enumerate(commands):
            floors[place].append(_timed(built.path, FLOOR))
            times[place].append(_timed(built.path, (*PROGRAM, *command.words)))
    every_floor = [seconds for taken in floors for seconds in taken]
    lines = [Line("floor", 0, _ms(median(every_floor)), _ms(min(every_floor)), "1.00")]
    smallest: list[float] = []
    for (built, command), taken, floor in zip(commands, times, floors, strict=True):
        limit = 1.5 if command.writes else 1.3
        ratio = _paired(taken, floor)
        shown = (_ms(median(taken)), _ms(min(taken)), f"{ratio:.2f}", f"≤ {limit} × floor")
        lines.append(Line(command.name, built.tasks, *shown, value=ratio, limit=limit))
        if built is ledgers[0]:
            smallest = taken
        elif not command.writes:
            lines.append(_growth(command.name, built.tasks, _paired(taken, smallest), 1.1))
    return lines


def _paired(taken: list[float], others: list[float]) -> float:
    """The median of the ratios of runs that followed one another: what slows the machine for a while slows both."""
    return median(one / other for one, other in zip(taken, others, strict=True))


def _growth(what: str, tasks: int, growth: float, limit: float) -> Line:
    return Line(f"{what}, growth", tasks, "", "", f"{growth:.2f}", f"≤ {limit} × smallest", growth, limit)


# ---------------------------------------------------------------------------------------------- in process


def _open(built: Built) -> Ledger:
    return open_ledger(str(built.path), environ=environment())


def _open_tasks(built: Built, count: int) -> list[str]:
    """References of `count` tasks that take todos, around the middle; fewer tasks than that come round again."""
    first = built.tasks // 2 // 10 * 10 - (count // len(OPEN_STAGES)) // 2 * 10
    first = max(first, 0) if built.tasks > 10 else 0
    numbers = [number for number in range(first + 1, built.tasks + 1) if number % 10 in OPEN_STAGES]
    return [f"task-{number:04d}" for number in islice(cycle(numbers), count)]


def _add_todos(ledger: Ledger, references: Iterable[str]) -> list[float]:
    taken = []
    for reference in references:
        started = time.perf_counter()
        ledger.run(AddTodo(task=reference, text="Write down what was found"))
        taken.append(time.perf_counter() - started)
    return taken


def writing(ledgers: list[Built], count: int = 60) -> list[Line]:
    """Median time of one mutation in a process that has everything loaded, without fsync."""
    lines: list[Line] = []
    smallest = 0.0
    for built in ledgers:
        git(built.path, "config", "taskledger.fsync", "false")
        ledger = _open(built)
        six = _open_tasks(built, len(OPEN_STAGES))
        _add_todos(ledger, six)
        # A file system with much to write back makes a new file at twenty times its cost.
        os.sync()
        taken = _add_todos(ledger, islice(cycle(six), count))
        git(built.path, "config", "--unset", "taskledger.fsync")
        seconds = median(taken)
        what = "todo add, in process"
        lines.append(Line(what, built.tasks, _ms(seconds, 2), _ms(min(taken), 2), "", "≤ 5 ms", seconds, 0.005))
        smallest = smallest or seconds
        if built is not ledgers[0]:
            lines.append(_growth(what, built.tasks, seconds / smallest, 2.0))
    return lines


def indexing(ledgers: list[Built]) -> list[Line]:
    """How long the index takes from nothing, and after 100 new events that it has not seen."""
    lines = []
    for built in ledgers:
        ledger = _open(built)
        folder = Path(index_path(ledger.repo, ledger.name)).parent
        shutil.rmtree(folder, ignore_errors=True)
        seconds = _read(built)
        lines.append(Line("index from nothing", built.tasks, _ms(seconds), "", "", "≤ 5 s", seconds, 5.0))
        kept = folder.with_name("index-before")
        shutil.copytree(folder, kept)
        _add_todos(ledger, _open_tasks(built, 100))
        shutil.rmtree(folder)
        kept.rename(folder)
        seconds = _read(built)
        lines.append(Line("index after 100 events", built.tasks, _ms(seconds), "", "", "≤ 100 ms", seconds, 0.1))
    return sorted(lines, key=lambda line: line.what, reverse=True)


def _read(built: Built) -> float:
    ledger = _open(built)
    started = time.perf_counter()
    open_snapshot(ledger.repo, ledger.name).close()
    return time.perf_counter() - started


# ---------------------------------------------------------------------------------------------- imports

_SELF_US = re.compile(rb"import time:\s+(\d+) \|")


def imports(built: Built, rounds: int) -> list[Line]:
    """What each command imports: the sum of `-X importtime`, and how many modules."""
    commands = [("floor", FLOOR)]
    commands += [(command.name, (*PROGRAM, *command.words)) for command in (*reads(built), *mutations(built))]
    commands.append(("--help", (*PROGRAM, "--help")))
    totals: dict[str, list[float]] = {name: [] for name, _ in commands}
    counts: dict[str, int] = {}
    for _ in range(rounds):
        for name, words in commands:
            own = [int(found) for found in _SELF_US.findall(_run(built.path, ("-X", "importtime", *words)).stderr)]
            totals[name].append(sum(own) / 1e6)
            counts[name] = len(own)
    floor = median(totals["floor"])
    lines = []
    for name, taken in totals.items():
        shown = (_ms(median(taken)), _ms(min(taken)), f"{median(taken) / floor:.2f}", f"({counts[name]} modules)")
        lines.append(Line(f"imports: {name}", built.tasks, *shown))
    return lines


# ---------------------------------------------------------------------------------------------- the table


def _ms(seconds: float, digits: int = 0) -> str:
    return f"{seconds * 1000:.{digits}f} ms"


_RIGHT = range(1, 5)  # the columns of numbers


def table(lines: Iterable[Line], *, markdown: bool) -> str:
    """The lines in columns, for a terminal or as Markdown."""
    rows = [("what", "tasks", "median", "best", "ratio", "budget", "")]
    rows += [
        (line.what, f"{line.tasks or ''}", line.shown, line.best, line.ratio, line.budget, line.verdict)
        for line in lines
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    shown = [
        [cell.rjust(widths[place]) if place in _RIGHT else cell.ljust(widths[place]) for place, cell in enumerate(row)]
        for row in rows
    ]
    if not markdown:
        return "\n".join("  ".join(row).rstrip() for row in shown)
    rule = ["-" * (width - 1) + ":" if place in _RIGHT else "-" * width for place, width in enumerate(widths)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (shown[0], rule, *shown[1:]))


def main(argv: list[str] | None = None) -> int:
    """Build the ledgers, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10,1000,10000", help="how many tasks, smallest first")
    parser.add_argument("--rounds", type=int, default=15, help="how often each whole process is run")
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    parser.add_argument("--check", action="store_true", help="exit 1 when a line is over its budget")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="gitledger-bench-") as folder:
        ledgers = []
        for size in sorted(int(size) for size in options.sizes.split(",")):
            _say(f"building {size} tasks")
            ledgers.append(build(Path(folder) / str(size), size))
        sections: list[tuple[str, Callable[[], list[Line]]]] = [
            ("indexing", lambda: indexing(ledgers)),
            ("whole processes", lambda: processes(ledgers, options.rounds)),
            ("writing in process", lambda: writing(ledgers)),
            ("imports", lambda: imports(ledgers[-1], 5)),
        ]
        lines: list[Line] = []
        for name, measure in sections:
            _say(name)
            lines += measure()
    print(table(lines, markdown=options.markdown))
    return 1 if options.check and any(line.is_over for line in lines) else 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
