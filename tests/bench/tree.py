"""What naming the source tree costs (issue: ≤ 1.5 × `git status` at 10,000 files): `python -m tests.bench.tree [--check]`.

`tree_ids` and `git status` take turns, so that a busy machine slows both; the ratio is the median over the pairs. The
repository is packed, as a clone is. Four states: nothing differs, one file changed, one untracked, both.
"""

from collections.abc import Callable
from pathlib import Path
from statistics import median

import argparse
import os
import shutil
import sys
import tempfile
import time

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from gitledger.git import Git, tree_ids  # noqa: E402
from tests.bench.generate import git  # noqa: E402
from tests.bench.run import Line, environment, table  # noqa: E402

LIMIT = 1.5
FOLDERS = 100


def plant(folder: Path, files: int) -> Git:
    """A repository with so many committed files in a hundred folders."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet")
    for number in range(files):
        place = folder / f"d{number % FOLDERS}" / f"s{number % 7}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"f{number}.txt").write_text(f"line {number}\n" * 20)
    git(folder, "add", "-A")
    git(folder, "-c", "user.name=bench", "-c", "user.email=bench@example.org", "commit", "--quiet", "-m", "files")
    git(folder, "repack", "-adq")
    # Files younger than the index would be looked into each time; those of a work tree in use are older.
    time.sleep(1.1)
    git(folder, "update-index", "--refresh")
    # What was just written is not to be flushed while others are timed.
    os.sync()
    return Git(str(folder / ".git"), str(folder / ".git"), str(folder), environment())


def states(folder: Path) -> dict[str, Callable[[], None]]:
    """What is done to the work tree, by name, one after the other."""
    changed, new = folder / "d8" / "s1" / "f8.txt", folder / "d9" / "new.txt"

    def put(path: Path) -> None:
        path.write_text("of now\n")

    def put_back() -> None:
        git(folder, "checkout", "--quiet", "--", "d8")

    return {
        "nothing differs": lambda: None,
        "one changed": lambda: put(changed),
        "one changed, one untracked": lambda: put(new),
        "one untracked": put_back,
    }


def measure(files: int, rounds: int) -> list[Line]:
    """One line for each state."""
    with tempfile.TemporaryDirectory(prefix="gitledger-tree-") as home:
        folder = Path(home) / "work"
        repo = plant(folder, files)
        lines = []
        for name, enter in states(folder).items():
            enter()
            tree_ids(repo)
            pairs = [(_timed(lambda: repo.run("status", "--porcelain")), _timed(lambda: tree_ids(repo))) for _ in range(rounds)]
            ratio = median(mine / theirs for theirs, mine in pairs)
            shown = f"{median(mine for _, mine in pairs) * 1000:.1f} ms"
            best = f"{min(mine for _, mine in pairs) * 1000:.1f} ms"
            lines.append(Line(f"tree ids of {files} files, {name}", 0, shown, best, f"{ratio:.2f} × git status", f"≤ {LIMIT}", ratio, LIMIT))
        shutil.rmtree(folder, ignore_errors=True)
        return lines


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def main(argv: list[str] | None = None) -> int:
    """Plant, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10000, help="how many files")
    parser.add_argument("--rounds", type=int, default=25, help="how often each is timed")
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    parser.add_argument("--check", action="store_true", help="exit 1 when a line is over its budget")
    options = parser.parse_args(argv)
    lines = measure(options.files, options.rounds)
    print(table(lines, markdown=options.markdown))
    return 1 if options.check and any(line.is_over for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
