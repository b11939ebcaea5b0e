"""What a sync costs: `python -m tests.bench.sync [--tasks 10000] [--rounds 7] [--check]`.

Ratios are to a plain `git push` plus `git fetch` of one ordinary commit in the same repositories, taking turns.
Bytes are counted by a proxy in front of `git daemon`, both ways, ref advertisements included.
"""

from collections.abc import Callable
from pathlib import Path
from statistics import median

import argparse
import os
import subprocess
import sys
import tempfile
import time

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from gitledger.ledger import open_ledger  # noqa: E402
from gitledger.ops.sync import SyncLedgers  # noqa: E402
from gitledger.ops.todo import AddTodo  # noqa: E402
from gitledger.sync import run  # noqa: E402
from tests.bench.generate import build, git  # noqa: E402
from tests.sync.conftest import Proxy, git_daemon  # noqa: E402

BYTES_LIMIT = 8 * 1024
RATIO_LIMIT = 1.5
FIRST_LIMIT = 1.2


class Bench:
    """Two clones of a large ledger, and a hub between them behind a counting proxy."""

    def __init__(self, folder: Path, tasks: int, port: int) -> None:
        self.a, self.b, self.hub = folder / "a", folder / "b", folder / "hub.git"
        built = build(self.a, tasks, seed=1)
        self.number = built.samples.get("implementing", 1)
        git(folder, "init", "--quiet", "--bare", "hub.git")
        self.proxy = Proxy(port)
        url = f"git://127.0.0.1:{self.proxy.port}/hub.git"
        git(self.a, "remote", "add", "origin", url)
        git(self.a, "push", "--quiet", "origin", "main", "refs/taskledger/main")
        git(folder, "clone", "--quiet", url, "b")
        for path in (self.a, self.b, self.hub):
            git(path, "config", "gc.auto", "0")

    def first_clone(self) -> tuple[int, int, float]:
        """Bytes over the wire, size of the pack that the hub would send, seconds."""
        packed = subprocess.run(
            ["git", "pack-objects", "--all-progress-implied", "--stdout", "--revs", "--quiet"],
            cwd=self.hub,
            input=b"refs/taskledger/main\n",
            capture_output=True,
            check=True,
        ).stdout
        before = self.moved
        seconds = timed(lambda: run(open_ledger(str(self.b), environ=os.environ), SyncLedgers()))
        return self.moved - before, len(packed), seconds

    @property
    def moved(self) -> int:
        return self.proxy.sent + self.proxy.received

    def plain(self) -> float:
        """One ordinary commit, pushed by one clone and fetched by the other."""
        git(self.a, "commit", "--quiet", "--allow-empty", "-m", "x")
        return timed(lambda: (git(self.a, "push", "--quiet", "origin", "main"), git(self.b, "fetch", "--quiet", "origin", "main")))

    def entry(self) -> tuple[float, float, float, int, int]:
        """One entry: seconds to send it, to receive it, to find nothing to do; bytes to send, bytes to receive."""
        open_ledger(str(self.a), environ=os.environ).run(AddTodo(task=str(self.number), text="One more"))
        start = self.moved
        sent = timed(lambda: run(open_ledger(str(self.a), environ=os.environ), SyncLedgers()))
        between = self.moved
        received = timed(lambda: run(open_ledger(str(self.b), environ=os.environ), SyncLedgers()))
        end = self.moved
        idle = timed(lambda: run(open_ledger(str(self.b), environ=os.environ), SyncLedgers()))
        return sent, received, idle, between - start, end - between


def timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def measure(tasks: int, rounds: int) -> list[tuple[str, float, float | None, str]]:
    """(what, value, limit, how it reads) for each line."""
    with tempfile.TemporaryDirectory() as folder, git_daemon(Path(folder)) as url:
        bench = Bench(Path(folder), tasks, int(url.rpartition(":")[2]))
        wire, packed, seconds = bench.first_clone()
        lines: list[tuple[str, float, float | None, str]] = [
            ("first sync, bytes to packed size", wire / packed, FIRST_LIMIT, f"{wire:,} of {packed:,} bytes in {seconds:.1f} s")
        ]
        bench.entry()
        plain, sent, received, idle, up, down = [], [], [], [], [], []
        for _ in range(rounds):
            plain.append(bench.plain())
            one = bench.entry()
            for kept, value in zip((sent, received, idle, up, down), one, strict=True):
                kept.append(value)
        base = median(plain)
        lines += [
            ("sync of one entry, sent, to push + fetch", median(sent) / base, RATIO_LIMIT, f"{median(sent) * 1e3:.0f} of {base * 1e3:.0f} ms"),
            ("sync of one entry, received, to push + fetch", median(received) / base, RATIO_LIMIT, f"{median(received) * 1e3:.0f} ms"),
            ("sync with nothing to do, to push + fetch", median(idle) / base, None, f"{median(idle) * 1e3:.0f} ms"),
            ("one entry sent, bytes both ways", median(up), BYTES_LIMIT, ""),
            ("one entry received, bytes both ways", median(down), BYTES_LIMIT, ""),
        ]
        bench.proxy.close()
        return lines


def main() -> int:
    """Print the table; with `--check`, 1 where a line is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    is_over = False
    for what, value, limit, shown in measure(options.tasks, options.rounds):
        verdict = "" if limit is None else "over" if value > limit else "ok"
        is_over = is_over or verdict == "over"
        told = f"{value:,.0f}" if value > 50 else f"{value:.2f}"
        print(f"{what:48} {told:>8}  {'' if limit is None else f'≤ {limit:g}':8} {verdict:5} {shown}")
    return int(options.check and is_over)


if __name__ == "__main__":
    sys.exit(main())
