"""The budgets of the compatible server, beside task-orchestrator-py 1.0.0: `python -m tests.bench.orchestrator [--sizes 100,1000,10000]`.

The reference is installed in a throw-away environment (`--reference PYTHON` names one that has it); where that is not
possible, the bench says so and ends. Both servers get the same calls over the same pipe, in turns, so that a busy
machine slows both. `--markdown` prints the table as ratios; `--check` exits 1 when a line is over its budget.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

from tests.bench.run import ROOT, Line, environment

REFERENCE = ("task-orchestrator-py==1.0.0", "mcp<2")
AT_ONCE = 500
# The size from which on reads and batches have a budget.
FULL = 10_000
CHAIN = 50
# name → how many times the reference's time it may take; of reads at the largest size.
READ, WRITE, BATCH, START = 0.5, 1.5, 0.25, 1.0
# How much slower a read whose answer is bounded may be at ten times the size.
FLAT = 1.5


class Server:
    """A server as a child, spoken to line by line."""

    def __init__(self, argv: list[str], folder: Path, extra: dict[str, str]) -> None:
        self._child = subprocess.Popen(
            argv,
            cwd=folder,
            env=environment() | {"HOME": str(folder)} | extra,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._id = 0
        hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}
        self.ask("initialize", hello)
        self._send({"method": "notifications/initialized"})
        self.ask("tools/list", {})

    def _send(self, message: dict[str, Any]) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self._child.stdin.flush()

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        """The result of a request."""
        self._id += 1
        self._send({"id": self._id, "method": method, "params": params})
        assert self._child.stdout is not None
        while line := self._child.stdout.readline():
            answer = json.loads(line)
            if answer.get("id") == self._id:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
        raise RuntimeError(f"{method}: the server has gone")

    def call(self, tool: str, **arguments: Any) -> Any:
        """What a tool answers, read from its JSON text."""
        result = self.ask("tools/call", {"name": tool, "arguments": arguments})
        found = json.loads(result["content"][0]["text"]) if not result.get("isError") else {"error": result["content"]}
        if isinstance(found, dict) and "error" in found:
            raise RuntimeError(f"{tool} {str(arguments)[:200]}: {str(found['error'])[:300]}")
        return found

    def close(self) -> None:
        """End the child."""
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child.wait(timeout=60)


class Place(NamedTuple):
    """A server to be: its command, and a folder of its own."""

    argv: list[str]
    folder: Path
    extra: dict[str, str]

    def start(self) -> Server:
        return Server(self.argv, self.folder, self.extra)


# ---------------------------------------------------------------------------------------------- what there is to start


def find_reference(given: str | None, folder: Path) -> str | None:
    """A Python that has the reference; None where it cannot be installed."""
    if given is not None:
        return given
    python = folder / "reference" / ("Scripts" if os.name == "nt" else "bin") / "python"
    try:
        subprocess.run([sys.executable, "-m", "venv", str(folder / "reference")], check=True, capture_output=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *REFERENCE], check=True, capture_output=True, timeout=600)
    except (subprocess.SubprocessError, OSError) as error:
        print(f"skipped: {' '.join(REFERENCE)} could not be installed here ({type(error).__name__})")
        return None
    return str(python)


def places(reference: str, folder: Path) -> dict[str, Place]:
    """Both servers, each with a store of its own in `folder`."""
    found = {}
    script = Path(reference).parent / "task-orchestrator-py"
    ours = [sys.executable, "-c", "from gitledger.cli.main import script; script()", "mcp", "--profile", "orchestrator"]
    for name, argv in (("reference", [str(script)]), ("gitledger", ours)):
        home = folder / name
        home.mkdir(parents=True)
        extra = {"TASK_ORCHESTRATOR_DB": str(home / "tasks.db"), "PYTHONPATH": str(ROOT) if name == "gitledger" else ""}
        found[name] = Place(argv, home, extra)
    subprocess.run(["git", "init", "--quiet", "-b", "main", str(found["gitledger"].folder)], check=True, env=environment())
    return found


@contextmanager
def both(there: dict[str, Place]) -> Iterator[dict[str, Server]]:
    """Both servers, started."""
    with ExitStack() as stack:
        servers = {}
        for name, place in there.items():
            servers[name] = place.start()
            stack.callback(servers[name].close)
        yield servers


# ---------------------------------------------------------------------------------------------- what is timed


def _seconds(action: Callable[[], Any]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def in_turns(there: dict[str, Any], action: Callable[[Any, int], Any], rounds: int) -> dict[str, float]:
    """The median seconds of an action on each, in turns; the first round is not counted."""
    times: dict[str, list[float]] = {name: [] for name in there}
    for number in range(rounds + 1):
        for name, thing in there.items():
            took = _seconds(lambda thing=thing: action(thing, number))  # type: ignore[misc]
            if number:
                times[name].append(took)
    return {name: median(found) for name, found in times.items()}


def fill(servers: dict[str, Server], size: int) -> tuple[dict[str, float], dict[str, list[str]]]:
    """`size` items in both; how long creating them took, and their ids. Half of them then wait, in chains."""
    took: dict[str, float] = dict.fromkeys(servers, 0.0)
    ids: dict[str, list[str]] = {name: [] for name in servers}
    for first in range(0, size, AT_ONCE):
        items = [
            {"title": f"Item {n}", "description": f"What is to be done about part {n}.", "tags": f"team-{n % 7}", "priority": _priority(n)}
            for n in range(first, min(first + AT_ONCE, size))
        ]
        for name, server in servers.items():
            answers: list[Any] = []
            took[name] += _seconds(
                lambda s=server, a=answers: a.append(s.call("manage_items", operation="create", items_json=json.dumps(items)))  # type: ignore[misc]
            )
            ids[name] += [item["id"] for item in answers[0]["items"]]
    for name, server in servers.items():
        waiting = ids[name][size // 2 :]
        for at in range(0, len(waiting), CHAIN):
            chain = [ids[name][at], *waiting[at : at + CHAIN]]
            server.call("manage_dependencies", operation="pattern", pattern="linear", item_ids=",".join(chain))
    return took, ids


def _priority(number: int) -> str:
    return ("critical", "high", "medium", "low")[number % 4]


READS: dict[str, Callable[[Server, int], Any]] = {
    "get_context": lambda server, n: server.call("get_context"),
    "get_next_item": lambda server, n: server.call("get_next_item"),
    "get_blocked_items": lambda server, n: server.call("get_blocked_items"),
    "query_items": lambda server, n: server.call("query_items"),
    "query_items search": lambda server, n: server.call("query_items", search=f"part {7 * n}"),
}
# Their answers grow with what is blocked in the reference; they are bounded here.
BOUNDED = ("get_next_item", "query_items", "query_items search", "get_context", "get_blocked_items")


def writes(ids: dict[str, list[str]], servers: dict[str, Server]) -> dict[str, Callable[[Server, int], Any]]:
    """Single writes; each round takes another item of the half that waits for nothing."""
    names = {id(server): name for name, server in servers.items()}

    def free(server: Server, number: int) -> str:
        return ids[names[id(server)]][number]

    return {
        "create": lambda server, n: server.call("manage_items", operation="create", title=f"One more {n}"),
        "advance": lambda server, n: server.call("advance_item", item_id=free(server, n), trigger="start"),
        "note": lambda server, n: server.call("manage_notes", operation="upsert", item_id=free(server, n), key="k", body="Text."),
    }


def measure(reference: str, sizes: list[int], rounds: int, folder: Path) -> list[Line]:
    """Every line of the table."""
    lines: list[Line] = []
    flat: dict[str, list[float]] = {name: [] for name in READS}
    for size in sizes:
        there = places(reference, folder / str(size))
        with both(there) as servers:
            took, ids = fill(servers, size)
            lines.append(_line("batch creation", size, took, BATCH if size >= FULL else None))
            # What was just written is not to be flushed while single calls are timed.
            os.sync()
            for name, action in READS.items():
                found = in_turns(servers, action, rounds)
                flat[name].append(found["gitledger"])
                lines.append(_line(name, size, found, READ if size >= FULL else None))
            for name, action in writes(ids, servers).items():
                lines.append(_line(name, size, in_turns(servers, action, rounds), WRITE))
        found = in_turns(there, lambda place, n: place.start().close(), 3)
        lines.append(_line("start to first answer", size, found, START))
    if len(sizes) > 1:
        for name in BOUNDED:
            growth = flat[name][-1] / flat[name][-2]
            lines.append(
                Line(f"{name}, ours, beside {sizes[-2]} items", sizes[-1], "", ratio=f"{growth:.2f}", budget=f"≤ {FLAT}", value=growth, limit=FLAT)
            )
    return lines


def _line(what: str, size: int, found: dict[str, float], limit: float | None) -> Line:
    ratio = found["gitledger"] / found["reference"]
    shown = f"{1000 * found['gitledger']:.1f} / {1000 * found['reference']:.1f} ms"
    return Line(what, size, shown, ratio=f"{ratio:.2f}", budget=f"≤ {limit}" if limit else "", value=ratio, limit=limit)


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="100,1000,10000")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--reference", help="a Python that has task-orchestrator-py 1.0.0 beside mcp<2")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        reference = find_reference(asked.reference, Path(scratch))
        if reference is None:
            return 0
        lines = measure(reference, [int(size) for size in asked.sizes.split(",")], asked.rounds, Path(scratch))
    if asked.markdown:
        print("| what | items | of the reference's time | budget |\n|---|---|---|---|")
    for line in lines:
        if asked.markdown:
            print(f"| {line.what} | {line.tasks:,} | {line.ratio} | {line.budget} {line.verdict} |")
        else:
            print(f"{line.what:45} {line.tasks:>7,} {line.shown:>24} {line.ratio:>7} {line.budget:>8} {line.verdict}")
    return int(asked.check and any(line.is_over for line in lines))


if __name__ == "__main__":
    sys.exit(main())
