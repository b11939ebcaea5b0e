"""What a sync costs: `python -m tests.bench.sync [--tasks 10000] [--rounds 9] [--by-path] [--check]`.

Ratios are to a plain `git push` plus `git fetch` of one ordinary commit in the same repositories, the best of each:
they take turns, and what else the machine does slows the one as the other. Bytes are counted by a proxy in front
of `git daemon`, both ways, ref advertisements included. `--by-path` measures beside a hub in a folder, where nothing
waits for a network, and all that is left is computing: there, git's own check that nothing is missing from what it
received, which walks the trees of the whole ledger, tells most. The last lines say how much of it is git's.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

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
from tests.bench.generate import REF, build, git  # noqa: E402
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

    def connect(self, url: str) -> None:
        """Let the clones meet at another address."""
        for path in (self.a, self.b):
            git(path, "remote", "set-url", "origin", url)

    def plain(self) -> float:
        """One ordinary commit, pushed by one clone and fetched by the other."""
        with (self.a / "src" / "module_1.py").open("a") as file:
            file.write("# One more line.\n")
        git(self.a, "commit", "--quiet", "--all", "-m", "x")
        return timed(lambda: (git(self.a, "push", "--quiet", "origin", "main"), git(self.b, "fetch", "--quiet", "origin", "main")))

    def write(self) -> None:
        """One entry."""
        open_ledger(str(self.a), environ=os.environ).run(AddTodo(task=str(self.number), text="One more"))

    def plain_entry(self) -> float:
        """One entry, pushed and fetched by plain git: what is left to do for a sync afterwards is to notice."""
        self.write()
        words = (REF, f"{REF}:refs/taskledger-remotes/origin/main")
        seconds = timed(lambda: (git(self.a, "push", "--quiet", "origin", words[0]), git(self.b, "fetch", "--quiet", "origin", words[1])))
        for path in (self.a, self.b):
            run(open_ledger(str(path), environ=os.environ), SyncLedgers())
        return seconds

    def entry(self) -> tuple[float, float, float, int, int]:
        """One entry: seconds to send it, to receive it, to find nothing to do; bytes to send, bytes to receive."""
        self.write()
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


Measured = list[tuple[str, float, float | None, str]]


def measure(tasks: int, rounds: int, *, by_path: bool = False) -> Measured:
    """(what, value, limit, how it reads) for each line; no ratio has a limit by path."""
    with tempfile.TemporaryDirectory() as folder, git_daemon(Path(folder)) as url:
        bench = Bench(Path(folder), tasks, int(url.rpartition(":")[2]))
        wire, packed, seconds = bench.first_clone()
        lines: Measured = [
            ("first sync, bytes to packed size", wire / packed, FIRST_LIMIT, f"{wire:,} of {packed:,} bytes in {seconds:.1f} s")
        ]
        if by_path:
            bench.connect(str(bench.hub))
        lines += _rounds(bench, rounds, None if by_path else RATIO_LIMIT)
        bench.proxy.close()
        return lines if not by_path else [line for line in lines if "bytes" not in line[0]]


def _rounds(bench: Bench, rounds: int, limit: float | None) -> Measured:
    bench.entry()
    bench.plain_entry()
    plain, by_git, sent, received, idle, up, down = zip(
        *((bench.plain(), bench.plain_entry(), *bench.entry()) for _ in range(rounds)), strict=True
    )
    base, of_git = min(plain), min(by_git)
    return [
        _ratio("sync of one entry, sent, to push + fetch", sent, base, limit),
        _ratio("sync of one entry, received, to push + fetch", received, base, limit),
        _ratio("sync with nothing to do, to push + fetch", idle, base, None),
        ("one entry sent, bytes both ways", max(up), BYTES_LIMIT, ""),
        ("one entry received, bytes both ways", max(down), BYTES_LIMIT, ""),
        _ratio("the same entry by plain git push + fetch", by_git, base, None),
        _ratio("sync of one entry, sent, to that", sent, of_git, limit),
        _ratio("sync of one entry, received, to that", received, of_git, limit),
    ]


def _ratio(what: str, taken: Sequence[float], base: float, limit: float | None) -> tuple[str, float, float | None, str]:
    return what, min(taken) / base, limit, f"{min(taken) * 1e3:.0f} of {base * 1e3:.0f} ms"


def main() -> int:
    """Print the table; with `--check`, 1 where a line is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--by-path", action="store_true", help="meet in a folder, not at a server")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    is_over = False
    for what, value, limit, shown in measure(options.tasks, options.rounds, by_path=options.by_path):
        verdict = "" if limit is None else "over" if value > limit else "ok"
        is_over = is_over or verdict == "over"
        told = f"{value:,.0f}" if value > 50 else f"{value:.2f}"
        print(f"{what:48} {told:>8}  {'' if limit is None else f'≤ {limit:g}':8} {verdict:5} {shown}")
    return int(options.check and is_over)


if __name__ == "__main__":
    sys.exit(main())
