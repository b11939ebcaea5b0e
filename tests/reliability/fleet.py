"""Many worker processes, and what must hold of a ledger when they are through with it."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gitledger.store.repo import open_repository
from gitledger.store.verify import verify
from tests.conftest import Cli, Repo

WORKER = Path(__file__).with_name("worker.py")
REF = "refs/taskledger/main"


class Worker:
    """A process that takes jobs."""

    def __init__(self, environ: Mapping[str, str], script: Path = WORKER) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict(environ),
            text=True,
            bufsize=1,
            start_new_session=True,
        )

    def send(self, **job: Any) -> None:
        """Give it a job."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()

    def has_answer(self) -> bool:
        """Whether `receive` would not have to wait."""
        return bool(select.select([self.process.stdout], [], [], 0)[0])

    def receive(self) -> Any:
        """Its next answer."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"a worker ended with exit code {self.process.wait(10)}"
        return json.loads(line)


class Fleet:
    """Workers that are ready; `with Fleet(16) as fleet:` ends them however the test ends."""

    def __init__(self, size: int, environ: Mapping[str, str] | None = None, script: Path = WORKER) -> None:
        self.size = size
        self.script = script
        self.environ = Cli.environ(environ)
        self.workers: list[Worker] = []

    def __enter__(self) -> "Fleet":
        try:
            self.workers = [Worker(self.environ, self.script) for _ in range(self.size)]
            for worker in self.workers:
                assert "ready" in worker.receive()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            # With the children it may have forked: they hold its pipes open.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(worker.process.pid, signal.SIGKILL)
        for worker in self.workers:
            worker.process.communicate(timeout=20)

    def everybody(self, jobs: Iterable[Mapping[str, Any]]) -> list[Any]:
        """One job each, at once; the answers in order."""
        busy = []
        for worker, job in zip(self.workers, jobs, strict=True):
            worker.send(**job)
            busy.append(worker)
        return [worker.receive() for worker in busy]


# ---------------------------------------------------------------------------------------------- the ledger afterwards


def event_ids(repo: Repo, ref: str = REF) -> list[str]:
    """The ids of all events of a ledger, as plain git sees them."""
    paths = repo.git("ls-tree", "-r", "--name-only", ref).splitlines()
    return [path.rpartition("-")[2].removesuffix(".json") for path in paths if "/events/" in path]


def entry_count(repo: Repo, ref: str = REF) -> int:
    """How many entries a ledger has."""
    return int(repo.git("rev-list", "--count", ref))


def records(repo: Repo, ref: str = REF) -> list[dict[str, Any]]:
    """Every task record, as plain git sees it."""
    paths = repo.git("ls-tree", "-r", "--name-only", ref).splitlines()
    wanted = [f"{ref}:{path}" for path in paths if path.endswith("/task.json")]
    if not wanted:
        return []
    return list(_documents(repo.git("cat-file", "--batch= ", input="\n".join(wanted) + "\n")))


def _documents(text: str) -> Iterable[dict[str, Any]]:
    decoder = json.JSONDecoder()
    text = text.strip()
    while text:
        found, end = decoder.raw_decode(text)
        yield found
        text = text[end:].lstrip()


def duplicates(values: Iterable[Any]) -> list[Any]:
    """What occurs more than once."""
    return [value for value, many in Counter(values).items() if many > 1]


def assert_sound(repo: Repo) -> None:
    """`verify` finds nothing, and no number or slug was given twice."""
    assert verify(open_repository(str(repo.path), {}), "main", repo.git("rev-parse", REF)).findings == []
    tasks = records(repo)
    assert sorted(task["number"] for task in tasks) == list(range(1, len(tasks) + 1))
    assert duplicates(task["slug"] for task in tasks) == []
    for task in tasks:
        for kind in ("todos", "comments", "changes", "runs"):
            assert duplicates(item["number"] for item in task.get(kind, ())) == [], (task["number"], kind)
