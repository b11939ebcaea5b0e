"""Merging two clones with 100 changed tasks each (design §8): `python -m tests.bench.merge [--sizes 1000,10000] [--check]`.

The same changes at every size; what is compared is the time of `merge_tips` alone, in process, without fsync.
"""

from pathlib import Path
from statistics import median

import argparse
import shutil
import sys
import tempfile
import time

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from gitledger.ledger import Ledger, open_ledger  # noqa: E402
from gitledger.model.events import CommentAdded  # noqa: E402
from gitledger.ops._base import Operation, on  # noqa: E402
from gitledger.store.merge import merge_tips  # noqa: E402
from tests.bench.generate import REF, Built, build, git  # noqa: E402
from tests.bench.run import Line, environment, table  # noqa: E402

BUDGET_S = 1.0
GROWTH = 1.5


class Comment(Operation, frozen=True, kw_only=True):
    """Comment on many tasks in one entry."""

    command = "bench comment"
    numbers: list[int]

    def decide(self, world):
        for number in self.numbers:
            (row,) = world.source.lookup(number=number)
            yield on(row.uid, CommentAdded(number=99, text="What was found, in a sentence or two."))

    def what(self, world) -> str:
        return f"{len(self.numbers)} tasks"

    def show(self, world) -> None:
        return None


def diverged(built: Built, changed: int) -> tuple[Ledger, str, str]:
    """Two tips that changed `changed` tasks each, a tenth of them the same tasks, spread over the ledger."""
    step = max(1, built.tasks // (2 * changed))
    numbers = [1 + place * step for place in range(2 * changed)]
    shared = numbers[: changed // 10]
    sides = [numbers[0:changed], [*shared, *numbers[changed : 2 * changed - len(shared)]]]
    tips = []
    for side, mine in enumerate(sides):
        name = f"side-{side}"
        git(built.path, "update-ref", f"refs/taskledger/{name}", git(built.path, "rev-parse", REF))
        ledger = open_ledger(str(built.path), ledger=name, environ=environment())
        for start in range(0, changed, 10):
            ledger.run(Comment(numbers=mine[start : start + 10]))
        tips.append(ledger.tip)
    return ledger, *tips


def once(folder: Path, ours: str, theirs: str) -> float:
    """Seconds of one merge, in a copy whose object store holds nothing of an earlier one."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as copy:
        shutil.copytree(folder / ".git", Path(copy) / ".git")
        git(Path(copy), "config", "taskledger.fsync", "false")
        pg = open_ledger(copy, ledger="side-0", environ=environment()).repo.pg
        started = time.perf_counter()
        merged = merge_tips(pg, ours, theirs)
        taken = time.perf_counter() - started
    assert merged.kind == "merge" and merged.united
    return taken


def measure(sizes: list[int], rounds: int, changed: int = 100) -> list[Line]:
    """A line for each size, and one for the growth against the smallest."""
    lines: list[Line] = []
    with tempfile.TemporaryDirectory(prefix="gitledger-merge-") as folder:
        made = []
        for size in sizes:
            built = build(Path(folder) / str(size), size)
            made.append((built, *diverged(built, changed)[1:]))
        # Sizes take turns, so that a busy machine slows all of them.
        times: list[list[float]] = [[] for _ in made]
        for _ in range(rounds):
            for taken, (built, ours, theirs) in zip(times, made, strict=True):
                taken.append(once(built.path, ours, theirs))
    for size, taken in zip(sizes, times, strict=True):
        shown = (f"{median(taken) * 1000:.0f} ms", f"{min(taken) * 1000:.0f} ms")
        what = f"merge {changed} + {changed} changed tasks"
        lines.append(Line(what, size, *shown, "", f"≤ {BUDGET_S:.0f} s", median(taken), BUDGET_S))
        if size != sizes[0]:
            growth = median(one / other for one, other in zip(taken, times[0], strict=True))
            lines.append(Line(what, size, "", "", f"{growth:.2f}", f"≤ {GROWTH} × {sizes[0]}", growth, GROWTH))
    return lines


def main(argv: list[str] | None = None) -> int:
    """Build, diverge, merge, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,10000", help="how many tasks, smallest first")
    parser.add_argument("--rounds", type=int, default=9, help="how often each merge is timed")
    parser.add_argument("--changed", type=int, default=100, help="how many tasks each side changed")
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    parser.add_argument("--check", action="store_true", help="exit 1 when a line is over its budget")
    options = parser.parse_args(argv)
    lines = measure(sorted(int(size) for size in options.sizes.split(",")), options.rounds, options.changed)
    print(table(lines, markdown=options.markdown))
    return 1 if options.check and any(line.is_over for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
